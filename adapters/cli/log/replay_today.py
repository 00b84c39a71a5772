"""What `pdp log replay --as today` does with each decision: put its question again to the ledger as it is known now.

The instant stays that of the record. What comes out otherwise is explained by the statements that were recorded later,
if with the ledger as it was known then everything comes out as recorded.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from adapters.device.clock import SystemClock
from adapters.stores.sqlite_ledger import SqliteLedger
from pdp.errors import UnavailableError
from pdp.facts.derive import Deriver
from pdp.facts.situation import Setting
from pdp.ledger.admit import Admission
from pdp.ledger.view import AsKnown
from pdp.ledger.world import World
from pdp.log.questioned import question_of
from pdp.log.rederived import compared, keeping
from pdp.rulebook.merge import settle
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from adapters.cli.log.replay_jobs import Loaded
    from adapters.cli.log.replaying import Found, Tally
    from pdp.ledger.statement import Statement
    from pdp.log.questioned import Questioned, Recovered
    from pdp.log.rederived import Change, Rederived
    from pdp.ports import StatementSource

Json = dict[str, Any]
LATE, LOST, OTHERWISE = "late_statements", "not_recovered", "unexplained"
_LONG: Final = timedelta(hours=1)  # how long an answer holds does not bear on how it ends
_NAMED: Final = 8  # statements that one finding names


class NotCounted:
    """Implements `pdp.ports.Usage` for a past that nobody can count again: what is used is not known."""

    def used(self, application: str) -> None:
        """Return that it is not known."""

    def reserve(self, application: str, question: str | None, at: float | None = None) -> None:
        """Count nothing: nothing is released."""


class Watched:
    """A source that remembers which refs were asked for."""

    def __init__(self, source: StatementSource) -> None:
        self._source = source
        self.refs: set[str] = set()

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`."""
        self.refs.add(ref)
        return self._source.about(ref)

    def head(self) -> int:
        """Return the seq of the last statement."""
        return self._source.head()

    def changed_since(self, seq: int) -> Iterable[str]:
        """Return every ref that a statement later than `seq` is about."""
        return self._source.changed_since(seq)


class _Anew(NamedTuple):
    """What comes of a question put again, and which facts were kept."""

    rederived: Rederived
    kept: tuple[str, ...]


class ByToday:
    """Derives the facts of each decision anew. A process of its own opens a ledger of its own."""

    def __init__(self, loaded: Loaded, data: Path, required_assurance: Mapping[str, int], recovered: Recovered) -> None:
        self._loaded = loaded
        self._data = data
        self._required = required_assurance
        self._recovered = recovered
        self._names = tuple(loaded.rulebook.vocabulary.facts)
        self._ledger: SqliteLedger | None = None
        self._today: Deriver | None = None

    def consume(self, found: Found, tally: Tally) -> None:
        """Put one question again; tell what comes out otherwise, and why."""
        record = found.record
        if record["revision"]["set"] != self._loaded.set:
            tally.others[record["revision"]["set"]] += 1
            return
        tally.read[self._loaded.set] += 1
        question, at = question_of(record, self._recovered), datetime.fromisoformat(record["at"]).astimezone(SHANGHAI)
        anew = self._put(self._deriver_of_today(), question, at, record)
        kept = (*question.kept, *anew.kept)
        tally.notes.update(kept)
        if anew.rederived.same:
            tally.equal += 1
            return
        why, late = self._why(question, at, record)
        if why == LOST:
            tally.lost += 1
            return
        then, now = anew.rederived.then, anew.rederived.now
        tally.group((why, then.outcome, now.outcome), record["id"])
        tally.tell({
            **found.place(), "why": why, "flips": anew.rederived.flips, "then": then._asdict(), "now": now._asdict(),
            "facts": [_told(change) for change in anew.rederived.changes], "same_fields": anew.rederived.granted,
            "statements": _named(late, anew.rederived.changes), "kept": list(kept),
        })  # fmt: skip

    def _put(self, derive: Deriver, question: Questioned, at: datetime, record: Json) -> _Anew:
        inquiry, kept = keeping(record, self._names, derive(question.request, at))
        inquiry, decision = settle(inquiry, self._loaded.rulebook, at + _LONG)
        return _Anew(compared(record, self._names, inquiry, decision), kept)

    def _why(self, question: Questioned, at: datetime, record: Json) -> tuple[str, list[Statement]]:
        """Return why it comes out otherwise, and the statements about what was asked that were recorded later."""
        ledger, known = self.ledger, record["revision"]["ledger"]
        then = self._put(self._deriver(AsKnown(ledger, known)), question, at, record)
        if not then.rederived.same:
            return LOST if question.kept else OTHERWISE, []
        watched = Watched(ledger)
        self._deriver(watched)(question.request, at)
        late = {
            said.seq: said
            for ref in watched.refs
            for said in ledger.about(ref)
            if said.seq > known and said.at <= at
        }  # fmt: skip
        return LATE, [late[seq] for seq in sorted(late)]

    def _deriver_of_today(self) -> Deriver:
        if self._today is None:
            self._today = self._deriver(self.ledger)
        return self._today

    def _deriver(self, source: StatementSource) -> Deriver:
        policies = self._loaded.policies
        world = World(source, policies.calendar, policies.readings, policies.instrument.in_force_from)
        setting = Setting(world, policies.instrument, policies.readings, NotCounted(), self._required)
        return Deriver(setting, policies.vocabulary)

    @property
    def ledger(self) -> SqliteLedger:
        """Return the ledger of this process."""
        if self._ledger is None:
            self._ledger = ledger_in(self._data, self._loaded)
        return self._ledger


def ledger_in(data: Path, loaded: Loaded) -> SqliteLedger:
    """Return the ledger in a data folder, which must be there.

    Raises:
        UnavailableError: it is not, or cannot be opened.
    """
    path, policies = data / "ledger.sqlite", loaded.policies
    if not path.exists():
        message = f"{path}: no ledger is here; name the data folder of the service with --data"
        raise UnavailableError(message)
    since = policies.instrument.in_force_from
    admission = Admission(policies.calendar, policies.readings, since, loaded.rulebook.may)
    return SqliteLedger(path, admission, SystemClock())


def _told(change: Change) -> Json:
    return {"fact": change.fact, "then": change.then, "now": change.now, "evidence": list(change.evidence)}


def _named(late: Sequence[Statement], changes: Sequence[Change]) -> list[Json]:
    """Return the later statements that the changed facts rest on now; where none is named there, all of them."""
    resting = {one for change in changes for one in change.evidence}
    telling = [said for said in late if f"s:{said.seq}" in resting] or late
    return [
        {
            "seq": said.seq,
            "kind": said.kind,
            "by": said.by,
            "at": said.at.isoformat(),
            "recorded_at": said.recorded_at.isoformat() if said.recorded_at else "",
        }
        for said in telling[:_NAMED]
    ]
