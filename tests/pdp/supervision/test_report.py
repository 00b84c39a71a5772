"""Promises about reports: every finding on exactly one page, whatever is found meanwhile, and to those it concerns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.errors import RequestError
from pdp.ledger.scope import moment
from pdp.supervision.finding import NOT_COMPUTED, Finding
from pdp.supervision.report import RULES, Leads, check_article, not_computed, ordered, page, report
from tests.pdp.supervision.conftest import decision

NOW = moment("2026-06-01")
SINCE = moment("2026-03-01")
ITEMS = sorted(NOT_COMPUTED)


def made(told, *decisions: object):
    """Return the report on what a scribe told, and on these decisions."""
    return report(told.ledger, told.world, NOW, SINCE, Leads(decisions))


def one(number: int, article: str, subject: str, minutes: int | None) -> Finding:
    """Return one of many findings, all of them different."""
    since = None if minutes is None else SINCE + timedelta(minutes=minutes)
    return Finding(article, subject, "超出范围,共 1 次", (), (f"d{number}",), since, "R")


@st.composite
def many(draw):
    """Return findings in the order of a report."""
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from(ITEMS), st.sampled_from(["A", "区某局", "p1.x"]), st.none() | st.integers(0, 3)),
            max_size=12,
        )
    )
    return ordered(one(number, *row) for number, row in enumerate(rows))


def pages(findings, size):
    """Yield page after page."""
    after = ""
    while True:
        shown, after = page(findings, after, size)
        yield shown
        if not after:
            return


@given(many(), st.integers(1, 5))
def test_pages_show_each_finding_once_and_none_is_longer_than_asked_for(findings, size):
    shown = list(pages(findings, size))

    assert sorted(one.decisions for each in shown for one in each) == sorted(one.decisions for one in findings)
    assert all(len(each) <= size for each in shown)
    assert all(shown[:-1])


@given(many(), st.integers(1, 3))
def test_more_evidence_moves_no_finding_to_another_page(findings, size):
    grown = [replace(one, zh="超出范围,共 12 次", decisions=(*one.decisions, "later")) for one in findings]
    _, after = page(findings, "", size)

    before, later = page(findings, after, 100)[0], page(grown, after, 100)[0]
    assert [one.decisions[0] for one in later] == [one.decisions[0] for one in before]


@pytest.mark.parametrize("cursor", ["118", "bm9uZQ", "W10", "WzEsMiwzLDRd", "\uff21", "W" * 5])
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(RequestError, match="cursor"):
        page([], cursor, 5)


def test_two_rules_of_one_decision_are_two_findings_on_different_pages(scribe):
    refused = decision("d-1", "purpose_outside", "onward_supply", at="2026-04-01T02:00:00.000000Z")
    found = made(scribe().bodies().dataset(), refused).chosen("art_41__para_1__item_7")

    first, after = page(found, "", 1)
    assert len(found) == 2
    assert [*first, *page(found, after, 1)[0]] == list(found)


def test_a_finding_under_article_41_is_for_the_body_it_is_on_and_not_for_the_provider(scribe):
    refused = decision("d-1", "purpose_outside", subject="B", at="2026-04-01T02:00:00.000000Z")
    found = made(scribe().bodies().dataset(), refused)

    assert len(found.chosen("art_41__para_1__item_7", bodies=["B"])) == 1
    assert found.chosen("art_41__para_1__item_7", bodies=["A"]) == ()


def test_a_finding_under_article_42_is_for_the_body_whose_data_it_is_and_no_other(scribe):
    at = "2026-04-01T02:00:00.000000Z"
    refused = decision("d-1", "opening_quota_exceeded", subject="X", relation="opening", at=at)
    found = made(scribe().bodies().dataset(), refused)

    assert len(found.chosen("art_42", bodies=["A"])) == 1
    assert found.chosen("art_42", bodies=["B"]) == ()
    assert found.chosen("art_42", bodies=[]) == ()
    assert len(found.chosen("art_42")) == 1


def test_an_article_stands_for_all_that_is_below_it_and_for_nothing_beside_it(scribe):
    at = "2026-04-01T02:00:00.000000Z"
    leads = (
        decision("d-1", "purpose_outside", at=at),
        decision("d-2", "opening_quota_exceeded", subject="X", relation="opening", at=at),
    )
    found = made(scribe().bodies().dataset(), *leads)

    assert {one.article.partition("__")[0] for one in found.chosen("art_41")} == {"art_41"}
    assert set(found.chosen("art_41")) | set(found.chosen("art_42__para_1")) == set(found.chosen())
    assert found.chosen(subject="X") == found.chosen("art_42__para_1__item_1")
    assert set(not_computed("art_42")) == {item for item in NOT_COMPUTED if item.startswith("art_42")}
    assert not_computed() == NOT_COMPUTED


@pytest.mark.parametrize("article", ["", "art_41", "art_42", "art_41__para_1", "art_42__para_1", *ITEMS])
def test_findings_can_be_asked_for_at_every_level(article):
    check_article(article)


@pytest.mark.parametrize("article", ["art_4", "art_43", "art_41__para_2", "art_41__para_1__item_10", "41.1.5"])
def test_an_article_under_which_nothing_is_looked_for_is_refused(article):
    with pytest.raises(RequestError, match="article"):
        check_article(article)


def test_every_rule_that_is_looked_for_makes_a_finding(scribe):
    told = scribe().bodies()
    told.say("dataset.catalogued", "2026-02-01", id="R", provider="A", title="R", fields=["a"])
    at = "2026-04-01T02:00:00.000000Z"
    for rule in RULES:
        relation = "opening" if rule.startswith(("opening", "safeguards")) else "sharing"
        subject, outcome = ("X", "DENY") if relation == "opening" else ("B", "DENY")
        outcome = "PERMIT" if rule == "catalogue_finding" else outcome
        asked = decision(f"d-{rule}", rule, subject=subject, relation=relation, outcome=outcome, at=at)
        assert any(f"d-{rule}" in one.decisions for one in made(told, asked).findings), rule
