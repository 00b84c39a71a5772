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


class Teller:
    """Tells the entries of one log in full."""

    def __init__(self, columns: Columns, database: Database) -> None:
        """Learn from the log's columns where it names writers and revisions, and read those entries."""
        self._log, self.origin = columns.log, columns.checkpoint.origin
        self.size = columns.checkpoint.size
        self._writers: dict[str, Json] = {}
        self._revisions: dict[str, Json] = {}
        self._legends: dict[str, Legend] = {}
        for (index,) in database.rows(_EVENTS, {"log": self.origin}).rows:
            self._learn(orjson.loads(record_of(_entry(self._log, index))))

    def _learn(self, record: Json) -> None:
        self._writers[record["writer"]["boot"]] = record["writer"]
        if record["kind"] == "rulebook.activated":
            named = record["revision"]["set"]
            self._revisions[named] = record["revision"]
            self._legends[named] = Legend(tuple(record["facts"]))

    def told(self, first: int, last: int) -> Iterator[Told]:
        """Yield entries `first` to `last`.

        Raises:
            UnavailableError: an entry is not as it was written, or nothing says how it is to be read.
        """
        for index, entry in self._log.records(first, min(last + 1, self.size)):
            record = orjson.loads(record_of(entry))
            revision: Json = {}
            if record["kind"] == "decision":
                named = record["revision"]["set"]
                if named not in self._legends:
                    unread = f"{self.origin}: no record says how decisions of revision {named} are read"
                    message = f"{unread}; look for the older part of the log"
                    raise UnavailableError(message)
                record, revision = spell_out(record, self._legends[named]), self._revisions[named]
            yield Told(self.origin, index, leaf_hash(entry).hex(), record, self._writer(record), revision)

    def _writer(self, record: Json) -> Json:
        writer = record["writer"]
        return writer if isinstance(writer, dict) else self._writers.get(writer, {"boot": writer})


def span(database: Database, columns: Columns, since: object, until: object) -> tuple[int, int] | None:
    """Return the first and last index of the entries of a log from `since` up to `until`, or None if it has none."""
    values = {"log": columns.checkpoint.origin, "since": since, "until": until}
    ((first, last),) = database.rows(_SPAN, values).rows
    return None if first is None else (first, last)


def _entry(log: Log, index: int) -> bytes:
    return next(entry for _, entry in log.records(index, index + 1))
