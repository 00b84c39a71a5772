"""The decisions of a data folder's logs that supervision looks for, read once and remembered; others are passed over.

Only what is signed is read, beside a service or within it. Derived and in memory alone: lost with the process, and read
again. Not trusted for more than a lead; whoever must be sure looks the ids up in the log.
"""

from __future__ import annotations

import json
from collections import deque
from datetime import datetime
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from adapters.stores.log_reader import CHECKPOINT, LogReader, logs_in
from pdp.log.entry import record_of
from pdp.log.readable import legend_in
from pdp.log.spelling import findings_of, vector_of
from pdp.supervision.report import RULES, Leads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    Entries = Iterable[tuple[int, bytes]]
    Watch = Callable[[Entries, int], Entries]

HELD: Final = 100_000  # records that are remembered at most
_WANTED: Final = tuple(
    rule.encode() for rule in sorted(RULES) if not any(rule != part and part in rule for part in RULES)
)
_DECISION: Final = b'"kind":"decision"'
_RELATION: Final = "relation"


class DecisionLeads:
    """Remembers decisions under the rules that supervision looks for. From any thread; they take turns."""

    def __init__(self, data: Path, watch: Watch = lambda entries, _: entries, held: int = HELD) -> None:
        """Read the logs in `data`.

        Args:
            data: the data folder.
            watch: passes on the entries that are read, of which it is told how many there are at most.
            held: how many records are remembered; of more, the latest.
        """
        self._data, self._watch = data, watch
        self._turn = Lock()
        self._found: deque[dict[str, Any]] = deque(maxlen=held)
        self._from: datetime | None = None  # instant from which on decisions were looked for
        self._upto: dict[str, int] = {}  # log -> index that is read next
        self._relations: dict[str, int] = {}  # revision -> place of the fact `relation` in its vectors
        self._left_out = self._unreadable = 0

    def since(self, instant: datetime) -> Leads:
        """Return the decisions since `instant`, reading what the logs have gained since the last call.

        Raises:
            JournalDamagedError: an entry is not as it was written, or is missing.
            UnavailableError: a log cannot be read, or does not say how its records are to be read.
        """
        with self._turn:
            if self._from is None or instant < self._from:
                self._begin(instant)
            for log in self._logs():
                self._read(log, instant)
            shown = tuple(record for record in self._found if datetime.fromisoformat(record["at"]) >= instant)
            return Leads(shown, self._left_out, self._unreadable)

    def _begin(self, instant: datetime) -> None:
        """Forget everything; what is read from now on is later than `instant`."""
        self._found.clear()
        self._upto.clear()
        self._from, self._left_out, self._unreadable = instant, 0, 0

    def _logs(self) -> list[LogReader]:
        """Return the logs that have something to read: signed entries that did not go when their time was over."""
        logs = logs_in(self._data) if any(self._data.glob("*/journal")) else []
        return [log for log in logs if not log.pruned and (log.folder / CHECKPOINT).exists()]

    def _read(self, log: LogReader, instant: datetime) -> None:
        """Read what a log has gained; a part of it that is older than `instant` is passed over."""
        begin = self._upto.get(log.name)
        if begin is None:
            begin = log.first_since(int(instant.timestamp() * 1000))
        size = log.checkpoint.size
        for index, entry in self._watch(log.records(begin, size), max(0, size - begin)):
            if _DECISION in entry and any(rule in entry for rule in _WANTED):
                self._take(log, entry)
            self._upto[log.name] = index + 1

    def _take(self, log: LogReader, entry: bytes) -> None:
        """Remember a decision, if it is as late as what is looked for."""
        record = json.loads(record_of(entry))
        try:
            late = datetime.fromisoformat(record["at"]) >= self._from if self._from else False
            cut = self._cut(record, self._relation(log, record["revision"]["set"])) if late else None
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            self._unreadable += 1  # whoever wrote it was no service
            return
        if cut is not None:
            self._left_out += len(self._found) == self._found.maxlen
            self._found.append(cut)

    def _relation(self, log: LogReader, revision: str) -> int:
        """Return where records of `revision` have the fact `relation`."""
        if revision not in self._relations:
            legend = legend_in(log.records(), revision)
            names = legend.facts if legend else ()
            self._relations[revision] = names.index(_RELATION)
        return self._relations[revision]

    @staticmethod
    def _cut(record: Mapping[str, Any], relation: int) -> dict[str, Any] | None:
        """Return what supervision reads of a record, in its readable form; None where no rule of its own held."""
        groups = [_group(group, record, relation) for group in record.get("groups", (record,))]
        groups = [group for group in groups if group["findings"]]
        if not groups or record["kind"] != "decision":
            return None
        request = {name: record["request"][name] for name in ("subject", "dataset") if name in record["request"]}
        told = {name: record[name] for name in ("kind", "id", "at", "outcome")}
        return {**told, "request": request, "groups": groups}


def _group(group: Mapping[str, Any], record: Mapping[str, Any], relation: int) -> dict[str, Any]:
    held = [{"rule": found["rule"]} for found in findings_of(group["findings"]) if found["rule"] in RULES]
    named = {name: group[name] for name in ("dataset", "outcome") if name in group}
    facts = {_RELATION: next(islice(vector_of(group["facts"]), relation, None), "")}
    return {"outcome": record["outcome"], **named, "facts": facts, "findings": held}
