"""答复: what each provider answered to an application, and which answer governs. Source: art_21, art_19__para_3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger.scope import narrowed, stated
from pdp.ledger.words import text

if TYPE_CHECKING:
    from pdp.ledger.statement import Statement
    from pdp.ledger.states import Scope

ANSWERS = frozenset({"application.agreed", "application.agreed_in_part", "application.refused"})

TRANSITIONS = {
    **{
        (silence, f"application.{answer}"): answer
        for silence in ("pending", "calendar_unknown", "predates")
        for answer in ("agreed", "agreed_in_part", "refused")  # refused without its reasons: refused_defectively
    },
    ("deemed", "application.agreed"): "agreed",  # confirms
    ("deemed", "application.agreed_in_part"): "deemed",  # recorded, takes nothing back; see art_22, art_23
    ("deemed", "application.refused"): "deemed",
}
AFTER_COORDINATION = {  # the regulator's result does nothing by itself: the provider must act, art_22__para_1
    (refused, f"application.{answer}"): answer
    for refused in ("refused", "refused_defectively")
    for answer in ("agreed", "agreed_in_part")
}

WEAKEST_FIRST = (
    "refused", "refused_defectively", "calendar_unknown", "predates", "incomplete", "pending",
    "deemed", "agreed_in_part", "agreed",
)  # fmt: skip


class Answers:
    """The answers of every provider of one dataset to one application."""

    def __init__(self, partial: str, providers: tuple[str, ...]) -> None:
        self._partial = partial  # reading partial_answer
        self._providers = providers
        self._given: dict[str, tuple[str, Scope | None]] = {}

    def of(self, speaker: str, silence: str) -> str:
        """Return what `speaker` has answered, or what its silence means."""
        return self._given.get(self._slot(speaker), (silence, None))[0]

    def next(self, speaker: str, kind: str, silence: str, *, coordinated: bool) -> str | None:
        """Return the answer that `kind` would leave, or None where it is no lawful act any more."""
        step = (self.of(speaker, silence), kind)
        return TRANSITIONS.get(step) or (AFTER_COORDINATION.get(step) if coordinated else None)

    def give(self, speaker: str, statement: Statement, answer: str) -> bool:
        """Take a lawful statement in that leaves `answer`; return whether it changed anything."""
        if answer == "deemed":
            return False
        if answer == "refused" and not (text(statement, "explanation") and text(statement, "statutory_cause")):
            answer = "refused_defectively"  # an answer all the same, art_21__para_3
        granted = stated(statement.body.get("scope")) if answer == "agreed_in_part" else None
        self._given[self._slot(speaker)] = (answer, granted)
        return True

    def weakest(self, silence: str) -> str:
        """Return the weakest of all answers: it governs (reading joint_providers)."""
        states = [self._state(provider, silence) for provider in self._providers] or [silence]
        return min(states, key=WEAKEST_FIRST.index)

    def within(self, asked: Scope, *, deemed: bool) -> Scope:
        """Return what was asked within the limits of every partial answer."""
        if deemed and self._partial == "part_only":
            return asked  # the part left unanswered is deemed agreed, so the whole is
        for _, granted in self._given.values():
            if granted is not None:
                asked = narrowed(asked, granted)
        return asked

    def _state(self, provider: str, silence: str) -> str:
        answer = self._given.get(provider, (silence, None))[0]
        rest_deemed = answer == "agreed_in_part" and self._partial == "part_only" and silence == "deemed"
        return "deemed" if rest_deemed else answer

    def _slot(self, speaker: str) -> str:
        """Return whose answer `speaker` gives: its own, or that of the lead whose data it took over."""
        return speaker if speaker in self._providers or not self._providers else self._providers[0]
