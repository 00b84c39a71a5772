"""Promises about items 2 to 4 of art_41: each state that is found beside the nearest one that is not."""

from __future__ import annotations

import pytest

from tests.pdp.supervision.conftest import article_41, decision

NOW = "2026-06-01"
USED = decision("d1", "catalogue_finding", subject="A", relation="own_use", outcome="PERMIT")


def unapproved(scribe):
    """Return a scribe who has catalogued R of A, and nobody approved it."""
    told = scribe().bodies()
    told.say("dataset.catalogued", "2023-02-01", id="R", provider="A", title="R", fields=["a"])
    return told


def test_an_unapproved_entry_is_found_only_when_its_data_is_in_use(scribe):
    told = unapproved(scribe)
    assert article_41(told, NOW, item=2) == []
    [found] = article_41(told, NOW, [USED], item=2)
    assert (found.subject, found.decisions, found.statements != ()) == ("A", ("d1",), True)


def test_a_request_that_was_refused_is_no_use(scribe):
    assert article_41(unapproved(scribe), NOW, [USED | {"outcome": "DENY"}], item=2) == []


def test_linking_what_is_not_approved_is_use_too_until_it_is_approved(scribe):
    told = unapproved(scribe)
    told.say("dataset.linked", "2023-02-02", id="R")
    assert len(article_41(told, NOW, item=2)) == 1
    levels = {"resource_entry": "r", "data_entry": "d", "system_entry": "s", "table": "t"}
    told.say("dataset.approved", "2026-05-01", id="R", sharing="conditional")
    assert ["未贯通" in found.zh for found in article_41(told, NOW, item=2)] == [True]
    told.say("dataset.mapped", "2026-05-02", id="R", **levels)
    assert article_41(told, NOW, item=2) == []


def test_a_class_of_not_shareable_needs_its_basis(scribe):
    told = scribe().bodies().dataset(sharing="not_shareable")
    assert len(article_41(told, NOW, item=2)) == 1
    told.say("dataset.basis_recorded", "2026-05-01", id="R", basis="某法第一条")
    assert article_41(told, NOW, item=2) == []


@pytest.mark.parametrize("base_set", ["population", "legal_entity", "geospatial", "macro_economy"])
def test_a_base_set_is_to_be_aggregated(told, base_set):
    assert article_41(told, NOW, item=3) == []  # nobody said what it is
    told.say("dataset.base_set", "2023-02-02", id="R", base_set=base_set)
    assert [found.subject for found in article_41(told, NOW, item=3)] == ["A"]
    assert article_41(told, NOW, item=4) == []
    told.say("dataset.aggregated", "2023-02-03", id="R")
    assert article_41(told, NOW, item=3) == []


def test_data_marked_as_open_without_conditions_is_to_be_aggregated(scribe):
    told = scribe().bodies().dataset(opening="unconditional")
    [found] = article_41(told, NOW, item=3)
    assert "无条件开放" in found.zh
    told.say("opening.aggregated", "2026-05-01", dataset="R")
    assert article_41(told, NOW, item=3) == []


def test_other_data_of_an_administrative_organ_is_to_be_linked(told):
    assert article_41(told, NOW, item=4) == []  # nobody said what it is
    told.say("dataset.base_set", "2023-02-02", id="R", base_set="none")
    assert [found.subject for found in article_41(told, NOW, item=4)] == ["A"]
    told.say("dataset.linked", "2023-02-03", id="R")
    assert article_41(told, NOW, item=4) == []


def test_data_of_other_bodies_need_not_be_linked(told):
    told.say("dataset.base_set", "2023-02-02", id="R", base_set="none")
    told.say(
        "body.registered", "2023-02-02",
        id="A", name="A", level="district", basis="authorised_organisation", basis_text="法",
        functions=["public_affairs", "public_service"],
    )  # fmt: skip
    assert article_41(told, NOW, item=4) == []


@pytest.mark.parametrize(("act", "base_set", "item"), [("linked", "none", 4), ("aggregated", "population", 3)])
def test_stale_data_is_found_from_the_instant_its_cycle_ends(scribe, act, base_set, item):
    told = scribe().bodies().dataset(cycle="weekly")
    told.say("dataset.base_set", "2026-05-01", id="R", base_set=base_set)
    told.say(f"dataset.{act}", "2026-05-01", id="R")
    told.say("dataset.refreshed", "2026-05-01", id="R")
    assert article_41(told, "2026-05-07T23:59:59+08:00", item=item) == []
    assert ["逾期未更新" in found.zh for found in article_41(told, "2026-05-08", item=item)] == [True]
