"""Promises of all AuthZEN doors alike: the gates of a body, in order, and never an answer that is none of ours."""

import asyncio
import json
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.callers import LOCAL, Callers
from adapters.gateways.http import Doors, HttpApp
from pdp.searches import Searches

DOORS = ("evaluation", "evaluations", "search/subject", "search/resource", "search/action")
CANARY = "canary-110101199003074514"
GATES = [
    (b"", "body: is empty"),
    (b"\xef\xbb\xbf{}", "body: starts with a byte order mark; send none"),
    (b"\xff\xfe{}", "body: is no UTF-8 at byte 0"),
    (b"[]", "body: must be an object"),
    (b"{", "body: is no JSON at line 1, column 2"),
    (b'{"subject": 1, "subject": 2}', "body: has an object with the same member twice"),
    (b'{"context": {"a": {"b": 1, "b": 1}}}', "body: has an object with the same member twice"),
    (b'{"a": NaN}', "body: has NaN or Infinity, which are no JSON"),
    (b'{"a": 1e400}', "body: has a number that is not finite"),
    (b'{"a": 9007199254740993}', "body: has a whole number beyond 2^53 - 1"),
    (b'{"a": "\\ud800"}', "body: has half a surrogate pair in a string"),
    (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", "body: is nested deeper than 32"),
    (b'{"a": "' + b"x" * (1 << 20) + b'"}', "body: is longer than 1 MiB"),
]
CONTENT_TYPES = ["", "text/plain", "application/json; charset=latin-1", "application/json; a=b", "application/jsonp"]


class NoSearches(Searches):
    """Searches of nothing: what the doors do before anything is searched is looked at here."""

    def begin(self, *_: object) -> None:
        """Nothing is searched."""
        raise RuntimeError(CANARY)


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as running:
        yield running


@pytest.fixture
def send(service, log, runner):
    """Return a function that sends one body to a door."""
    nothing = SimpleNamespace()
    searches = NoSearches(service, nothing, nothing, nothing)
    app = HttpApp(Doors(service, Callers((LOCAL,)), log.logger, searches=searches, deadline=5.0))

    def sent(door: str, content: bytes, **headers: str) -> httpx.Response:
        async def once() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pdp") as client:
                return await client.post(
                    f"/access/v1/{door}", content=content, headers={"content-type": "application/json", **headers}
                )

        return runner.run(once())

    return sent


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("content", "said"), GATES, ids=lambda value: value if isinstance(value, str) else "")
def test_the_first_gate_that_fails_is_the_answer(send, service, door, content, said):
    response = send(door, content, **{"x-request-id": "r-1"})

    assert (response.status_code, response.text) == (400, said)
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-request-id"] == "r-1"
    assert [rejection["code"] for rejection in service.rejections] == ["bad_request"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", CONTENT_TYPES)
def test_only_json_in_utf_8_is_read(send, door, kind):
    response = send(door, b"{}", **{"content-type": kind})

    assert response.status_code == 400
    assert response.text.startswith("content-type: ")


@pytest.mark.parametrize("door", DOORS)
def test_nothing_of_a_body_is_ever_repeated(send, log, door):
    for body in (
        {CANARY: 1, "subject": CANARY},
        {"subject": {"type": CANARY, "id": 5}},
        {"subject": {"type": "public_body", "id": "B"}, "action": {"name": [CANARY]}},
        {"page": CANARY},
        {"page": {"token": CANARY}, "subject": {"type": "unit"}},
        {"evaluations": CANARY, "options": {"evaluations_semantic": CANARY}},
    ):
        response = send(door, json.dumps(body).encode())

        assert response.status_code in {200, 400}
        assert CANARY not in response.text
    assert CANARY not in log.written()


_NAMES = st.sampled_from(
    [
        "subject",
        "action",
        "resource",
        "context",
        "page",
        "options",
        "evaluations",
        "type",
        "id",
        "name",
        "limit",
        "token",
    ]
)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["dataset", "public_body", "unit"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES | st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(door=st.sampled_from(DOORS), body=st.dictionaries(_NAMES, _VALUES, max_size=6))
def test_any_object_is_refused_or_answered_and_never_a_status_that_is_none_of_ours(send, door, body):
    response = send(door, json.dumps(body).encode())

    assert response.status_code in ({200, 400, 503} if door.startswith("search") else {200, 400})
    if response.status_code == 400:
        assert "\n" not in response.text
    if response.status_code == 503:
        assert response.headers["retry-after"] == "1"
        assert CANARY not in response.text
