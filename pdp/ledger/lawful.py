"""Which acts are lawful in the state they meet, family by family. Who may do them is `pdp.ledger.speakers`' question.

Sources: art_20 to art_25, art_27, art_30 to art_32, art_37, art_40 to art_42, and the state machines of their folds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.errors import TransitionError
from pdp.ledger import lawful_acts, lawful_cases, lawful_data, lawful_routes, query_engine, subject
from pdp.ledger.body import nearest
from pdp.ledger.kinds import KINDS
from pdp.ledger.lawful_sources import sourced
from pdp.ledger.speakers import OFFICES, REGISTRAR
from pdp.ledger.words import text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View


def check(statement: Statement, view: View, held: frozenset[str]) -> None:
    """Return if `statement` is lawful in the ledger seen by `view`, which looks at the instant it takes effect.

    Args:
        statement: with its `recorded_at`.
        view: the ledger at `statement.at`.
        held: the roles in which the speaker speaks.

    Raises:
        TransitionError: it is not; the message says what stands in its way, and under which article.
    """
    try:
        _in_order(statement, view)
        _CHECK_OF[statement.kind](statement, view, held)
    except TransitionError as refusal:
        raise sourced(refusal) from None


def _in_order(statement: Statement, view: View) -> None:
    """Refuse what takes effect before the last statement about the same entity: history is not rewritten."""
    for ref in statement.about[: 2 if statement.kind.startswith("coordination.") else 1]:
        last = _last_about(ref, statement, view.source.about(ref))
        if last is not None and statement.at < last.at:
            fault = f"takes effect before statement {last.seq} ({last.kind}, {last.at.isoformat()})"
            raise TransitionError(statement.kind, f"{fault} about {ref}", "say it with effect from then or later")


def _last_about(ref: str, statement: Statement, known: Sequence[Statement]) -> Statement | None:
    """Return the last of the `known` statements about `ref` that has the same entity as `statement`."""
    combined = statement.kind == "combination.assessed"
    for said in reversed(known):
        if frozenset(said.about) == frozenset(statement.about) if combined else said.about[0] == ref:
            return said
    return None


def _register(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check the registration of a subject. Source: art_2__para_1, art_3__para_5."""
    name = text(statement, "id")
    if name == REGISTRAR:
        raise TransitionError(statement.kind, f'registers the reserved id "{REGISTRAR}"', "choose another id")
    before, state = subject.kind(view, name), subject.KIND[statement.kind]
    if (before, statement.kind) not in subject.TRANSITIONS:
        raise TransitionError(
            statement.kind, f'would turn the {before} "{name}" into a {state}', "register it under another id"
        )
    for office in texts(statement, "offices"):
        if office not in OFFICES:
            raise TransitionError(statement.kind, f'names "{office}", which is no office', nearest(office, OFFICES))


def _succeed(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check a succession of bodies: offices and data go over whole, once, and not in a circle."""
    name, successor = text(statement, "id"), text(statement, "successor")
    for body in (name, successor):
        if subject.kind(view, body) != "body":
            raise TransitionError(statement.kind, f'names "{body}", which is no registered body', "register it first")
    if subject.fold(view, name).successor:
        raise TransitionError(
            statement.kind, f'names "{name}", which has a successor', "name the successor's successor"
        )
    if name == successor or subject.now_held_by(view, successor) == name:
        raise TransitionError(statement.kind, "would make a body succeed itself", "name another successor")


def _belongs_to_body(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check a duty, an acting person or a system: the body it belongs to is registered. Source: art_40__para_1."""
    body = text(statement, "body")
    if subject.kind(view, body) != "body":
        raise TransitionError(
            statement.kind, f'names "{body}", which is no registered body', "register it first: body.registered"
        )


def _entrust(statement: Statement, view: View, _: frozenset[str]) -> None:
    principal = text(statement, "principal")
    if not subject.kind(view, principal):
        raise TransitionError(
            statement.kind, f'names the principal "{principal}", which is not registered', "register it first"
        )


def _free(_: Statement, __: View, ___: frozenset[str]) -> None:
    """Nothing stands in the way of registering a carrier: the list of art_26__para_3 ends with 等."""


def _query_user(statement: Statement, view: View, _: frozenset[str]) -> None:
    query_engine.check_user(statement, view)


def _table(statement: Statement, view: View, _: frozenset[str]) -> None:
    query_engine.check_table(statement, view)


_FAMILY = {
    "body.registered": "registration",
    "unit.registered": "registration",
    "person.registered": "registration",
    "body.succeeded": "succession",
    "opening.aggregated": "publication",
    "opening.published": "publication",
    "opening.withdrawn": "publication",
    "safeguards.attested": "opening",
    "route.withdrawn": "route withdrawal",
    "workload.withdrawn": "workload withdrawal",
}
_CHECKS: dict[str, Callable[[Statement, View, frozenset[str]], None]] = {
    "registration": _register,
    "succession": _succeed,
    "duty": _belongs_to_body,
    "staff": _belongs_to_body,
    "system": _belongs_to_body,
    "entrustment": _entrust,
    "carrier": _free,
    "route": lawful_routes.registration,
    "route withdrawal": lawful_routes.withdrawal,
    "workload": lawful_routes.mapping,
    "workload withdrawal": lawful_routes.unmapping,
    "query_user": _query_user,
    "table": _table,
    "dataset": lawful_data.entry,
    "combination": lawful_data.combination,
    "onward": lawful_data.onward,
    "publication": lawful_data.publication,
    "procurement": lawful_data.procurement,
    "application": lawful_cases.application,
    "coordination": lawful_cases.coordination,
    "opening": lawful_cases.opening,
    "objection": lawful_cases.objection,
    "sanction": lawful_acts.sanction,
    "rectification": lawful_acts.rectification,
    "measure": lawful_acts.measure,
}
_CHECK_OF = {kind: _CHECKS[_FAMILY.get(kind, kind.partition(".")[0])] for kind in KINDS}
