"""申请: where one application for conditional sharing stands. Sources: art_19__para_3, art_21, art_22, art_23, art_44.

Nothing here is scheduled: deemed consent, expiry and an uncovered calendar are what the fold sees when it looks. An
application meets two kinds of events, the statements about it and the versions of its dataset's classes, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pdp.ledger import classification, subject
from pdp.ledger.answers import ANSWERS, Answers
from pdp.ledger.scope import NOTHING, stated, without
from pdp.ledger.states import Application, Scope
from pdp.ledger.terms import ANSWER_TERM, FULFILMENT_TERM, NO_TERM, Term
from pdp.ledger.words import text, texts
from pdp.workdays import civil

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pdp.ledger.classification import Classes
    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View

REGULATION_809 = date(2025, 8, 1)  # 政务数据共享条例 in force; see reading deemed_consent_today
GOVERNED_BY_809 = frozenset({"administrative_organ", "authorised_organisation"})
GRANTED = frozenset({"agreed", "agreed_in_part", "deemed"})
WAITING = frozenset({"pending", "calendar_unknown", "predates"})

ALLOWED: dict[str, frozenset[str]] = {
    "application.received": frozenset({""}),
    "application.acknowledged": WAITING | {"incomplete"},
    "application.incomplete_noticed": WAITING | {"incomplete"},
    "application.completed": frozenset({"incomplete"}),
    "application.withdrawn": WAITING | {"incomplete"},
    "application.fulfilled": GRANTED,
    "coordination.opened": GRANTED | {"refused", "refused_defectively", "void", "void_while_pending", "calendar_unknown"},
    "coordination.concluded": frozenset({"*"}),  # where it is open
}
"""Kind -> the states from which it is lawful; the providers' answers are in `pdp.ledger.answers`."""


@dataclass(frozen=True, slots=True)
class Course:
    """An application with what admission needs to know beyond its state."""

    application: Application
    answers: Answers | None = None  # None: nobody applied, or no answer matters any more
    term: Term = NO_TERM
    silence: str = ""  # what it means that a provider has not answered
    asked: Scope = NOTHING  # as applied for
    known_since: datetime | None = None  # when the ledger learned of it, complete

    def answered(self, provider: str) -> str:
        """Return what `provider` has answered, or what its silence means; empty where nothing can be answered."""
        return self.answers.of(provider, self.silence) if self.answers else ""

    def takes(self, provider: str, kind: str, *, coordinated: bool) -> bool:
        """Return whether an answer of `kind` by `provider` is lawful."""
        if self.answers is None or self.silence in {"", "incomplete"}:
            return False
        return self.answers.next(provider, kind, self.silence, coordinated=coordinated) is not None


def fold(view: View, application: str) -> Application:
    """Return `application` as it stands; its state is empty where nobody applied."""
    return course(view, application).application


def course(view: View, application: str) -> Course:
    """Return `application` as it stands, and how it came there."""
    statements = view.about(f"application/{application}")
    if not statements or statements[0].kind != "application.received":
        return Course(Application(application, until=view.changes))
    received = statements[0]
    entry = view.about(f"dataset/{text(received, 'dataset')}")
    versions = classification.history(entry, view.law.readings)
    case = _Case(view, received, versions)
    for at, _, event in _in_order(statements[1:], versions, received):
        case.turn(at)
        event(case)
    return case.course()


def _in_order(
    statements: Sequence[Statement], versions: Sequence[Classes], received: Statement
) -> list[tuple[datetime, int, Callable[[_Case], None]]]:
    """Return what the application meets after its receipt, oldest first."""
    acts = [(said.at, said.seq, _act(said)) for said in statements]
    changes = [
        (version.at, version.seq, _change(version))
        for version in versions
        if (version.at, version.seq) > (received.at, received.seq)
    ]
    return sorted([*acts, *changes], key=lambda event: event[:2])


def _act(statement: Statement) -> Callable[[_Case], None]:
    return lambda case: case.take(statement)


def _change(version: Classes) -> Callable[[_Case], None]:
    return lambda case: case.reclassify(version)


class _Case:
    """One application while it is folded."""

    def __init__(self, view: View, received: Statement, versions: Sequence[Classes]) -> None:
        self._view = view
        self._readings = view.law.readings
        self._opened = received
        self._asked = stated(received.body.get("scope"))
        self._scenario = text(received, "scenario")
        self._described = bool(self._scenario or text(received, "scenario_text"))
        self._clock: date = civil(received.at)
        self._known_since = received.recorded_at
        self._noticed = False
        self._ended = ""  # a state that nothing but the reading class_after_grant takes back
        self._closed = False  # the class is stricter than conditional, and the grant revives when it is eased
        self._lost: set[str] = set()  # fields whose class left `conditional` after receipt
        self._listed: tuple[str, ...] = ()
        self._fulfilled = self._coordinating = ""
        self._coordination = "none"
        self._said: dict[str, tuple[int, ...]] = {"scope": (received.seq,), "scenario": (received.seq,)}
        self._now = ""  # the state just before the event at hand
        self._behind = [received.seq]  # the statements behind the state
        self._providers = self._providers_then(received)
        self._answers = Answers(self._readings["partial_answer"], self._providers)
        met = [version for version in versions if (version.at, version.seq) < (received.at, received.seq)]
        self._listed = met[-1].listed if met else ()
        if not met or self._class(met[-1]) != "conditional":
            self._ended = "not_needed"
        elif met:
            self._behind.append(met[-1].seq)
            self._lose(met[-1])

    def _providers_then(self, received: Statement) -> tuple[str, ...]:
        """Return who had to answer at receipt, as they are called now (readings joint_providers, interpreter)."""
        entry = self._view.about(f"dataset/{text(received, 'dataset')}")
        before = [
            said for said in entry if said.kind == "dataset.catalogued" and (said.at, said.seq) < (received.at, received.seq)
        ]
        named = (text(before[-1], "provider"), *texts(before[-1], "joint_providers")) if before else ()
        holding = tuple(dict.fromkeys(subject.now_held_by(self._view, provider) for provider in named))
        return holding[:1] if self._readings["joint_providers"] == "lead_provider" else holding

    @property
    def _complete(self) -> bool:
        """Return whether 场景 and 范围 are both stated; how vaguely does not matter. Source: art_21__para_1."""
        return self._described and self._asked is not None

    @property
    def _term(self) -> Term:
        """Return the term of the answer; none runs for what is incomplete or was received before the law."""
        if self._clock < self._view.law.in_force_from:
            return NO_TERM
        if not self._complete and (self._noticed or self._readings["incomplete_application"] == "no_clock"):
            return NO_TERM
        return self._view.law.term(self._clock, ANSWER_TERM)

    def _silence(self, reached: Callable[[datetime], bool]) -> str:
        """Return what it means that a provider has not answered. Source: art_21__para_4, art_44__para_1."""
        if self._clock < self._view.law.in_force_from:
            return "predates"
        term = self._term
        if term.over is not None:
            return "deemed" if reached(term.over) and self._deems(term.over) else self._waiting
        if term.known_until is not None and reached(term.known_until):
            return "calendar_unknown"
        return self._waiting

    @property
    def _waiting(self) -> str:
        return "pending" if self._complete else "incomplete"

    def _deems(self, over: datetime) -> bool:
        """Return whether silence deems consent at `over` (reading deemed_consent_today)."""
        if self._readings["deemed_consent_today"] == "keep_with_review" or civil(over) < REGULATION_809:
            return True
        lead = subject.fold(self._view, self._providers[0]) if self._providers else None
        return lead is not None and lead.basis not in GOVERNED_BY_809

    def _scope(self, state: str) -> Scope:
        asked = NOTHING if self._asked is None else self._asked
        scope = self._answers.within(asked, deemed=state == "deemed")
        return without(scope, self._listed, self._lost) if self._lost else scope

    def _state(self, reached: Callable[[datetime], bool]) -> str:
        """Return the state, given which instants have come."""
        if self._ended:
            return self._ended
        state = self._answers.weakest(self._silence(reached))
        if state in GRANTED:
            ends = self._scope(state).ends
            if ends is not None and reached(ends):
                return "expired"
        return "void" if self._closed and state in GRANTED else state

    def turn(self, at: datetime) -> None:
        """Let the clock run to `at`: a term that has ended by then is not undone by what is said at or after it."""
        state = self._state(lambda instant: instant <= at)
        if state == "expired":
            self._ended = "expired"
        self._now = state

    def take(self, statement: Statement) -> None:
        """Take one statement in; what is not lawful in the state it meets has no effect."""
        kind, act = statement.kind, _TAKES.get(statement.kind)
        if kind in ANSWERS:
            self._answer(statement)
        elif act is not None and (self._now in ALLOWED[kind] or kind == "coordination.concluded"):
            act(self, statement)

    def _answer(self, statement: Statement) -> None:
        speaker = subject.now_held_by(self._view, statement.by)
        silent = self._silence(lambda instant: instant <= statement.at)
        if self._ended or self._closed or silent == "incomplete":
            return
        if self._answers.give(speaker, statement, silent, coordinated=self._coordination == "concluded"):
            self._behind.append(statement.seq)
            self._said["scope"] = (*self._said["scope"], statement.seq)

    def complete(self, statement: Statement) -> None:
        """Complete the application: both clocks run from this receipt."""
        scope = stated(statement.body.get("scope"))
        self._asked = scope or self._asked
        self._scenario = text(statement, "scenario") or self._scenario
        self._described = self._described or bool(self._scenario or text(statement, "scenario_text"))
        self._clock, self._noticed = civil(statement.at), False
        self._known_since = statement.recorded_at
        self._behind.append(statement.seq)
        for attribute in ("scope", "scenario"):
            self._said[attribute] = (*self._said[attribute], statement.seq)

    def notice(self, statement: Statement) -> None:
        """Take the notice that something is missing; it stops nothing where the application is complete."""
        self._noticed = self._noticed or not self._complete
        self._behind.append(statement.seq)

    def withdraw(self, statement: Statement) -> None:
        """Withdraw: nothing is left to deem."""
        self._ended = "withdrawn"
        self._behind.append(statement.seq)

    def fulfil(self, statement: Statement) -> None:
        """Note that the data was shared. Source: art_21__para_2."""
        self._fulfilled = "in_time"
        self._said["fulfilment"] = (statement.seq,)

    def coordinate(self, statement: Statement) -> None:
        """Bring the matter before the regulator; access stays as it is. Source: art_22__para_1."""
        self._coordination = "open"
        self._said["coordination"] = (statement.seq,)

    def conclude(self, statement: Statement) -> None:
        """Note the regulator's result; it does not replace the provider's answer (reading coordination_effect)."""
        if self._coordination == "open":
            self._coordination = "concluded"
            self._said["coordination"] = (*self._said["coordination"], statement.seq)

    def _class(self, version: Classes) -> str:
        """Return conditional, unconditional or closed: the class of what was applied for, taken together."""
        fields = self._asked.fields if self._asked else None
        classes = set(version.across(fields, "sharing").values())
        if "conditional" in classes:
            return "conditional"
        return "unconditional" if classes == {"unconditional"} else "closed"

    def _lose(self, version: Classes) -> None:
        """Take fields out that are no longer conditional; they return only where a voided grant revives."""
        if self._readings["class_after_grant"] == "revives":
            return
        fields = self._asked.fields if self._asked else None
        across = version.across(fields, "sharing")
        self._lost |= {name for name, found in across.items() if name and found != "conditional"}

    def reclassify(self, version: Classes) -> None:
        """Meet a new version of the dataset's classes. Source: art_20__para_1, art_22__para_1, art_23__para_1."""
        self._listed = version.listed
        found = self._class(version)
        live = self._now in GRANTED | WAITING or (self._now == "void" and self._closed)
        if not live:
            return
        self._lose(version)
        was_closed, self._closed = self._closed, False
        if found == "unconditional":
            self._ended = "not_needed"
        elif found == "closed" and self._now in WAITING:
            self._ended = "void_while_pending"
        elif found == "closed" and self._readings["class_after_grant"] == "revives":
            self._closed = True
        elif found == "closed":
            self._ended = "void"
        if self._ended or self._closed != was_closed:
            self._behind.append(version.seq)

    def course(self) -> Course:
        """Return the application at the view's instant."""
        state = self._state(self._view.reached)
        received = self._opened
        fulfilment, due = self._fulfilment(state), self._term.due
        application = Application(
            id=text(received, "id"),
            state=state,
            applicant=text(received, "applicant"),
            dataset=text(received, "dataset"),
            scenarios=frozenset({self._scenario} - {""}),
            purpose=text(received, "purpose"),
            duty=text(received, "duty"),
            scope=self._scope(state),
            received=self._clock,
            due=due,
            fulfilment=fulfilment,
            coordination=self._coordination,
            assumed=frozenset(texts(received, "assumed")),
            said=self._said | {"authority": tuple(self._behind)},
            until=self._view.changes,
        )
        over = self._ended or self._closed
        return Course(
            application,
            answers=None if over else self._answers,
            term=self._term,
            silence=self._silence(self._view.reached),
            asked=NOTHING if self._asked is None else self._asked,
            known_since=self._known_since,
        )

    def _fulfilment(self, state: str) -> str:
        """Return whether the 10th working day from receipt ended without completion. Source: art_21__para_2."""
        if state not in GRANTED:
            return "not_applicable"
        term = self._view.law.term(self._clock, FULFILMENT_TERM)
        if self._fulfilled:
            return self._fulfilled
        if term.over is not None:
            return "late" if self._view.reached(term.over) else "in_time"
        return "unknown" if term.known_until is not None and self._view.reached(term.known_until) else "in_time"


_TAKES = {
    "application.completed": _Case.complete,
    "application.incomplete_noticed": _Case.notice,
    "application.withdrawn": _Case.withdraw,
    "application.fulfilled": _Case.fulfil,
    "coordination.opened": _Case.coordinate,
    "coordination.concluded": _Case.conclude,
}
