"""Applications for conditional opening: no clock, and no transition by lapse of time alone but the end of a term.

Sources: art_26__para_3, art_31__para_2, art_39__para_1__item_3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger import classification
from pdp.ledger.scope import narrowed, stated, without
from pdp.ledger.states import Application, Scope
from pdp.ledger.words import text, texts
from pdp.workdays import civil

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pdp.ledger.classification import Classes
    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View

APPROVED = frozenset({"agreed", "agreed_in_part"})

TRANSITIONS = {
    ("", "opening.applied"): "pending",
    ("pending", "opening.accepted"): "pending",
    ("pending", "opening.approved"): "agreed",  # or agreed_in_part, where it grants less than was applied for
    ("pending", "opening.rejected"): "refused",
    ("agreed", "safeguards.attested"): "agreed",
    ("agreed_in_part", "safeguards.attested"): "agreed_in_part",
}


def fold(view: View, opening: str) -> Application:
    """Return the opening application `opening` as it stands; its state is `none` where nobody applied."""
    statements = view.about(f"opening/{opening}")
    if not statements or statements[0].kind != "opening.applied":
        return Application(opening, "none", "opening", until=view.changes)
    case = _Case(view, statements[0])
    versions = classification.versions(view, case.dataset)
    events: Sequence[Statement | Classes] = sorted(
        [*statements[1:], *versions], key=lambda event: (event.at, event.seq)
    )
    for event in events:
        case.meet(event)
    return case.application()


class _Case:
    """One opening application while it is folded."""

    def __init__(self, view: View, applied: Statement) -> None:
        self._view = view
        self._applied = applied
        self.dataset = text(applied, "dataset")
        self._state = "pending"
        self._closed = False
        self._lost: set[str] = set()
        self._listed: tuple[str, ...] = ()
        self._scope = stated(applied.body.get("scope")) or Scope()
        self._scenarios = frozenset({text(applied, "scenario")} - {""})
        self._carrier = ""
        self._conditions = False
        self._attested = "unknown"
        self._behind = [applied.seq]
        self._said: dict[str, tuple[int, ...]] = {"scope": (applied.seq,), "scenario": (applied.seq,)}

    def meet(self, event: Statement | Classes) -> None:
        """Take in what comes next: an act, or a new version of the dataset's classes."""
        if self._state in APPROVED and self._scope.ends is not None and self._scope.ends <= event.at:
            self._state = "expired"
        if isinstance(event, classification.Classes):
            self._reclassify(event)
        elif (self._state, event.kind) in TRANSITIONS and not self._closed:
            self._take(event)

    def _take(self, statement: Statement) -> None:
        self._state = TRANSITIONS[self._state, statement.kind]
        if statement.kind == "safeguards.attested":
            self._attested = "met" if statement.body.get("met") is True else "unmet"
            self._said["safeguards"] = (statement.seq,)
            return
        self._behind.append(statement.seq)
        if statement.kind == "opening.approved":
            self._approve(statement)

    def _approve(self, statement: Statement) -> None:
        """Approve: the carrier, the conditions, and all or part of what was applied for."""
        granted = stated(statement.body.get("scope"))
        if granted is not None:
            within = narrowed(self._scope, granted)
            fewer = (within.fields, within.rows, within.masks) != (
                self._scope.fields, self._scope.rows, self._scope.masks,
            )  # fmt: skip
            self._state = "agreed_in_part" if fewer and self._scope != Scope() else "agreed"
            self._scope = within
        self._scenarios = frozenset(texts(statement, "scenarios")) or self._scenarios
        self._carrier = text(statement, "carrier")
        self._conditions = bool(texts(statement, "safeguards"))
        self._said |= {name: (*self._said.get(name, ()), statement.seq) for name in ("scope", "scenario", "safeguards")}

    def _reclassify(self, version: Classes) -> None:
        """Meet a new version of the classes: a grant over data that may not be opened is void."""
        self._listed = version.listed
        after = (version.at, version.seq) > (self._applied.at, self._applied.seq)
        live = self._state in APPROVED or self._state == "pending"
        if not after or not live:
            return
        classes = version.across(self._scope.fields, "opening")
        shut = {name for name, found in classes.items() if found not in {"conditional", "unconditional"}}
        revives = self._view.law.readings["class_after_grant"] == "revives"
        if not revives:
            self._lost |= shut - {""}
        was_closed, self._closed = self._closed, len(shut) == len(classes) and self._state in APPROVED and revives
        if len(shut) == len(classes) and self._state in APPROVED and not revives:
            self._state = "void"
        if self._state == "void" or self._closed != was_closed:
            self._behind.append(version.seq)

    def application(self) -> Application:
        """Return the application at the view's instant."""
        state = self._state
        if state in APPROVED and self._scope.ends is not None and self._view.reached(self._scope.ends):
            state = "expired"
        if self._closed and state in APPROVED:
            state = "void"
        applied = self._applied
        return Application(
            id=text(applied, "id"),
            state=state,
            side="opening",
            applicant=text(applied, "applicant"),
            dataset=self.dataset,
            scenarios=self._scenarios,
            scope=without(self._scope, self._listed, self._lost) if self._lost else self._scope,
            received=civil(applied.at),
            carrier=self._carrier,
            safeguards=self._safeguards(),
            said=self._said | {"authority": tuple(self._behind)},
            until=self._view.changes,
        )

    def _safeguards(self) -> str:
        """Return whether the safeguards that the approval makes a condition are taken. Source: art_26__para_3."""
        if self._conditions:
            return self._attested
        return "lacking" if self._attested == "unmet" else "no_condition"
