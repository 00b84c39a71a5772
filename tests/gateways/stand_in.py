"""A decision service that answers what a test tells it to: what gateways make of statuses that ours never sends."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUSES = {str(status): status for status in (200, 201, 204, 302, 400, 404, 429, 500)}
"""Answers of which a gateway makes what it likes; our 200 has a token with it."""


class Quiet(ThreadingHTTPServer):
    """A server to which gateways hang up as they like."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Write nothing: a gateway that stops waiting is what some tests are about."""


class StandIn:
    """Answers every question with the status `answer`, after it was let go where it is told to be slow."""

    def __init__(self, port: int = 0) -> None:
        """Start at `port`, 0 for any free one."""
        self.answer = 200
        self.go = threading.Event()
        self.go.set()
        self.asked = 0
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                stand_in.asked += 1
                stand_in.go.wait(30)
                self.send_response(stand_in.answer)
                if stand_in.answer in {301, 302}:
                    self.send_header("location", "http://127.0.0.1:1/elsewhere")
                self.send_header("content-length", "0")
                self.send_header("connection", "close")  # so that nobody speaks to it any more when it is closed
                self.end_headers()

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer  # noqa: N815 -- the library's names

            def log_message(self, *_: object) -> None:
                """Write nothing."""

        self._server = Quiet(("127.0.0.1", port), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @contextmanager
    def telling(self, answer: int) -> Iterator[None]:
        """Answer otherwise meanwhile."""
        self.answer, before = answer, self.answer
        yield
        self.answer = before

    @staticmethod
    def allows(answer: int) -> bool:
        """Return whether there are gateways that take the status for an allow."""
        return 200 <= answer < 300

    def close(self) -> None:
        """Stop."""
        self.go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
