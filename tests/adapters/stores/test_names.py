"""Every store finds the same entities by name, whoever wrote them and when; older files and databases too."""

from __future__ import annotations

import sqlite3
from itertools import product
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.stores import postgres_names, sqlite_names
from adapters.stores.postgres_ledger import PostgresLedger
from adapters.stores.sqlite_ledger import SqliteLedger
from pdp.errors import TransitionError, UnavailableError
from pdp.ledger.admit import statement
from pdp.ledger.named import FOUNDING, named
from pdp.ledger.scope import moment
from tests.adapters.stores.postgres import Server, serving
from tests.pdp.ledger.conftest import Scribe, law

if TYPE_CHECKING:
    from collections.abc import Iterator

UNNAMED = "DROP TABLE named; DROP TABLE named_until;"
ALTER_FILE = """
DROP TRIGGER statements_never_change;
UPDATE statements SET body = '{' WHERE kind = 'application.received';
"""
ALTER_DATABASE = """
ALTER TABLE statements DISABLE TRIGGER never_change;
UPDATE statements SET body = '{' WHERE kind = 'application.received';
"""
ASKED = {"applicant": "B", "dataset": "R", "scenario": "sc-1", "scope": {"fields": ["a"]}}


class Clock:
    """A clock that stands still."""

    def now(self):
        """Return the instant."""
        return moment("2026-06-01")

    def mono_ns(self) -> int:
        """Return no time at all: nothing here is measured."""
        return 0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a server that runs."""
    with serving() as running:
        yield running


class Store:
    """A store that can be closed, opened and written to behind its back."""

    def __init__(self, place) -> None:
        self.place = place

    def opened(self):
        """Return its ledger."""
        kind = PostgresLedger if isinstance(self.place, str) else SqliteLedger
        return kind(self.place, law(), Clock())

    def run(self, script: str) -> None:
        """Carry out SQL behind its back."""
        if isinstance(self.place, str):
            with psycopg.connect(self.place, autocommit=True) as db:
                db.execute(script)
        else:
            db = sqlite3.connect(self.place)
            db.executescript(script)
            db.close()


@pytest.fixture(params=["sqlite", "postgres"])
def store(request, tmp_path) -> Store:
    """Return an empty store of each kind."""
    if request.param == "sqlite":
        return Store(tmp_path / "ledger.sqlite")
    return Store(request.getfixturevalue("server").new_schema())


@pytest.fixture(scope="module")
def told() -> Scribe:
    """Return a history in which every kind that names an entity occurs, some late and some twice."""
    told = Scribe(law()).bodies().dataset().dataset("R1", joint_providers=["C"])
    told.say("dataset.catalogued", "2026-01-02", id="R", provider="A", title="甲", joint_providers=["B"])
    told.apply("2026-01-05").say("application.agreed", "2026-01-06", id="A1")
    told.apply(id="A2", scope=None).say("application.completed", "2026-02-20", id="A2", scope={"fields": ["a"]})
    told.apply(id="A3", dataset="R1").say("application.refused", "2026-02-13", id="A3")
    told.ask_opening()
    told.say("objection.raised", "2026-02-12", id="Y1", objector="B", dataset="R", side="shared")
    told.say("objection.filed", "2026-02-13", by="B", id="Y1", dataset="R")
    told.say("objection.extended", "2026-02-14", id="Y1", dataset="R", until="2026-03-02")
    for day in ("2026-02-26", "2026-03-03"):
        told.say(
            "sanction.suspended", "2026-02-12", by="A", id="S1", subject="X", datasets=["R"], item="item_1", due=day
        )
        told.say("sanction.lifted", "2026-02-12", by="A", id="S1", subject="X")
        told.say("rectification.ordered", "2026-02-12", id="Z1", body="A", item="item_1", due=day)
        told.say("rectification.verified", "2026-02-12", id="Z1", body="A")
    return told


def found(ledger, told: Scribe) -> dict[tuple[str, str], list[int]]:
    """Return what is found by every kind and name."""
    names = sorted({name for said in told.ledger.statements() for name in getattr(named(said), "names", ())})
    asked = product(FOUNDING.values(), names)
    return {(kind, name): [said.seq for said in ledger.entities_of(kind, 0, 9, [name])] for kind, name in asked}


def tell(ledger, told: Scribe) -> None:
    """Record the history."""
    ledger.record(told.ledger.statements())


def test_an_entity_is_found_by_whatever_was_ever_said_of_it_where_its_founding_stands(told):
    seqs = {said.body["id"]: said.seq for said in reversed(told.ledger.statements()) if said.kind in FOUNDING.values()}
    places = found(told.ledger, told)
    expected = {
        ("application.received", "applicant=B"): ["A1", "A2", "A3"],
        ("application.received", "dataset=R1"): ["A3"],
        ("application.received", "runs=2026-02-20"): ["A2"],
        ("application.received", "defective"): ["A3"],
        ("opening.applied", "applicant=X"): ["O1"],
        ("dataset.catalogued", "provider=B"): ["R"],
        ("dataset.catalogued", "provider=C"): ["R1"],
        ("objection.raised", "runs=2026-02-13"): ["Y1"],
        ("objection.raised", "due=2026-03-02"): ["Y1"],
        ("sanction.suspended", "due=2026-03-03"): ["S1"],
        ("rectification.ordered", "due=2026-03-03"): ["Z1"],
    }

    assert {key: places[key] for key in expected} == {key: [seqs[one] for one in ids] for key, ids in expected.items()}


def test_every_store_finds_by_name_what_the_ledger_in_memory_finds(store, told):
    with store.opened() as ledger:
        tell(ledger, told)
        assert found(ledger, told) == found(told.ledger, told)
        assert ledger.verify() == told.ledger.head()


def test_what_founded_entities_comes_by_seq_each_once_after_a_seq_and_within_a_limit(store, told):
    names = ["applicant=B", "dataset=R", "dataset=R1", "runs=2026-02-12"]
    with store.opened() as ledger:
        tell(ledger, told)
        for one in (ledger, told.ledger):
            every = one.entities_of("application.received", 0, 9, names)
            assert [said.body["id"] for said in every] == ["A1", "A2", "A3"]
            assert list(one.entities_of("application.received", every[0].seq, 1, names)) == [every[1]]
            assert list(one.entities_of("application.received", every[2].seq, 9, names)) == []
            assert list(one.entities_of("application.received", 0, 9, [])) == []
            assert list(one.entities_of("application.received", 0, 2)) == list(every[:2])


def test_a_store_of_an_older_program_is_named_when_it_is_opened(store, told, monkeypatch):
    for module in (sqlite_names, postgres_names):
        monkeypatch.setattr(module, "_AT_ONCE", 7)
    with store.opened() as ledger:
        tell(ledger, told)
    store.run(UNNAMED)

    with store.opened() as ledger:
        assert found(ledger, told) == found(told.ledger, told)


def test_names_that_were_made_in_another_way_are_made_anew(store, told):
    with store.opened() as ledger:
        tell(ledger, told)
    store.run("UPDATE named_until SET version = 0; UPDATE named SET name = 'other' WHERE name = 'defective'")

    with store.opened() as ledger:
        assert found(ledger, told) == found(told.ledger, told)
        assert list(ledger.entities_of("application.received", 0, 9, ["other"])) == []


def test_an_entity_is_found_only_with_one_of_each_collection_of_names(store, told):
    with store.opened() as ledger:
        tell(ledger, told)
        for one in (ledger, told.ledger):
            for data, days, ids in (
                (["dataset=R"], ["runs=2026-02-12", "runs=2026-01-05"], ["A1", "A2"]),
                (["dataset=R", "dataset=R1"], ["runs=2026-02-20"], ["A2"]),
                (["dataset=R1"], ["runs=2026-01-05"], []),
                (["dataset=R"], [], []),
            ):
                sought = one.entities_of("application.received", 0, 9, data, days)
                assert [said.body["id"] for said in sought] == ids
            three = (["dataset=R"], ["year=2026"], ["runs=2026-02-12"])
            assert [said.body["id"] for said in one.entities_of("application.received", 0, 9, *three)] == ["A2"]


def test_what_a_program_without_names_wrote_in_between_is_named_at_the_next_opening(store, told):
    said = told.ledger.statements()
    with store.opened() as ledger:
        ledger.record(said[:-2])
        store.run("UPDATE named_until SET seq = 3")  # as if the others were written by a program without names
        store.run("DELETE FROM named")
        ledger.record(said[-2:])
    with store.opened() as ledger:
        assert found(ledger, told) == found(told.ledger, told)


def test_what_was_taken_back_is_found_by_no_name(store, told):
    bad = statement("application.received", ASKED | {"id": "A9", "dataset": "nowhere"}, moment("2026-02-12"), "B")
    good = statement("application.received", ASKED | {"id": "A8"}, moment("2026-02-12"), "B")
    with store.opened() as ledger:
        tell(ledger, told)
        for one in (ledger, told.ledger):
            with pytest.raises(TransitionError):
                one.record([good, bad])
            ids = [said.body["id"] for said in one.entities_of("application.received", 0, 9, ["applicant=B"])]
            assert ids == ["A1", "A2", "A3"]


def test_a_statement_that_was_altered_while_there_were_no_names_is_not_skipped(store, told):
    with store.opened() as ledger:
        tell(ledger, told)
    store.run(UNNAMED)
    store.run(ALTER_DATABASE if isinstance(store.place, str) else ALTER_FILE)

    with pytest.raises(UnavailableError, match="was altered"):
        store.opened()


def test_the_file_finds_names_by_its_index_and_founding_statements_by_their_entity(tmp_path):
    path = tmp_path / "ledger.sqlite"
    SqliteLedger(path, law(), Clock()).close()
    db = sqlite3.connect(path)
    found = sqlite_names._FOUND % sqlite_names._ALSO  # noqa: SLF001  # how they are found is what is promised
    asked = ("application.received", '["a"]', 3, "application.received", '["b"]', 4)
    plans = [
        {row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}", values)}
        for query, values in ((found, asked), (sqlite_names._FOUNDED, ("kind", "ref")))  # noqa: SLF001
    ]
    db.close()

    assert {
        "SEARCH named USING PRIMARY KEY (kind=? AND name=? AND seq>?)",
        "SEARCH named USING PRIMARY KEY (kind=? AND name=?)",
        "SEARCH statements USING INTEGER PRIMARY KEY (rowid=?)",
    } < plans[0]
    assert "SEARCH refs USING PRIMARY KEY (ref=?)" in plans[1]
    assert not any(step.startswith(("SCAN named", "SCAN statements", "SCAN refs")) for plan in plans for step in plan)
