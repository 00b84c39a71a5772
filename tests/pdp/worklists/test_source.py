"""Both ledgers find what founds an entity: by seq, after a seq, no more than asked; the file by an index."""

from __future__ import annotations

import sqlite3

import pytest

from adapters.stores.sqlite_ledger import _OF_KIND, SqliteLedger
from pdp.ledger.admit import statement
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.scope import moment
from pdp.worklists.entries import entries_unclassified
from pdp.worklists.page import Paging
from tests.pdp.ledger.conftest import law

BODY = {"level": "district", "basis": "administrative_organ"}


class Clock:
    """A clock that stands still."""

    def now(self):
        """Return the instant."""
        return moment("2026-06-01")

    def mono_ns(self) -> int:
        """Return no time at all: nothing here is measured."""
        return 0


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request, tmp_path):
    """Return a ledger of each kind with a body and, at 2, 3 and 5, three entries."""
    kept = MemoryLedger(law(), Clock()) if request.param == "memory" else None
    store = kept or SqliteLedger(tmp_path / "ledger.sqlite", law(), Clock())
    at = moment("2026-01-01")
    store.record([statement("body.registered", {"id": "A", "name": "A", **BODY}, at, "registrar")])
    for name in ("R1", "R2"):
        store.record([statement("dataset.catalogued", {"id": name, "provider": "A", "title": name}, at, "A")])
    store.record([statement("dataset.refreshed", {"id": "R1"}, at, "A")])
    store.record([statement("dataset.catalogued", {"id": "R3", "provider": "A", "title": "R3"}, at, "A")])
    yield store
    if isinstance(store, SqliteLedger):
        store.close()


@pytest.mark.parametrize(
    ("after", "limit", "seqs"),
    [(0, 10, [2, 3, 5]), (0, 2, [2, 3]), (2, 10, [3, 5]), (4, 1, [5]), (5, 1, []), (10**17, 1, [])],
)
def test_statements_of_a_kind_come_by_seq_after_a_seq_and_within_a_limit(ledger, after, limit, seqs):
    assert [found.seq for found in ledger.entities_of("dataset.catalogued", after, limit)] == seqs


def test_found_statements_are_those_that_were_recorded(ledger):
    assert list(ledger.entities_of("dataset.catalogued", 0, 9)) == [
        said for said in ledger.statements() if said.kind == "dataset.catalogued"
    ]


def test_a_kind_that_nobody_used_has_no_statements(ledger):
    assert list(ledger.entities_of("sanction.suspended", 0, 9)) == []


def test_the_file_has_lists_too(tmp_path):
    with SqliteLedger(tmp_path / "ledger.sqlite", law(), Clock()) as store:
        at = moment("2026-01-01")
        store.record([statement("body.registered", {"id": "A", "name": "A", **BODY}, at, "registrar")])
        store.record([statement("dataset.catalogued", {"id": "R", "provider": "A", "title": "R"}, at, "A")])
        page = entries_unclassified(store, store.world, moment("2026-06-01"), Paging())

    assert [item.entity for item in page.items] == ["dataset/R"]


def test_the_file_finds_a_kind_by_its_index_even_where_an_older_version_made_it(tmp_path):
    path = tmp_path / "ledger.sqlite"
    SqliteLedger(path, law(), Clock()).close()
    with sqlite3.connect(path) as old:
        old.execute("DROP INDEX by_kind")
    old.close()
    SqliteLedger(path, law(), Clock()).close()
    with sqlite3.connect(path) as opened:
        plan = [row[3] for row in opened.execute(f"EXPLAIN QUERY PLAN {_OF_KIND}", ("dataset.catalogued", 7, 1))]
    opened.close()

    assert plan == ["SEARCH statements USING INDEX by_kind (kind=? AND rowid>?)"]
