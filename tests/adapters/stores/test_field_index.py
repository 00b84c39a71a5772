"""Promises of the index of fields: it follows the ledger, and is made anew where it cannot be what it was."""

from __future__ import annotations

import sqlite3

import pytest

from adapters.stores import field_index
from adapters.stores.field_index import FieldIndex
from adapters.stores.sqlite_ledger import SqliteLedger
from pdp.errors import UnavailableError
from pdp.ledger.admit import statement
from pdp.ledger.scope import moment
from pdp.supervision.collection import named
from tests.adapters.stores.test_sqlite_ledger import LAW, Clock

AT = moment("2026-01-05")
BODY = {"id": "A", "name": "A", "level": "district", "basis": "administrative_organ"}


def catalogued(id_: str, *fields: str):
    return statement("dataset.catalogued", {"id": id_, "provider": "A", "title": id_, "fields": [*fields]}, AT, "A")


@pytest.fixture
def ledger(tmp_path):
    with SqliteLedger(tmp_path / "ledger.sqlite", LAW, Clock()) as opened:
        opened.record([statement("body.registered", BODY, AT, "registrar")])
        yield opened


@pytest.fixture
def opened(ledger, tmp_path):
    """Return a function that opens the index again; all are closed at the end."""
    indices = []

    def again() -> FieldIndex:
        indices.append(FieldIndex(tmp_path / "fields.sqlite", ledger))
        return indices[-1]

    yield again
    for index in indices:
        index.close()


def test_whatever_is_catalogued_next_is_found_by_its_fields(ledger, opened):
    index = opened()
    assert index.datasets_with("name") == []
    ledger.record([catalogued("R2", "name", "age"), catalogued("R1", "name")])
    assert index.datasets_with("name") == ["R1", "R2"]
    ledger.record([catalogued("R3", "age")])
    assert index.datasets_with("age") == ["R2", "R3"]
    assert index.datasets_with("nam") == []


def test_a_field_is_found_by_the_form_in_which_names_are_compared(ledger, opened):
    ledger.record([catalogued("R1", "\uff2e\uff41me")])  # in full width
    assert opened().datasets_with(named("Name")) == ["R1"]


def test_fields_that_were_listed_are_found_until_the_fold_says_that_they_are_not_in_force(ledger, opened):
    ledger.record([catalogued("R1", "name"), catalogued("R1", "age")])
    index = opened()
    assert (index.datasets_with("name"), index.datasets_with("age")) == (["R1"], ["R1"])


def test_it_goes_on_where_it_ended_and_reads_nothing_twice(ledger, opened, monkeypatch):
    ledger.record([catalogued("R1", "name")])
    opened().follow()
    ledger.record([catalogued("R2", "name")])
    asked = []
    entities_of = ledger.entities_of
    monkeypatch.setattr(
        ledger, "entities_of", lambda kind, after, limit: asked.append(after) or entities_of(kind, after, limit)
    )

    assert opened().datasets_with("name") == ["R1", "R2"]
    assert asked == [2, 3]


def test_a_part_at_a_time_it_comes_to_the_same(ledger, opened, monkeypatch):
    monkeypatch.setattr(field_index, "BATCH", 2)
    ledger.record([catalogued(f"R{number}", "name") for number in range(5)])
    index, whole = opened(), []
    for _ in range(4):
        index.follow(batches=1)
        whole = sqlite3.connect(index._path).execute("SELECT count(*) FROM fields").fetchone()  # noqa: SLF001 -- what lies on disk
    assert whole == (5,)
    assert len(index.datasets_with("name")) == 5


def test_lost_it_is_made_anew(ledger, opened, tmp_path):
    ledger.record([catalogued("R1", "name")])
    index = opened()
    index.follow()
    index.close()
    for path in tmp_path.glob("fields.sqlite*"):
        path.unlink()
    assert opened().datasets_with("name") == ["R1"]


def test_beside_another_ledger_it_forgets_what_the_first_one_said(ledger, opened, tmp_path):
    ledger.record([catalogued("R1", "name")])
    opened().follow()
    for number, said in enumerate(([catalogued("R9", "age")], [catalogued("R9", "age"), catalogued("R8", "age")])):
        with SqliteLedger(tmp_path / f"other{number}.sqlite", LAW, Clock()) as other:
            other.record([statement("body.registered", BODY, AT, "registrar"), *said])
            index = FieldIndex(tmp_path / "fields.sqlite", other)
            assert index.datasets_with("name") == []
            assert "R9" in index.datasets_with("age")
            index.close()
    assert opened().datasets_with("name") == ["R1"]


def test_a_file_that_is_none_is_told_with_its_remedy(ledger, tmp_path):
    (tmp_path / "fields.sqlite").write_bytes(b"this is no database, and long enough to be looked at" * 40)
    with pytest.raises(UnavailableError, match="remove the file"):
        FieldIndex(tmp_path / "fields.sqlite", ledger)


def test_some_at_a_time_lead_to_all_in_order(ledger, opened):
    ledger.record([catalogued(f"R{number}", "name") for number in range(5)])
    index, found, after = opened(), [], ""
    while some := index.some_with("name", after, 2):
        found, after = [*found, *some], some[-1]
    assert found == index.datasets_with("name") == [f"R{number}" for number in range(5)]
