"""An overlay restricts and nothing else: whatever it answers, no verdict becomes milder and no duty is lifted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.errors import OverlayError
from pdp.model import SETTLES, Effect, Facts, FieldGroup, FieldLimit, Finding, Limits, Outcome, Overlaid, Verdict
from pdp.overlay import (
    MOST,
    UNAVAILABLE,
    applying,
    concerned,
    divided,
    heard,
    name_of,
    restricted,
    speaker,
    titles,
    unheard,
)

DUTIES = {"purpose_bound": ("art_24__para_1",), "access_recorded": ("art_3__para_3",)}
LIMITS = Limits("bureau", "X", ("art_39__para_1",), titles={"no_bulk": "夜间不得批量提供"})
TOLD = {"name": "name", "phone": "phone", "t1.abc": "a very long name"}  # as it was told -> as it is
MILDNESS = {outcome: place for place, outcome in enumerate((Outcome.DENY, Outcome.REFER, Outcome.INDETERMINATE))}

rules = st.sampled_from(["no_bulk", "night", "purpose_bound", "access_recorded", UNAVAILABLE, "", "a b", "P", "x" * 65])
spoken = st.sampled_from([*Effect, "allow", "", "FORBID", None, 1])
members = st.one_of(
    st.fixed_dictionaries({"effect": spoken, "rule": st.one_of(rules, st.none(), st.integers(), st.lists(rules))}),
    st.fixed_dictionaries({"effect": st.just("forbid"), "rule": rules, "msg": st.text()}),
    st.fixed_dictionaries(
        {"effect": spoken, "rule": rules, "fields": st.lists(st.sampled_from([*TOLD, "phnoe"]), max_size=3)}
    ),
    st.dictionaries(st.sampled_from(["effect", "rule"]), rules),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
lawful = st.lists(
    st.one_of(
        st.fixed_dictionaries({
            "effect": st.sampled_from(["forbid", "refer", "doubt"]), "rule": st.sampled_from(["no_bulk", "night"]),
        }),
        st.fixed_dictionaries({"effect": st.just("oblige"), "rule": st.sampled_from(sorted(DUTIES))}),
    ),
    max_size=4,
)  # fmt: skip
ours = st.builds(
    Finding,
    st.sampled_from(["share_deemed", "no_application", "purpose_bound", "access_recorded"]),
    st.sampled_from(Effect),
    st.just(("art_1__para_1",)),
)


def verdict_of(findings) -> Verdict:
    """Return a verdict with these findings, as precedence settles it."""
    spoken = {finding.effect for finding in findings}
    outcome = next((SETTLES[effect] for effect in SETTLES if effect in spoken), None)
    outcome = outcome or (Outcome.PERMIT if Effect.PERMIT in spoken else Outcome.DENY)
    if not outcome.permits:
        findings = {finding for finding in findings if finding.effect is not Effect.OBLIGE}
    return Verdict(outcome, tuple(sorted(findings, key=lambda found: (list(Effect).index(found.effect), found))))


def said(answer, limits=LIMITS) -> Overlaid:
    return heard(limits, answer, DUTIES, TOLD)


@given(st.frozensets(ours), lawful, lawful)
def test_no_overlay_makes_a_verdict_milder_or_lifts_a_duty_of_a_permit(findings, one, other):
    before = verdict_of(findings)

    after = restricted(before, [said(one), said(other, Limits("other", "Y"))])

    mildest = len(MILDNESS)
    assert MILDNESS.get(after.outcome, mildest) <= MILDNESS.get(before.outcome, mildest)
    if after.outcome.permits:
        assert (after.outcome, after.grants, after.limits) == (before.outcome, before.grants, before.limits)
        assert set(before.owed) <= set(after.owed) <= {*before.owed, *DUTIES}
        assert len(after.owed) == len(set(after.owed))
    else:
        assert set(before.limits) <= set(after.limits)
        assert after.owed == ()


@given(st.frozensets(ours), lawful, lawful)
def test_the_order_of_overlays_and_of_their_findings_changes_nothing(findings, one, other):
    verdict, first, second = verdict_of(findings), said(one), said(other, Limits("other", "Y", ("art_40",)))

    assert restricted(verdict, [first, second]) == restricted(verdict, [second, said(one[::-1])])


@given(st.frozensets(ours))
def test_an_overlay_that_has_nothing_to_say_changes_nothing(findings):
    verdict = verdict_of(findings)

    assert restricted(verdict, [said([])]) is verdict


@given(st.one_of(anything, st.lists(members), st.lists(members, min_size=MOST + 1, max_size=MOST + 3)))
def test_whatever_an_overlay_answers_is_findings_that_restrict_or_is_refused_whole(answer):
    try:
        said_of_it = heard(LIMITS, answer, DUTIES, TOLD)
    except OverlayError:
        return
    assert len(answer) <= MOST
    (whole,) = applying([said_of_it], None)
    findings = whole.findings
    assert {name for limit in said_of_it.limited for name in limit.fields} <= set(TOLD.values())
    for finding in findings:
        if finding.effect is Effect.OBLIGE:
            assert finding.rule in DUTIES
        else:
            assert finding.effect in SETTLES
            assert (speaker(finding.rule), finding.articles) == ("bureau", LIMITS.articles)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "no_list"),
        ({}, "no_list"),
        ("forbid", "no_list"),
        (True, "no_list"),
        ([{"effect": "forbid", "rule": "r"}] * (MOST + 1), "too_many_findings"),
        (["forbid"], "no_finding"),
        ([[{"effect": "forbid", "rule": "r"}]], "no_finding"),
        ([{"effect": "forbid"}], "no_finding"),
        ([{"effect": "forbid", "rule": "r", "msg": "text"}], "no_finding"),
        ([{"effect": "permit", "rule": "r"}], "unknown_effect"),
        ([{"effect": "admit", "rule": "r"}], "unknown_effect"),
        ([{"effect": "advise", "rule": "r"}], "unknown_effect"),
        ([{"effect": ["forbid"], "rule": "r"}], "unknown_effect"),
        ([{"effect": "forbid", "rule": "r"}, {"effect": "allow", "rule": "r"}], "unknown_effect"),
        ([{"effect": "forbid", "rule": "r:s"}], "unknown_rule"),
        ([{"effect": "forbid", "rule": 1}], "unknown_rule"),
        ([{"effect": "doubt", "rule": UNAVAILABLE}], "unknown_rule"),
        ([{"effect": "oblige", "rule": "no_bulk"}], "unknown_duty"),
        ([{"effect": "forbid", "rule": "r", "fields": []}], "no_finding"),
        ([{"effect": "forbid", "rule": "r", "fields": None}], "no_finding"),
        ([{"effect": "forbid", "rule": "r", "fields": "phone"}], "no_finding"),
        ([{"effect": "forbid", "rule": "r", "fields": {"phone": 1}}], "no_finding"),
        ([{"effect": "forbid", "fields": ["phone"]}], "no_finding"),
        ([{"effect": "forbid", "rule": "r", "fields": ["phone"], "msg": "text"}], "no_finding"),
        ([{"effect": "forbid", "rule": "r", "fields": ["phnoe"]}], "unknown_field"),
        ([{"effect": "forbid", "rule": "r", "fields": ["phone", "phnoe"]}], "unknown_field"),
        ([{"effect": "forbid", "rule": "r", "fields": ["phone", "phone"]}], "unknown_field"),
        ([{"effect": "forbid", "rule": "r", "fields": ["a very long name"]}], "unknown_field"),
        ([{"effect": "forbid", "rule": "r", "fields": [1]}], "unknown_field"),
        ([{"effect": "forbid", "rule": "r", "fields": [["phone"]]}], "unknown_field"),
        ([{"effect": "permit", "rule": "r", "fields": ["phone"]}], "unknown_effect"),
    ],
)
def test_garbage_is_named(answer, reason):
    with pytest.raises(OverlayError) as refused:
        heard(LIMITS, answer, DUTIES, TOLD)
    assert refused.value.reason == reason


def test_findings_carry_overlay_rule_and_declared_basis_and_duties_are_ours():
    answer = [{"effect": "oblige", "rule": "purpose_bound"}, {"effect": "forbid", "rule": "no_bulk"}]

    assert heard(LIMITS, answer, DUTIES).findings == (
        Finding("bureau:no_bulk", Effect.FORBID, ("art_39__para_1",)),
        Finding("purpose_bound", Effect.OBLIGE, ("art_39__para_1",)),
    )
    assert heard(Limits("bureau", "X"), answer, DUTIES).findings[1].articles == ("art_24__para_1",)


def test_an_overlay_of_which_nothing_is_known_is_a_doubt():
    permit = Verdict(Outcome.PERMIT, (Finding("share_deemed", Effect.PERMIT, ("art_21__para_4",)),))

    after = restricted(permit, [Overlaid(LIMITS, unheard(LIMITS), "deadline")])

    assert after.outcome is Outcome.INDETERMINATE
    assert [finding.rule for finding in after.limits] == ["bureau:overlay_unavailable"]


def test_a_limit_is_told_in_the_words_declared_for_it():
    told = titles([said([{"effect": "forbid", "rule": "no_bulk"}, {"effect": "doubt", "rule": "night"}])])

    assert {name_of(rule): zh for rule, (zh, _) in told.items()} == {
        "no_bulk": "夜间不得批量提供",
        "night": "机构 X 自行附加的限制:night",
    }


@pytest.mark.parametrize(
    ("limits", "asked"),
    [
        (Limits("o", "X"), True),
        (Limits("o", "X", providers=frozenset({"P"})), True),
        (Limits("o", "X", providers=frozenset({"Q"})), False),
        (Limits("o", "X", datasets=frozenset({"R"})), True),
        (Limits("o", "X", datasets=frozenset({"T"})), False),
        (Limits("o", "X", providers=frozenset({"Q"}), datasets=frozenset({"R"})), False),
    ],
)
def test_an_overlay_is_asked_of_the_data_it_was_declared_for(limits, asked):
    assert concerned(limits, ["R", "S"], ["P", "P"]) is asked


def test_an_overlay_is_asked_of_data_whose_provider_nobody_knows():
    assert concerned(Limits("o", "X", providers=frozenset({"Q"})), ["R"], [""])


def test_a_finding_of_single_fields_is_kept_apart_under_their_own_names():
    answer = [
        {"effect": "forbid", "rule": "night", "fields": ["t1.abc", "phone"]},
        {"effect": "doubt", "rule": "night", "fields": ["phone", "t1.abc"]},
        {"effect": "refer", "rule": "no_bulk"},
        {"effect": "forbid", "rule": "night", "fields": ["name"]},
    ]

    found = said(answer)

    night = [Finding("bureau:night", effect, LIMITS.articles) for effect in (Effect.FORBID, Effect.DOUBT)]
    assert [finding.rule for finding in found.findings] == ["bureau:no_bulk"]
    assert found.limited == (
        FieldLimit(("a very long name", "phone"), tuple(night)),
        FieldLimit(("name",), (night[0],)),
    )
    assert said(answer[::-1]) == found


fields = st.lists(st.sampled_from("abcdef"), unique=True)
of_fields = st.lists(
    st.builds(
        FieldLimit,
        st.sets(st.sampled_from("abcdef"), min_size=1).map(sorted).map(tuple),
        st.just((Finding("bureau:night", Effect.FORBID, ()),)),
    ),
    max_size=3,
).map(lambda limits: Overlaid(LIMITS, limited=tuple(limits)))


@given(fields, st.lists(of_fields, max_size=2), st.sampled_from(["all", "some", "none"]), st.data())
def test_a_group_is_divided_so_that_every_field_is_limited_exactly_as_it_is_named(asked, overlaid, coverage, data):
    covered = {"all": asked, "none": []}.get(coverage) or [name for name in asked if data.draw(st.booleans())]
    covered = [] if coverage == "none" else covered
    facts = Facts(("sharing", coverage), {}, {"relation": 0, "field_coverage": 1})
    group = FieldGroup(tuple(asked), tuple(covered), facts)

    parts = divided(group, overlaid)

    assert sorted(name for part in parts for name in part.asked) == sorted(asked)
    assert sorted(name for part in parts for name in part.covered) == sorted(covered)
    limited = {name for one in overlaid for limit in one.limited for name in limit.fields}
    for part in parts:
        forbidden = any(one.findings for one in applying(overlaid, part.asked))
        assert {name in limited for name in part.asked} <= {forbidden}
        if coverage == "some" and len(parts) > 1:
            assert part.facts["field_coverage"] == ("some" if part.covered else "none")
    if not limited.intersection(asked):
        assert parts == [group]
