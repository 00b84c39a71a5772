"""Callers that ask a service over HTTP, all at once, again and again, and note every answer as it comes."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.promises import Promises

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ("permit_deemed", "deny_no_application", "partial_fields", "refer_open_platform")
PATIENCE: Final = 60.0  # seconds


def question(example: str) -> bytes:
    """Return a whole request."""
    body = (ROOT / "examples" / f"ask_{example}.json").read_bytes()
    head = "POST /access/v1/evaluation HTTP/1.1\r\nHost: pdp\r\nContent-Type: application/json\r\nContent-Length: "
    return f"{head}{len(body)}\r\n\r\n".encode() + body


class Connection:
    """One connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._rest = b""

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer.

        Raises:
            OSError: there is no whole answer; none of it counts.
        """
        self._socket.sendall(request)
        head = self._until(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(self._rest) < length:
            self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        return int(head.split(b" ", 2)[1]), body

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def _until(self, end: bytes) -> bytes:
        while end not in self._rest:
            self._more()
        head, _, self._rest = self._rest.partition(end)
        return head

    def _more(self) -> None:
        piece = self._socket.recv(65536)
        if not piece:
            message = "the service closed the connection"
            raise ConnectionResetError(message)
        self._rest += piece


class Callers:
    """So many callers at once, from the beginning of the block to its end."""

    def __init__(
        self,
        port: int,
        promises: Promises,
        *,
        count: int = 6,
        each: int = 1_000_000,
        heard: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare `count` callers with `each` questions; `heard` is told the id of every answer, one at a time."""
        self._port, self._promises, self._each, self._heard = port, promises, each, heard
        self._noting = threading.Lock()
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(number,)) for number in range(count)]
        self.answers: list[tuple[int, bytes]] = []  # other than 200
        self.broken: list[Exception] = []

    def __enter__(self) -> Self:
        """Let them begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until they have noticed that it is over, and raise what they found broken."""
        self._enough.set()
        self.wait()
        if self.broken:
            raise self.broken[0]

    def wait(self) -> None:
        """Wait until all have asked what they had to ask, or the service is gone."""
        for thread in self._threads:
            thread.join()

    def _call(self, number: int) -> None:
        """Ask until it is enough, or the service is gone."""
        request = question(EXAMPLES[number % len(EXAMPLES)])
        try:
            connection = Connection(self._port)
        except OSError:
            return
        try:
            for _ in range(self._each):
                if self._enough.is_set():
                    return
                self._note(*connection.ask(request))
        except OSError:
            return
        except Exception as broken:  # noqa: BLE001  # a thread's own exceptions are heard by nobody else
            self.broken.append(broken)
        finally:
            connection.close()

    def _note(self, status: int, body: bytes) -> None:
        with self._noting:
            self._promises.said[status] += 1
            if status == 200:  # the only status that releases anything
                said = json.loads(body)["context"]
                self._promises.receipt(said["receipt"]["index"], said["receipt"]["leaf"], said["id"])
                self._heard(said["id"])
            else:
                self.answers.append((status, body))
