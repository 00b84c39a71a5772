"""Groups of fields merge into one answer: what is withheld stays withheld, and order does not matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.model import Effect, Facts, FieldGroup, Finding, Inquiry, Outcome
from pdp.rulebook.duties import Duties, DutyText, RemedyText
from pdp.rulebook.merge import settle
from pdp.rulebook.rulebook import Ground, Revision, Rulebook
from pdp.rulebook.table import TruthTable
from pdp.vocabulary import Fact, Value, Vocabulary

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATEST = NOW + timedelta(seconds=30)
ARTICLE = ("art_19__para_3",)
VALUES = {
    "relation": ("sharing", "own_use"),
    "sharing_class": ("unconditional", "not_shareable", "unset"),
    "field_coverage": ("all", "some", "none"),
    "enforcement": ("able", "undeclared"),
}
VOCABULARY = Vocabulary.of(
    {name: Fact(name, name, {v: Value(v, v) for v in values}, ARTICLE, name) for name, values in VALUES.items()}
)


def table(rule: str, effect: Effect, **holds: str) -> TruthTable:
    """Return the table of a rule that holds exactly when each of its facts has the one value given."""
    reads = tuple(holds)
    alike = {fact: {value: value for value in VALUES[fact]} for fact in reads}
    rows: dict[tuple[str, ...], bool] = {(): True}
    for fact in reads:
        rows = {(*row, value): met and value == holds[fact] for row, met in rows.items() for value in VALUES[fact]}
    return TruthTable(Finding(rule, effect, ARTICLE), reads, tuple(VOCABULARY.index[f] for f in reads), alike, rows)


TABLES = (
    table("granted", Effect.PERMIT, sharing_class="unconditional"),
    table("any_purpose", Effect.ADMIT),
    table("withheld", Effect.FORBID, sharing_class="not_shareable"),
    table("class_unset", Effect.DOUBT, sharing_class="unset"),
    table("not_enforceable", Effect.FORBID, field_coverage="some", enforcement="undeclared"),
    table("outside_scope", Effect.FORBID, field_coverage="none"),
    table("limit", Effect.OBLIGE, field_coverage="some"),
    table("noted", Effect.ADVISE),
)
RULEBOOK = Rulebook(
    vocabulary=VOCABULARY,
    tables=TABLES,
    grounds={t.finding.rule: Ground(t.finding.rule, t.finding.effect, "", ARTICLE, "ask") for t in TABLES},
    rules={},
    duties=Duties(
        {"limit": DutyText("limit", "限", "limit", "gateway", ARTICLE, ("fields", "term"))},
        {},
        {
            way: RemedyText(way, way, way, ARTICLE, "observer" if way == "contact_observer" else "own_body", {})
            for way in ("ask", "contact_observer")
        },
    ),
    administration=frozenset(),
    posts=frozenset(),
    revision=Revision(*["0" * 64] * 6),
)


def group(*names: str, sharing_class: str = "unconditional", enforcement: str = "able") -> FieldGroup:
    """Return fields with one class."""
    vector = ("sharing", sharing_class, "all", enforcement)
    return FieldGroup(names, names, Facts(vector, {}, VOCABULARY.index))


def asked(*groups: FieldGroup, joined: bool = False) -> Inquiry:
    """Return an inquiry about `groups`."""
    return Inquiry(groups, ledger=1, joined=joined)


def test_one_group_is_answered_as_it_is_judged():
    _, decision = settle(asked(group("a", "b")), RULEBOOK, LATEST)

    assert (decision.outcome, decision.granted, decision.withheld) == (Outcome.PERMIT, ("a", "b"), ())


def test_a_mixed_question_is_partial_and_every_withheld_field_has_its_own_grounds():
    mixed = asked(group("a"), group("b", sharing_class="not_shareable"), group("c", sharing_class="unset"))

    _, decision = settle(mixed, RULEBOOK, LATEST)

    assert decision.outcome is Outcome.PARTIAL
    assert decision.granted == ("a",)
    assert {w.fields: [f.rule for f in w.grounds] for w in decision.withheld} == {
        ("b",): ["withheld"],
        ("c",): ["class_unset"],
    }


def test_a_field_outside_the_grant_is_withheld_as_if_it_were_asked_for_alone():
    facts = Facts(("sharing", "unconditional", "some", "able"), {}, VOCABULARY.index)

    _, decision = settle(asked(FieldGroup(("a", "b"), ("a",), facts)), RULEBOOK, LATEST)

    assert (decision.outcome, decision.granted) == (Outcome.PARTIAL, ("a",))
    assert [(w.fields, [f.rule for f in w.grounds]) for w in decision.withheld] == [(("b",), ["outside_scope"])]


def test_the_part_that_is_granted_is_bound_to_its_fields():
    _, decision = settle(asked(group("a"), group("b", sharing_class="unset")), RULEBOOK, LATEST)

    assert [(duty.id, duty.parameters) for duty in decision.duties] == [("limit", {"fields": ["a"]})]


def test_a_part_that_nobody_enforces_is_refused_whole():
    mixed = asked(group("a", enforcement="undeclared"), group("b", sharing_class="unset", enforcement="undeclared"))

    inquiry, decision = settle(mixed, RULEBOOK, LATEST)

    assert decision.outcome is Outcome.DENY
    assert "not_enforceable" in {finding.rule for finding in decision.grounds}
    assert inquiry.groups[0].facts["field_coverage"] == "some"  # the record shows the facts that decided


def test_a_join_releases_nothing_that_one_of_its_parts_withholds():
    _, decision = settle(asked(group("a"), group("b", sharing_class="unset"), joined=True), RULEBOOK, LATEST)

    assert (decision.outcome, decision.granted) == (Outcome.INDETERMINATE, ())


def test_duties_are_shown_on_permits_only_and_advisories_always():
    _, refused = settle(asked(group("a", sharing_class="unset")), RULEBOOK, LATEST)

    assert (refused.duties, refused.advisories) == ((), ("noted",))


def test_every_refusal_names_a_remedy_and_the_observer():
    _, refused = settle(asked(group("a", sharing_class="unset")), RULEBOOK, LATEST)

    assert [remedy.id for remedy in refused.remedies] == ["ask", "contact_observer"]


@pytest.mark.parametrize(("until", "expected"), [(None, LATEST), (NOW, NOW), (LATEST + timedelta(days=1), LATEST)])
def test_no_answer_is_valid_beyond_the_next_change_or_the_cap(until, expected):
    _, decision = settle(Inquiry((group("a"),), ledger=1, until=until), RULEBOOK, LATEST)

    assert decision.valid_until == expected


@given(st.lists(st.sampled_from(VALUES["sharing_class"]), min_size=2, max_size=4), st.booleans())
def test_the_order_of_groups_changes_nothing(classes, joined):
    groups = [group(f"f{place}", sharing_class=value) for place, value in enumerate(classes)]

    answers = {
        (decision.outcome, frozenset(decision.granted), decision.findings)
        for order in permutations(groups)
        for _, decision in [settle(asked(*order, joined=joined), RULEBOOK, LATEST)]
    }

    assert len(answers) == 1


@given(
    st.lists(st.sampled_from(VALUES["sharing_class"]), min_size=1, max_size=4), st.sampled_from(VALUES["enforcement"])
)
def test_no_field_is_released_that_its_group_refuses_and_a_stricter_group_never_widens(classes, enforcement):
    groups = [group(f"f{n}", sharing_class=value, enforcement=enforcement) for n, value in enumerate(classes)]
    _, before = settle(asked(*groups), RULEBOOK, LATEST)
    _, after = settle(asked(*groups, group("strict", sharing_class="not_shareable")), RULEBOOK, LATEST)

    allowed = {f"f{n}" for n, value in enumerate(classes) if value == "unconditional"}
    assert set(before.granted) <= allowed
    assert set(after.granted) <= set(before.granted)
