"""A receiver of reminders on this machine: does what it is told to, one request after the other, and keeps them."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

PATIENCE = 30  # seconds; a test that waits longer has failed


@dataclass(frozen=True, slots=True)
class Told:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """What came, in order, and what is done with whatever comes: `then` after the scripted answers."""

    def __init__(self) -> None:
        self.told: Queue[Told] = Queue()
        self.script: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.then: Callable[[BaseHTTPRequestHandler], None] = answer(204)
        self.released = threading.Event()  # ends every answer that hangs
        self.seen: Callable[[], None] = lambda: None  # called before anything is answered
        self.url = ""

    def next(self) -> Told:
        """Return the next request that comes."""
        return self.told.get(timeout=PATIENCE)

    def hangs(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer nothing until the test is over."""
        self.released.wait(PATIENCE)
        handler.close_connection = True

    def drips(self, handler: BaseHTTPRequestHandler) -> None:
        """Send a head that never ends, a byte at a time."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        try:
            while not self.released.wait(0.01):
                handler.wfile.write(b"x")
                handler.wfile.flush()
        except OSError:
            pass
        handler.close_connection = True


def answer(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return who answers with `status`."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-length": "0", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()

    return act


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Break the connection off."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True  # which resets it, as nothing may linger


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Yield a receiver that listens on a free port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.seen()
            act = receiver.script.pop(0) if receiver.script else receiver.then
            receiver.told.put(Told(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            act(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: senders leave as they please."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/reminders"
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield receiver
        finally:
            receiver.released.set()
            server.shutdown()
            serving.join()
