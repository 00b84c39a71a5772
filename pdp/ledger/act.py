"""An act: what somebody asks to have recorded now, on whose behalf, and how much of the matter was known to them.

An act takes effect when it is done: the days of the law run from what the ledger knew, never from what is claimed
afterwards. Asked for twice under one name, it is done once. Histories are imported from files, by operators.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pdp.errors import ConflictError, RequestError, ReusedRequestError
from pdp.ledger.body import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pdp.ledger.statement import Statement

SKEW = timedelta(seconds=5)  # by which the clocks of two nodes may differ
CLAIMED = timedelta(minutes=1)  # by which an instant that an act claims may differ from now


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody asks to have recorded.

    `request` names it, so that asking again does nothing twice. `seen` is the seq of the last statement about the
    matter that whoever asks has seen, None where it does not say. `at` is when they say that it happens; what differs
    from now is refused. `drawn` are the members that are drawn by lot for each asking, such as an id that nobody can
    guess: a request that is repeated is known without them.
    """

    kind: str
    members: Mapping[str, object]
    by: str  # id of the body, unit or person on whose behalf
    agent: str  # who does it
    request: str = ""
    seen: int | None = None
    at: datetime | None = None
    evidence: str = ""
    drawn: frozenset[str] = frozenset()


class Done(NamedTuple):
    """What became of an act: its statement, and whether it had been recorded before, under the same request."""

    statement: Statement
    repeated: bool


class Store(Protocol):
    """Where acts are recorded: a ledger, all of whose methods see what the call of `record` under way has begun."""

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, ordered by `(at, seq)`."""
        ...

    def asked(self, request: str) -> Statement | None:
        """Return the statement recorded under `request`, or None."""
        ...

    def record(self, statements: Iterable[Statement]) -> Sequence[Statement]:
        """Record all of `statements` or none; they are taken from the iterator while nobody else records."""
        ...


class _RepeatedError(Exception):
    """The act was recorded already; this ends the call of `record` with nothing recorded."""

    def __init__(self, recorded: Statement) -> None:
        super().__init__(recorded.seq)
        self.recorded = recorded


def perform(act: Act, store: Store, now: Callable[[], datetime]) -> Done:
    """Record `act`, unless it has been recorded under its request already.

    Raises:
        RequestError: it claims another instant than now.
        ReusedRequestError: its request named another act.
        ConflictError: the matter has moved on since whoever asks saw it.
        TransitionError: it is no lawful act; SpeakerError where another would have to do it.
        UnavailableError: the ledger cannot be read or written.
    """
    try:
        (recorded,) = store.record(_ready(act, store, now))
    except _RepeatedError as repeated:
        return Done(repeated.recorded, repeated=True)
    return Done(recorded, repeated=False)


def _ready(act: Act, store: Store, now: Callable[[], datetime]) -> Iterator[Statement]:
    """Yield the statement of `act`; runs inside `record`, so nothing comes between what it sees and what is written."""
    instant = now()
    said = statement(act.kind, act.members, instant, act.by, act.evidence)
    before = store.asked(act.request) if act.request else None
    if before is not None:
        if _asked_for(before, act) != _asked_for(said, act):
            raise ReusedRequestError(before.kind, before.seq)
        raise _RepeatedError(before)
    _check_instant(act, instant)
    known = store.about(said.about[0])
    if act.seen is not None:
        _check_seen(act.seen, said.about[0], known)
    latest = max((one.at for one in known), default=instant)
    at = latest if instant < latest <= instant + SKEW else instant
    said = statement(act.kind, act.members, at, act.by, act.evidence)
    yield said.asked_by(act.agent, act.request)


def _asked_for(said: Statement, act: Act) -> tuple[object, ...]:
    """Return what two statements have in common that are one request asked for twice."""
    body = {name: value for name, value in said.body.items() if name not in act.drawn}
    return said.kind, said.by, body, said.evidence


def _check_instant(act: Act, now: datetime) -> None:
    """Refuse an act that claims to be of another time. Source: art_21__para_1: terms run from receipt."""
    if act.at is None or abs(act.at - now) <= CLAIMED:
        return
    past = act.at < now
    fault = "lies in the past" if past else "lies in the future"
    place, remedy = "at", "an act takes effect when it is done, and terms run from then (art_21__para_1): leave it out"
    raise RequestError(place, f"{fault}; {remedy}")


def _check_seen(seen: int, ref: str, known: Sequence[Statement]) -> None:
    """Refuse an act decided on an older state of the matter, and say what happened in between."""
    since = sorted((one for one in known if one.seq > seen), key=lambda one: one.seq)
    if since:
        raise ConflictError(ref, [(one.seq, one.kind, one.by, one.at) for one in since])
    if seen and not any(one.seq == seen for one in known):
        fault = f"names statement {seen}, which is not about {ref}; send the ETag that was read with the matter"
        place = "if-match"
        raise RequestError(place, fault)
