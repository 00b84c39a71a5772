"""Run one policy case in memory, through the facts, tables and merge that answer questions in service."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.files.case import Act, Story, TableCase
from pdp.errors import TransitionError
from pdp.facts.asked import AskedDeriver
from pdp.facts.derive import Deriver
from pdp.facts.situation import Setting
from pdp.ledger.admit import Admission, default_speaker, statement
from pdp.ledger.age import LEVEL, LIMIT, LedgerAge
from pdp.ledger.folds import Folds
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.world import World
from pdp.model import Decision, Facts, FieldGroup, Inquiry
from pdp.rulebook.merge import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from adapters.files.case import Case, Expected, Told
    from adapters.files.policy_set import PolicySet
    from pdp.ledger.statement import Statement
    from pdp.ports import FactEngine
    from pdp.rulebook.rulebook import Rulebook

_STALE = LedgerAge(2 * LIMIT)
_UNCAPPED = timedelta(days=36_600)  # a case states when a fact changes, not how long an answer may be kept


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that was not met: what it is about, what should be, what is; in Chinese or ids."""

    about: str
    should: str
    found: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case. `fault` names the statement of the story that could not be told."""

    case: Case
    differences: tuple[Difference, ...] = ()
    fault: str = ""
    inquiry: Inquiry | None = None
    decision: Decision | None = None
    statements: tuple[Statement, ...] = ()

    @property
    def passed(self) -> bool:
        """Return whether everything came as the case says."""
        return not self.differences and not self.fault


@dataclass(slots=True)
class StoryClock:
    """The ledger's clock while a story is told: every statement is recorded when it takes effect."""

    instant: datetime

    def now(self) -> datetime:
        """Return the instant that the story has reached."""
        return self.instant

    def mono_ns(self) -> int:
        """Return the instant in nanoseconds; within a story no other time passes."""
        return int(self.instant.timestamp()) * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Used:
    """The releases that a case says were counted; an application it does not name has none."""

    released: Mapping[str, int | None] = field(default_factory=dict)

    def used(self, application: str) -> int | None:
        """Return the number of released decisions, None where the case says that it is not known."""
        return self.released.get(application, 0)

    def reserve(self, application: str, question: str | None = None, at: float | None = None) -> None:
        """Count nothing: a case asks once."""


def run(case: Case, policies: PolicySet, rulebook: Rulebook, engine: FactEngine | None = None) -> Result:
    """Return what comes of `case` under `policies`, compiled as `rulebook`; `engine` derives the facts of some packs.

    Raises:
        UnavailableError: `engine` fails, or cannot say what the facts of the case are.
    """
    if isinstance(case.trial, TableCase):
        inquiry = _bare(case.trial.vector, policies)
        return _judged(case, case.trial.expected, inquiry, rulebook, ())
    clock = StoryClock(case.at)
    ledger, world = _opened(policies, rulebook.may, clock)
    fault = _tell(case.given, ledger, world, clock)
    if fault:
        return Result(case, fault=fault, statements=tuple(ledger.statements()))
    clock.instant = case.at
    if isinstance(case.trial, Act):
        return _acted(case, case.trial, ledger, world)
    inquiry = _derived(case, case.trial, policies, world, engine)
    return _judged(case, case.trial.expected, inquiry, rulebook, ledger.statements())


def _opened(policies: PolicySet, may: Callable[[str, str], bool], clock: StoryClock) -> tuple[MemoryLedger, World]:
    since = policies.instrument.in_force_from
    ledger = MemoryLedger(Admission(policies.calendar, policies.readings, since, may, policies.routes), clock)
    return ledger, World(ledger, policies.calendar, policies.readings, since, folds=Folds())


def _tell(given: Iterable[Told], ledger: MemoryLedger, world: World, clock: StoryClock) -> str:
    """Record `given` in order; return the place and the reason of the first that is no lawful act, or nothing."""
    for told in given:
        clock.instant = told.at
        try:
            _record(told, ledger, world)
        except TransitionError as error:
            return f"{told.place}: {error}"
    return ""


def _record(told: Told, ledger: MemoryLedger, world: World) -> None:
    by = told.by or default_speaker(told.kind, told.members, world, told.at)
    recorded = ledger.record([statement(told.kind, told.members, told.at, by, told.evidence)])
    world.forget([ref for one in recorded for ref in one.about])


def _acted(case: Case, act: Act, ledger: MemoryLedger, world: World) -> Result:
    try:
        _record(act.told, ledger, world)
    except TransitionError as error:
        found = str(error)
        expected = act.refused and act.says in found
    else:
        found, expected = "予以记录", not act.refused
    should = f"不予记录,理由含“{act.says}”" if act.refused else "予以记录"
    differences = () if expected else (Difference("陈述", should, found),)
    return Result(case, differences, statements=tuple(ledger.statements()))


def _derived(case: Case, story: Story, policies: PolicySet, world: World, engine: FactEngine | None) -> Inquiry:
    if engine is not None:
        return AskedDeriver(engine, policies.vocabulary)(story.request, case.at)
    setting = Setting(world, policies.instrument, policies.readings, Used(case.used), required_assurance={})
    return Deriver(setting, policies.vocabulary)(story.request, case.at, _STALE if story.stale else LEVEL)


def _bare(vector: Mapping[str, str], policies: PolicySet) -> Inquiry:
    """Return an inquiry of one group that has the facts of `vector` and nothing behind them."""
    values = tuple(vector[name] for name in policies.vocabulary.facts)
    return Inquiry((FieldGroup((), (), Facts(values, {}, policies.vocabulary.index)),), ledger=0)


def _judged(
    case: Case, expected: Expected, inquiry: Inquiry, rulebook: Rulebook, statements: Iterable[Statement]
) -> Result:
    inquiry, decision = settle(inquiry, rulebook, case.at + _UNCAPPED)
    differences = tuple(_differences(expected, decision, never=case.at + _UNCAPPED))
    return Result(case, differences, "", inquiry, decision, tuple(statements))


def _differences(expected: Expected, decision: Decision, never: datetime) -> Iterable[Difference]:
    """Yield every expectation that `decision` does not meet, the outcome first."""
    if decision.outcome is not expected.outcome:
        yield Difference("结论", expected.outcome, decision.outcome)
    grounds = {finding.rule for finding in decision.grounds}
    if grounds != expected.grounds:
        yield Difference("依据", listed(expected.grounds), listed(grounds))
    cited = {unit for finding in decision.grounds for unit in finding.articles}
    yield from _missing("条款", expected.cites, cited)
    yield from _missing("义务", expected.obliges, {duty.id for duty in decision.duties})
    yield from _missing("补救途径", expected.remedies, {remedy.id for remedy in decision.remedies})
    yield from _other("提示", expected.advises, set(decision.advisories))
    yield from _other("提供的字段", expected.granted, set(decision.granted))
    withheld = {name for kept in decision.withheld for name in kept.fields}
    yield from _other("不提供的字段", expected.withheld, withheld)
    yield from _other("脱敏的字段", expected.masked, _masked(decision))
    if expected.valid_until is not None and decision.valid_until != expected.valid_until:
        found = decision.valid_until
        shown = "没有截止时间" if found is None or found == never else found.isoformat()
        yield Difference("有效至", expected.valid_until.isoformat(), shown)


def _masked(decision: Decision) -> set[str]:
    """Return the fields that duties of the gateway name as masked."""
    said = [duty.parameters.get("masks") for duty in decision.duties]
    return {str(mask["field"]) for masks in said if isinstance(masks, list) for mask in masks}


def listed(ids: Iterable[str]) -> str:
    """Return `ids` in order, or the sign that there are none."""
    return " ".join(sorted(ids)) or "(无)"


def _missing(about: str, least: Iterable[str], found: set[str]) -> Iterable[Difference]:
    if not set(least) <= found:
        yield Difference(f"{about}(至少)", listed(least), listed(found))


def _other(about: str, exact: frozenset[str] | None, found: set[str]) -> Iterable[Difference]:
    if exact is not None and exact != found:
        yield Difference(about, listed(exact), listed(found))
