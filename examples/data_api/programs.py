"""Programs of the walk: started, awaited, and stopped by whoever started them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
START: Final = 120  # seconds that a program may take to start; the first start compiles the rules
STOP: Final = 30


class FailedError(Exception):
    """The walk cannot go on; the message says why."""


def ports(count: int) -> list[int]:
    """Return free ports, all different."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@contextmanager
def running(
    name: str, command: list[str], ready: str, log: Path, **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the end of the block; it is ready when the address `ready` answers at all."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PDP_", "DATA_API_"))}
    environ |= {"PYTHONPATH": str(ROOT), **variables}
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written, env=environ)
    try:
        _wait(name, process, ready, log)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(name: str, process: subprocess.Popen[bytes], ready: str, log: Path) -> None:
    late = time.monotonic() + START
    with httpx.Client(trust_env=False, timeout=5) as client:
        while time.monotonic() < late and process.poll() is None:
            try:
                client.get(ready)
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                return
    message = f"{name} did not start:\n{log.read_text(encoding='utf-8', errors='replace')}"
    raise FailedError(message)


def run(command: list[str]) -> str:
    """Run a program of ours to its end, and return what it writes; raise FailedError where it fails."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    if done.returncode:
        message = f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"
        raise FailedError(message)
    return done.stdout


def nginx() -> str:
    """Return the path of nginx, which is installed where it is missing and this is Debian."""
    found = _found("nginx")
    if found is None:
        run([str(ROOT / "scripts/install_debian.sh"), "nginx"])
        found = _found("nginx")
    if found is None:
        message = "nginx is missing; install it, then try again"
        raise FailedError(message)
    return found


def envoy() -> str | None:
    """Return the path of Envoy, None where it is not installed."""
    return _found("envoy")


def _found(name: str) -> str | None:
    places = [os.environ.get("PATH", ""), "/usr/sbin", str(ROOT / ".tools/envoy/bin")]
    return shutil.which(name, path=os.pathsep.join(places))
