"""The gateways: which program, which version, how it is told of its neighbours, and how it is started."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples/gateways"
TOOLS = ROOT / ".tools"
PATIENCE = 60.0  # seconds a program may take to listen, on a machine that does other things too


@dataclass(frozen=True)
class Program:
    """One gateway program and its example configuration."""

    name: str
    shown: str  # its name on the page
    door: str  # forward_auth, envoy_http or envoy_grpc
    config: tuple[str, ...]  # files under examples/gateways, the first is what it is started with
    command: tuple[str, ...]  # {config}: the first file, {folder}: where the files are
    asked_version: tuple[str, ...]
    version: str  # as this table was last run with

    @property
    def program(self) -> str | None:
        """Return the path of the program, None where it is not installed."""
        named = self.command[0]
        return shutil.which(named, path=f"{TOOLS}/bin:{TOOLS}/envoy/bin:/usr/sbin:/usr/bin:/usr/local/bin")

    def installed_version(self) -> str:
        """Return which version is there."""
        program = self.program
        assert program is not None
        told = subprocess.run(
            [part.format(program=program) for part in self.asked_version], capture_output=True, text=True, check=True
        )
        # Caddy's own word is `unknown`; what it was built from has the name of its module in front.
        said = (told.stdout + told.stderr).rpartition("caddy/v2\t")[2]
        found = re.search(r"\d+\.\d+\.\d+", said)
        assert found is not None, told
        return found[0]


PROGRAMS = {
    program.name: program
    for program in (
        Program(
            "nginx", "nginx", "forward_auth", ("nginx/nginx.conf",),
            ("nginx", "-p", "{folder}", "-c", "{config}", "-g", "daemon off; master_process off;"),
            ("{program}", "-v"), "1.22.1",
        ),
        Program(
            "caddy", "Caddy", "forward_auth", ("caddy/Caddyfile",),
            ("caddy", "run", "--adapter", "caddyfile", "--config", "{config}"), ("go", "version", "-m", "{program}"),
            "2.11.9",
        ),
        Program(
            "haproxy", "HAProxy", "forward_auth", ("haproxy/haproxy.cfg", "haproxy/decide.lua"),
            ("haproxy", "-db", "-f", "{config}"), ("{program}", "-v"), "2.6.12",
        ),
        Program(
            "envoy_http", "Envoy, HTTP", "envoy_http", ("envoy/envoy-http.yaml",),
            ("envoy", "-c", "{config}", "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "error"),
            ("{program}", "--version"), "1.40.0",
        ),
        Program(
            "envoy_grpc", "Envoy, gRPC", "envoy_grpc", ("envoy/envoy-grpc.yaml",),
            ("envoy", "-c", "{config}", "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "error"),
            ("{program}", "--version"), "1.40.0",
        ),
    )
}  # fmt: skip


class Running:
    """One gateway in a process of its own, listening."""

    def __init__(
        self,
        program: Program,
        folder: Path,
        told: Mapping[str, str],
        otherwise: tuple[str, str] | None = None,
    ) -> None:
        """Start it in `folder` with its placeholders filled from `told`; return once it listens.

        Args:
            program: which.
            folder: empty.
            told: placeholder -> its value.
            otherwise: words of the example that are replaced, and by which.
        """
        self.port = free_port()
        files = [
            _rendered(name, folder, {**told, "GATEWAY_PORT": str(self.port)}, otherwise) for name in program.config
        ]
        named = {"config": str(files[0]), "folder": str(folder)}
        assert program.program is not None
        command = [program.program, *(part.format(**named) for part in program.command[1:])]
        self._written = folder / "written.txt"
        with self._written.open("wb") as written:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=written, stderr=written, env={"HOME": str(folder), "PATH": "/usr/bin:/bin",
                                                                        "GATEWAY_TOKEN": told["GATEWAY_TOKEN"]},
            )  # fmt: skip
        self._wait()

    def close(self) -> None:
        """Stop it."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while not listens(self.port):
            assert self.process.poll() is None, self._written.read_text(encoding="utf-8", errors="replace")
            assert time.monotonic() < until, self._written.read_text(encoding="utf-8", errors="replace")
            time.sleep(0.05)  # between two looks


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Return whether somebody accepts connections at `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _rendered(name: str, folder: Path, told: Mapping[str, str], otherwise: tuple[str, str] | None) -> Path:
    """Write an example with its placeholders filled."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    if otherwise is not None:
        assert otherwise[0] in text
        text = text.replace(*otherwise)
    lua = {"LUA": str(folder / "decide.lua")}
    filled = re.sub(r"\$\{(\w+)\}", lambda place: {**told, **lua}[place[1]], text)
    written = folder / Path(name).name
    written.write_text(filled, encoding="utf-8")
    return written
