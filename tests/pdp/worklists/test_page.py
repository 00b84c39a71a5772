"""Pages hold under change: nothing twice, nothing that stays is skipped, whatever is recorded between two of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdp.errors import RequestError, TransitionError
from pdp.ledger.admit import statement
from pdp.ledger.scope import moment
from pdp.worklists.applications import (
    answers_due,
    answers_overdue,
    grants_unused,
    open_applications,
    refusals_defective,
)
from pdp.worklists.entries import attributes_overdue_for_review, entries_unclassified
from pdp.worklists.page import BATCH, Paging
from pdp.worklists.reminders import due_on
from pdp.worklists.supervision import objections_due, sanctions_in_force
from tests.pdp.ledger.conftest import Scribe, law

START = moment("2026-02-12")
LISTS = [
    (open_applications, {"of": "B"}), (answers_due, {"of": "A"}), (answers_overdue, {"of": "A"}),
    (refusals_defective, {}), (grants_unused, {"used": lambda _: 0}), (sanctions_in_force, {}),
    (objections_due, {"of": "A"}), (entries_unclassified, {}), (attributes_overdue_for_review, {"months": 36}),
    (due_on, {"day": date(2026, 2, 26)}),
]  # fmt: skip
ASKED = {"applicant": "B", "dataset": "R", "scenario": "sc-1", "scope": {"fields": ["a"]}}
SUSPENDED = {"subject": "X", "datasets": ["R"], "item": "item_1", "due": "2026-02-26"}
ACTS = [
    ("application.received", "B", "A", ASKED), ("application.agreed", "A", "A", {}),
    ("application.refused", "A", "A", {}), ("application.withdrawn", "B", "A", {}),
    ("opening.applied", "B", "A", ASKED | {"applicant": "X"}), ("application.fulfilled", "A", "A", {}),
    ("sanction.suspended", "A", "S", SUSPENDED), ("sanction.lifted", "A", "S", {"subject": "X"}),
    ("sanction.terminated", "A", "S", {"subject": "X"}),
    ("objection.raised", "X", "Y", {"objector": "X", "dataset": "R", "side": "open"}),
    ("objection.rejected", "A", "Y", {"dataset": "R"}), ("objection.fed_back", "A", "Y", {"dataset": "R"}),
    ("objection.filed", "A", "Y", {"dataset": "R"}),
    ("dataset.catalogued", "A", "R", {"provider": "A", "title": "甲"}), ("dataset.retired", "A", "R", {}),
    ("dataset.reviewed", "A", "R", {}),
    ("dataset.approved", "regulator", "R", {"sharing": "conditional", "opening": "conditional"}),
]  # fmt: skip
ACT = st.tuples(st.integers(0, len(ACTS) - 1), st.integers(1, 6))
ROUND = st.tuples(st.lists(ACT, max_size=5), st.integers(0, 24 * 10))


def start() -> Scribe:
    """Return a ledger in which every list has several entities."""
    told = Scribe(law()).bodies().dataset()
    for number in range(1, 5):
        told.dataset(f"R{number}").say("dataset.catalogued", "2026-02-01", id=f"N{number}", provider="A", title="乙")
        told.apply("2026-01-05", id=f"A{number + 10}").apply("2026-02-12", id=f"A{number}")
        told.say("application.received", "2026-02-12", **(ASKED | {"id": f"A{number + 20}"}))
        told.say("application.refused", "2026-02-12", id=f"A{number + 20}")
        told.say("sanction.suspended", "2026-02-12", by="A", **(SUSPENDED | {"id": f"S{number}"}))
        raised = {"objector": "X", "dataset": "R", "side": "open"}
        told.say("objection.raised", "2026-02-12", id=f"Y{number}", **raised)
    return told


def act(told: Scribe, one: tuple[int, int], now) -> None:
    """Record one act, where it is lawful."""
    kind, by, letter, body = ACTS[one[0]]
    try:
        told.ledger.record([statement(kind, body | {"id": f"{letter}{one[1]}"}, now, by)])
    except TransitionError:
        return


def entities(told: Scribe, work, now, asked) -> list[str]:
    """Return a whole list at once."""
    page = work(told.ledger, told.new_world(), now, Paging(size=500), **asked)
    assert page.next is None
    return [item.entity for item in page.items]


@pytest.mark.parametrize(("work", "asked"), LISTS, ids=[work.__name__ for work, _ in LISTS])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rounds=st.lists(ROUND, max_size=6), size=st.integers(1, 3))
def test_no_entity_comes_twice_and_none_that_stays_is_skipped_whatever_is_recorded_in_between(
    work, asked, rounds, size
):
    told, now, waiting = start(), START + timedelta(days=1), list(rounds)
    seen: list[str] = []
    stayed, cursor = set(entities(told, work, now, asked)), ""
    while True:
        stayed &= set(entities(told, work, now, asked))
        page = work(told.ledger, told.new_world(), now, Paging(cursor, size), **asked)
        seen += [item.entity for item in page.items]
        if page.next is None:
            break
        assert len(page.items) == size
        assert int(page.next) > int(cursor or 0)
        cursor = page.next
        acts, hours = waiting.pop(0) if waiting else ([], 0)
        now += timedelta(hours=hours)
        for one in acts:
            act(told, one, now)

    assert len(seen) == len(set(seen))
    assert stayed <= set(seen)


@pytest.mark.parametrize(("work", "asked"), LISTS, ids=[work.__name__ for work, _ in LISTS])
def test_pages_put_together_are_the_list(work, asked):
    told, pages, cursor = start(), [], ""
    now = moment("2026-03-20" if work in {answers_overdue, grants_unused} else "2026-02-13")
    while cursor is not None:
        page = work(told.ledger, told.world, now, Paging(cursor, 2), **asked)
        pages += [item.entity for item in page.items]
        cursor = page.next

    assert pages == entities(told, work, now, asked)
    assert len(pages) > 3


def test_an_entry_catalogued_again_keeps_its_first_place():
    told = start()
    told.say("dataset.catalogued", "2026-02-13", id="N1", provider="A", title="丙")

    assert entities(told, entries_unclassified, moment("2026-02-13"), {}) == [f"dataset/N{n}" for n in range(1, 5)]


def test_entities_founded_one_right_after_the_other_are_all_met_page_by_page(told):
    for name in ("N1", "N2", "N3"):
        told.say("dataset.catalogued", "2026-02-01", id=name, provider="A", title=name)
    met, cursor = [], ""
    while cursor is not None:
        page = entries_unclassified(told.ledger, told.world, moment("2026-02-13"), Paging(cursor, 1))
        met += [item.entity for item in page.items]
        cursor = page.next

    assert met == ["dataset/N1", "dataset/N2", "dataset/N3"]


def test_a_list_longer_than_a_batch_is_whole(told):
    for number in range(BATCH + 1):
        told.apply(id=f"A{number}")

    assert len(entities(told, answers_due, moment("2026-02-12"), {"of": "A"})) == BATCH + 1


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "٣", "9" * 19])
def test_what_is_no_cursor_is_refused(after):
    with pytest.raises(RequestError, match="after: is no cursor"):
        Paging(after)


@pytest.mark.parametrize("size", [0, 501])
def test_a_page_has_one_to_five_hundred_items(size):
    with pytest.raises(RequestError, match="size"):
        Paging(size=size)
