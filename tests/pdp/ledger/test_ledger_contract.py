"""What must hold of every ledger: the port's promises, kept by those in memory, in a file and in PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from adapters.stores.postgres_ledger import PostgresLedger
from adapters.stores.sqlite_ledger import SqliteLedger
from pdp.errors import TransitionError
from pdp.ledger.admit import statement
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.scope import moment
from pdp.ledger.statement import GENESIS, digest
from tests.adapters.stores.postgres import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdp.ledger.statement import Statement
    from pdp.ports import Ledger

BODY = {"level": "district", "basis": "administrative_organ"}


class Clock:
    """A clock that stands still."""

    def now(self):
        """Return the instant."""
        return moment("2026-06-01")

    def mono_ns(self) -> int:
        """Return no time at all: nothing here is measured."""
        return 0


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    """Return a PostgreSQL server that runs."""
    with serving() as running:
        yield running


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def ledger(request, tmp_path, scribe):
    """Return an empty ledger of each kind."""
    law = scribe().law
    if request.param == "memory":
        yield MemoryLedger(law, Clock())
    elif request.param == "postgres":
        with PostgresLedger(request.getfixturevalue("postgres").new_schema(), law, Clock()) as shared:
            yield shared
    else:
        with SqliteLedger(tmp_path / "ledger.sqlite", law, Clock()) as stored:
            yield stored


def body(name: str, at: str = "2026-01-01"):
    """Return the registration of a body."""
    return statement("body.registered", {"id": name, "name": name, **BODY}, moment(at), "registrar")


def entry(name: str, at: str = "2026-01-02", provider: str = "A"):
    """Return the cataloguing of an entry."""
    return statement("dataset.catalogued", {"id": name, "provider": provider, "title": name}, moment(at), provider)


def refreshed(name: str, at: str):
    """Return a refresh of an entry."""
    return statement("dataset.refreshed", {"id": name}, moment(at), "A")


def test_an_empty_ledger_knows_nothing(ledger: Ledger):
    assert ledger.head() == 0
    assert list(ledger.about("subject/A")) == []
    assert list(ledger.changed_since(0)) == []
    assert list(ledger.record([])) == []


def test_statements_are_numbered_and_chained_in_the_order_given(ledger: Ledger):
    recorded = [*ledger.record([body("A"), body("B")]), *ledger.record([entry("R")])]

    assert [said.seq for said in recorded] == [1, 2, 3]
    assert ledger.head() == 3
    previous = GENESIS
    for said in recorded:
        assert (said.previous, said.hash) == (previous, digest(said))
        assert digest(replace(said, by="B")) != said.hash
        previous = said.hash


def test_what_was_recorded_is_given_again_unchanged(ledger: Ledger):
    recorded = ledger.record([body("A"), entry("R"), refreshed("R", "2026-03-01")])

    assert list(ledger.about("dataset/R")) == list(recorded[1:])
    assert [said.hash for said in ledger.about("dataset/R")] == [said.hash for said in recorded[1:]]
    assert list(ledger.about("subject/A")) == [recorded[0]]


def test_statements_about_a_ref_are_ordered_by_effect_then_by_seq(ledger: Ledger):
    ledger.record([body("A", "2026-01-03"), entry("R", "2026-01-03")])
    duty = {"body": "A", "name": "n", "scenarios": ["sc"]}
    for name, at in (("d1", "2026-03-01"), ("d2", "2026-02-01"), ("d3", "2026-03-01")):
        ledger.record([statement("duty.registered", {"id": name, **duty}, moment(at), "registrar")])

    assert [said.body["id"] for said in ledger.about("subject/A")] == ["A", "d2", "d1", "d3"]


def test_whoever_tells_the_statements_of_a_call_reads_those_before(ledger: Ledger):
    known = []

    def told() -> Iterator[Statement]:
        for said in (body("A"), entry("R"), refreshed("R", "2026-02-01")):
            known.append((len(ledger.about("subject/A")), len(ledger.about("dataset/R"))))
            yield said

    ledger.record(told())

    assert known == [(0, 0), (1, 0), (1, 1)]
    assert len(ledger.about("dataset/R")) == 2


def test_a_call_records_all_or_nothing(ledger: Ledger):
    ledger.record([body("A")])

    with pytest.raises(TransitionError, match="is for the provider"):
        ledger.record([entry("R"), refreshed("R", "2026-02-01"), replace(refreshed("R", "2026-02-02"), by="B")])

    assert ledger.head() == 1
    assert list(ledger.about("dataset/R")) == []
    assert list(ledger.changed_since(1)) == []
    assert ledger.record([entry("R")])[0].seq == 2


def test_a_call_that_breaks_off_records_nothing(ledger: Ledger):
    def broken() -> Iterator[Statement]:
        yield body("A")
        message = "the file ends here"
        raise OSError(message)

    with pytest.raises(OSError, match="ends here"):
        ledger.record(broken())

    assert ledger.head() == 0
    assert ledger.record([body("A")])[0].previous == GENESIS


def test_each_statement_is_judged_with_its_predecessors_in_the_same_call(ledger: Ledger):
    assert len(ledger.record([body("A"), entry("R"), refreshed("R", "2026-02-01")])) == 3

    with pytest.raises(TransitionError, match="in no catalogue"):
        ledger.record([refreshed("S", "2026-02-01"), entry("S")])


def test_nothing_is_dated_before_the_last_statement_about_its_entity(ledger: Ledger):
    ledger.record([body("A"), entry("R"), refreshed("R", "2026-03-01")])

    with pytest.raises(TransitionError, match="takes effect before statement 3"):
        ledger.record([refreshed("R", "2026-02-01")])


def test_changed_refs_are_never_missed(ledger: Ledger):
    ledger.record([body("A"), entry("R")])
    ledger.record([entry("S")])

    assert set(ledger.changed_since(0)) == {"subject/A", "dataset/R", "dataset/S"}
    assert set(ledger.changed_since(2)) == {"dataset/S"}
    assert list(ledger.changed_since(3)) == []


def test_refs_are_listed_in_their_order_page_by_page_as_they_were_known(ledger):
    if not hasattr(ledger, "refs"):
        pytest.skip("a shared ledger is searched in each node's own copy")
    ledger.record([body("A"), body("C"), body("B"), entry("R2", provider="A")])
    then = ledger.head()
    ledger.record([entry("R1", provider="A"), entry("R10", provider="A"), body("D")])

    now = ledger.head()
    first = ledger.refs("dataset/", "", now, 2)

    assert list(first) == ["dataset/R1", "dataset/R10"]
    assert list(ledger.refs("dataset/", first[-1], now, 2)) == ["dataset/R2"]
    assert list(ledger.refs("dataset/", "", then, 9)) == ["dataset/R2"]
    assert list(ledger.refs("subject/", "", then, 9)) == ["subject/A", "subject/B", "subject/C"]
    assert list(ledger.refs("subject/", "subject/A", now, 1)) == ["subject/B"]
    assert list(ledger.refs("nothing/", "", now, 9)) == []
