"""One HTTP request as bytes, and what comes back: no client library mends what a test means to send."""

from __future__ import annotations

import contextlib
import http.client
import socket
from dataclasses import dataclass, field

PATIENCE = 20.0  # seconds until an answer that does not come is given up
HOST = "data.example.gov.cn"


@dataclass(frozen=True)
class Reply:
    """What a server answered; status 0: it closed the connection without a word."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def one(self, name: str) -> str:
        """Return the one value of a header."""
        (value,) = self.all(name)
        return value


def sent(
    port: int,
    method: str,
    target: str,
    *headers: tuple[str, str],
    host: str | None = HOST,
    body: bytes = b"",
) -> Reply:
    """Return the answer to one request, sent as it stands and whole."""
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [] if host is None else [f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    lines += ["Connection: close", "", ""]
    return sent_as_is(port, "\r\n".join(lines).encode("latin-1") + body, method)


def sent_as_is(port: int, request: bytes, method: str = "GET") -> Reply:
    """Return the answer to `request`, whatever it is."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        with contextlib.suppress(ConnectionError):  # it may answer, and hang up, before it has read everything
            connection.sendall(request)
        answer = http.client.HTTPResponse(connection, method=method)
        try:
            answer.begin()
            body = answer.read()
        except (http.client.HTTPException, ConnectionError):
            return Reply(0)
        return Reply(answer.status, answer.getheaders(), body)
