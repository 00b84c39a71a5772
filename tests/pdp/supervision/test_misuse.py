"""Promises about art_42: units and persons only, what they asked for beyond their approval, and their safeguards."""

from __future__ import annotations

import pytest

from pdp.supervision.misuse import _BEYOND, _SAFEGUARDS, BEYOND, SAFEGUARDS
from tests.pdp.ledger.conftest import POLICIES
from tests.pdp.supervision.conftest import article_42, decision

NOW = "2026-06-01"


def opened(rule: str, **more: str):
    """Return a refusal on the opening side, of X unless said otherwise."""
    return decision("d1", rule, **({"subject": "X", "relation": "opening"} | more))


@pytest.mark.parametrize("rule", sorted(_BEYOND))
@pytest.mark.parametrize("subject", ["X", "P", "p1.abc"])
def test_a_unit_or_person_that_asks_for_more_than_approved_is_found(told, rule, subject):
    [found] = article_42(told, NOW, [opened(rule, subject=subject)])
    assert (found.article, found.subject, found.decisions) == (BEYOND, subject, ("d1",))


@pytest.mark.parametrize("other", [{"subject": "B"}, {"relation": "sharing"}, {"outcome": "PERMIT"}, {"subject": ""}])
def test_bodies_other_relations_releases_and_nobody_are_not_found(told, other):
    assert article_42(told, NOW, [opened("opening_quota_exceeded", **other)]) == []


@pytest.mark.parametrize(("rule", "outcome"), [("opening_condition_unmet", "DENY"), ("safeguards_lacking", "PERMIT")])
def test_asking_without_safeguards_is_found_whatever_the_answer_was(told, rule, outcome):
    assert [one.article for one in article_42(told, NOW, [opened(rule, outcome=outcome)])] == [SAFEGUARDS]


def approved(told):
    """Approve the opening of R to X under a safeguard, until the end of 2026-04-30."""
    told.say("carrier.registered", "2026-01-01", id="zone", name="zone", form="data_zone")
    told.ask_opening(scope={"fields": ["a"], "until": "2026-04-30"})
    told.say("opening.approved", "2026-02-13", id="O1", carrier="zone", safeguards=["加密"])
    return told


def test_safeguards_nobody_has_attested_are_not_held_to_be_missing(told):
    assert article_42(approved(told), "2026-03-01") == []


def test_safeguards_attested_not_to_be_taken_are_found_until_they_are(told):
    seq = approved(told).say("safeguards.attested", "2026-02-14", id="O1", met=False)
    assert article_42(told, "2026-02-13T23:59:59+08:00") == []
    [found] = article_42(told, "2026-02-14")
    assert (found.article, found.subject, found.statements) == (SAFEGUARDS, "X", (seq,))
    told.say("safeguards.attested", "2026-02-20", id="O1", met=True)
    assert article_42(told, "2026-02-20") == []


def test_safeguards_are_a_matter_of_an_approval_that_runs(told):
    approved(told).say("safeguards.attested", "2026-02-14", id="O1", met=False)
    assert len(article_42(told, "2026-04-30T23:59:59+08:00")) == 1
    assert article_42(told, "2026-05-01") == []


@pytest.mark.parametrize("rule", sorted(_BEYOND | _SAFEGUARDS))
def test_the_rules_that_are_looked_for_exist_on_the_opening_side(rule):
    source = (POLICIES.parent / f"rego/access/rules/{rule}/{rule}.rego").read_text(encoding="utf-8")
    assert 'input.relation == "opening"' in source
    assert ("advise if {" if rule == "safeguards_lacking" else "forbid if {") in source
