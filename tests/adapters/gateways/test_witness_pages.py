"""Promises of the witness over HTTP: exact media types, bounded bodies, so many requests a second, and no more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI

from adapters.gateways.witness_pages import PEERS, Allowance, add_witness
from adapters.witnesses.endpoint import Trust, WitnessEndpoint
from adapters.witnesses.state import WitnessState
from pdp.log.note import note_in, signature_line
from pdp.log.witness import BODY_LIMIT, place_of
from tests.adapters.witnesses.story import FORKED, HONEST, LOGS, ORIGIN, STRANGER, SUITE, WITNESS_KEY, verify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

TEXT = "text/plain; charset=utf-8"


class Signer:
    """Signs with the witness's key."""

    key = WITNESS_KEY.public

    def sign(self, checkpoint: object, time: int) -> bytes:
        """Return the bare signature."""
        return WITNESS_KEY.line(checkpoint, time).signature[8:]


@pytest.fixture
def alarms() -> list[str]:
    return []


@pytest.fixture
def state(tmp_path):
    made = WitnessState(tmp_path / "state.sqlite", create=True)
    yield made
    made.close()


@pytest.fixture
def ask(state, alarms):
    """Return a function that sends requests, one after the other, and returns the answers."""
    endpoint = WitnessEndpoint(state, Trust(LOGS, verify, SUITE), lambda _: [Signer()], now=lambda: 1, alarm=print)

    def asked(*requests: dict[str, object], allowance: Allowance | None = None) -> list[httpx.Response]:
        app = FastAPI()
        add_witness(app, endpoint, alarms.append, allowance)

        async def sent() -> list[httpx.Response]:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://b") as client:
                return [await client.request(**request) for request in requests]

        return asyncio.run(sent())

    return asked


def adding(content: bytes | AsyncIterator[bytes], **headers: str) -> dict[str, object]:
    return {"method": "POST", "url": "/witness/add-checkpoint", "content": content, "headers": headers}


def showing(place: str) -> dict[str, object]:
    return {"method": "GET", "url": f"/witness/{place}/checkpoint"}


def test_a_cosignature_is_plain_text_and_the_note_is_shown_with_it(ask):
    before, answer, after = ask(showing(place_of(ORIGIN)), adding(HONEST.sent(0, 5)), showing(place_of(ORIGIN)))

    line = signature_line(WITNESS_KEY.public, Signer().sign(HONEST.note(5).checkpoint, 1), 1)
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (200, TEXT, str(line))
    assert before.status_code == 404
    assert (after.status_code, after.headers["content-type"]) == (200, TEXT)
    assert note_in(after.content).lines == (*HONEST.note(5).lines, line)
    assert {each.headers["cache-control"] for each in (before, answer, after)} == {"no-store"}


def test_a_stale_request_is_told_the_size_in_its_own_media_type(ask):
    _, stale = ask(adding(HONEST.sent(0, 5)), adding(HONEST.sent(0, 6)))

    assert (stale.status_code, stale.content, stale.headers["content-type"]) == (409, b"5\n", "text/x.tlog.size")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (HONEST.sent(0, 5).replace(ORIGIN.encode(), b"other.example/log"), 404),
        (HONEST.sent(0, 5, STRANGER), 403),
        (HONEST.sent(0, 5, proof=[bytes(32)]), 422),
    ],
    ids=["unreadable", "unknown", "not signed", "inconsistent"],
)
def test_a_refusal_says_why_in_plain_text(ask, body, status):
    (refused,) = ask(adding(body))

    assert (refused.status_code, refused.headers["content-type"]) == (status, TEXT)
    assert refused.text.endswith("\n")
    assert len(refused.text) > 20


def test_nobody_is_asked_who_they_are(ask):
    (answer,) = ask(adding(HONEST.sent(0, 5), authorization="Bearer of nothing"))

    assert answer.status_code == 200


def test_a_body_that_is_announced_too_long_is_not_read(ask):
    async def body() -> AsyncIterator[bytes]:
        yield pytest.fail("the body was read")

    (refused,) = ask(adding(body(), **{"content-length": str(BODY_LIMIT + 1)}))

    assert (refused.status_code, refused.headers["connection"]) == (400, "close")


def test_a_body_that_turns_out_too_long_is_read_no_further(ask):
    read = []

    async def body() -> AsyncIterator[bytes]:
        for piece in range(100):
            read.append(piece)
            yield b"a" * 4096

    (refused,) = ask(adding(body()))

    assert (refused.status_code, refused.text) == (400, "the body has more than 64 KiB\n")
    assert len(read) == BODY_LIMIT // 4096 + 1


def test_a_body_that_does_not_arrive_is_waited_for_no_longer(ask, monkeypatch):
    monkeypatch.setattr("adapters.gateways.witness_pages.PATIENCE", 0.01)

    async def body() -> AsyncIterator[bytes]:
        yield HONEST.sent(0, 5)[:50]
        await asyncio.Event().wait()

    (refused,) = ask(adding(body()))

    assert (refused.status_code, refused.text, refused.headers["connection"]) == (
        400,
        "the body did not arrive\n",
        "close",
    )


def test_a_body_of_exactly_the_limit_is_read(ask):
    (refused,) = ask(adding(b"a" * BODY_LIMIT))

    assert refused.text.startswith("the body is a line with the old size")


@pytest.mark.parametrize("place", ["0" * 63, "0" * 65, "G" * 64, place_of(ORIGIN).upper(), "..", "%2e%2e"])
def test_what_is_no_place_is_not_looked_up(ask, state, place):
    _ = ask(adding(HONEST.sent(0, 5)))
    state.close()  # whoever looks fails
    (answer,) = ask(showing(place))

    assert answer.status_code == 404


def test_a_state_that_cannot_be_used_is_503_and_an_alarm(ask, state, alarms):
    state.close()
    added, shown = ask(adding(HONEST.sent(0, 5)), showing(place_of(ORIGIN)))

    assert (added.status_code, shown.status_code) == (503, 503)
    assert added.headers["retry-after"] == "5"
    assert len(alarms) == 2


def test_too_many_requests_for_one_log_are_turned_away_unread(ask):
    now = [0.0]
    allowance = Allowance(each=1, clock=lambda: now[0])
    answers = ask(*[adding(HONEST.sent(0, 5))] * 3, adding(FORKED.sent(0, 5)), adding(b""), allowance=allowance)

    assert [answer.status_code for answer in answers] == [200, 409, 429, 429, 400]
    assert answers[2].headers["retry-after"] == "1"


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def takes(now) -> Callable[[str, str], bool]:
    return Allowance(each=2, clock=lambda: now[0]).takes


def test_twice_a_second_s_requests_may_come_at_once_and_then_so_many_a_second(takes, now):
    assert [takes("log", "peer") for _ in range(6)] == [True] * 4 + [False] * 2
    now[0] = 1.0
    assert [takes("log", "peer") for _ in range(3)] == [True, True, False]
    now[0] = 1000.0
    assert [takes("log", "peer") for _ in range(5)] == [True] * 4 + [False]


def test_one_peer_s_requests_do_not_count_against_another_s_nor_one_log_s_against_another_s(takes):
    assert [takes("log", "peer") for _ in range(5)][-1] is False
    assert takes("log", "other")
    assert takes("other", "peer")


def test_no_more_peers_are_remembered_than_there_is_room_for(takes):
    for _ in range(5):
        takes("log", "first")
    for number in range(PEERS):
        takes("log", f"peer {number}")

    assert takes("log", "first")  # forgotten, and so allowed
