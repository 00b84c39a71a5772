"""Entries without a class or a basis, and classes that nobody reviewed."""

from __future__ import annotations

from datetime import date

import pytest

from pdp.errors import RequestError
from pdp.worklists.entries import attributes_overdue_for_review, entries_unclassified
from tests.pdp.worklists.conftest import listed


def test_an_entry_is_unclassified_until_both_classes_are_approved(told):
    told.say("dataset.catalogued", "2026-02-01", id="N", provider="A", title="N")

    found = listed(told, entries_unclassified, "2026-02-02")
    assert found.keys() == {"dataset/N"}
    assert found["dataset/N"].zh == "共享属性未定,开放属性未定"
    told.say("dataset.approved", "2026-02-03", id="N", sharing="unconditional", opening="conditional")
    assert listed(told, entries_unclassified, "2026-02-03") == {}


def test_not_shareable_asks_for_a_basis(told):
    told.say("dataset.catalogued", "2026-02-01", id="N", provider="A", title="N")
    told.say("dataset.approved", "2026-02-01", id="N", sharing="not_shareable", opening="not_openable")

    assert listed(told, entries_unclassified, "2026-02-02")["dataset/N"].zh == "不予共享未注明依据"
    told.say("dataset.basis_recorded", "2026-02-03", id="N", basis="法")
    assert listed(told, entries_unclassified, "2026-02-03") == {}


def test_a_field_with_a_stricter_class_asks_for_a_basis_too(told):
    told.say("dataset.class_tightened", "2026-02-01", id="R", fields={"b": {"sharing": "not_shareable"}})

    assert listed(told, entries_unclassified, "2026-02-01")["dataset/R"].zh == "不予共享未注明依据"


def test_a_retired_entry_is_on_no_list(told):
    told.say("dataset.catalogued", "2026-02-01", id="N", provider="A", title="N")
    for name in ("N", "R"):
        told.say("dataset.retired", "2026-02-02", id=name)

    assert listed(told, entries_unclassified, "2026-02-02") == {}
    assert listed(told, attributes_overdue_for_review, "2026-02-02", months=1) == {}


def test_classes_are_overdue_when_the_day_so_many_months_later_has_ended(told):
    assert listed(told, attributes_overdue_for_review, "2024-02-01T23:59:59+08:00", months=12) == {}
    found = listed(told, attributes_overdue_for_review, "2024-02-02", months=12)["dataset/R"]
    assert (found.due, found.days_left) == (date(2024, 2, 1), -1)
    told.say("dataset.reviewed", "2024-02-02", id="R")
    assert listed(told, attributes_overdue_for_review, "2024-02-02", months=12) == {}


def test_a_month_without_the_day_ends_on_its_last(told):
    told.say("dataset.reviewed", "2024-01-31", id="R")

    found = listed(told, attributes_overdue_for_review, "2024-03-01", months=1)
    assert found["dataset/R"].due == date(2024, 2, 29)
    assert listed(told, attributes_overdue_for_review, "2024-02-29T23:59:59+08:00", months=1) == {}


@pytest.mark.parametrize("months", [0, 1201])
def test_no_time_and_more_than_a_century_are_no_interval(told, months):
    with pytest.raises(RequestError, match="months"):
        listed(told, attributes_overdue_for_review, "2026-02-01", months=months)
