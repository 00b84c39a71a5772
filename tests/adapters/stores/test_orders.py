"""Erasing a person changes no record and no proof: it ends who can still tell whom the digests mean."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.stores.journal import Journal, JournalSettings
from adapters.stores.orders import ERASED, LOCKED, Orders
from adapters.stores.outbox import Outbox
from adapters.stores.person_keys import SqlitePersonKeys
from pdp.errors import UnavailableError
from pdp.log.canonical import encode
from pdp.log.instants import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

NAME = "zhou-canary-90417"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
KEPT = timedelta(days=1095)
BOTH = [{"role": "security", "person": "p1.s"}, {"role": "audit", "person": "p1.a"}]
SMALL = JournalSettings(segment_size=32 * 4096, allow_any_filesystem=True, full=1.1)


def may_do(post: str, act: str) -> bool:
    """Grant as policies/tables/posts.csv does."""
    return act == "person.erase" and post in {"audit_administrator", "security_administrator"}


class Room:
    """A data folder with people's keys and an outbox, and what the log was told."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.persons = SqlitePersonKeys(data / "keys" / "persons.sqlite")
        self.outbox = Outbox(data)
        self.told: list[tuple[str, Mapping[str, object]]] = []
        self.now = NOW

    def record(self, kind: str, members: Mapping[str, object]) -> None:
        """Take an event, as the log does."""
        self.told.append((kind, members))

    def carry_out(self, record: Callable[..., None] | None = None) -> int:
        """Carry out what is ordered and due."""
        orders = Orders(self.data, "n1", self.outbox, self.persons, KEPT, may_do=may_do, now=lambda: self.now)
        return orders.carry_out(record or self.record)

    def order(self, kind: str, **more: str) -> str:
        """Order something about `NAME`, as a command in another process does; return the digest."""
        other = SqlitePersonKeys(self.data / "keys" / "persons.sqlite")
        marked = other.mark("account", NAME)
        other.close()
        assert marked is not None
        self.outbox.put(kind, {"person": marked[0], "token": marked[1], "confirmed": BOTH, **more})
        return marked[0]

    def key(self, table: str = "person") -> bytes:
        """Return the only key in a table."""
        rows = sqlite3.connect(self.data / "keys" / "persons.sqlite").execute(f"SELECT key FROM {table}").fetchall()  # noqa: S608
        assert len(rows) == 1
        return bytes(rows[0][0])

    def bytes_on_disk(self) -> bytes:
        """Return every byte of every file in the data folder."""
        return b"".join(path.read_bytes() for path in self.data.rglob("*") if path.is_file())


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def write_log(data: Path, *times: datetime) -> None:
    """Write a log whose records were made at `times`, the first one with its opening."""
    at = iter(times)

    def event(kind: str, members: Mapping[str, object]) -> bytes:
        return encode({"at": utc(next(at)), "kind": kind, **members})

    journal = Journal(data / "n1-0", "pdp.example/n1-0", event, settings=SMALL)
    writer = journal._writer  # noqa: SLF001  # without an event loop
    for one in at:
        writer.write([encode({"at": utc(one), "kind": "test"})])
    journal.close()


def test_an_erased_persons_key_is_in_no_file_and_the_log_was_told_before_it_went(room) -> None:
    digest = room.persons.digest("account", NAME)
    others = [room.persons.digest("account", f"other-{number}") for number in range(50)]
    rows = sqlite3.connect(room.data / "keys" / "persons.sqlite").execute("SELECT lookup, key FROM person").fetchall()
    known = room.order(ERASED)
    assert known == digest

    def record(kind: str, members: Mapping[str, object]) -> None:
        assert room.persons.known("account", NAME) == digest
        room.record(kind, members)

    assert room.carry_out(record) == 1
    assert room.told == [(ERASED, {"person": digest})]
    kept = room.bytes_on_disk()
    gone = [row for row in rows if bytes(row[1]) not in kept]
    assert len(gone) == 1
    assert bytes(gone[0][0]) not in kept  # nor what the row was found by
    assert NAME.encode() not in kept
    assert digest.encode() not in kept  # the log alone has it
    assert [room.persons.digest("account", f"other-{number}") for number in range(50)] == others


def test_who_comes_again_after_an_erasure_is_somebody_new_at_once(room) -> None:
    before = room.persons.digest("account", NAME)
    assert room.persons.digest("account", NAME) == before  # from memory
    room.order(ERASED)
    room.carry_out()
    assert room.persons.known("account", NAME) is None
    assert room.persons.digest("account", NAME) != before


@pytest.mark.parametrize("kind", [ERASED, LOCKED])
@pytest.mark.parametrize("confirmed", [[], BOTH[:1], [BOTH[0], {"role": "system", "person": "p1.y"}]])
def test_an_order_about_a_person_that_two_who_may_have_not_agreed_to_is_refused(room, kind, confirmed) -> None:
    digest = room.persons.digest("account", NAME)
    marked = room.persons.mark("account", NAME)
    work = {"person": digest, "token": marked[1], "until": (NOW + timedelta(days=9)).isoformat()}
    order = room.outbox.put(kind, {**work, "confirmed": confirmed})
    room.carry_out()
    assert "agree to person.erase" in room.outbox.answer(order)
    assert room.told == []
    assert room.persons.known("account", NAME) == digest
    assert list(room.persons.locked()) == []


def test_an_order_about_a_person_that_nobody_confirmed_is_refused(room) -> None:
    digest = room.persons.digest("account", NAME)
    order = room.outbox.put(ERASED, {"person": digest, "token": room.persons.mark("account", NAME)[1]})
    room.carry_out()
    assert "two people" in room.outbox.answer(order)
    assert room.persons.known("account", NAME) == digest


def test_no_order_about_a_person_says_who_it_is_to_whoever_has_no_store(room) -> None:
    room.persons.digest("account", NAME)
    room.order(ERASED)
    (path,) = (room.data / "outbox").iterdir()
    written = path.read_bytes()
    lookup = sqlite3.connect(room.data / "keys" / "persons.sqlite").execute("SELECT lookup FROM person").fetchone()[0]
    assert NAME.encode() not in written
    assert bytes(lookup).hex().encode() not in written
    assert room.key().hex().encode() not in written


@pytest.mark.parametrize("kind", [ERASED, LOCKED])
def test_a_stop_after_any_step_repeats_one_and_skips_none(room, kind, monkeypatch) -> None:
    for step in ("record", "mark_recorded", "erase", "lock", "done"):
        monkeypatch.undo()
        digest = room.persons.digest("account", NAME)
        more = {"until": (NOW + timedelta(days=9)).isoformat()} if kind == LOCKED else {}
        room.order(kind, **more)
        room.told.clear()
        with monkeypatch.context() as broken:

            def stop(*_: object) -> None:
                raise UnavailableError("stopped")  # noqa: EM101  # as a store that fails

            if step in {"erase", "lock"}:
                broken.setattr(room.persons, step, stop)
            elif step != "record":
                broken.setattr(room.outbox, step, stop)
            with suppress(UnavailableError):
                room.carry_out(stop if step == "record" else None)
        room.carry_out()
        assert {one for one, _ in room.told} == {kind}
        assert all(members == {"person": digest} for _, members in room.told)
        assert room.persons.known("account", NAME) is None
        assert list((room.data / "outbox").iterdir()) == []
        for locked in room.persons.locked():
            room.persons.erase_locked(locked.person)


def test_a_locked_persons_key_is_stored_and_used_for_nothing(room) -> None:
    digest, until = room.persons.digest("account", NAME), NOW + timedelta(days=900)
    key = room.key()
    room.order(LOCKED, until=until.isoformat())
    room.carry_out()
    assert room.told == [(LOCKED, {"person": digest})]
    assert room.key("locked") == key
    assert room.persons.known("account", NAME) is None
    assert room.persons.digest("account", NAME) != digest
    ((person, since, ends),) = room.persons.locked("account", NAME)
    assert (person, since, ends) == (digest, NOW, until)
    assert room.persons.locked("account", "somebody else") == []


def test_a_locked_key_goes_when_its_time_is_over_for_certain_and_no_sooner(room) -> None:
    digest, until = room.persons.digest("account", NAME), NOW + timedelta(days=100)
    key = room.key()
    room.order(LOCKED, until=until.isoformat())
    write_log(room.data, NOW)
    room.carry_out()
    room.now = until - timedelta(hours=1)
    assert room.carry_out() == 0
    room.now = NOW + timedelta(days=5000)  # a clock that was set forward; the log saw no day pass
    assert room.carry_out() == 0
    assert key in room.bytes_on_disk()
    (room.data / "n1-0").rename(room.data / "older")
    write_log(room.data, *(NOW + timedelta(days=20 * number) for number in range(7)))
    room.now = until + timedelta(days=20)
    assert room.carry_out() == 1
    assert room.told[-1] == (ERASED, {"person": digest})
    assert key not in room.bytes_on_disk()


def test_an_order_that_cannot_be_recorded_stands(room) -> None:
    digest = room.persons.digest("account", NAME)
    room.order(ERASED)

    def down(*_: object) -> None:
        raise UnavailableError("the log is down")  # noqa: EM101, TRY003  # as the log says it

    for _ in range(3):
        with pytest.raises(UnavailableError, match="the log is down"):
            room.carry_out(down)
        assert room.persons.known("account", NAME) == digest
    assert room.carry_out() == 1


def test_orders_survive_and_what_is_no_order_is_named(room) -> None:
    order = room.outbox.put(ERASED, {"token": secrets.token_hex(16), "person": "p1.x"})
    assert [one.id for one in Outbox(room.data).orders()] == [order.id]
    assert room.outbox.answer(order) is None
    (room.data / "outbox" / "bad.json").write_text("{")
    with pytest.raises(UnavailableError, match=r"bad\.json: this order cannot be read"):
        room.outbox.orders()


def test_a_key_that_may_still_be_in_the_log_of_changes_is_not_called_gone(room) -> None:
    """Another process that reads at this moment keeps old pages in the write-ahead log."""
    room.persons.digest("account", NAME)
    room.order(ERASED)
    reader = sqlite3.connect(room.data / "keys" / "persons.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM person").fetchone()
    room.persons._store.execute("PRAGMA busy_timeout = 50")  # noqa: SLF001  # not to wait for what never comes
    with pytest.raises(UnavailableError, match="may not be wiped yet"):
        room.carry_out()
    reader.execute("COMMIT")
    reader.close()
    assert room.carry_out() == 1
    assert [kind for kind, _ in room.told] == [ERASED]
