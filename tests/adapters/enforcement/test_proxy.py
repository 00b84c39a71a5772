"""Promises of the data proxy: only what was decided passes, and what cannot be carried out does not pass at all."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.enforcement.canonical import released, row_filter
from adapters.enforcement.masks import Means, Shape, recipient_key
from adapters.enforcement.proxy import BrokenOffError, DataProxy, Standing
from adapters.enforcement.rows import passes
from adapters.enforcement.sqlalchemy_filter import where
from adapters.enforcement.token import request_digest
from tests.adapters.enforcement.conftest import CLAIMS
from tests.adapters.enforcement.filters import TYPES, filters, rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATH = "/api/v1/datasets/R/rows"
MASTER = b"m" * 32
ROWS = [
    {"dept": "A", "name": "甲", "phone": "13912345678", "secret": "s1"},
    {"dept": "B", "name": "乙", "phone": "13912345679", "secret": "s2"},
    {"dept": None, "name": "丙", "phone": None, "secret": "s3"},
]
LAYOUT = SimpleNamespace(rows_at="/data/items", envelope=("next", "total"))
BODY = {"total": 3, "next": "/p?2", "hidden": "s4", "data": {"items": ROWS}}
WHOLE = {"fields": None, "row_filter": {"kind": "all"}, "masks": [], "obligations": []}


@dataclass
class Upstream:
    """A JSON API that cannot be changed."""

    body: bytes = field(default_factory=lambda: json.dumps(BODY).encode())
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    calls: list[httpx.Request] = field(default_factory=list)
    breaks: bool = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        await request.aread()
        self.calls.append(request)
        return httpx.Response(self.status, headers=self.headers, content=self._parts())

    async def _parts(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), 11):
            yield self.body[start : start + 11]
        if self.breaks:
            raise httpx.ReadError(self.headers["content-type"])


@dataclass
class Service:
    """The decision service, as its ForwardAuth door answers."""

    sign: object
    changed: dict[str, object] = field(default_factory=dict)
    status: int = 200
    tokens: int = 1
    bind: bool = True
    calls: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.calls.append(request)
        if self.status == 0:
            raise httpx.ConnectError(str(self.status))
        if self.status != 200:
            told = {"x-decision-id": "d", "x-secret": "s", "content-type": "application/json"}
            return httpx.Response(self.status, headers=told, content=b'{"error":"refused"}')
        path, _, query = request.headers["x-forwarded-uri"].encode().partition(b"?")
        method = request.headers["x-forwarded-method"] if self.bind else "POST"
        token = self.sign({"req": request_digest(method, path, query), **self.changed})
        return httpx.Response(200, headers=[("x-decision-token", token)] * self.tokens)


@pytest.fixture
def proxied(verifier, signed):
    """Return a function that sends one request through a proxy: the answer, and what happened."""

    def sent(upstream=None, service=None, layout=LAYOUT, **request: object) -> SimpleNamespace:
        upstream, service, told = upstream or Upstream(), service or Service(signed), []
        standing = Standing(
            service=httpx.AsyncClient(base_url="http://pdp", transport=httpx.MockTransport(service)),
            upstream=httpx.AsyncClient(base_url="http://data", transport=httpx.MockTransport(upstream)),
            gateway_token="g" * 43,
            verifier=verifier(),
            layout=lambda *_: layout,
            log=lambda event, **known: told.append((event, known)),
            mask_key=MASTER,
            tables={},
        )  # fmt: skip
        transport = httpx.ASGITransport(DataProxy(standing), client=("10.0.0.9", 1))

        async def once() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://proxy") as client:
                return await client.request(**{"method": "GET", "url": PATH, **request})

        answer = asyncio.run(once())
        return SimpleNamespace(answer=answer, upstream=upstream, service=service, log=told)

    return sent


def test_rows_pass_filtered_without_what_is_not_released_and_masked(proxied):
    got = proxied()

    assert got.answer.status_code == 200
    assert got.answer.json() == {
        "next": "/p?2", "data": {"items": [{"name": "甲", "phone": "139****5678"}]},
    }  # fmt: skip
    assert got.answer.headers["cache-control"] == "no-store"
    assert got.answer.headers["x-decision-id"] == CLAIMS["jti"]
    assert got.log == [
        ("released", {"decision": CLAIMS["jti"], "dataset": "R", "rows_in": 3, "rows_out": 1, "masked": 1})
    ]


def test_the_service_is_told_of_the_call_and_of_nothing_the_client_made_up(proxied):
    forged = [
        ("x-forwarded-uri", "/public"), ("x-forwarded-method", "HEAD"), ("x-gateway-token", "mine"),
        ("x-subject-id", "A"), ("x-original-uri", "/public"), ("authorization", "Bearer user"), ("x-request-id",
        "r1"), ("x-data-scenario", "sc-1"),
        ("cookie", "c"),
    ]  # fmt: skip

    [asked] = proxied(url=PATH + "?fields=name", headers=forged).service.calls

    told = [
        (name, value)
        for name, value in asked.headers.multi_items()
        if name.startswith("x-") or name in {"authorization", "cookie"}
    ]
    assert sorted(told) == [
        ("authorization", "Bearer user"), ("x-data-scenario", "sc-1"), ("x-forwarded-for", "10.0.0.9"),
        ("x-forwarded-host", "proxy"), ("x-forwarded-method", "GET"), ("x-forwarded-uri", PATH + "?fields=name"),
        ("x-gateway-token", "g" * 43), ("x-request-id", "r1"),
    ]  # fmt: skip


def test_the_upstream_learns_neither_who_asks_nor_how_to_send_a_part(proxied):
    sent = [
        ("authorization", "Bearer user"), ("cookie", "c"), ("range", "bytes=0-1"), ("if-none-match", "e"),
        ("if-range", "e"), ("x-subject-id", "A"), ("x-decision-token", "forged"), ("x-obligations", "none"),
        ("accept-encoding", "gzip"),
        ("te", "trailers"), ("connection", "x-secret"), ("x-secret", "s"), ("x-forwarded-for", "1"),
        ("accept", "application/json"),
    ]  # fmt: skip

    [call] = proxied(headers=sent).upstream.calls

    assert call.headers["accept-encoding"] == "identity"
    assert call.headers["accept"] == "application/json"
    assert not {"authorization", "cookie", "range", "if-none-match", "if-range", "te", "x-secret"} & set(call.headers)
    assert not [
        name for name in call.headers if name.startswith(("x-subject", "x-decision", "x-obligations", "x-forwarded"))
    ]


def test_what_could_tell_of_hidden_rows_does_not_come_back(proxied):
    told = {
        "content-type": "application/json; charset=utf-8", "etag": '"e"', "last-modified": "x",
        "digest": "d", "set-cookie": "c", "accept-ranges": "bytes", "x-total-count": "3", "link": "<p?page=3>",
        "content-language": "zh",
    }  # fmt: skip

    headers = proxied(Upstream(headers=told)).answer.headers

    assert set(headers) == {"content-type", "content-language", "cache-control", "x-decision-id"}


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_comes_back_and_the_upstream_is_not_called(proxied, signed, status):
    got = proxied(service=Service(signed, status=status))

    assert (got.answer.status_code, got.answer.json()) == (status, {"error": "refused"})
    assert "x-secret" not in got.answer.headers
    assert got.upstream.calls == []


@pytest.mark.parametrize("status", [0, 204, 302, 404, 429, 500, 503])
def test_without_a_decision_nothing_passes(proxied, signed, status):
    got = proxied(service=Service(signed, status=status))

    assert got.answer.status_code == 503
    assert got.answer.headers["retry-after"] == "1"
    assert got.upstream.calls == []


@pytest.mark.parametrize(
    "given_service",
    [
        {"tokens": 0}, {"tokens": 2}, {"bind": False}, {"changed": {"aud": "other"}}, {"changed": {"outcome": "DENY"}},
        {"changed": {"obligations": ["watermark"]}}, {"changed": {"exp": CLAIMS["iat"] - 5}},
    ],
)  # fmt: skip
def test_an_allow_without_a_good_token_for_this_call_is_none(proxied, signed, given_service):
    got = proxied(service=Service(signed, **given_service))

    assert (got.answer.status_code, got.answer.json()) == (403, {"error": "decision_refused"})
    assert got.upstream.calls == []


@pytest.mark.parametrize(
    ("upstream", "status"),
    [
        ({"headers": {"content-type": "text/csv"}}, 502), ({"headers": {}}, 502),
        ({"headers": {"content-type": "application/json; charset=gbk"}}, 502),
        ({"headers": {"content-type": "application/json", "content-encoding": "gzip"}}, 502),
        ({"status": 206}, 502), ({"status": 302}, 502), ({"status": 201}, 502),
        ({"status": 404}, 404), ({"status": 500}, 500), ({"body": b"s1 s2"}, 502), ({"body": b""}, 502),
        ({"body": b'{"data":{"items":{"secret":"s1"}}}'}, 502),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_out_does_not_pass_at_all(proxied, upstream, status):
    got = proxied(Upstream(**upstream))

    assert got.answer.status_code == status
    assert b"s1" not in got.answer.content
    assert got.answer.json()["error"] in {"cannot_enforce", "upstream_error"}


def test_without_a_layout_nothing_is_looked_for(proxied, signed):
    assert proxied(layout=None).answer.status_code == 502
    assert proxied(layout=None, service=Service(signed, WHOLE)).answer.json() == BODY


def test_a_whole_permit_passes_as_it_is_but_for_the_headers(proxied, signed):
    got = proxied(
        Upstream(b"a,b\n1,2\n", headers={"content-type": "text/csv", "set-cookie": "c"}), Service(signed, WHOLE)
    )

    assert (got.answer.content, got.answer.headers["content-type"]) == (b"a,b\n1,2\n", "text/csv")
    assert "set-cookie" not in got.answer.headers


def test_counts_pass_only_where_no_row_is_hidden(proxied, signed):
    masked_only = Service(signed, {"row_filter": {"kind": "all"}})

    assert proxied(service=masked_only).answer.json()["total"] == 3
    assert "total" not in proxied().answer.json()


@pytest.mark.parametrize("harm", [{"breaks": True}, {"body": json.dumps(BODY).encode()[:-30]}])
def test_an_answer_that_breaks_midway_is_broken_off(proxied, signed, harm):
    every_row = Service(signed, {"row_filter": {"kind": "all"}})

    with pytest.raises(BrokenOffError):
        proxied(Upstream(**harm), every_row)


def test_lines_are_filtered_too(proxied):
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)

    got = proxied(Upstream(lines, headers={"content-type": "application/x-ndjson"}))

    assert got.answer.text == '{"name":"甲","phone":"139****5678"}\n'


def test_a_body_is_handed_on_with_its_method_and_a_head_has_none(proxied):
    got = proxied(method="POST", content=b'{"a":1}', url=PATH + "?x=%E4%BA%BA&y")
    [call] = got.upstream.calls

    assert (call.method, call.content, call.url.raw_path) == ("POST", b'{"a":1}', (PATH + "?x=%E4%BA%BA&y").encode())
    assert proxied(method="HEAD").answer.content == b""


def sql_released(given_filter, given_rows):
    """Return the rows that a database gives for a filter."""
    engine = sa.create_engine("sqlite://")
    kinds = dict.fromkeys(("dept", "name", "day"), sa.Text) | dict.fromkeys(("age", "year"), sa.BigInteger)
    kinds["open"] = sa.Boolean
    table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer), *[sa.Column(*kind) for kind in kinds.items()])
    with engine.begin() as connection:
        table.create(connection)
        for number, row in enumerate(given_rows):
            connection.execute(table.insert().values(id=number, **row))
        columns = {name: table.c[name] for name in kinds}
        query = sa.select(*columns.values()).where(where(row_filter(given_filter), columns)).order_by(table.c.id)
        found = [dict(row) for row in connection.execute(query).mappings()]
    engine.dispose()
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters(), rows(5), st.lists(st.sampled_from(sorted(TYPES)), unique=True, min_size=1))
def test_proxy_database_and_row_by_row_release_the_same(proxied, signed, given_filter, given_rows, fields):
    masks = [
        {"field": "name", "method": "hash"},
        {"field": "dept", "method": "partial", "keep_prefix": 1, "keep_suffix": 0},
    ]
    said = {"fields": fields, "row_filter": given_filter, "masks": masks}
    shape = Shape(released({**said, "default_field": "deny"}), Means(recipient_key(MASTER, "R", "public_body:B")))
    body = json.dumps({"data": {"items": given_rows}}).encode()

    by_proxy = proxied(Upstream(body), Service(signed, said)).answer.json()["data"]["items"]

    assert by_proxy == [shape.of(row) for row in given_rows if passes(row_filter(given_filter), row)]
    assert by_proxy == [shape.of(row) for row in sql_released(given_filter, given_rows)]
