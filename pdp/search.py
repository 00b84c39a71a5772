"""One search: who may do this, with what may it be done, what may be done. Entity by entity, as of one instant.

A result is what a single question, at that instant and under that revision, is answered with a permit or a partial
permit. Nothing is released by it: each use is decided anew. Natural persons are never listed.
"""

from __future__ import annotations

from asyncio import Lock
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.errors import UnavailableError
from pdp.facts.asked import about
from pdp.facts.relation import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator
    from datetime import datetime

    from pdp.ledger.world import World
    from pdp.model import AccessRequest, Decision, Inquiry
    from pdp.ports import Entities, Register, Usage

SUBJECT: Final = "subject"
RESOURCE: Final = "resource"
ACTION: Final = "action"
_TOGETHER: Final = 256  # refs read at one time
_KINDS: Final = {"public_body": "body", "unit": "unit"}  # of a question -> of the ledger; people are not listed


@dataclass(frozen=True, slots=True)
class Sought:
    """What is searched for, and the question that a result must be permitted."""

    what: str  # subject | resource | action
    kind: str  # type of the subject or resource; empty for an action
    question: AccessRequest  # whose searched part says nothing

    def about(self, id_: str) -> AccessRequest:
        """Return the question about one entity."""
        if self.question.sent is not None:
            return about(self.question, self.what, id_)
        if self.what == SUBJECT:
            return replace(self.question, subject=id_)
        if self.what == RESOURCE:
            return replace(self.question, dataset=id_)
        return replace(self.question, action=id_)


class Found(NamedTuple):
    """A result, and what goes with it; the latter is empty where nobody asked for it."""

    id: str
    beside: bytes


class Since(NamedTuple):
    """Where a search stands that another process began, as a page's token says it."""

    at: datetime  # instant of the search
    revision: str  # under which it was begun
    ledger: int  # seq of the last statement that it rests on
    last: str  # id of the last result so far; empty: none yet
    before: int  # results up to there
    total: int | None  # None: not known yet


class FrozenUsage:
    """Counts of use as they were when they were first looked at: all pages of a search rest on the same."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self._seen: dict[str, int | None] = {}

    def used(self, application: str) -> int | None:
        """Return the number of released decisions as it was first seen."""
        if application not in self._seen:
            self._seen[application] = self._usage.used(application)
        return self._seen[application]

    def reserve(self, application: str, question: str | None, at: float | None = None) -> None:
        """Count nothing: a search releases nothing."""


class Search:
    """Looks at one entity after the other, in the order of their ids. Belongs to one event loop."""

    def __init__(  # noqa: PLR0913 -- what a search is made of, each named once
        self,
        sought: Sought,
        entities: Iterator[str],
        judge: Callable[[AccessRequest], Awaitable[tuple[Inquiry, Decision]]],
        confirmed: Callable[[AccessRequest, Inquiry], Awaitable[bool]],
        beside: Callable[[Decision, Inquiry], bytes] | None,
        *,
        since: Since | None = None,
    ) -> None:
        """Begin, or go on where the search stood elsewhere.

        Args:
            sought: what is searched for.
            entities: the ids of all there are, in order.
            judge: answers a single question, always as of the same instant and revision.
            confirmed: whether the overlays permit what is permitted so.
            beside: makes what goes with a result; None: nothing does.
            since: where it stood; `entities` are those behind. None: nowhere yet.
        """
        self._sought = sought
        self._entities = entities
        self._judge = judge
        self._confirmed = confirmed
        self._beside = beside
        self._since = since
        self._found: list[Found] = []
        self._turn = Lock()
        self.done = False
        self.failed = False

    async def step(self) -> None:
        """Look at the next entity, if there is one.

        Raises:
            UnavailableError: the ledger cannot be read; the search cannot go on.
        """
        async with self._turn:  # overlays take their time, and results stand in the order of their ids
            await self._guarded()

    async def _guarded(self) -> None:
        if self.failed:
            message = "the search cannot go on, because what it rests on could not be read; begin it anew"
            raise UnavailableError(message)
        try:
            await self._step()
        except BaseException:
            self.failed = True
            raise

    async def _step(self) -> None:
        if self.done:  # while this one waited for its turn
            return
        for id_ in islice(self._entities, 1):
            question = self._sought.about(id_)
            inquiry, decision = await self._judge(question)
            if decision.outcome.permits and await self._confirmed(question, inquiry):
                self._found.append(Found(id_, self._beside(decision, inquiry) if self._beside else b""))
            return
        self.done = True
        del self._judge, self._confirmed  # and with them the world that they look at; only what was found is kept

    def page(self, after: str, limit: int) -> list[Found]:
        """Return at most `limit` of the results so far that come after the id `after`; empty: from the first on."""
        first = bisect_right(self._found, after, key=itemgetter(0))
        return self._found[first : first + limit]

    def more(self, after: str) -> bool:
        """Return whether results after the id `after` are known or may yet be found."""
        return not self.done or bisect_right(self._found, after, key=itemgetter(0)) < len(self._found)

    @property
    def total(self) -> int | None:
        """Return how many results there are; None: not known yet."""
        if self._since is None:
            return len(self._found) if self.done else None
        if self._since.total is not None:
            return self._since.total
        return self._since.before + len(self._found) if self.done else None

    @property
    def after(self) -> str:
        """Return the id behind which it looks; empty: from the first on."""
        return "" if self._since is None else self._since.last


def declared(sought: Sought, known: Entities, after: str = "") -> Iterator[str]:
    """Yield the ids of entities of the kind that is searched for and that a pack's own data declares, in order."""
    there = known.actions if sought.what == ACTION else known.ids(sought.kind)
    yield from (id_ for id_ in there if id_ > after)


def entities(sought: Sought, register: Register, world: World, at: datetime, after: str = "") -> Iterator[str]:
    """Yield the ids of all entities of the kind that is searched for, in order; of a kind that nobody knows none.

    Args:
        sought: what is searched for.
        register: the ledger's refs.
        world: the ledger, as known to the search.
        at: the instant of the search.
        after: only ids behind this one.
    """
    if sought.what == ACTION:
        yield from (name for name in sorted(OPERATIONS) if name > after)
    elif sought.what == RESOURCE and sought.kind == "dataset":
        yield from behind("dataset/", register, world.seq(), after)
    elif sought.what == SUBJECT:
        yield from of_the_kind(behind("subject/", register, world.seq(), after), sought, world, at)


def of_the_kind(ids: Iterable[str], sought: Sought, world: World, at: datetime) -> Iterator[str]:
    """Yield those of `ids` that are registered as the kind of subject that is searched for; people are none."""
    kind = _KINDS.get(sought.kind)
    if kind is not None:
        yield from (id_ for id_ in ids if world.subject(id_, at).kind == kind)


def behind(start: str, register: Register, upto: int, after: str = "") -> Iterator[str]:
    """Yield what stands behind `start`, and comes after `after`, in refs of statements up to seq `upto`, in order."""
    last = start + after if after else ""
    while some := register.refs(start, last, upto, _TOGETHER):
        yield from (ref.removeprefix(start) for ref in some)
        last = some[-1]
