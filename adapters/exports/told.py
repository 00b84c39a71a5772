"""Entries as exports need them: decisions spelled out, and what the log says of writer and revision elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from pdp.errors import UnavailableError
from pdp.log.entry import leaf_hash, record_of
from pdp.log.readable import Legend, spell_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.exports.columns import Columns
    from adapters.exports.database import Database
    from adapters.exports.parts import Log

Json = dict[str, Any]

_EVENTS = (  # the first of each process names its writer, the first of each revision its digests
    "SELECT min(entry_index) FROM entries WHERE version IS NOT NULL AND log = $log GROUP BY boot "
    "UNION SELECT min(entry_index) FROM entries WHERE kind = 'rulebook.activated' AND log = $log "
    "GROUP BY event ->> '$.revision.set'"
)
_SPAN = 'SELECT min(entry_index), max(entry_index) FROM entries WHERE log = $log AND "at" >= $since AND "at" < $until'


@dataclass(frozen=True, slots=True)
class Told:
    """One entry, and what it leaves to others to say."""

    log: str
    index: int
    leaf: str
    record: Json  # a decision spelled out, anything else as it stands
    writer: Mapping[str, Any]  # node, slot, boot, version
    revision: Mapping[str, str]  # the digests of the revision, by name; empty where none was in force

    @property
    def kind(self) -> str:
        """Return the kind of the record."""
        return str(self.record["kind"])


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the log says once for many entries: who wrote them, and how decisions of each revision are read."""

    origin: str
    writers: Mapping[str, Json]  # boot -> node, slot, boot, version
    revisions: Mapping[str, Json]  # revision set -> its digests
    legends: Mapping[str, Legend]  # revision set -> the order of its facts

    def told(self, log: Log, first: int, last: int) -> Iterator[Told]:
        """Yield entries `first` to `last` of `log`.

        Raises:
            UnavailableError: an entry is not as it was written, or nothing says how it is to be read.
        """
        for index, entry in log.records(first, last + 1):
            record = orjson.loads(record_of(entry))
            revision: Json = {}
            if record["kind"] == "decision":
                named = record["revision"]["set"]
                if named not in self.legends:
                    unread = f"{self.origin}: no record says how decisions of revision {named} are read"
                    message = f"{unread}; look for the older part of the log"
                    raise UnavailableError(message)
                record, revision = spell_out(record, self.legends[named]), self.revisions[named]
            yield Told(self.origin, index, leaf_hash(entry).hex(), record, self._writer(record), revision)

    def _writer(self, record: Json) -> Json:
        writer = record["writer"]
        return writer if isinstance(writer, dict) else self.writers.get(writer, {"boot": writer})


def lookup(columns: Columns, database: Database) -> Lookup:
    """Return what a log says of its writers and revisions; its columns tell in which entries."""
    origin, writers = columns.checkpoint.origin, dict[str, Json]()
    revisions, legends = dict[str, Json](), dict[str, Legend]()
    for (index,) in database.rows(_EVENTS, {"log": origin}).rows:
        record = orjson.loads(record_of(_entry(columns.log, index)))
        writers[record["writer"]["boot"]] = record["writer"]
        if record["kind"] == "rulebook.activated":
            named = record["revision"]["set"]
            revisions[named], legends[named] = record["revision"], Legend(tuple(record["facts"]))
    return Lookup(origin, writers, revisions, legends)


def span(database: Database, columns: Columns, since: object, until: object) -> tuple[int, int] | None:
    """Return the first and last index of the entries of a log from `since` up to `until`, or None if it has none."""
    values = {"log": columns.checkpoint.origin, "since": since, "until": until}
    ((first, last),) = database.rows(_SPAN, values).rows
    return None if first is None else (first, last)


def _entry(log: Log, index: int) -> bytes:
    return next(entry for _, entry in log.records(index, index + 1))
