"""Promises about the collection check of art_10: which items may be asked for, by equal names alone."""

from __future__ import annotations

import pytest

from pdp.ledger.scope import moment
from pdp.supervision.collection import check, named
from tests.pdp.supervision.conftest import Index

NOW = "2026-06-01"


def shared(scribe, **classes: str):
    """Return a scribe with the approved entry R of A, under no other regime."""
    told = scribe().bodies().dataset(**classes)
    told.say("dataset.regime_marked", "2023-02-02", id="R", regime="none")
    return told


def checked(told, *items: str, body="B", **more: object):
    """Return the results of one check over R."""
    return check(body, items, Index(told, NOW, "R"), told.world, moment(NOW), **more)


def verdict(told, item="a", **more: object):
    """Return the verdict on one item."""
    [found] = checked(told, item, **more)
    return found.verdict


@pytest.mark.parametrize(("route", "article"), [("unconditional", "art_20__para_1"), ("conditional", "art_21__para_1")])
def test_what_can_be_shared_may_not_be_asked_for(scribe, route, article):
    [found] = checked(shared(scribe, sharing=route), "a")
    assert found.verdict == "non_conforming"
    assert [(way.dataset, way.field, way.route) for way in found.obtainable] == [("R", "a", route)]
    assert found.articles == ("art_10__para_1", article, "art_41__para_1__item_1")
    assert found.statements


def test_what_no_entry_has_or_what_is_not_shareable_may_be_asked_for(scribe):
    assert verdict(shared(scribe), "z") == "conforming"
    assert verdict(shared(scribe, sharing="not_shareable")) == "conforming"


def test_the_class_of_the_field_goes_before_that_of_the_entry(scribe):
    told = shared(scribe)
    told.say("dataset.class_tightened", "2026-05-01", id="R", fields={"b": {"sharing": "not_shareable"}})
    assert [found.verdict for found in checked(told, "a", "b")] == ["non_conforming", "conforming"]


def test_what_only_the_body_itself_holds_is_not_obtained_by_sharing(scribe):
    told = shared(scribe)
    assert verdict(told, body="A") == "conforming"
    told.say("body.succeeded", "2026-04-01", id="A", successor="C")
    told.world.follow()
    assert verdict(told, body="C") == "conforming"


def test_an_exception_counts_with_its_reason_only_and_where_there_is_something_to_except(scribe):
    told = shared(scribe)
    assert verdict(told, exceptions={"a": "需核对原件"}) == "excepted"
    assert verdict(told, exceptions={"a": "  "}) == "non_conforming"
    assert verdict(told, "z", exceptions={"z": "需核对原件"}) == "conforming"


def test_names_are_equal_after_folding_widths_and_trimming_never_by_likeness(scribe):
    told = shared(scribe)
    assert [found.verdict for found in checked(told, " \uff41\u3000", "aa", "A")] == [  # fullwidth a
        "non_conforming",
        "conforming",
        "conforming",
    ]


def test_synonyms_are_those_passed_in_and_are_not_carried_on_from_group_to_group(scribe):
    told = shared(scribe)
    assert verdict(told, "甲", synonyms=[["甲", "a"]]) == "non_conforming"
    assert verdict(told, "甲", synonyms=[["甲", "乙"], ["乙", "a"]]) == "conforming"


def test_what_is_not_settled_is_unknown(scribe):
    told = scribe().bodies().dataset()
    assert verdict(told) == "unknown"  # nobody said whether another regime governs
    told.say("dataset.regime_marked", "2026-05-01", id="R", regime="archives")
    assert verdict(told) == "conforming"

    offered = scribe().bodies()
    offered.say("dataset.catalogued", "2026-05-01", id="R", provider="A", title="R", fields=["a"])
    assert verdict(offered) == "unknown"


def test_a_measure_in_force_makes_it_unknown_until_it_ends(scribe):
    told = shared(scribe)
    told.say("measure.declared", "2026-05-01", "cyberspace", id="M1", scope={"datasets": ["R"]}, until="2026-06-01")
    index = Index(told, NOW, "R")
    [during] = check("B", ["a"], index, told.world, moment("2026-06-01T23:59:59+08:00"))
    [after] = check("B", ["a"], index, told.world, moment("2026-06-02"))
    assert (during.verdict, after.verdict) == ("unknown", "non_conforming")


@pytest.mark.parametrize("body", ["X", "P", "nobody"])
def test_nothing_is_said_of_who_is_no_registered_body(scribe, body):
    assert verdict(shared(scribe), body=body) == "unknown"


def test_an_item_without_a_name_is_unknown(scribe):
    assert verdict(shared(scribe), " \u3000") == "unknown"


def test_the_form_of_a_name_is_stable():
    assert named(named(" \uff21b\u3000")) == named(" \uff21b\u3000") == "Ab"
