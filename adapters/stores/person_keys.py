"""Keyed digests of natural persons: one random key a person, so that deleting it makes all their digests unlinkable.

A person is found by a digest under the store's own lookup key, which lies in a file of its own. Not trusted with clear
values: none is stored. Source: the decision log's format, § 1.7; art_40__para_1.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
import unicodedata
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.device.secret_file import KEY_BYTES, secret
from adapters.device.system_calls import PRIVATE, sync_folder
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REMEMBERED: Final = 65_536  # digests kept in memory
_KINDS: Final = frozenset({"cn_id", "account", "phone", "address", "other"})
_ADDRESS: Final = "address"  # many, each seen by the way: a power cut may take the newest keys, as an erasure would
_CHECK: Final = b"pdp/person-keys/1"  # its digest tells whether the lookup key belongs to the store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS person (lookup BLOB PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS store (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leaving (token TEXT PRIMARY KEY, lookup BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS locked (
  person TEXT PRIMARY KEY, lookup BLOB NOT NULL, key BLOB NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL
) WITHOUT ROWID;
"""
_MARKED = "FROM person WHERE lookup IN (SELECT lookup FROM leaving WHERE token = ?)"
_SYNCED: Final = {True: "PRAGMA synchronous = FULL", False: "PRAGMA synchronous = NORMAL"}
_LOCK = f"INSERT INTO locked SELECT ?, lookup, key, ?, ? {_MARKED}"  # constants only
_DROP = f"DELETE {_MARKED}"


class Locked(NamedTuple):
    """A person whose key is kept, and used for nothing, because a law asks for it until some time."""

    person: str  # the digest in the records
    since: datetime
    until: datetime


class SqlitePersonKeys:
    """Implements `pdp.ports.PersonKeys` on one SQLite file. Safe from several threads and several processes."""

    def __init__(self, path: Path) -> None:
        """Open or create the store in `path`; its lookup key is `<path>.key`.

        Raises:
            UnavailableError: the file, or its lookup key, cannot be used or does not belong to it.
        """
        self._path = path
        self._lock = threading.Lock()
        self._digests: dict[tuple[str, str], str] = {}
        new = not path.exists()
        self._lookup = secret(path.with_name(path.name + ".key"), create=new)
        try:
            self._store = _open(path)
            sync_folder(os, path.parent)
            belongs = self._belongs()
        except (sqlite3.Error, OSError) as fault:
            raise self._unavailable(fault) from fault
        if not belongs:
            message = f"{path}: {path.name}.key is not the lookup key of this store; restore the right one"
            raise UnavailableError(message)

    def digest(self, kind: str, value: str) -> str:
        """Return `p1.` and the base64url of the person's keyed digest; a new person's key is durable when this returns.

        That of an address is durable soon, for nobody waits for a sync because somebody called from a new place.

        Args:
            kind: cn_id | account | phone | address | other.
            value: the identifier in clear; NFC and its other forms are one person.

        Raises:
            UnavailableError: the store cannot be read or written.
        """
        known = self._digests.get((kind, value))
        if known is not None:
            return known
        if kind not in _KINDS:
            message = f'"{kind}" is no kind of identifier; use one of {", ".join(sorted(_KINDS))}'
            raise ValueError(message)
        named = _named(kind, value)
        with self._lock:
            lookup = hmac.digest(self._lookup, named, hashlib.sha256)
            digest = _digest(self._key(lookup, synced=kind != _ADDRESS), named)
            if len(self._digests) >= REMEMBERED:
                self._digests.clear()
            self._digests[kind, value] = digest
        return digest

    def known(self, kind: str, value: str) -> str | None:
        """Return the digest of a person who has a key, else None; nobody gets one by being looked for.

        Raises:
            UnavailableError: the store cannot be read.
        """
        named = _named(kind, value)
        with self._lock, self._available():
            lookup = hmac.digest(self._lookup, named, hashlib.sha256)
            row = self._store.execute("SELECT key FROM person WHERE lookup = ?", (lookup,)).fetchone()
        return None if row is None else _digest(bytes(row[0]), named)

    def delete(self, kind: str, value: str) -> bool:
        """Delete a person's key for good; return whether there was one. Digests made with it can no longer be made.

        Raises:
            UnavailableError: it may still be there.
        """
        with self._changing():
            lookup = hmac.digest(self._lookup, _named(kind, value), hashlib.sha256)
            gone = self._store.execute("DELETE FROM person WHERE lookup = ?", (lookup,)).rowcount
        return gone > 0

    def mark(self, kind: str, value: str) -> tuple[str, str] | None:
        """Mark a person who is to leave; return the digest, and a token that says nothing to whoever has no store.

        By the token `erase` or `lock` finds the row, in another process too. None: the person has no key.

        Raises:
            UnavailableError: the store cannot be read or written.
        """
        digest, token = self.known(kind, value), secrets.token_hex(16)
        if digest is None:
            return None
        with self._lock, self._available():
            lookup = hmac.digest(self._lookup, _named(kind, value), hashlib.sha256)
            self._store.execute("INSERT INTO leaving VALUES (?, ?)", (token, lookup))
        return digest, token

    def erase(self, token: str) -> None:
        """Delete the key of the person marked by `token` for good; whoever comes again under this name is somebody new.

        Doing it again is safe. No digest is remembered when this returns.

        Raises:
            UnavailableError: it may still be there.
        """
        with self._changing():
            self._store.execute(_DROP, (token,))
            self._store.execute("DELETE FROM leaving WHERE token = ?", (token,))

    def lock(self, token: str, person: str, since: datetime, until: datetime) -> None:
        """Set the key of the person marked by `token` aside, to be stored and nothing else, until a time; as `erase`.

        Source: 个人信息保护法 art. 47 ¶ 2.
        """
        with self._changing():
            self._store.execute(_LOCK, (person, int(since.timestamp()), int(until.timestamp()), token))
            self._store.execute(_DROP, (token,))
            self._store.execute("DELETE FROM leaving WHERE token = ?", (token,))

    def locked(self, kind: str | None = None, value: str = "") -> list[Locked]:
        """Return whose keys are set aside; with `kind` and `value`, those that were this person's.

        Raises:
            UnavailableError: the store cannot be read.
        """
        lookup = hmac.digest(self._lookup, _named(kind, value), hashlib.sha256) if kind else None
        with self._lock, self._available():
            rows = self._store.execute("SELECT person, since, until, lookup FROM locked ORDER BY until").fetchall()
        return [
            Locked(person, datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC))
            for person, since, until, of in rows
            if lookup in {None, of}
        ]

    def erase_locked(self, person: str) -> None:
        """Delete a key that was set aside, because its time is over; as `erase`."""
        with self._changing():
            self._store.execute("DELETE FROM locked WHERE person = ?", (person,))

    def close(self) -> None:
        """Close the store."""
        with self._lock:
            self._store.close()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Change rows, all or none; no key outlives its row in the write-ahead log, no digest in memory."""
        with self._lock, self._available():
            self._digests.clear()
            with closing(self._store.cursor()) as cursor:
                cursor.execute("BEGIN IMMEDIATE")
                try:
                    yield
                except BaseException:
                    cursor.execute("ROLLBACK")
                    raise
                cursor.execute("COMMIT")
                # Pages are wiped by secure_delete; the log of changes is copied back and emptied.
                (busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                message = f"{self._path}: another process reads the store, and a key may not be wiped yet; try again"
                raise UnavailableError(message)

    @contextmanager
    def _available(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            raise self._unavailable(fault) from fault

    def _key(self, lookup: bytes, *, synced: bool) -> bytes:
        """Return the key of the person found by `lookup`; where two processes meet one at once, the first counts."""
        with self._available():
            row = self._store.execute("SELECT key FROM person WHERE lookup = ?", (lookup,)).fetchone()
            if row is None:
                new = (lookup, secrets.token_bytes(KEY_BYTES))
                self._store.execute(_SYNCED[synced])
                self._store.execute("INSERT OR IGNORE INTO person VALUES (?, ?)", new)
                self._store.execute(_SYNCED[True])
                row = self._store.execute("SELECT key FROM person WHERE lookup = ?", (lookup,)).fetchone()
        return bytes(row[0])

    def _belongs(self) -> bool:
        """Return whether the lookup key is the one that this store began with."""
        check = hmac.digest(self._lookup, _CHECK, hashlib.sha256)
        self._store.execute("INSERT OR IGNORE INTO store VALUES ('check', ?)", (check,))
        (stored,) = self._store.execute("SELECT value FROM store WHERE name = 'check'").fetchone()
        return hmac.compare_digest(stored, check)

    def _unavailable(self, fault: Exception) -> UnavailableError:
        return UnavailableError(f"{self._path}: person keys cannot be used ({fault}); mend the store, then ask again")


def _open(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))  # SQLite would let others read it
    store = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    for setting in ("PRAGMA journal_mode = WAL", _SYNCED[True], "PRAGMA secure_delete = ON"):
        store.execute(setting)
    store.executescript(_SCHEMA)
    return store


def _digest(key: bytes, named: bytes) -> str:
    made = hmac.digest(key, b"pdp/person/1\x00" + named, hashlib.sha256)
    return "p1." + base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _named(kind: str, value: str) -> bytes:
    """Return the bytes that name a person; half a surrogate pair is kept as it came."""
    return kind.encode() + b"\x00" + unicodedata.normalize("NFC", value).encode("utf-8", "surrogatepass")
