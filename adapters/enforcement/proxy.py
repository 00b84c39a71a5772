"""The data proxy: stands before a JSON API that cannot be changed, asks, and carries the decision out while it streams.

Rows pass only where the filter is true; fields that are not released are taken out, others masked. An answer on which
that cannot be done does not pass at all; where it fails midway, the connection is broken off, so that nobody takes the
part for the whole.
"""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

import httpx
from anyio.to_thread import run_sync

from adapters.enforcement import rows
from adapters.enforcement.json_rows import JsonLines, JsonRows
from adapters.enforcement.masks import Means, Shape, recipient_key
from adapters.enforcement.proxy_headers import refused_with, to_client, to_service, to_upstream
from adapters.enforcement.refused import RefusedError, Why
from adapters.enforcement.token import Wanted, request_digest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from adapters.enforcement.generalise import Table
    from adapters.enforcement.proxy_headers import Pairs
    from adapters.enforcement.token import Decided, TokenVerifier

FORWARD: Final = "/authz/forward"
TOKEN: Final = "x-decision-token"  # noqa: S105 -- the name of a header
JSON: Final = "application/json"
LINES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_OF_OURS: Final = (b"content-type", b"application/json")
_NO_STORE: Final = (b"cache-control", b"no-store")
_REFUSALS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_BODYLESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class BrokenOffError(Exception):
    """The answer had begun when it could not go on; the server closes the connection."""


class Layout(Protocol):
    """Where the rows of an answer are. `pdp.routing.route.Route` implements it."""

    @property
    def rows_at(self) -> str | None:
        """JSON Pointer to the rows; None: the answer is the list."""
        ...

    @property
    def envelope(self) -> tuple[str, ...]:
        """Members around the rows that may pass."""
        ...


Layouts = "Callable[[str, bytes, bytes | None], Layout | None]"  # method, raw path, host


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a proxy stands on."""

    service: httpx.AsyncClient  # whose base is the decision service
    upstream: httpx.AsyncClient  # whose base is the data API
    gateway_token: str
    verifier: TokenVerifier
    layout: Callable[[str, bytes, bytes | None], Layout | None]
    log: Callable[..., object]  # event, and what is known of it
    upstream_credential: str | None = None
    mask_key: bytes | None = None  # from which the keys of recipients are made
    tables: Mapping[str, Table]


class DataProxy:
    """An ASGI application. Belongs to one event loop."""

    def __init__(self, standing: Standing) -> None:
        """Stand before the upstream."""
        self._on = standing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            asked = await self._ask(scope)
            if isinstance(asked, httpx.Response):
                await _send(send, asked.status_code, refused_with(asked.headers.raw), asked.content)
                return
            decided = await run_sync(self._verified, scope, asked)
        except httpx.HTTPError as fault:
            self._on.log("no decision", fault=type(fault).__name__)
            await _fault(send, HTTPStatus.SERVICE_UNAVAILABLE, "decision_unavailable", [(b"retry-after", b"1")])
            return
        except RefusedError as refused:
            self._on.log("decision not taken", fault=str(refused))
            await _fault(send, HTTPStatus.FORBIDDEN, "decision_refused")
            return
        await self._pass(scope, receive, send, decided)

    async def _ask(self, scope: Scope) -> httpx.Response | list[str]:
        """Return the tokens that an allow brings, or the answer that is to be given instead."""
        peer = scope["client"][0] if scope.get("client") else "local"
        headers = to_service(scope["headers"], scope["method"], _target(scope), self._on.gateway_token, peer)
        answer = await self._on.service.get(FORWARD, headers=headers)
        if answer.status_code == HTTPStatus.OK:
            return answer.headers.get_list(TOKEN)
        if answer.status_code in _REFUSALS:
            return answer
        message = "the service decided nothing"
        raise httpx.RemoteProtocolError(message)

    def _verified(self, scope: Scope, tokens: list[str]) -> Decided:
        """Return the decision; it is bound to this very call, and so to its dataset and action."""
        digest = request_digest(scope["method"], scope["raw_path"], scope["query_string"])
        return self._on.verifier.verify(tokens, Wanted(None, None, digest))

    async def _pass(self, scope: Scope, receive: Receive, send: Send, decided: Decided) -> None:
        """Hand the call on, and give back what is released of the answer."""
        layout = self._on.layout(scope["method"], scope["raw_path"], _header(scope, b"host"))
        release = _Release(decided, layout, self._means(decided))
        began = False
        try:
            request = self._handed_on(scope, receive)
            answer = await self._on.upstream.send(request, stream=True)
            async with aclosing(answer):
                why = release.cannot(answer, head=scope["method"] == "HEAD")
                if why is not None:
                    self._on.log("cannot enforce", decision=decided.id, fault=why, upstream=answer.status_code)
                    await self._replaced(send, answer)
                    return
                parts = release.parts(answer)
                first = await anext(parts, b"")
                await _start(send, answer.status_code, to_client(answer.headers.raw, decided.id))
                began = True
                await send({"type": "http.response.body", "body": first, "more_body": True})
                async for part in parts:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, RefusedError) as fault:
            known = str(fault) if isinstance(fault, RefusedError) else type(fault).__name__
            self._on.log("broken off" if began else "cannot enforce", decision=decided.id, fault=known)
            if began:
                message = "the answer could not be carried out to its end"
                raise BrokenOffError(message) from None
            reached = isinstance(fault, RefusedError)
            await _fault(send, HTTPStatus.BAD_GATEWAY, "cannot_enforce" if reached else "upstream_unavailable")
            return
        self._on.log(
            "released", decision=decided.id, dataset=decided.dataset,
            rows_in=release.rows_in, rows_out=release.rows_out, masked=release.masked,
        )  # fmt: skip

    def _handed_on(self, scope: Scope, receive: Receive) -> httpx.Request:
        """Return the call as the upstream gets it: the same method, and the very path and query that were decided."""
        base = self._on.upstream.base_url
        target = base.raw_path.rstrip(b"/") + _target(scope)
        request = self._on.upstream.build_request(
            scope["method"],
            base.copy_with(raw_path=target),
            headers=to_upstream(scope["headers"], self._on.upstream_credential),
            content=_body(receive) if _has_body(scope) else None,
        )
        if request.url.raw_path != target:
            raise RefusedError(Why.FORM, "the path cannot be handed on as it was decided")
        return request

    async def _replaced(self, send: Send, answer: httpx.Response) -> None:
        """Answer in the upstream's place: what it says of an error may quote data."""
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            await _fault(send, answer.status_code, "upstream_error")
        else:
            await _fault(send, HTTPStatus.BAD_GATEWAY, "cannot_enforce")

    def _means(self, decided: Decided) -> Means:
        master = self._on.mask_key
        key = None if master is None else recipient_key(master, decided.dataset, decided.subject)
        return Means(key, self._on.tables)


class _Release:
    """One answer of the upstream, and what is released of it."""

    def __init__(self, decided: Decided, layout: Layout | None, means: Means) -> None:
        self._rows, self._layout = decided.released.rows, layout
        self._shape = Shape(decided.released, means)
        released = decided.released
        self._whole = released.rows.kind == "all" and released.fields is None and not released.masks
        self.rows_in = self.rows_out = 0
        self._bodyless = False

    @property
    def masked(self) -> int:
        """Return how many values were masked."""
        return self._shape.masked

    def cannot(self, answer: httpx.Response, *, head: bool) -> str | None:
        """Return why nothing of the answer may pass, or None."""
        status = answer.status_code
        if not (self._whole and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES) and status != HTTPStatus.OK:
            return "the upstream's status"
        if status == HTTPStatus.PARTIAL_CONTENT:
            return "a part of an answer"
        if answer.headers.get("content-encoding", "identity") != "identity":
            return "an encoded answer"
        self._bodyless = head or status in _BODYLESS
        if self._whole or self._bodyless:
            return None
        if self._layout is None:
            return "no route says where the rows are"
        return None if _kind(answer) in {JSON, *LINES} else "an answer that is no JSON"

    async def parts(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        """Yield what is released, as it comes."""
        if self._bodyless:
            return
        if self._whole or self._layout is None:
            async for part in answer.aiter_raw():
                yield part
            return
        reader: JsonRows | JsonLines = JsonLines(self._gate)
        if _kind(answer) == JSON:
            layout = self._layout
            reader = JsonRows(layout.rows_at or "", self._gate, layout.envelope, numbers=self._rows.kind == "all")
        async for part in answer.aiter_raw():
            if said := reader.feed(part):
                yield said
        yield reader.finish()

    def _gate(self, row: object) -> object | None:
        """Return what is released of a row; of one that is no object nothing is."""
        self.rows_in += 1
        if not isinstance(row, dict) or not rows.passes(self._rows, row):
            return None
        self.rows_out += 1
        return self._shape.of(row)


def _kind(answer: httpx.Response) -> str:
    """Return the media type; of several, or in another alphabet than UTF-8, none."""
    types = answer.headers.get_list("content-type")
    if len(types) != 1:
        return ""
    kind, _, rest = types[0].partition(";")
    return kind.strip().lower() if rest.strip().lower() in {"", "charset=utf-8", 'charset="utf-8"'} else ""


def _target(scope: Scope) -> bytes:
    raw_path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return raw_path + b"?" + query if query else raw_path


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == wanted), None)


def _has_body(scope: Scope) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _start(send: Send, status: int, headers: Pairs) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _send(send: Send, status: int, headers: Pairs, body: bytes) -> None:
    await _start(send, status, [*headers, (b"content-length", b"%d" % len(body))])
    await send({"type": "http.response.body", "body": body})


async def _fault(send: Send, status: int, code: str, headers: Pairs | None = None) -> None:
    body = json.dumps({"error": code}).encode()
    await _send(send, status, [_OF_OURS, _NO_STORE, *(headers or [])], body)
