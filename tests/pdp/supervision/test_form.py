"""Promises about whole forms: the verdict of one item's check, and no more entries looked at than may be."""

from __future__ import annotations

import pytest

from pdp.ledger.scope import moment
from pdp.supervision import form
from pdp.supervision.collection import check
from pdp.supervision.form import Form
from tests.pdp.supervision.conftest import Index

NOW = moment("2026-06-01")
IDS = tuple(f"Q{number}" for number in range(7))


class Paged:
    """A real index over some entries, which counts what it was asked for."""

    def __init__(self, scribe, *ids: str) -> None:
        self._index = Index(scribe, "2026-06-01", *ids)
        self.given = 0

    def some_with(self, field_name, after, limit):
        """Return the next entries with a field of that name."""
        found = sorted(id_ for id_ in self._index.datasets_with(field_name) if id_ > after)[:limit]
        self.given += len(found)
        return found


@pytest.fixture(autouse=True)
def _few(monkeypatch) -> None:
    monkeypatch.setattr(form, "FIRST", 2)


@pytest.fixture
def told(scribe):
    """Return a scribe with seven entries that nobody approved, all with the field a, the first with b too."""
    told = scribe().bodies()
    for id_ in IDS:
        fields = ["a", "b"] if id_ == IDS[0] else ["a"]
        told.say("dataset.catalogued", "2026-05-01", id=id_, provider="A", title=id_, fields=fields)
    return told


def approve(told, id_: str) -> None:
    """Let the entry be had by application."""
    told.say("dataset.regime_marked", "2026-05-02", id=id_, regime="none")
    levels = {"resource_entry": "r", "data_entry": "d", "system_entry": "s", "table": "t"}
    told.say("dataset.mapped", "2026-05-02", id=id_, **levels)
    told.say("dataset.approved", "2026-05-02", id=id_, sharing="conditional")
    told.world.follow()


def seen(told, *items: str, ids=IDS, **exceptions: str):
    """Return the results of one form over the entries named."""
    checked = Form("B", Paged(told, *ids), told.world, NOW, exceptions)
    return [checked.check(item) for item in items]


@pytest.mark.parametrize("last", [None, *IDS])
def test_a_form_says_of_each_item_what_its_own_check_says(told, last):
    if last:
        approve(told, last)
    whole = check("B", ["a", "b", "c", " "], Index(told, "2026-06-01", *IDS), told.world, NOW)

    assert [one.checked.verdict for one in seen(told, "a", "b", "c", " ")] == [one.verdict for one in whole]


def test_the_first_that_can_be_had_are_enough_and_whether_there_are_more_is_told(told):
    approve(told, IDS[1])
    [first] = seen(told, "a")
    [alone] = seen(told, "a", ids=IDS[:2])

    assert [way.dataset for way in first.checked.obtainable] == [IDS[1]]
    assert (first.more, alone.more) == (True, False)


def test_an_exception_counts_here_too(told):
    approve(told, IDS[1])
    [found] = seen(told, "a", a="须核对原件")

    assert (found.checked.verdict, found.checked.reason) == ("excepted", "须核对原件")


def test_what_was_not_looked_at_is_never_called_conforming(told, monkeypatch):
    monkeypatch.setattr(form, "EACH", 4)
    for id_ in IDS[:-1]:
        told.say("dataset.regime_marked", "2026-05-02", id=id_, regime="archives")
    approve(told, IDS[-1])
    [found] = seen(told, "a")
    [whole] = seen(told, "a", ids=IDS[:4])

    assert (found.checked.verdict, found.more) == ("unknown", True)
    assert (whole.checked.verdict, whole.more) == ("conforming", False)


def test_for_one_item_and_for_a_whole_form_no_more_are_looked_at_than_may_be(told, monkeypatch):
    monkeypatch.setattr(form, "EACH", 4)
    monkeypatch.setattr(form, "ALL", 6)
    index = Paged(told, *IDS)
    checked = Form("B", index, told.world, NOW, {})
    [*_, last] = [checked.check("a") for _ in range(5)]

    assert (last.checked.verdict, last.more) == ("unknown", True)
    assert index.given <= 6 + 5 * (2 + 2)  # and the first two of each item, and the page that shows that there are more


def test_however_long_the_form_the_first_entries_of_each_item_are_looked_at(told, monkeypatch):
    monkeypatch.setattr(form, "ALL", 1)
    approve(told, IDS[1])

    assert {one.checked.verdict for one in seen(told, *["a"] * 9)} == {"non_conforming"}
