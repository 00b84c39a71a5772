"""Promises of replay over the law's own examples: each replays equal, and whatever is altered in one is found."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.settings import CHECKOUT
from adapters.testing.under_test import UnderTest
from pdp.log.masking import Masker
from pdp.log.questioned import Recovered, question_of
from pdp.log.rederived import compared, keeping
from pdp.log.rejudged import Matching, Rejudging, ending_of
from pdp.log.replay import Law, Replayer
from pdp.rulebook.merge import settle
from pdp.vocabulary import Fact, Value, Vocabulary
from tests.logs.told_cases import KEY, told_cases

LEAST = 200
OUTCOMES = ("PERMIT", "PARTIAL", "DENY", "REFER", "INDETERMINATE")


@pytest.fixture(scope="module")
def tried() -> UnderTest:
    return UnderTest.of(CHECKOUT)


@pytest.fixture(scope="module")
def told(tried):
    return list(told_cases(tried))


@pytest.fixture(scope="module")
def law(tried) -> Law:
    ways = {ground.id: ground.remedy for ground in tried.rulebook.grounds.values()}
    return Law("set", tried.policies.vocabulary, tried.rulebook.judge, ways)


def settle_by(rulebook):
    """Return what merges an inquiry by `rulebook`."""
    return lambda inquiry, latest: settle(inquiry, rulebook, latest)[1]


def test_every_example_replays_equal(told, law) -> None:
    assert len(told) >= LEAST
    assert {one.record["outcome"] for one in told} == set(OUTCOMES)
    shared = Replayer(law)
    assert [(one.case.name, found) for one in told if (found := Replayer(law).replay(one.record))] == []
    assert [(one.case.name, found) for one in told if (found := shared.replay(one.record))] == []


def altered(record, **members: object):
    """Return a copy of a record with other members; None takes one away."""
    whole = {**copy.deepcopy(record), **members}
    return {name: value for name, value in whole.items() if value is not None}


def first_findings(record):
    """Return the pointer of the first group and its findings."""
    return ("/groups/0", record["groups"][0]["findings"]) if "groups" in record else ("", record["findings"])


def test_an_altered_outcome_is_found_where_it_stands(told, law) -> None:
    for one in told:
        for outcome in OUTCOMES:
            difference = Replayer(law).replay(altered(one.record, outcome=outcome))
            assert (difference is None) == (outcome == one.record["outcome"]), one.case.name
            assert difference is None or difference.pointer == "/outcome"


def test_an_altered_finding_is_found_where_it_stands(told, law) -> None:
    for one in told:
        forged = copy.deepcopy(one.record)
        pointer, findings = first_findings(forged)
        effect = next(iter(findings), "permit")
        findings[effect] = f"{findings[effect]};zz_forged 1.1" if effect in findings else "zz_forged 1.1"
        assert Replayer(law).replay(forged).pointer == f"{pointer}/findings"
        if pointer == "" and one.record["findings"]:
            assert Replayer(law).replay(altered(one.record, findings={})).pointer == "/findings"


def test_a_field_that_was_not_released_is_found_in_what_is_granted(told, law) -> None:
    tried_on = 0
    for one in told:
        scope = one.record["request"].get("scope", {})
        if "fields" not in scope:
            continue
        granted = copy.deepcopy(one.record.get("granted", {"fields": list(scope["fields"])}))
        granted["fields"] = [*granted.get("fields", []), "zz_forged"]
        difference = Replayer(law).replay(altered(one.record, granted=granted))
        assert difference.pointer == "/granted", one.case.name
        tried_on += 1
    assert tried_on >= 50


def test_what_is_kept_back_cannot_be_left_out_or_put_on_other_grounds(told, law) -> None:
    partial = [one.record for one in told if "withheld" in one.record]
    assert len(partial) >= 5
    for record in partial:
        if "groups" in record or "fields" in record["request"].get("scope", {}):  # else nobody lists what was asked
            assert Replayer(law).replay(altered(record, withheld=None)).pointer in {"/granted", "/withheld"}
        other = copy.deepcopy(record["withheld"])
        other[0]["findings"] = {"forbid": "zz_forged 1.1"}
        assert Replayer(law).replay(altered(record, withheld=other)).pointer in {"/granted", "/withheld"}


@pytest.mark.parametrize(
    ("member", "forged"), [("remedies", ["zz_forged"]), ("terms", {"term": "2099-01-01"}), ("withheld", [])]
)
def test_what_goes_with_a_decision_cannot_be_invented(member, forged, told, law) -> None:
    refused = [one.record for one in told if one.record["outcome"] not in {"PERMIT", "PARTIAL"}]
    for record in refused:
        assert Replayer(law).replay(altered(record, **{member: forged})).pointer == f"/{member}"


def test_the_application_that_a_decision_rests_on_cannot_be_taken_away(told, law) -> None:
    resting = [one.record for one in told if "application" in one.record]
    assert len(resting) >= 20
    for record in resting:
        assert Replayer(law).replay(altered(record, application=None)).pointer == "/application"
    other = next(one.record for one in told if "application" not in one.record)
    assert Replayer(law).replay(altered(other, application="A1")).pointer == "/application"


def filters_of(one):
    """Return the row filters that the ledger of an example states, by their masked form."""
    masker = Masker(one.persons, KEY, lambda _: False)
    scopes = [said.body["scope"] for said in one.ledger.statements() if isinstance(said.body.get("scope"), dict)]
    return {masker.filter(scope["rows"], "", []): scope["rows"] for scope in scopes if "rows" in scope}


def test_a_question_put_again_to_the_same_ledger_gives_the_same_facts_and_the_same_decision(told, tried) -> None:
    names = tuple(tried.policies.vocabulary.facts)
    for one in told:
        question = question_of(one.record, Recovered(one.persons.known, filters_of(one)))
        inquiry, _ = keeping(one.record, names, one.derive(question.request, one.case.at))
        inquiry, decision = settle(inquiry, tried.rulebook, one.case.at + timedelta(days=1))
        assert compared(one.record, names, inquiry, decision).same, one.case.name


def test_how_much_had_been_used_is_kept_as_recorded_for_no_ledger_tells_it(told, tried) -> None:
    names = tuple(tried.policies.vocabulary.facts)
    place, kept = names.index("quota"), 0
    for one in told:
        inquiry = one.derive(one.request, one.case.at)
        (group, *more) = inquiry.groups
        if group.facts["quota"] not in {"within", "exceeded"}:
            continue
        vector = (*group.facts.vector[:place], "unknown", *group.facts.vector[place + 1 :])
        doubtful = replace(group, facts=replace(group.facts, vector=vector))
        inquiry, told_of = keeping(one.record, names, replace(inquiry, groups=(doubtful, *more)))
        assert (inquiry.groups[0].facts["quota"], told_of) == (group.facts["quota"], ("/facts/quota",))
        kept += 1
    assert kept >= 2


def test_a_question_is_recovered_word_for_word_where_its_digests_are_known(told) -> None:
    masked = 0
    for one in told:
        question = question_of(one.record, Recovered(one.persons.known, filters_of(one)))
        if question.kept:
            continue
        masked += "masked" in one.record
        asked = replace(one.request, ignored=())
        assert replace(question.request, rows=asked.rows) == asked, one.case.name
    assert masked >= 20


def test_what_cannot_be_recovered_is_named_and_is_nobodys_id(told) -> None:
    (one, *_) = (one for one in told if one.request.staff)
    question = question_of(one.record, Recovered())
    assert "/request/subject/staff" in question.kept
    assert question.request.staff == "~" + one.record["request"]["subject"]["staff"]


def test_the_same_revision_flips_nothing_and_gives_the_same_rules(told, tried) -> None:
    vocabulary = tried.policies.vocabulary
    rejudging = Rejudging(Matching(tuple(vocabulary.facts), vocabulary), vocabulary, settle_by(tried.rulebook))
    for one in told:
        compared_ = rejudging.compare(one.record)
        assert compared_.then == compared_.now, one.case.name
    assert not rejudging.strange


def test_a_row_that_is_taken_away_flips_exactly_the_decisions_that_rested_on_it_alone(told, tried) -> None:
    vocabulary, gone = tried.policies.vocabulary, "share_deemed"
    tables = tuple(table for table in tried.rulebook.tables if table.finding.rule != gone)
    fewer = replace(tried.rulebook, tables=tables)
    rejudging = Rejudging(Matching(tuple(vocabulary.facts), vocabulary), vocabulary, settle_by(fewer))
    flipped = {one.case.name for one in told if rejudging.compare(one.record).flips}
    resting = {one.case.name for one in told if gone in ending_of(one.record).rules}
    assert flipped == resting
    assert len(flipped) >= 3


def test_a_fact_that_nobody_recorded_is_in_doubt_and_one_that_is_gone_is_left_out(told, tried) -> None:
    vocabulary = tried.policies.vocabulary
    new = Fact("zz_new", "新", {v: Value(v, v) for v in ("yes", "unknown")}, (), "")
    never = Fact(
        "zz_never", "不适用", {v: Value(v, v) for v in ("no", "not_applicable")}, (), "",
        applies_when=({"in_force": ("ended",)},),
    )  # fmt: skip
    kept = {name: fact for name, fact in vocabulary.facts.items() if name != "safeguards"}
    other = Vocabulary.of({**kept, "zz_new": new, "zz_never": never})
    matching = Matching(tuple(vocabulary.facts), other)

    assert (matching.added, matching.lacking) == (("zz_new", "zz_never"), ("safeguards",))
    (flat, *_) = (one.record for one in told if "facts" in one.record and one.record["facts"].startswith("yes "))
    found = dict(zip(other.facts, matching.vector(flat["facts"], {}, {}), strict=True))  # type: ignore[arg-type]
    assert (found["zz_new"], found["zz_never"]) == ("unknown", "not_applicable")


def before_copies(told):
    """Return each record as it was before there were copies of the ledger: one fact less, no age."""
    for one in told:
        if "facts" in one.record and one.record["facts"].endswith(" current"):
            record = copy.deepcopy(one.record)
            record["facts"] = record["facts"].removesuffix(" current")
            del record["revision"]["age_ms"]
            yield record


def test_records_of_the_revision_before_there_were_copies_are_replayed_by_their_own_facts(told, tried) -> None:
    facts = {name: fact for name, fact in tried.policies.vocabulary.facts.items() if name != "ledger_age"}
    vocabulary, tables = Vocabulary.of(facts), [one for one in tried.rulebook.tables if "ledger_age" not in one.reads]
    rulebook = replace(tried.rulebook, vocabulary=vocabulary, tables=tuple(tables))
    ways = {name: ground.remedy for name, ground in tried.rulebook.grounds.items()}
    replayer = Replayer(Law("before", vocabulary, rulebook.judge, ways))

    records = list(before_copies(told))
    assert len(records) >= 200
    assert [replayer.replay(record) for record in records] == [None] * len(records)


def test_a_decision_made_before_there_were_copies_is_judged_as_one_on_a_current_ledger(told, tried) -> None:
    vocabulary = tried.policies.vocabulary
    matching = Matching([name for name in vocabulary.facts if name != "ledger_age"], vocabulary)
    rejudging = Rejudging(matching, vocabulary, settle_by(tried.rulebook))

    assert matching.added == ()
    compared_ = [rejudging.compare(record) for record in before_copies(told)]
    assert [one for one in compared_ if one.then != one.now] == []


def test_how_old_the_copy_was_is_kept_as_recorded_and_named_where_no_ledger_tells_it(told, tried) -> None:
    names = tuple(tried.policies.vocabulary.facts)
    kept = {one.case.name: keeping(one.record, names, one.derive(one.request, one.case.at))[1] for one in told}

    stale = {one.case.name for one in told if one.case.trial.stale}
    assert {name for name, told_of in kept.items() if "/facts/ledger_age" in told_of} == stale
    assert len(stale) >= 4


def test_a_value_that_the_other_revision_does_not_know_is_counted_and_in_doubt(told, tried) -> None:
    vocabulary = tried.policies.vocabulary
    narrowed = vocabulary.facts["grade"]
    values = {name: value for name, value in narrowed.values.items() if name != "general"}
    other = Vocabulary.of({**vocabulary.facts, "grade": replace(narrowed, values=values)})
    rejudging = Rejudging(Matching(tuple(vocabulary.facts), other), other, settle_by(tried.rulebook))
    flat = [one.record for one in told if " general " in one.record.get("facts", "")]

    for record in flat:
        rejudging.compare(record)
    assert json.loads(json.dumps(rejudging.strange)) == {"grade=general": len(flat)}
