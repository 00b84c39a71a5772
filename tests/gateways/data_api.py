"""A data API behind a gateway: it records what reaches it, and releases what a verified token says, no more."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import httpx
import jwt

from tests.gateways.stand_in import Quiet

if TYPE_CHECKING:
    from collections.abc import Callable

AUDIENCE, KEY = "data-api", "data-api-key"
ISSUER = "https://pdp.example.gov.cn"
ROWS = [{"name": "甲", "age": 1, "dept": "A"}, {"name": "乙", "age": 2, "dept": "B"}]
CAN = {"mask_fields", "filter_rows"}
CLAIMS = ["iss", "aud", "exp", "iat", "jti", "sub", "act", "res", "req", "outcome", "obligations"]


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

    def __init__(self, service: Callable[[], str]) -> None:
        """Start; `service` says where the keys of decision tokens are published."""
        self.reached: list[Reached] = []
        self._service = service
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
            (token,) = request.headers.get_all("x-decision-token") or []
            claims = self.claims(token)
        except (jwt.PyJWTError, KeyError, ValueError):
            return 403, {"error": "decision token refused"}
        path, _, query = request.path.partition("?")
        told = request.command.encode() + b"\n" + path.encode() + b"\n" + query.encode()
        if claims["req"] != hashlib.sha256(told).hexdigest() or not set(claims["obligations"]) <= CAN:
            return 403, {"error": "decision token refused"}
        fields = claims["fields"]
        rows = [{name: row.get(name) for name in (row if fields is None else fields)} for row in ROWS]
        return 200, {"items": [row for row in rows if claims["row_filter"]["kind"] == "all"]}

    def claims(self, token: str) -> dict[str, Any]:
        """Return what a token says, its signature, issuer, audience and time verified."""
        kid = jwt.get_unverified_header(token)["kid"]
        published = httpx.get(f"{self._service()}/.well-known/jwks.json", timeout=20).json()
        keys = {key["kid"]: jwt.PyJWK(key) for key in published["keys"]}
        claims: dict[str, Any] = jwt.decode(
            token, keys[kid], ["EdDSA"], audience=AUDIENCE, issuer=ISSUER, leeway=2, options={"require": CLAIMS}
        )
        return claims | self.released(claims["by_ref"]) if "by_ref" in claims else claims

    def released(self, reference: dict[str, str]) -> dict[str, Any]:
        """Return what a token names by its digest, as the service tells it to this data API and to no other."""
        headers = {"authorization": f"Bearer {KEY}"}
        found = httpx.get(self._service() + reference["href"], headers=headers, timeout=20)
        if found.status_code != 200 or hashlib.sha256(found.content).hexdigest() != reference["sha256"]:
            message = "what the token names is not what the service tells"
            raise ValueError(message)
        told: dict[str, Any] = found.json()
        return told
