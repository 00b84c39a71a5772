"""A list that looks only where something can be is the list that looks everywhere, whatever happened before."""

from __future__ import annotations

from dataclasses import astuple
from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdp.errors import TransitionError
from pdp.ledger.admit import default_speaker, statement
from pdp.ledger.scope import moment
from pdp.worklists.applications import answers_due, answers_overdue, open_applications, refusals_defective
from pdp.worklists.page import Paging
from pdp.worklists.reminders import due_on, notices
from pdp.worklists.seeking import about_data_of, applied_by, falling_due
from pdp.worklists.supervision import objections_due
from tests.pdp.ledger.conftest import Scribe, law

START = moment("2026-02-03")
BODIES = ("A", "B", "C", "city")
SCOPE = {"scenario": "sc-1", "scope": {"fields": ["a"]}}
REASONS = {"explanation": "说明", "statutory_cause": "法定事因"}
ENTRY = st.fixed_dictionaries(
    {"id": st.sampled_from(["R", "R1"]), "provider": st.sampled_from(BODIES), "title": st.just("甲")},
    optional={"joint_providers": st.lists(st.sampled_from(BODIES), min_size=1, max_size=2, unique=True)},
)
CASE = {"id": st.sampled_from(["A1", "A2"])}
OBJECTION = {"id": st.just("Y1"), "dataset": st.just("R")}
ORDER = {"due": st.dates(date(2026, 2, 10), date(2026, 3, 10)).map(date.isoformat), "item": st.just("item_1")}
SANCTION = {"id": st.just("S1"), "subject": st.just("X")}


def said(kind: str, optional=None, **members: st.SearchStrategy) -> st.SearchStrategy:
    """Return acts of one kind."""
    return st.tuples(st.just(kind), st.fixed_dictionaries(members, optional=optional or {}))


RECEIVED = said(
    "application.received", {name: st.just(value) for name, value in SCOPE.items()},
    **CASE, applicant=st.sampled_from(["B", "C"]), dataset=st.sampled_from(["R", "R1"]),
)  # fmt: skip
ACTS = st.one_of(
    RECEIVED,
    RECEIVED,
    said("application.completed", **CASE, **{name: st.just(value) for name, value in SCOPE.items()}),
    said("application.agreed", **CASE),
    said("application.refused", {name: st.just(value) for name, value in REASONS.items()}, **CASE),
    said("opening.applied", id=st.sampled_from(["O1", "O2"]), applicant=st.just("X"), dataset=st.just("R")),
    st.tuples(st.just("dataset.catalogued"), ENTRY),
    said("body.succeeded", id=st.sampled_from(BODIES), successor=st.sampled_from(BODIES)),
    said(
        "objection.raised", **OBJECTION,
        objector=st.sampled_from(["B", "C"]), side=st.sampled_from(["shared", "open"]),
    ),
    said("objection.filed", **OBJECTION),
    said("objection.extended", **OBJECTION, until=ORDER["due"]),
    said("sanction.suspended", **SANCTION, **ORDER, datasets=st.just(["R"])),
    said("sanction.lifted", **SANCTION),
    said("rectification.ordered", id=st.just("Z1"), body=st.sampled_from(BODIES), **ORDER),
    said("rectification.verified", id=st.just("Z1"), body=st.sampled_from(BODIES)),
)  # fmt: skip
PASSED = st.sampled_from([0, 0, 1, 20, 60, -30])  # hours; what is told late took effect before
SPEAKER = st.sampled_from([None, None, None, None, *BODIES])
HISTORY = st.lists(st.tuples(ACTS, PASSED, SPEAKER), min_size=25, max_size=60)


class Whole:
    """A ledger that knows of no names: a list made from it has looked at every entity."""

    def __init__(self, ledger) -> None:
        self.about, self.head, self._ledger = ledger.about, ledger.head, ledger

    def entities_of(self, kind, after, limit, *_: object):
        """Return what founded the entities of a kind, whatever they are named."""
        return self._ledger.entities_of(kind, after, limit)


def tell(history) -> Scribe:
    """Return a ledger of what was lawful of a history; before it there is one matter of each sort."""
    told = Scribe(law()).bodies().dataset().dataset("R1", joint_providers=["C"])
    told.apply("2026-01-05", id="G").say("application.agreed", "2026-01-06", id="G")
    at = START
    for (kind, members), hours, by in history:
        at += timedelta(hours=hours)
        try:
            speaker = by or default_speaker(kind, members, told.new_world(), at)
            told.ledger.record([statement(kind, members, at, speaker)])
        except TransitionError:
            continue
    return told


def items(source, told: Scribe, now, work, **asked: object):
    """Return a whole list."""
    return work(source, told.new_world(), now, Paging(size=500), **asked).items


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=HISTORY, hours=st.integers(0, 40 * 24))
def test_nothing_is_missed_by_looking_only_where_it_can_be(history, hours):
    told, now = tell(history), START + timedelta(hours=hours)
    own = [
        partial(work, of=body)
        for body in BODIES
        for work in (open_applications, answers_due, answers_overdue, objections_due)
    ]
    days = [partial(due_on, day=date(2026, 2, 4) + timedelta(days=count)) for count in range(45)]
    for work in (*own, partial(open_applications, of="X"), refusals_defective, *days):
        assert items(told.ledger, told, now, work) == items(Whole(told.ledger), told, now, work)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=HISTORY, hours=st.integers(0, 40 * 24), days=st.integers(0, 40))
def test_whoever_must_act_in_a_span_of_days_is_told_of_all_that_falls_due_in_it(history, hours, days):
    told, now = tell(history), START + timedelta(hours=hours)
    last = date(2026, 3, 20)
    first = last - timedelta(days=days)
    looked, everywhere = (
        list(notices(source, told.new_world(), now, first, last)) for source in (told.ledger, Whole(told.ledger))
    )

    assert list(map(astuple, looked)) == list(map(astuple, everywhere))


class Counted(Whole):
    """A ledger that counts the statements that it hands out to be looked at."""

    def __init__(self, ledger) -> None:
        super().__init__(ledger)
        self.handed = 0

    def entities_of(self, kind, after, limit, *names: object):
        """Return what the ledger returns."""
        found = self._ledger.entities_of(kind, after, limit, *names)
        self.handed += len(found)
        return found


@pytest.mark.parametrize(
    ("work", "asked", "handed"),
    [
        (open_applications, {"of": "C"}, 1),
        (answers_due, {"of": "C"}, 2),  # the entry and what was applied for
        (answers_overdue, {"of": "C"}, 2),
        (objections_due, {"of": "C"}, 2),
        (refusals_defective, {}, 1),
        (due_on, {"day": date(2026, 2, 26)}, 2),
    ],
)
def test_of_a_ledger_of_other_matters_only_what_can_be_on_a_list_is_looked_at(told, work, asked, handed):
    told.dataset("RC").say("dataset.catalogued", "2026-01-01", by="A", id="RC", provider="C", title="丙")
    for number in range(30):
        told.apply("2026-01-05", id=f"A{number}")
        told.say("objection.raised", "2026-01-05", id=f"Y{number}", objector="X", dataset="R", side="open")
    told.apply("2026-02-12", id="own").apply("2026-02-12", id="data", dataset="RC")
    told.apply("2026-02-11", id="own-C", applicant="C")
    told.say("objection.raised", "2026-01-05", id="Y", objector="X", dataset="RC", side="open")
    told.say("application.refused", "2026-01-06", id="A7")
    source = Counted(told.ledger)
    work(source, told.world, moment("2026-02-12"), Paging(), **asked)

    assert source.handed == handed


def test_a_term_that_began_after_the_matter_or_was_extended_is_found_on_its_last_day(told):
    told.apply("2026-01-05", id="G").say("application.agreed", "2026-01-06", id="G")
    told.apply("2026-02-12", scope=None).say("application.completed", "2026-02-13", id="A1", scope={"fields": ["a"]})
    for name in ("Y1", "Y2"):
        told.say("objection.raised", "2026-02-12", id=name, objector="B", dataset="R", side="shared")
        told.say("objection.filed", "2026-02-24", by="B", id=name, dataset="R")
    told.say("objection.extended", "2026-02-25", id="Y2", dataset="R", until="2026-03-20")
    now = moment("2026-02-25")
    due = {item.entity: item.due for day in range(40) for item in items(
        told.ledger, told, now, due_on, day=date(2026, 2, 20) + timedelta(days=day)
    )}  # fmt: skip

    assert due == {
        "application/A1": date(2026, 2, 27), "objection/Y1": date(2026, 3, 2), "objection/Y2": date(2026, 3, 20),
    }  # fmt: skip


def test_a_body_is_sought_under_the_names_of_all_that_it_succeeded_one_after_the_other(told):
    told.say("body.succeeded", "2026-02-01", id="A", successor="C")
    told.say("body.succeeded", "2026-02-01", id="C", successor="city")

    ((names,),) = applied_by(told.ledger, "city", "application.received").values()
    assert names == {"applicant=A", "applicant=C", "applicant=city"}
    ((data,),) = about_data_of(told.ledger, "city", "application.received").values()
    assert data == {"dataset=R"}


@pytest.mark.parametrize(
    ("day", "five", "ten"),
    [
        (date(2026, 2, 26), ["02-12"], ["02-05"]),
        (date(2026, 3, 4), ["02-26"], ["02-12"]),
        (date(2026, 2, 22), [], []),  # in the Spring Festival nothing ends
        (date(9999, 12, 31), [], []),
        (date(1, 1, 1), [], []),
    ],
)
def test_what_ends_on_a_day_was_received_on_those_days_from_which_a_term_ends_on_it(told, day, five, ten):
    sought = falling_due(told.world.law, day, day)
    runs = {days: {f"runs=2026-{one}" for one in days} for days in (tuple(five), tuple(ten))}

    assert sought["objection.raised"] == (runs[tuple(five)] | {f"due={day.isoformat()}"},)
    assert sought["application.received"] == (runs[tuple(five)] | runs[tuple(ten)],)
    assert sought["sanction.suspended"] == sought["rectification.ordered"] == ({f"due={day.isoformat()}"},)


def test_no_term_that_a_calendar_covers_is_left_out_of_a_whole_year(told):
    law_, year = told.world.law, [date(2025, 12, 1) + timedelta(days=count) for count in range(400)]
    for term, kind in ((5, "objection.raised"), (10, "application.received")):
        (sought,) = falling_due(law_, date(2026, 1, 1), date(2026, 12, 31))[kind]
        due = {day: law_.term(day, term).due for day in year}
        assert {f"runs={day}" for day, ends in due.items() if ends and ends.year == 2026} <= sought
