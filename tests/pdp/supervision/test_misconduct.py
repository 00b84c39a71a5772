"""Promises about items 1 and 7 of art_41: what is passed in becomes evidence against the right body, or nothing."""

from __future__ import annotations

import pytest

from pdp.ledger.scope import moment
from pdp.supervision.collection import check
from pdp.supervision.misconduct import _OTHER_PURPOSE
from tests.pdp.ledger.conftest import POLICIES
from tests.pdp.supervision.conftest import Index, article_41, decision

NOW = "2026-06-01"


def test_an_item_obtainable_by_sharing_is_found_and_an_excepted_one_is_not(told):
    told.say("dataset.regime_marked", "2023-02-02", id="R", regime="none")
    index = Index(told, NOW, "R")
    checks = check("B", ["a", "b", "z"], index, told.world, moment(NOW), exceptions={"b": "需核对原件"})
    [found] = article_41(told, NOW, checks=checks, item=1)
    assert (found.subject, found.statements) == ("B", checks[0].statements)
    assert "“a”" in found.zh


@pytest.mark.parametrize("rule", sorted(_OTHER_PURPOSE))
def test_refusals_for_leaving_the_purpose_are_gathered_by_recipient(told, rule):
    log = [decision("d2", rule, at="2026-03-02T00:00:00Z"), decision("d1", rule), decision("d3", rule, subject="C")]
    found = {one.subject: one for one in article_41(told, NOW, log, item=7)}
    assert found["B"].decisions == ("d1", "d2")
    assert found["B"].since == moment("2026-03-01T10:00:00+08:00")
    assert found["C"].decisions == ("d3",)


@pytest.mark.parametrize("other", [{"outcome": "PERMIT"}, {"relation": "opening"}, {"relation": "own_use"}])
def test_only_refusals_between_bodies_count(told, other):
    assert article_41(told, NOW, [decision("d1", "purpose_outside", **other)], item=7) == []


def test_other_refusals_and_other_records_count_for_nothing(told):
    log = [decision("d1", "no_application"), {"kind": "rejection", "id": "e1"}]
    assert article_41(told, NOW, log, item=7) == []


def test_a_decision_counts_from_the_instant_it_was_made(told):
    log = [decision("d1", "purpose_outside")]
    assert article_41(told, "2026-03-01T09:59:59+08:00", log, item=7) == []
    assert len(article_41(told, "2026-03-01T10:00:00+08:00", log, item=7)) == 1


def test_one_group_that_was_refused_counts_although_the_whole_was_given_in_part(told):
    refused = {"outcome": "DENY", "facts": {"relation": "sharing"}, "findings": [{"rule": "purpose_outside"}]}
    given = {"outcome": "PERMIT", "facts": {"relation": "sharing"}, "findings": []}
    whole = decision("d1", outcome="PARTIAL")
    record = {name: whole[name] for name in ("kind", "id", "at", "outcome", "request")} | {"groups": [given, refused]}
    assert [one.decisions for one in article_41(told, NOW, [record], item=7)] == [("d1",)]


def test_a_successor_stands_for_the_body_that_asked(told):
    told.say("body.succeeded", "2026-04-01", id="B", successor="C")
    assert [one.subject for one in article_41(told, NOW, [decision("d1", "onward_supply")], item=7)] == ["C"]


@pytest.mark.parametrize("rule", sorted(_OTHER_PURPOSE))
def test_the_rules_that_are_looked_for_refuse_between_bodies(rule):
    source = (POLICIES.parent / f"rego/access/rules/{rule}/{rule}.rego").read_text(encoding="utf-8")
    assert "forbid if {" in source
    assert 'input.relation == "sharing"' in source
