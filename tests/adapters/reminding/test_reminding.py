"""Promises of reminding: told once a day, signed, tried again, never lost, never in anybody's way."""

from __future__ import annotations

import asyncio
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from adapters.reminding.deliveries import FILE, Deliveries
from adapters.reminding.posting import Posting
from adapters.reminding.reminding import LONGEST_WAIT
from pdp.errors import UnavailableError
from tests.adapters.reminding.conftest import DUE, KEY
from tests.adapters.reminding.receiver import answer, reset


def proved(told) -> bool:
    """Return whether the signature is right, as a receiver with another library finds."""
    mac = HMAC(KEY, hashes.SHA256())
    mac.update(told.headers["x-pdp-timestamp"].encode() + b"." + told.body)
    return told.headers["x-pdp-signature"] == f"sha256={mac.finalize().hex()}"


def came(receiver) -> list[str]:
    """Return what came since the last time, by name."""
    found = [receiver.told.get_nowait().headers["idempotency-key"] for _ in range(receiver.told.qsize())]
    return sorted(found)


def test_every_body_that_must_act_is_told_once_and_can_prove_who_told_it(life, receiver):
    life.look()

    first, second = sorted((receiver.next(), receiver.next()), key=lambda told: told.headers["idempotency-key"])
    assert [told.headers["idempotency-key"] for told in (first, second)] == [f"{DUE}/A", f"{DUE}/X"]
    assert first.path == "/reminders"
    assert first.headers["content-type"] == "application/json"
    assert first.headers["x-pdp-timestamp"] == str(int(life.now.timestamp()))
    assert proved(first)
    assert proved(second)
    said = json.loads(first.body)
    assert (said["body"], said["day"]) == ("A", DUE)
    assert {item["entity"] for item in said["due_today"]["items"]} == {"application/A1", "rectification/Z1"}
    assert {one.state for one in life.states().values()} == {"delivered"}


def test_nothing_is_made_before_the_hour_of_the_day(life, receiver):
    life.at(f"{DUE}T08:29:59+08:00").look()
    assert came(receiver) == []
    assert life.states() == {}

    life.at(f"{DUE}T08:30:00+08:00").look()
    assert came(receiver) == [f"{DUE}/A", f"{DUE}/X"]


def test_what_was_acknowledged_is_never_told_again_however_often_the_service_starts(life, receiver):
    life.look()
    assert len(came(receiver)) == 2
    for seconds in (0, 60, 3_600, 36_000):
        life.later(seconds).look()

    assert came(receiver) == []


def test_reminders_are_on_the_device_before_the_first_of_them_leaves(life, receiver):
    before = []
    receiver.seen = lambda: before.append({name: one.state for name, one in life.states().items()})
    life.look()

    assert before[0].keys() == {f"{DUE}/A", f"{DUE}/X"}


@pytest.mark.parametrize(
    "bad", [answer(500), answer(404), answer(307, location="/elsewhere"), reset], ids=["500", "404", "307", "reset"]
)
def test_what_was_not_acknowledged_is_tried_again_under_the_same_name_and_a_new_time(life, receiver, bad):
    receiver.script = [bad, bad]
    seconds = life.look()
    first = {told.headers["idempotency-key"]: told for told in (receiver.next(), receiver.next())}
    assert {one.state for one in life.states().values()} == {"waiting"}
    assert all(one.fault for one in life.states().values())
    assert seconds == 30

    life.later(29).look()
    assert came(receiver) == []
    life.later(1).look()  # another process, as after a restart
    for told in (receiver.next(), receiver.next()):
        before = first[told.headers["idempotency-key"]]
        assert (told.path, told.body) == ("/reminders", before.body)
        assert int(told.headers["x-pdp-timestamp"]) == int(before.headers["x-pdp-timestamp"]) + 30
        assert proved(told)
    assert {(one.state, one.attempts) for one in life.states().values()} == {("delivered", 2)}


@pytest.mark.parametrize("slow", ["hangs", "drips"])
def test_a_try_ends_in_time_whatever_the_receiver_does(life, receiver, slow):
    life.retry["timeout_seconds"] = 0.2
    receiver.then = getattr(receiver, slow)
    life.look()

    assert {one.fault for one in life.states().values()} == {"no answer within 0.2 s"}


def test_after_the_last_try_a_reminder_is_given_up_and_the_operator_hears_of_it_once(life, receiver):
    receiver.then = answer(503)
    for _ in range(8):
        life.later(LONGEST_WAIT).look()

    assert len(came(receiver)) == 2 * life.retry["max_attempts"]
    assert {(one.state, one.attempts, one.fault) for one in life.states().values()} == {
        ("failed", 4, "answered with status 503")
    }
    assert sorted(fault.split(":")[0] for _, fault in life.alarms) == [f"{DUE}/A", f"{DUE}/X"]


def test_waits_grow_and_have_a_bound(life, receiver):
    life.retry["max_attempts"] = 12
    receiver.then = answer(503)
    life.look()
    waits = []
    while next(iter(life.states().values())).state == "waiting":
        waits.append(min(one.next_at for one in life.states().values()) - life.now.timestamp())
        life.later(waits[-1]).look()

    assert waits == sorted(waits)
    assert waits[0] == 30
    assert waits[-1] == LONGEST_WAIT


def test_a_process_that_dies_in_every_try_does_not_try_for_ever(life, receiver):
    life.receiver.then = answer(503)
    life.look()
    store = Deliveries(life.data / FILE)
    for _ in range(life.retry["max_attempts"] - 1):  # each begins a try, and dies
        life.later(LONGEST_WAIT)
        for reminder in store.due(life.now, 10):
            store.begin(reminder, life.now.timestamp())
    store.close()
    came(receiver)

    life.later(LONGEST_WAIT).look()
    assert came(receiver) == []
    assert {one.state for one in life.states().values()} == {"failed"}


def test_on_the_next_day_what_became_overdue_is_told_and_after_that_no_more(life, receiver):
    life.look()
    came(receiver)
    life.at("2026-02-27T09:00:00+08:00").look()

    told = {one.headers["idempotency-key"]: json.loads(one.body) for one in (receiver.next(), receiver.next())}
    overdue = told["2026-02-27/A"]["overdue"]
    assert told["2026-02-27/A"]["due_today"] == {"count": 0, "items": []}
    assert {item["entity"]: item["zh"] for item in overdue["items"]} == {
        "application/A1": "2026-02-26 期满未答复,自 2026-02-27 起视为同意,待确认",
        "rectification/Z1": "应于 2026-02-26 前整改,已逾期 1 个工作日",
    }
    life.at("2026-02-28T09:00:00+08:00").look()
    assert came(receiver) == []


def test_days_without_a_running_service_are_made_up_for(life, receiver):
    life.at("2026-02-25T09:00:00+08:00").look()
    assert came(receiver) == []
    life.at("2026-03-02T09:00:00+08:00").look()

    told = {one.headers["idempotency-key"]: json.loads(one.body) for one in (receiver.next(), receiver.next())}
    assert told["2026-03-02/X"]["overdue_since"] == "2026-02-25"
    assert [item["entity"] for item in told["2026-03-02/X"]["overdue"]["items"]] == ["sanction/S1"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [(UnavailableError("the disk is gone"), "the disk is gone"), (ValueError("a defect"), "ValueError: a defect")],
)
def test_a_ledger_that_cannot_be_read_is_told_once_and_only_delays(life, receiver, fault, said):
    store = Deliveries(life.data / FILE)
    reminding = life.reminding(store)

    async def looks() -> None:
        async with Posting(life.settings(), KEY) as posting:
            for life.fault in (fault, fault, None, fault):
                await reminding.look(posting)

    asyncio.run(looks())
    store.close()
    assert life.alarms == [("reminders wait", said)]  # by the last look the day was made
    assert came(receiver) == [f"{DUE}/A", f"{DUE}/X"]


def test_a_running_thread_meets_the_hour_when_the_clock_reaches_it(life, receiver):
    life.at(f"{DUE}T00:00:00+08:00")
    store = Deliveries(life.data / FILE)
    reminding = life.reminding(store)
    reminding.start()
    try:
        life.at(f"{DUE}T08:30:00+08:00")
        reminding.wake()
        assert {receiver.next().headers["idempotency-key"] for _ in range(2)} == {f"{DUE}/A", f"{DUE}/X"}
    finally:
        assert reminding.stop()
        store.close()


def test_a_receiver_that_hangs_does_not_hold_up_the_end_and_is_tried_again_after_it(life, receiver):
    life.retry["timeout_seconds"] = 60
    receiver.script = [receiver.hangs, receiver.hangs]
    store = Deliveries(life.data / FILE)
    reminding = life.reminding(store)
    reminding.start()
    for _ in range(2):
        receiver.next()

    assert reminding.stop()  # while both still hang
    assert not receiver.released.is_set()
    store.close()
    life.later(30).look()
    assert came(receiver) == [f"{DUE}/A", f"{DUE}/X"]
    assert {(one.state, one.attempts) for one in life.states().values()} == {("delivered", 2)}
