"""The course of one share application: what its applicant, its providers, the regulator and the clock make of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pdp.ledger import catalogued, subject
from pdp.ledger.answers import ANSWERS, Answers
from pdp.ledger.receipt import Receipt
from pdp.ledger.scope import NOTHING, stated, without
from pdp.ledger.states import Application, Scope
from pdp.ledger.terms import FULFILMENT_TERM, NO_TERM
from pdp.ledger.words import single, text, texts
from pdp.workdays import civil

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pdp.ledger.classification import Classes
    from pdp.ledger.statement import Statement
    from pdp.ledger.terms import Term
    from pdp.ledger.view import View

GRANTED = frozenset({"agreed", "agreed_in_part", "deemed"})
WAITING = frozenset({"pending", "calendar_unknown", "predates"})
_BEFORE_AN_ANSWER = WAITING | {"incomplete"}

ALLOWED: dict[str, frozenset[str]] = {
    "application.acknowledged": _BEFORE_AN_ANSWER,
    "application.incomplete_noticed": _BEFORE_AN_ANSWER,
    "application.completed": frozenset({"incomplete"}),
    "application.withdrawn": _BEFORE_AN_ANSWER,
    "application.fulfilled": GRANTED,
    "coordination.opened": GRANTED
    | {"refused", "refused_defectively", "void", "void_while_pending", "calendar_unknown"},
}
"""Kind -> the states from which it is lawful; the providers' answers are in `pdp.ledger.answers`."""


class Proceeding:
    """One application while it is folded.

    `turn` lets the clock run to the next event, `take` and `reclassify` meet it, and `application` reads the state at
    the view's instant.
    """

    def __init__(self, view: View, received: Statement, classes: Classes | None) -> None:
        self._view = view
        self._readings = view.law.readings
        self._opened = received
        self.dataset = text(received, "dataset")  # id of the entry applied for
        self._scope = stated(received.body.get("scope"))
        self._scenario = text(received, "scenario")
        self._described = bool(self._scenario or text(received, "scenario_text"))
        self._receipt = Receipt(civil(received.at), self._complete, recorded_at=received.recorded_at)
        self._classes = classes
        self._now = ""  # the state just before the event at hand
        self._ended = ""  # a state that nothing takes back
        self._closed = False  # the class is stricter than conditional; the grant revives when it is eased
        self._lost: set[str] = set()  # fields whose class left `conditional` since receipt
        self._fulfilled = False
        self._coordination = "none"
        self._said: dict[str, tuple[int, ...]] = {"scope": (received.seq,), "scenario": (received.seq,)}
        self._behind = [received.seq, *([classes.seq] if classes else [])]  # the statements behind the state
        self._providers = self._who_answers(received)
        self._answers = Answers(self._readings["partial_answer"], self._providers)
        self._begin()

    def _who_answers(self, received: Statement) -> tuple[str, ...]:
        """Return who had to answer at receipt, as they are called now (readings joint_providers, interpreter)."""
        by = received.at, received.seq
        entries = [one for one in catalogued.entries(self._view, self.dataset) if (one.at, one.seq) < by]
        named = entries[-1].providers if entries else ()
        holding = tuple(dict.fromkeys(subject.now_held_by(self._view, provider) for provider in named))
        return holding[:1] if self._readings["joint_providers"] == "lead_provider" else holding

    def _begin(self) -> None:
        """Start the proceeding; for data that is not conditional there is none. Source: art_20__para_1, art_21."""
        across = self._across()
        if self._classes is None or _class(across) != "conditional":
            self._ended = "not_needed"
        else:
            self._lost = set()
            self._lose(across)

    @property
    def _complete(self) -> bool:
        return self._described and self._scope is not None

    @property
    def term(self) -> Term:
        """Return the term of the answer."""
        return self._receipt.term(self._view.law)

    @property
    def providers(self) -> tuple[str, ...]:
        """Return those who have to answer, the lead first, each as it is called now."""
        return self._providers

    @property
    def receipt(self) -> Receipt:
        """Return the receipt from which the terms run."""
        return self._receipt

    @property
    def asked(self) -> Scope:
        """Return the scope as applied for; nothing where none is stated."""
        return NOTHING if self._scope is None else self._scope

    def answered(self, provider: str) -> str:
        """Return what `provider` has answered, or what its silence means."""
        return self._ended or (
            "void" if self._closed else self._answers.of(provider, self._silence(self._view.reached))
        )

    def takes(self, provider: str, kind: str) -> bool:
        """Return whether an answer of `kind` by `provider` is lawful at the view's instant."""
        return self._next(provider, kind, self._silence(self._view.reached)) is not None

    def _next(self, provider: str, kind: str, silence: str) -> str | None:
        if self._ended or self._closed or silence == "incomplete":
            return None
        return self._answers.next(provider, kind, silence, coordinated=self._coordination == "concluded")

    def _silence(self, reached: Callable[[datetime], bool]) -> str:
        return self._receipt.silence(self._view, self._providers[0] if self._providers else "", reached)

    def _granted(self, state: str) -> Scope:
        """Return the scope of a grant: as applied for, within partial answers, less what left `conditional`."""
        scope = self._answers.within(self.asked, deemed=state == "deemed")
        listed = self._classes.listed if self._classes else ()
        return without(scope, listed, self._lost) if self._lost else scope

    def _state(self, reached: Callable[[datetime], bool]) -> str:
        """Return the state, given which instants have come."""
        if self._ended:
            return self._ended
        state = self._answers.weakest(self._silence(reached))
        if state in GRANTED:
            ends = self._granted(state).ends
            if ends is not None and reached(ends):
                return "expired"
        return "void" if self._closed and state in GRANTED else state

    def turn(self, at: datetime) -> None:
        """Let the clock run to `at`: a term that has ended by then is not undone by what is said at or after it."""
        self._now = self._state(lambda instant: instant <= at)
        if self._now == "expired":
            self._ended = "expired"

    def take(self, statement: Statement) -> None:
        """Take one statement in; what is not lawful in the state it meets has no effect."""
        act = _ACTS.get(statement.kind)
        if statement.kind in ANSWERS:
            self._answer(statement)
        elif act is not None and self._now in ALLOWED.get(statement.kind, {self._now}):
            act(self, statement)

    def _answer(self, statement: Statement) -> None:
        speaker = subject.now_held_by(self._view, statement.by)
        silence = self._silence(lambda instant: instant <= statement.at)
        answer = self._next(speaker, statement.kind, silence)
        if answer is not None and self._answers.give(speaker, statement, answer):
            self._behind.append(statement.seq)
            self._said["scope"] = (*self._said["scope"], statement.seq)

    def complete(self, statement: Statement) -> None:
        """Complete the application: both terms run from this receipt."""
        self._scope = stated(statement.body.get("scope")) or self._scope
        self._scenario = text(statement, "scenario") or self._scenario
        self._described = self._described or bool(self._scenario or text(statement, "scenario_text"))
        self._receipt = Receipt(civil(statement.at), self._complete, recorded_at=statement.recorded_at)
        self._behind.append(statement.seq)
        self._said |= {name: (*self._said[name], statement.seq) for name in ("scope", "scenario")}
        self._begin()

    def notice(self, statement: Statement) -> None:
        """Take the notice that something is missing; it stops nothing where the application is complete."""
        self._receipt = replace(self._receipt, noticed=True)
        self._behind.append(statement.seq)

    def withdraw(self, statement: Statement) -> None:
        """Withdraw: nothing is left to deem."""
        self._ended = "withdrawn"
        self._behind.append(statement.seq)

    def fulfil(self, statement: Statement) -> None:
        """Note that the data was shared. Source: art_21__para_2."""
        self._fulfilled = True
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

    def _across(self) -> dict[str, str]:
        fields = self._scope.fields if self._scope else None
        return self._classes.across(fields, "sharing") if self._classes else {}

    def _lose(self, across: dict[str, str]) -> None:
        """Take fields out that are not conditional; they return only where a voided grant revives."""
        if self._readings["class_after_grant"] == "void":
            self._lost |= {name for name, found in across.items() if name and found != "conditional"}

    def reclassify(self, version: Classes) -> None:
        """Meet a new version of the dataset's classes. Source: art_20__para_1, art_22__para_1, art_23__para_1."""
        self._classes = version
        waits = self._now in WAITING or (self._now == "incomplete" and self.term != NO_TERM)  # silence may deem it
        if self._ended or not (waits or self._now in GRANTED or self._closed):
            return
        across = self._across()
        self._lose(across)
        found, was_closed = _class(across), self._closed
        self._closed = False
        if found == "unconditional":
            self._ended = "not_needed"
        elif found == "closed" and waits:
            self._ended = "void_while_pending"
        elif found == "closed":
            self._closed = self._readings["class_after_grant"] == "revives"
            self._ended = "" if self._closed else "void"
        if self._ended or self._closed != was_closed:
            self._behind.append(version.seq)

    def application(self) -> Application:
        """Return the application at the view's instant."""
        state, received = self._state(self._view.reached), self._opened
        fulfilment = self._fulfilment(state)
        return Application(
            id=text(received, "id"),
            state=state,
            applicant=text(received, "applicant"),
            dataset=self.dataset,
            scenarios=single(frozenset({self._scenario} - {""})),
            purpose=text(received, "purpose"),
            duty=text(received, "duty"),
            scope=self._granted(state),
            received=self._receipt.day,
            due=self.term.due,
            fulfilment=fulfilment,
            coordination=self._coordination,
            assumed=single(frozenset(texts(received, "assumed"))),
            said=self._said | {"authority": tuple(self._behind)},
            until=self._view.changes,
        )

    def _fulfilment(self, state: str) -> str:
        """Return whether the 10th working day from receipt ended without completion. Source: art_21__para_2."""
        if state not in GRANTED:
            return "not_applicable"
        if self._fulfilled:
            return "in_time"
        term = self._view.law.term(self._receipt.day, FULFILMENT_TERM)
        if term.over is not None:
            return "late" if self._view.reached(term.over) else "in_time"
        return "unknown" if term.known_until is not None and self._view.reached(term.known_until) else "in_time"


def _class(across: dict[str, str]) -> str:
    """Return conditional, unconditional or closed: the class of what was applied for, taken together."""
    classes = set(across.values())
    if "conditional" in classes:
        return "conditional"
    return "unconditional" if classes == {"unconditional"} else "closed"


_ACTS: dict[str, Callable[[Proceeding, Statement], None]] = {
    "application.completed": Proceeding.complete,
    "application.incomplete_noticed": Proceeding.notice,
    "application.withdrawn": Proceeding.withdraw,
    "application.fulfilled": Proceeding.fulfil,
    "coordination.opened": Proceeding.coordinate,
    "coordination.concluded": Proceeding.conclude,
}
