"""A data API behind a gateway: it records what reaches it, and releases what a verified token says, no more."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import httpx

from adapters.enforcement.masks import Means, Shape
from adapters.enforcement.refused import RefusedError
from adapters.enforcement.rows import passes
from adapters.enforcement.service import PinnedKeys, ServiceClient
from adapters.enforcement.token import TokenVerifier, Wanted, request_digest
from adapters.enforcement.used_once import UsedOnce
from tests.gateways.stand_in import Quiet

if TYPE_CHECKING:
    from adapters.enforcement.token import Decided

AUDIENCE, KEY = "data-api", "data-api-key"
ISSUER = "https://pdp.example.gov.cn"
LONG = {f"a_field_with_a_rather_long_name_{number}": number for number in range(80)}
"""So many fields that a token which names them all would be too long for a header."""
ROWS = [
    {"name": "甲", "phone": "13912345678", "dept": "A", "age": 1, **LONG},
    {"name": "乙", "phone": "13987654321", "dept": "B", "age": 2, **LONG},
]


@dataclass(frozen=True)
class Reached:
    """One call as the data API saw it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    length: int  # of the body

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def one(self, name: str) -> str:
        """Return the one value of a header."""
        (value,) = self.all(name)
        return value


class DataApi:
    """Runs on a port of its own until `close`."""

    def __init__(self, service: str) -> None:
        """Start; `service` is where the keys of decision tokens are published."""
        self.reached: list[Reached] = []
        keys = PinnedKeys(httpx.get(f"{service}/.well-known/jwks.json", timeout=20).content)
        self._service = ServiceClient([service], KEY)
        self.verifier = TokenVerifier(
            issuer=ISSUER, audience=AUDIENCE, keys=keys, used=UsedOnce(), references=self._service
        )
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = api.read(self)
                api.reached.append(Reached(self.command, self.path, list(self.headers.items()), length))
                status, told = api.answer(self)
                content = json.dumps(told, ensure_ascii=False).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer  # noqa: N815 -- the library's names

            def log_message(self, *_: object) -> None:
                """Write nothing."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._service.close()

    def read(self, request: BaseHTTPRequestHandler) -> int:
        """Read the body, chunked or not; return its length."""
        if "chunked" in request.headers.get("transfer-encoding", ""):
            length = 0
            while size := int(request.rfile.readline(), 16):
                length += len(request.rfile.read(size))
                request.rfile.readline()
            request.rfile.readline()
            return length
        return len(request.rfile.read(int(request.headers.get("content-length", "0"))))

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, Any]]:
        """Return status and body: the rows that the token releases, or that there is none."""
        try:
            decided = self.decided(request)
        except RefusedError:
            return 403, {"error": "decision token refused"}
        shape = Shape(decided.released, Means())
        return 200, {"items": [shape.of(row) for row in ROWS if passes(decided.released.rows, row)]}

    def decided(self, request: BaseHTTPRequestHandler) -> Decided:
        """Return what the one token of a request says that is for it; raise RefusedError where there is none such."""
        path, _, query = request.path.partition("?")
        dataset = path.removeprefix("/api/v1/datasets/").removesuffix("/rows")
        wanted = Wanted(dataset, "read", request_digest(request.command, path.encode(), query.encode()))
        return self.verifier.verify(request.headers.get_all("x-decision-token") or [], wanted)
