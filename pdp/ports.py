"""What this service needs of the outside world, and what must hold of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from pdp.ledger.statement import Statement
    from pdp.model import Limits, Receipt


class StatementSource(Protocol):
    """The statements that folds read. Only growing; a statement once given is given again, unchanged, for ever."""

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, ordered by `(at, seq)`; none is an empty sequence.

        Raises:
            UnavailableError: the store cannot be read. Never an empty sequence instead.
        """
        ...

    def head(self) -> int:
        """Return the seq of the last statement, 0 for an empty ledger."""
        ...

    def changed_since(self, seq: int) -> Iterable[str]:
        """Return every ref that a statement later than `seq` is about. May repeat itself, never misses one."""
        ...


class Register(Protocol):
    """The refs that statements are about, in their order: what there is to be searched."""

    def refs(self, start: str, after: str, upto: int, limit: int) -> Sequence[str]:
        """Return at most `limit` refs that begin with `start` and come after `after`, by their code points.

        Only those that a statement up to seq `upto` is about. Fewer than `limit` are the last.

        Raises:
            UnavailableError: the store cannot be read.
        """
        ...


class StatementChain(Protocol):
    """The hashes that chain the statements of a ledger."""

    def hashes(self, after: int, count: int) -> Sequence[str]:
        """Return the hashes of the `count` statements that follow statement `after`, all of which are there, in hex.

        Raises:
            UnavailableError: the store cannot be read, or one of them is missing.
        """
        ...


class Ledger(StatementSource, StatementChain, Protocol):
    """The one place where statements are recorded. Append-only, hash-chained, durable when `record` returns."""

    def asked(self, request: str) -> Statement | None:
        """Return the statement that was recorded under this request, or None."""
        ...

    def record(self, statements: Iterable[Statement]) -> Sequence[Statement]:
        """Record all of `statements` or none, in the order given; return them numbered and chained.

        They are taken from the iterator while no other call can record, and what it reads of the ledger is as it
        stands then. The admission of each (kind, body, actor, transition) is checked against the ledger with its
        predecessors in the same call.

        Raises:
            TransitionError: one is no lawful act; the message names it. Nothing is recorded.
            UnavailableError: the store cannot be written. Nothing is recorded.
        """
        ...


class Freshness(Protocol):
    """How old the known ledger may be. A node of a fleet decides from a copy of its own, which can fall behind."""

    def staleness(self) -> timedelta:
        """Return how long ago the copy was last known to be level with the ledger; zero for a ledger on this machine.

        Never negative, answers at once, and does not depend on the clock that tells the time.
        """
        ...


class DecisionLog(Protocol):
    """The decision log's writer.

    `append` completes only when the record survives `kill -9` and power loss. It may wait, it never drops, and it is
    never retried. Records stand in the order of calls. Called from one event loop. Not trusted: whoever alters the log
    is found out.
    """

    def append(self, record: bytes) -> Future[Receipt]:
        """Append one record (canonical JSON of its members) and return its receipt.

        Raises:
            UnavailableError: the record is not, or may not be, durable. Never together with a receipt.
        """
        ...

    def append_all(self, records: Sequence[bytes]) -> Sequence[Future[Receipt]]:
        """Append several records, which one commit makes durable, and return the receipt of each.

        Raises:
            UnavailableError: as `append`; where it is raised at once, none of them was taken.
        """
        ...

    @property
    def ready(self) -> bool:
        """Return whether `append` can be expected to succeed."""
        ...

    def find(self, record_id: str) -> tuple[int, bytes] | None:
        """Return index and entry of the record with this id, or None; may be slow, may be called from any thread."""
        ...

    def records(self, since: int = 0) -> Iterable[tuple[int, bytes]]:
        """Return `(index, entry)` of every durable entry from index `since`; slow, may be called from any thread."""
        ...


class RuleEngine(Protocol):
    """A policy engine, asked at load only: does this rule hold for these inputs?

    Each answer is a Boolean or the whole call fails. An engine that crashes, hangs, answers short or answers with
    anything else raises; nothing is ever read as "does not hold".
    """

    @property
    def name(self) -> str:
        """What the engine is called in messages and in the cache's key."""
        ...

    @property
    def version(self) -> str:
        """Its version; another one may answer otherwise."""
        ...

    def evaluate(self, jobs: Sequence[EngineJob]) -> Sequence[Sequence[bool]]:
        """Return, for every job and every one of its inputs in order, whether the rule holds.

        Raises:
            PolicyError: the engine refuses a rule; path, line and the engine's own words.
            UnavailableError: the engine crashed, timed out or answered nonsense.
        """
        ...


class EngineJob(Protocol):
    """One rule to be asked for a list of inputs. A data class in `pdp.rulebook.compile` implements it."""

    @property
    def path(self) -> str:
        """Return the path of the rule's file, for messages."""
        ...

    @property
    def source(self) -> str:
        """Return the rule's source text."""
        ...

    @property
    def package(self) -> str:
        """Return its package, for example access.rules.onward_supply."""
        ...

    @property
    def head(self) -> str:
        """Return its head: forbid, refer, doubt, oblige or advise."""
        ...

    @property
    def inputs(self) -> Sequence[Mapping[str, str]]:
        """Return the facts of each question."""
        ...

    @property
    def readings(self) -> Mapping[str, str]:
        """Return what the rule sees under data.readings."""
        ...


class FactEngine(Protocol):
    """A policy engine that derives a pack's facts, asked for every question. Called from one event loop.

    What it answers is not trusted: a value that its fact does not have is never believed. An engine that crashes,
    hangs or answers nonsense raises, and nothing that goes wrong is ever read as a value.
    """

    async def derive(self, sent: Mapping[str, object]) -> Mapping[str, object]:
        """Return fact -> value for what the pack derives from a question as it was sent; undefined facts are absent.

        Raises:
            UnavailableError: the engine failed, did not answer in time, or cannot evaluate the pack's source.
        """
        ...

    def derive_now(self, sent: Mapping[str, object]) -> Mapping[str, object]:
        """Return what `derive` does, for callers that may wait."""
        ...


class Entities(Protocol):
    """Whom and what searches may find in a pack: what its data declares, whoever asks."""

    def ids(self, kind: str) -> Sequence[str]:
        """Return the ids of every entity of this type, sorted; none of a type that is not declared."""
        ...

    @property
    def actions(self) -> Sequence[str]:
        """The names of every action, sorted."""
        ...


class TableEngine(Protocol):
    """A table engine, asked at load only: which row matches these values?

    Each answer is the index of a row or None for "no row matches", or the whole call fails; nothing that goes wrong is
    ever read as None.
    """

    @property
    def name(self) -> str:
        """What the engine is called in messages and in the cache's key."""
        ...

    @property
    def version(self) -> str:
        """Its version; another one may answer otherwise."""
        ...

    def matches(self, jobs: Sequence[TableEngineJob]) -> Sequence[Sequence[int | None]]:
        """Return, for every job and every one of its requests in order, the index of the row that matches.

        Raises:
            PolicyError: the engine refuses a model or a row; path and the engine's own words.
            UnavailableError: the engine crashed, timed out or answered nonsense.
        """
        ...


class TableEngineJob(Protocol):
    """One table to be asked for a list of requests. A data class in `pdp.rulebook.compile` implements it."""

    @property
    def path(self) -> str:
        """Return the path of the table's file, for messages."""
        ...

    @property
    def model(self) -> str:
        """Return the text of the model."""
        ...

    @property
    def rows(self) -> Sequence[tuple[str, ...]]:
        """Return the cells of each row, then its rule."""
        ...

    @property
    def requests(self) -> Sequence[tuple[str, ...]]:
        """Return the questions, each one value a column."""
        ...


class Overlay(Protocol):
    """A body's own rules, kept and run by that body. Belongs to one event loop.

    Not trusted: what it answers is held to the few things that it may say, and can only restrict.
    """

    @property
    def limits(self) -> Limits:
        """Return what the settings declare of it; the same for as long as the process lives."""
        ...

    async def ask(self, question: Mapping[str, object]) -> object:
        """Return what it answers to `question`, decoded JSON of a bounded size; within its own deadline, always.

        Raises:
            OverlayError: it does not answer, or not in time, or with what is no answer.
        """
        ...


class PersonKeys(Protocol):
    """Turns identifiers of natural persons into keyed digests. Deleting a person's key makes its digests unlinkable."""

    def digest(self, kind: str, value: str) -> str:
        """Return `p1.` + base64url of the person's keyed digest; a new person's key is durable when this returns."""
        ...


class Usage(Protocol):
    """Counts released decisions by application, for quotas stated in its 使用范围."""

    def used(self, application: str) -> int | None:
        """Return the number of released decisions so far, or None when that is not known."""
        ...

    def reserve(self, application: str, question: str | None, at: float | None = None) -> None:
        """Count one decision that is about to be released; repetitions of one `question` count once.

        Args:
            application: on which it rests.
            question: what a repetition has in common with it; None: it is none, and has none.
            at: seconds since 1970, where a repetition must come within seconds; None: it may come at any time.
        """
        ...


class Clock(Protocol):
    """The time now. The order of records is never taken from it."""

    def now(self) -> datetime:
        """Return the instant, aware, Asia/Shanghai."""
        ...

    def mono_ns(self) -> int:
        """Return monotonic nanoseconds, comparable within one process."""
        ...
