"""A service as a gateway has it: `pdp serve` in a process of its own, asked over kept connections of HTTP/1.1."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Self

import httpx
from beside_opa import free_port
from restart import ROOT, until_ready

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

AT_ONCE: Final = 8  # connections that ask what is not timed
_PIECE: Final = 65_536  # bytes


class Connection:
    """One connection that is kept; it asks one question at a time, and costs as little as a gateway's."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, question: bytes) -> float:
        """Ask, and return the microseconds until the whole answer was there, which must be a decision."""
        head = b"POST /access/v1/evaluation HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        request = b"%bContent-Length: %d\r\n\r\n%b" % (head, len(question), question)
        began = time.perf_counter_ns()
        self._socket.sendall(request)
        answer = self._more(b"")
        while b"\r\n\r\n" not in answer:
            answer = self._more(answer)
        said, _, body = answer.partition(b"\r\n\r\n")
        length = int(said.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(body) < length:
            body = self._more(body)
        took = (time.perf_counter_ns() - began) / 1000
        if not said.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode())
        return took

    def _more(self, so_far: bytes) -> bytes:
        piece = self._socket.recv(_PIECE)
        if not piece:
            message = "the service closed the connection"
            raise RuntimeError(message)
        return so_far + piece


class Served:
    """One service on one folder of data; it runs as long as the `with` block."""

    def __init__(self, data: Path) -> None:
        self._port = free_port()
        command = [sys.executable, "-m", "adapters.cli", "serve", "--port", str(self._port), "--data", str(data)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with httpx.Client() as client:
            until_ready(client, f"http://127.0.0.1:{self._port}/readyz", time.perf_counter())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=120)

    def warm(self, questions: list[bytes]) -> None:
        """Ask questions that are not timed, several at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for asked in [pool.submit(self.asked, questions[start::AT_ONCE]) for start in range(AT_ONCE)]:
                asked.result()

    def asked(self, questions: list[bytes]) -> list[float]:
        """Ask one question after another over one connection; return the microseconds that each took."""
        return list(map(Connection(self._port).ask, questions))

    def memory(self) -> dict[str, float]:
        """Return what the process holds now, and what it held at most, in MiB."""
        return memory(self._process.pid)


def memory(process: int | str = "self") -> dict[str, float]:
    """Return what a process holds now (`VmRSS`), and what it held at most (`VmHWM`), in MiB."""
    with open(f"/proc/{process}/status", encoding="ascii") as file:  # noqa: PTH123  # no file of ours
        status = dict(line.split(":", 1) for line in file)
    return {name: int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")}
