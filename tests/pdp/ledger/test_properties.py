"""Promises over generated ledgers: what raises authority, what the clock may change, and how long a state holds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdp.errors import TransitionError
from pdp.ledger import application
from pdp.ledger.admit import statement
from pdp.ledger.classification import history
from pdp.ledger.scope import moment
from pdp.ledger.view import AsKnown, View
from pdp.workdays import day_after, due_date

if TYPE_CHECKING:
    from datetime import datetime

    from pdp.ledger.states import Application

START = moment("2026-02-01")
LAST = moment("2027-03-01")
GRANTED = {"agreed", "agreed_in_part", "deemed"}
REASONS = {"explanation": "说明", "statutory_cause": "法定事因"}
PART = {"scope": {"fields": ["a"]}}

APPLIED = {"applicant": "B", "dataset": "R", "scenario": "sc-1"}
ACTS: list[tuple[str, str, dict[str, object]]] = [
    ("application.received", "B", APPLIED | {"scope": {"fields": ["a", "b"]}}),
    ("application.received", "B", APPLIED),
    ("application.received", "B", APPLIED | {"scope": {"fields": ["a"], "until": "2026-06-30"}}),
    ("application.completed", "B", PART),
    ("application.incomplete_noticed", "A", {}),
    ("application.withdrawn", "B", {}),
    ("application.agreed", "A", {}),
    ("application.agreed", "C", {}),
    ("application.agreed_in_part", "A", PART),
    ("application.refused", "A", {}),
    ("application.refused", "C", REASONS),
    ("application.fulfilled", "A", {}),
    ("coordination.opened", "B", {"application": "A1"}),
    ("coordination.concluded", "regulator", {"application": "A1"}),
    ("dataset.class_tightened", "A", {"sharing": "not_shareable"}),
    ("dataset.class_tightened", "A", {"fields": {"b": {"sharing": "not_shareable"}}}),
    ("dataset.approved", "regulator", {"sharing": "conditional"}),
    ("dataset.approved", "regulator", {"sharing": "unconditional"}),
    ("dataset.refreshed", "A", {}),
    ("body.succeeded", "registrar", {"successor": "C"}),
    ("sanction.suspended", "A", {"subject": "X", "datasets": ["R"], "item": "item_1", "due": "2026-06-01"}),
    ("objection.raised", "B", {"objector": "B", "dataset": "R", "side": "shared"}),
    ("objection.filed", "B", {"dataset": "R"}),
    ("measure.declared", "cyberspace", {"scope": {"datasets": ["R"]}, "until": "2026-05-01"}),
    ("measure.declared", "A", {"scope": {"datasets": ["R"]}}),
]  # fmt: skip
IDS = {
    "application": "A1", "coordination": "K1", "dataset": "R", "body": "A", "sanction": "S1", "objection": "Y1",
    "measure": "M1",
}  # fmt: skip
READINGS = st.fixed_dictionaries(
    {},
    optional={
        "end_of_day": st.sampled_from(["midnight", "close_of_business"]),
        "incomplete_application": st.sampled_from(["no_clock", "clock_unless_noticed_within_5_wd"]),
        "joint_providers": st.sampled_from(["weakest_state", "lead_provider"]),
        "partial_answer": st.sampled_from(["whole", "part_only"]),
        "class_after_grant": st.sampled_from(["void", "revives"]),
        "class_change": st.sampled_from(["tighten_at_once_loosen_on_approval", "approval_for_both", "body_alone"]),
        "deemed_consent_today": st.sampled_from(["keep_with_review", "no_effect_where_809_applies"]),
        "working_day": st.sampled_from(["state_council_arrangement", "monday_to_friday"]),
    },
)
STEP = st.tuples(st.integers(0, len(ACTS) - 1), st.integers(0, 30 * 24))
COURSE = st.tuples(st.tuples(st.integers(0, 2), st.just(0)), st.lists(STEP, max_size=12)).map(
    lambda met: [met[0], *met[1]]
)
HOURS = st.integers(0, (LAST - START) // timedelta(hours=1))
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def tell(told, course: list[tuple[int, int]]) -> datetime:
    """Tell what of `course` is lawful, hours apart; return when it ended."""
    at = START
    for number, hours in course:
        at += timedelta(hours=hours)
        kind, speaker, members = ACTS[number]
        try:
            told.ledger.record([statement(kind, {"id": IDS[kind.partition(".")[0]]} | members, at, speaker)])
        except TransitionError:
            continue
    return at


@pytest.fixture
def begun(scribe):
    """Return a maker of scribes with the entry R of A and C."""
    return lambda **readings: scribe(**readings).bodies().dataset(joint_providers=["C"])


def fresh(told, at: datetime, source=None) -> Application:
    """Return the application folded anew."""
    return application.fold(View(source or told.ledger, told.world.law, at), "A1")


@QUICK
@given(COURSE, READINGS, HOURS, HOURS)
def test_until_is_honest(begun, course, readings, hours, later):
    told = begun(**readings)
    tell(told, course)
    world, now = told.new_world(), START + timedelta(hours=hours)
    look = (
        lambda at: world.applications("R", "B", at), lambda at: world.dataset("R", at), world.measures,
        lambda at: world.standing("X", at), lambda at: world.subject("C", at),
    )  # fmt: skip
    for state in look:
        found = state(now)
        ends = min((one.until for one in (found if isinstance(found, tuple) else (found,)) if one.until), default=LAST)
        between = min(now + timedelta(hours=later), ends - timedelta(microseconds=1))
        if between >= now:
            assert state(between) == found


@QUICK
@given(COURSE, READINGS, st.lists(HOURS, min_size=1, max_size=8))
def test_what_is_kept_is_what_a_fold_would_find(begun, course, readings, instants):
    told = begun(**readings)
    tell(told, course)
    world = told.new_world()

    for hours in instants:
        now = START + timedelta(hours=hours)
        assert world.applications("R", "B", now) == told.new_world().applications("R", "B", now)
        assert world.dataset("R", now) == told.new_world().dataset("R", now)


@QUICK
@given(COURSE, READINGS, HOURS)
def test_what_was_known_then_is_the_fold_of_the_prefix(begun, course, readings, hours):
    told, now = begun(**readings), START + timedelta(hours=hours)
    known = []
    for step in [[], *([act] for act in course)]:
        tell(told, step)
        known.append((told.ledger.head(), fresh(told, now)))

    for seq, then in known:
        assert fresh(told, now, AsKnown(told.ledger, seq)) == then


@QUICK
@given(COURSE, READINGS, HOURS)
def test_deemed_means_complete_conditional_and_a_term_that_ended_in_silence(begun, course, readings, hours):
    told, now = begun(**readings), START + timedelta(hours=hours)
    tell(told, course)
    found = fresh(told, now)
    if found.state != "deemed":
        return

    statements = [said for said in told.ledger.about("application/A1") if said.at <= now]
    over = day_after(due_date(found.received, 5, told.world.law.calendar))
    if readings.get("end_of_day") == "close_of_business":
        over -= timedelta(hours=6)
    assert now >= over
    assert found.due is not None
    if readings.get("incomplete_application", "no_clock") == "no_clock":
        assert found.scope.fields
        assert found.scenarios
    in_time = {
        said.by for said in statements if said.kind in {"application.agreed", "application.refused"} and said.at < over
    }
    assert {"A", "C"} - in_time, "somebody was silent"
    assert not [said for said in statements if said.kind == "application.withdrawn"]
    if readings.get("class_after_grant", "void") == "void":
        received = max(said.at for said in statements if said.kind in {"application.received", "application.completed"})
        versions = history(told.ledger.about("dataset/R"), told.world.law.readings)
        then = [version for version in versions if version.at <= now]
        met = [version for version in then if version.at <= received][-1:] + [v for v in then if v.at > received]
        assert all("conditional" in version.across(frozenset({"a", "b"}), "sharing").values() for version in met)


@QUICK
@given(COURSE, READINGS, HOURS, HOURS)
def test_the_clock_alone_turns_authority_to_deemed_expired_or_beyond_the_calendar(
    begun, course, readings, hours, later
):
    told = begun(**readings)
    ended = tell(told, course)
    now = max(ended, START + timedelta(hours=hours))
    before, after = fresh(told, now), fresh(told, now + timedelta(hours=later))

    assert after.state == before.state or after.state in {"deemed", "expired", "calendar_unknown"}


@QUICK
@given(
    COURSE, st.sampled_from(["C2", "X", "P", "regulator", "cyberspace", "city", "observer-of-A", "registrar"]), HOURS
)
def test_others_than_provider_and_approver_never_raise_authority(begun, course, outsider, hours):
    told = begun()
    told.say("body.registered", "2023-01-01", id="C2", name="丁", level="district", basis="administrative_organ")
    at = tell(told, course)
    now = at + timedelta(hours=hours)
    before = fresh(told, now)
    for kind, _, members in ACTS:
        if kind == "dataset.approved" or (kind, outsider) == ("body.succeeded", "registrar"):
            continue
        try:
            told.ledger.record([statement(kind, {"id": IDS[kind.partition(".")[0]]} | members, at, outsider)])
        except TransitionError:
            continue

    after = fresh(told, now)
    assert after.state == before.state
    assert after.scope == before.scope


@QUICK
@given(COURSE, HOURS)
def test_unrelated_statements_change_nothing(begun, course, hours):
    told = begun()
    tell(told, course)
    now = START + timedelta(hours=hours)
    before = fresh(told, now)
    other = told.dataset("Q").apply("2026-02-13", id="A2", dataset="Q")
    other.say("application.refused", "2026-02-14", id="A2", **REASONS)
    other.say("dataset.class_tightened", "2026-03-01", id="Q", sharing="not_shareable")

    assert fresh(told, now) == before


@QUICK
@given(st.integers(1, 4), st.booleans(), HOURS)
def test_a_lifted_sanction_and_no_sanction_are_equal(begun, orders, corrected, hours):
    told = begun()
    for number in range(orders):
        name = {"id": f"S{number}", "subject": "X"}
        told.say("sanction.suspended", "2026-02-01", datasets=["R"], item="item_1", due="2026-02-20", **name)
        if corrected:
            told.say("sanction.corrected", "2026-02-02", **name)
        told.say("sanction.lifted", "2026-02-03", **name)

    now = moment("2026-02-03") + timedelta(hours=hours)
    assert told.world.standing("X", now) == told.world.standing("P", now)
