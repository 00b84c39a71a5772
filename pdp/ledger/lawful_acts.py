"""Which acts of supervision are lawful in the state they meet: sanctions, orders to rectify, emergency measures.

Sources: art_37__para_2, art_39__para_1__item_5, art_41__para_1, art_42__para_1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.errors import TransitionError
from pdp.ledger import lawful_data, subject
from pdp.ledger import measure as measures
from pdp.ledger import rectification as rectifications
from pdp.ledger import sanction as sanctions
from pdp.ledger.words import mapping, text, texts
from pdp.workdays import civil

if TYPE_CHECKING:
    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View


def sanction(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check an order of art_42__para_1: against a unit or person, over named data, and ended by its issuer only."""
    case = sanctions.fold(view, text(statement, "id"))
    if (case.state, statement.kind) not in sanctions.TRANSITIONS:
        state = case.state if case.issuer else "not ordered"
        raise TransitionError(statement.kind, f"is not allowed when the sanction is {state}", "see art_42__para_1")
    name = text(statement, "subject")
    if case.subject and case.subject != name:
        raise TransitionError(
            statement.kind, f'names another subject than the order, "{case.subject}"', "name that one"
        )
    if statement.kind != "sanction.suspended":
        return
    found = subject.kind(view, name)
    if found not in {"unit", "person"}:
        told = "units and persons are sanctioned (art_42__para_1), a body is told to rectify: rectification.ordered "
        remedy = f"{told}(art_41__para_1)" if found else "register it first"
        raise TransitionError(statement.kind, f'is directed against "{name}" ({found or "not registered"})', remedy)
    datasets = texts(statement, "datasets")
    if not datasets:
        raise TransitionError(
            statement.kind, "names no datasets", "name the data that is 相关; nothing beyond it is closed"
        )
    for entry in datasets:
        lawful_data.known(statement, view, entry)
    _to_come(statement)


def rectification(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check an order of art_41__para_1: against a body, with a term."""
    case = rectifications.fold(view, text(statement, "id"))
    if (case.state, statement.kind) not in rectifications.TRANSITIONS:
        raise TransitionError(statement.kind, f"is not allowed when the order is {case.state}", "see art_41__para_1")
    body = text(statement, "body")
    if case.body and case.body != body:
        raise TransitionError(statement.kind, f'names another body than the order, "{case.body}"', "name that one")
    if subject.kind(view, body) != "body":
        remedy = "units and persons are sanctioned: sanction.suspended (art_42__para_1)"
        raise TransitionError(statement.kind, f'is directed against "{body}", which is no registered body', remedy)
    if statement.kind == "rectification.ordered":
        _to_come(statement)


def _to_come(statement: Statement) -> None:
    """Refuse an order whose term ended before it was given: nobody could keep it."""
    if text(statement, "due") < civil(statement.at).isoformat():
        raise TransitionError(statement.kind, "sets a term that is over", "set a day to come")


def measure(statement: Statement, view: View, held: frozenset[str]) -> None:
    """Check a measure: what it covers is said, and a provider stops its own data only. Source: art_37__para_2."""
    case = measures.one(view, text(statement, "id"))
    if statement.kind == "measure.lifted":
        if not case.running:
            raise TransitionError(
                statement.kind, "is not allowed when the measure is not running", "nothing is left to lift"
            )
        return
    scope = mapping(statement, "scope")
    covered = [name for name in ("datasets", "providers", "all") if scope.get(name)]
    if len(covered) != len(scope) or not covered:
        raise TransitionError(statement.kind, "does not say what it covers", "say datasets, providers or all: true")
    if "cyberspace" not in held and "all" in covered:
        raise TransitionError(
            statement.kind, "covers more than the speaker's own data", "name the provider or its datasets"
        )
    if case.issuer and subject.now_held_by(view, case.issuer) != statement.by:
        raise TransitionError(
            statement.kind, f'changes a measure of "{case.issuer}"', "declare another one under its own id"
        )
