"""The world at one instant, entity by entity: each fold is kept with the instants between which it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from pdp.ledger import actor, application, dataset, measure, opening, query_engine, records, route, standing, subject
from pdp.ledger.terms import Law
from pdp.ledger.view import AsKnown, View
from pdp.ledger.words import text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from datetime import date, datetime

    from pdp.ledger.folds import Folds
    from pdp.ledger.states import (
        Actor,
        Application,
        Carrier,
        Combination,
        Dataset,
        Entrustment,
        MappedTable,
        Measures,
        QueryUser,
        Standing,
        Subject,
        Workload,
    )
    from pdp.ports import StatementSource
    from pdp.readings import Readings
    from pdp.routing.route import Route
    from pdp.routing.route_map import RouteMap
    from pdp.workdays import Calendar

State = TypeVar("State")
Key = TypeVar("Key")


class Kept(Generic[State]):
    """A folded state and the bounds within which it holds: `since` <= now < `until`."""

    __slots__ = ("refs", "since", "state", "until")

    def __init__(self, state: State, view: View) -> None:
        self.state = state
        self.since = view.since
        self.until = view.until
        self.refs = tuple(view.refs)


class Memory(Generic[Key, State]):
    """States of one kind by key. Two generations: what was not asked for during the last one is dropped with it."""

    __slots__ = ("_dependent", "_half", "_old", "_old_dependent", "young")

    def __init__(self, capacity: int) -> None:
        self.young: dict[Key, Kept[State]] = {}
        self._old: dict[Key, Kept[State]] = {}
        self._dependent: dict[str, tuple[Key] | set[Key]] = {}  # of a million refs, most have a single state
        self._old_dependent: dict[str, tuple[Key] | set[Key]] = {}
        self._half = max(1, capacity // 2)

    def older(self, key: Key, now: datetime) -> Kept[State] | None:
        """Return what the old generation keeps of `key` for `now`, and take it into the young one."""
        kept = self._old.get(key)
        if kept is None or not kept.since <= now < kept.until:
            return None
        self.keep(key, kept)
        return kept

    def keep(self, key: Key, kept: Kept[State]) -> None:
        """Keep a state; the memory never holds more than its capacity."""
        if len(self.young) >= self._half:
            self._old, self._old_dependent, self.young, self._dependent = self.young, self._dependent, {}, {}
        self.young[key] = kept
        for ref in kept.refs:
            known = self._dependent.get(ref)
            if known is None:
                self._dependent[ref] = (key,)
            elif isinstance(known, set):
                known.add(key)
            elif known[0] != key:
                self._dependent[ref] = {known[0], key}

    def forget(self, ref: str) -> None:
        """Drop every state that rests on `ref`."""
        for states, dependent in ((self.young, self._dependent), (self._old, self._old_dependent)):
            for key in dependent.pop(ref, ()):
                states.pop(key, None)

    def clear(self) -> None:
        """Drop everything."""
        for states in (self.young, self._old, self._dependent, self._old_dependent):
            states.clear()

    def __len__(self) -> int:
        return len(self.young) + len(self._old)


class World:
    """What is known of subjects, datasets, applications and measures at any instant.

    Safe for one thread at a time. Whoever records statements calls `forget` with the refs they are about; until then
    the world stays as it was seen.
    """

    def __init__(  # noqa: PLR0913, PLR0917 -- the law in its parts, each named once
        self,
        source: StatementSource,
        calendar: Calendar,
        readings: Readings,
        in_force_from: date,
        capacity: int = 100_000,
        routes: Mapping[str, RouteMap] | None = None,
        folds: Folds | None = None,
    ) -> None:
        """See the world that `source` tells of.

        `folds` is what is made of the statements about one ref, for several states; None: nothing of it is kept.
        """
        self._source = source
        self._folds = folds
        self.law = Law(calendar, readings, in_force_from, routes or {})
        self._followed: int | None = None  # last statement known; None: never looked
        share = max(2, capacity // 10)
        self._subjects: Memory[str, Subject] = Memory(share)
        self._actors: Memory[str, Actor] = Memory(share)
        self._datasets: Memory[str, Dataset] = Memory(share * 3)
        self._applications: Memory[str, Application] = Memory(share * 3)
        self._openings: Memory[str, Application] = Memory(share)
        self._applied: Memory[tuple[str, str], tuple[Application, ...]] = Memory(share)
        self._applied_openly: Memory[tuple[str, str], tuple[Application, ...]] = Memory(share)
        self._standings: Memory[str, Standing] = Memory(share)
        self._measures: Memory[None, Measures] = Memory(2)
        self._entrustments: Memory[tuple[str, str], Entrustment] = Memory(share)
        self._onward: Memory[tuple[str, str], tuple[int, ...]] = Memory(share)
        self._combinations: Memory[frozenset[str], Combination] = Memory(share)
        self._carriers: Memory[str, Carrier] = Memory(share)
        self._routes: Memory[str, tuple[Route, ...]] = Memory(share)
        self._workloads: Memory[str, Workload] = Memory(share)
        self._query_users: Memory[tuple[str, str], QueryUser] = Memory(share)
        self._tables: Memory[tuple[str, str], MappedTable] = Memory(share)

    def as_known(self, seq: int, capacity: int = 10_000) -> World:
        """Return a world of its own, as it was known when statement `seq` was the last; it stays so."""
        law = self.law
        return World(AsKnown(self._source, seq), law.calendar, law.readings, law.in_force_from, capacity, law.routes)

    def seq(self) -> int:
        """Return the seq of the last statement that this world knows."""
        return self._source.head() if self._followed is None else self._followed

    def follow(self) -> None:
        """Learn of every statement recorded by anyone since the last call; until then the world stays as it was seen.

        Raises:
            UnavailableError: the ledger cannot be read.
        """
        head = self._source.head()
        if self._followed is None:
            self.clear()  # nobody knows as of which statement it was folded
        elif head != self._followed:
            self.forget(self._source.changed_since(self._followed))
        self._followed = head

    def view(self, now: datetime) -> View:
        """Return the ledger at `now`, for folds that are not kept."""
        return View(self._source, self.law, now, self._folds)

    def subject(self, id_: str, now: datetime) -> Subject:
        """Return a body, unit or person; its kind is None where nobody registered it."""
        kept = self._subjects.young.get(id_)
        if kept is not None and kept.since <= now < kept.until:
            return kept.state
        return self._fold(self._subjects, id_, now, subject.fold)

    def actor(self, id_: str, now: datetime) -> Actor:
        """Return an acting person or system; its body is empty where nobody mapped it."""
        kept = self._actors.young.get(id_)
        if kept is not None and kept.since <= now < kept.until:
            return kept.state
        return self._fold(self._actors, id_, now, actor.fold)

    def dataset(self, id_: str, now: datetime) -> Dataset:
        """Return a catalogue entry; its provider is empty where nobody catalogued it."""
        kept = self._datasets.young.get(id_)
        if kept is not None and kept.since <= now < kept.until:
            return kept.state
        return self._fold(self._datasets, id_, now, dataset.fold)

    def application(self, id_: str, now: datetime) -> Application:
        """Return one share application; its state is empty where nobody applied."""
        kept = self._applications.young.get(id_)
        if kept is not None and kept.since <= now < kept.until:
            return kept.state
        return self._fold(self._applications, id_, now, application.fold)

    def applications(self, dataset: str, applicant: str, now: datetime) -> tuple[Application, ...]:
        """Return the share applications of `applicant` for `dataset`, oldest first."""
        return self._fold(self._applied, (dataset, applicant), now, _applications)

    def opening(self, id_: str, now: datetime) -> Application:
        """Return one opening application; its state is `none` where nobody applied."""
        return self._fold(self._openings, id_, now, opening.fold)

    def openings(self, dataset: str, applicant: str, now: datetime) -> tuple[Application, ...]:
        """Return the opening applications of `applicant` for `dataset`, oldest first."""
        return self._fold(self._applied_openly, (dataset, applicant), now, _openings)

    def standing(self, subject: str, now: datetime) -> Standing:
        """Return what supervision has on record about `subject`."""
        kept = self._standings.young.get(subject)
        if kept is not None and kept.since <= now < kept.until:
            return kept.state
        return self._fold(self._standings, subject, now, standing.fold)

    def measures(self, now: datetime) -> Measures:
        """Return the emergency measures in force."""
        kept = self._measures.young.get(None)
        if kept is not None and kept.since <= now < kept.until:
            return kept.state
        return self._fold(self._measures, None, now, lambda view, _: measure.fold(view))

    def entrustment(self, principal: str, agent: str, now: datetime) -> Entrustment:
        """Return whether `principal` has entrusted its processing to `agent`."""
        return self._fold(
            self._entrustments, (principal, agent), now, lambda view, key: records.entrustment(view, *key)
        )

    def onward_basis(self, dataset: str, subject: str, now: datetime) -> tuple[int, ...]:
        """Return the statements that record a basis for supplying `dataset` on from `subject`."""
        return self._fold(self._onward, (dataset, subject), now, lambda view, key: records.onward_basis(view, *key))

    def combination(self, datasets: frozenset[str], now: datetime) -> Combination:
        """Return the assessment of joining `datasets`."""
        return self._fold(self._combinations, datasets, now, records.combination)

    def carrier(self, id_: str, now: datetime) -> Carrier:
        """Return a carrier of conditional opening."""
        return self._fold(self._carriers, id_, now, records.carrier)

    def routes(self, gateway: str, now: datetime) -> tuple[Route, ...]:
        """Return the routes of `gateway` that statements register; the same object as long as they stay the same."""
        return self._fold(self._routes, gateway, now, route.routes)

    def workload(self, name: str, now: datetime) -> Workload:
        """Return the system that a workload is mapped to; its body is empty where nobody mapped it."""
        return self._fold(self._workloads, name, now, route.workload)

    def query_user(self, engine: str, name: str, now: datetime) -> QueryUser:
        """Return for whom a user of a query engine asks; its body is empty where nobody says so."""
        return self._fold(self._query_users, (engine, name), now, lambda view, key: query_engine.user(view, *key))

    def table(self, engine: str, name: str, now: datetime) -> MappedTable:
        """Return which dataset a table of a query engine holds; its dataset is empty where nobody says so."""
        return self._fold(self._tables, (engine, name), now, lambda view, key: query_engine.table(view, *key))

    def holder(self, office: str, now: datetime) -> str:
        """Return the body that holds `office` (regulator, cyberspace, city_platform, bigdata_platform); empty: none."""
        return subject.holder(self.view(now), office)

    def forget(self, refs: Iterable[str]) -> None:
        """Drop every state that rests on one of `refs`: newer statements are about them."""
        for ref in refs:
            for memory in self._memories():
                memory.forget(ref)
            if self._folds is not None:
                self._folds.forget(ref)

    def clear(self) -> None:
        """Drop every state: newer statements are about more than is worth naming."""
        for memory in self._memories():
            memory.clear()
        if self._folds is not None:
            self._folds.clear()

    def _memories(self) -> tuple[Memory[Hashable, object], ...]:
        return (  # type: ignore[return-value]  # each has its own key; forgetting takes none
            self._subjects, self._actors, self._datasets, self._applications, self._openings, self._applied,
            self._applied_openly, self._standings, self._measures, self._entrustments, self._onward,
            self._combinations, self._carriers, self._routes, self._workloads, self._query_users, self._tables,
        )  # fmt: skip

    def _fold(self, memory: Memory[Key, State], key: Key, now: datetime, fold: Callable[[View, Key], State]) -> State:
        kept = memory.young.get(key)
        if kept is None or not kept.since <= now < kept.until:
            kept = memory.older(key, now)
        if kept is None:
            view = self.view(now)
            kept = Kept(fold(view, key), view)
            memory.keep(key, kept)
        return kept.state


def _applications(view: View, key: tuple[str, str]) -> tuple[Application, ...]:
    received = view.about(f"applications/{key[0]}/{key[1]}")
    return tuple(application.fold(view, text(statement, "id")) for statement in received)


def _openings(view: View, key: tuple[str, str]) -> tuple[Application, ...]:
    applied = view.about(f"openings/{key[0]}/{key[1]}")
    return tuple(opening.fold(view, text(statement, "id")) for statement in applied)
