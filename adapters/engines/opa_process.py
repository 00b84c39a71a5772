"""A throw-away OPA server on a free loopback port, for cross-checks: started, awaited, and ended with its user."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

PINNED = Path(__file__).resolve().parents[2] / ".tools" / "bin" / "opa"
_PATIENCE = 10.0  # seconds until a server must answer


@contextmanager
def opa_process(binary: Path | None = None, port: int = 0) -> Iterator[str]:
    """Yield the URL of a fresh OPA server that holds no policy, on `port` or on any free one; end it afterwards.

    Raises:
        UnavailableError: there is no binary, or the server does not come up.
    """
    found = str(binary) if binary else str(PINNED) if PINNED.exists() else shutil.which("opa")
    if found is None:
        message = "no OPA: run scripts/install_opa.sh, or put opa on the PATH"
        raise UnavailableError(message)
    place = f"127.0.0.1:{port or _free_port()}"
    command = [found, "run", "--server", f"--addr={place}", "--log-level=error", "--disable-telemetry"]
    try:
        process = subprocess.Popen(  # noqa: S603 - the pinned binary, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"HOME": "/"}
        )
    except OSError as error:
        message = f"{found} cannot be started: {error.strerror}"
        raise UnavailableError(message) from error
    try:
        _await(process, f"http://{place}")
        yield f"http://{place}"
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _await(process: subprocess.Popen[bytes], url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback goes through no proxy
    late = time.monotonic() + _PATIENCE
    while time.monotonic() < late and process.poll() is None:
        try:
            with opener.open(f"{url}/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    message = "the OPA server did not come up"
    raise UnavailableError(message)
