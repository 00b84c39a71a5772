"""Searches under way, page by page. A page leaves when its record is durable, like any answer.

The first page fixes instant, revision, ledger and counts of use for all, and takes its time to find the total. A
search goes on where it stopped, so a page takes no longer than it may, and nothing is looked at twice.
"""

from __future__ import annotations

from asyncio import sleep
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakValueDictionary

from pdp.errors import UnavailableError
from pdp.log.gathered import SEARCH
from pdp.log.instants import utc
from pdp.narrowing import holders_and_applicants, strangers_excluded
from pdp.search import SUBJECT, FrozenUsage, Search, declared, entities, of_the_kind
from pdp.service import TURN_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pdp.facts.asked import AskedDeriver
    from pdp.facts.derive import Deriver
    from pdp.ledger.world import World
    from pdp.model import Decision, Inquiry
    from pdp.ports import Clock, Register, Usage
    from pdp.search import Found, Since, Sought
    from pdp.service import Service
    from pdp.walk import InForce, Moment

LIFE: Final = timedelta(hours=1)  # an older search is not taken over from another process
AT_ONCE: Final = 64  # searches that are kept; beyond that the one that was used least lately is forgotten
KEPT: Final = 4_000  # states that the world of one search keeps; it looks at most of them once


class Page(NamedTuple):
    """One page of a search, on record."""

    found: Sequence[Found]
    total: int | None  # None: not known yet
    more: bool


@dataclass(frozen=True, slots=True)
class Under:
    """A search under way, and what all its pages rest on."""

    sought: Sought
    moment: Moment
    ledger: int  # seq of the last statement known
    search: Search


class Searches:
    """Begins searches and goes on with them. Belongs to one event loop."""

    def __init__(
        self, service: Service, register: Register, usage: Usage, clock: Clock, budget_ns: int = 1_500_000_000
    ) -> None:
        """Search what `service` knows.

        Args:
            service: answers single questions, and records.
            register: what there is to be searched.
            usage: counts of use.
            clock: the time.
            budget_ns: how long one page may search, in nanoseconds.
        """
        self._service = service
        self._register = register
        self._usage = usage
        self._clock = clock
        self._budget = budget_ns
        self._under: OrderedDict[str, Under] = OrderedDict()
        self._worlds: WeakValueDictionary[tuple[str, int], World] = WeakValueDictionary()

    def begin(self, name: str, sought: Sought, beside: Callable[[Decision, Inquiry], bytes] | None = None) -> Under:
        """Begin a search under `name`, which nobody else has, as of now.

        Raises:
            UnavailableError: a store or the log is down.
        """
        moment = self._service.moment()
        return self._begun(name, sought, beside, moment, moment.law.world.seq())

    def resume(
        self, name: str, sought: Sought, since: Since, beside: Callable[[Decision, Inquiry], bytes] | None = None
    ) -> Under | None:
        """Go on with a search that another process began, or that is no longer kept here; None where that cannot be.

        It rests on what it rested on before, but for counts of use, which each process has of its own.

        Raises:
            UnavailableError: a store or the log is down, or this copy of the ledger is behind that of the search.
        """
        moment = self._service.moment()
        if moment.law.recorder.set != since.revision or moment.at - since.at > LIFE:
            return None
        if moment.law.world.seq() < since.ledger:
            message = "the copy of the ledger here is behind the one that the search rests on; ask again"
            raise UnavailableError(message)
        return self._begun(name, sought, beside, moment._replace(at=since.at), since.ledger, since)

    def _begun(  # noqa: PLR0913, PLR0917 -- what a search rests on, each once
        self,
        name: str,
        sought: Sought,
        beside: Callable[[Decision, Inquiry], bytes] | None,
        moment: Moment,
        ledger: int,
        since: Since | None = None,
    ) -> Under:
        law, after = moment.law, "" if since is None else since.last
        world = self._world(law, ledger)
        derive = law.derive.over(world, FrozenUsage(self._usage))
        confirmed = partial(self._service.confirmed, moment)
        own = law.policy.deriving
        there = declared(sought, own, after) if own else self._entities(sought, moment, world, derive, after)
        judge = self._service.judge(moment, world, derive)
        search = Search(sought, there, judge, confirmed, beside, since=since)
        under = self._under[name] = Under(sought, moment, ledger, search)
        self._under.move_to_end(name)
        while len(self._under) > AT_ONCE:
            self._under.popitem(last=False)
        return under

    def _world(self, law: InForce, ledger: int) -> World:
        """Return the world as it is known now: one for all searches that rest on it, while one of them goes on."""
        key = (law.recorder.set, ledger)
        world = self._worlds.get(key)
        if world is None:
            world = self._worlds[key] = law.world.as_known(ledger, KEPT)
        return world

    def _entities(
        self, sought: Sought, moment: Moment, world: World, derive: Deriver | AskedDeriver, after: str
    ) -> Iterator[str]:
        """Yield the ids of all behind `after` who may be results, in order."""
        if sought.what == SUBJECT:
            question, (law, now, known) = sought.question, moment
            if strangers_excluded(question, derive(question, now, known), law.rulebook):
                some = holders_and_applicants(question.dataset, self._register, world, now)
                return of_the_kind((id_ for id_ in some if id_ > after), sought, world, now)
        return entities(sought, self._register, world, moment.at, after)

    def under(self, name: str, last: str) -> Under | None:
        """Return the search that was begun under `name`; None where what comes behind `last` is not kept here."""
        found = self._under.get(name)
        if found is None or found.search.failed or last < found.search.after:
            return None
        self._under.move_to_end(name)
        return found

    async def page(self, under: Under, after: str, limit: int, raw: bytes) -> Page:
        """Return the page behind the id `after`, once it is on record; a search that takes long gives a shorter one.

        Raises:
            UnavailableError: a store or the log is down; nothing is released.
        """
        await self._go_on(under.search, after, limit)
        found = under.search.page(after, limit)
        last = found[-1].id if found else after
        law, moment = under.moment.law, under.moment
        members = law.recorder.gathered.page(
            under.sought.question, under.sought.what, [one.id for one in found],
            ledger=under.ledger, age=moment.known.age, as_of=utc(moment.at), raw=raw,
        )  # fmt: skip
        page = Page(found, under.search.total, under.search.more(last) and limit > 0)
        await self._service.record(SEARCH, members)
        return page

    async def _go_on(self, search: Search, after: str, limit: int) -> None:
        """Look at entities until all are looked at or the time is up; others have their turn in between.

        A page that is not the first ends when it is full: the total that the first did not find would take too long.
        """
        began = turn = self._clock.mono_ns()
        while not search.done and not (after and len(search.page(after, limit)) == limit):
            await search.step()
            now = self._clock.mono_ns()
            if now - began > self._budget:
                return
            if now - turn > TURN_NS:
                await sleep(0)
                turn = self._clock.mono_ns()
