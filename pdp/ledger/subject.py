"""Public bodies, units and natural persons: registration, duties, offices, and succession.

Sources: art_2__para_1, art_3__para_5, art_8__para_1, art_40__para_1; 民法典 97 by analogy for succession.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pdp.ledger.states import RegisteredDuty, Subject
from pdp.ledger.words import single, text, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pdp.ledger.statement import Statement
    from pdp.ledger.terms import Law
    from pdp.ledger.view import View

KIND = {"body.registered": "body", "unit.registered": "unit", "person.registered": "person"}

TRANSITIONS = {
    ("", "body.registered"): "body",
    ("", "unit.registered"): "unit",
    ("", "person.registered"): "person",
    ("body", "body.registered"): "body",  # a registration replaces the one before it
    ("unit", "unit.registered"): "unit",
    ("person", "person.registered"): "person",
    ("body", "duty.registered"): "body",
    ("body", "body.succeeded"): "succeeded",
    ("succeeded", "duty.registered"): "succeeded",  # recorded late; it serves nobody any more
}


def fold(view: View, subject: str) -> Subject:
    """Return `subject` as registered; its kind is None where nobody registered it."""
    state, said, duties, successor = Subject(subject), [], {}, ""
    for statement in view.about(f"subject/{subject}"):
        if statement.kind in KIND and statement.body["id"] == subject:
            state, said = _as_registered(statement), [statement.seq]
        elif statement.kind == "duty.registered":
            duties[text(statement, "id")] = _duty(statement)
        elif statement.kind == "body.succeeded" and statement.body["id"] == subject:
            successor = text(statement, "successor")
            said.append(statement.seq)
    return replace(
        state,
        offices=single(offices(view, subject)),
        successor=successor,
        duties=duties,
        said={"subject": tuple(said)} | {f"duty:{name}": (duty.seq,) for name, duty in duties.items()},
        until=view.changes,
    )


class _Registered(NamedTuple):
    """What is registered about one subject, and the successions in which it has a part."""

    kind: str
    offices: frozenset[str]
    successions: tuple[tuple[str, str], ...]  # (who was succeeded, successor), oldest first


def _registered(statements: Sequence[Statement], _: Law) -> _Registered:
    kind, offices, successions = "", frozenset[str](), []
    for statement in statements:
        if statement.kind in KIND:
            kind, offices = KIND[statement.kind], frozenset(texts(statement, "offices"))
        elif statement.kind == "body.succeeded":
            successions.append((text(statement, "id"), text(statement, "successor")))
    return _Registered(kind, offices, tuple(successions))


def kind(view: View, subject: str) -> str:
    """Return body, unit or person; empty where nobody registered `subject`."""
    return view.folded(_registered, f"subject/{subject}").kind


def now_held_by(view: View, subject: str) -> str:
    """Return the body that stands in the place of `subject`: itself, or the last of its successors."""
    seen = [subject]
    while successions := view.folded(_registered, f"subject/{subject}").successions:
        successors = [successor for succeeded, successor in successions if succeeded == subject]
        if not successors or successors[-1] in seen:
            break
        subject = successors[-1]
        seen.append(subject)
    return subject


def holder(view: View, office: str) -> str:
    """Return the body that holds `office` (regulator, cyberspace, city_platform, bigdata_platform); empty: none."""
    named = [text(statement, "id") for statement in view.about(f"office/{office}")]
    for body in reversed(named):
        candidate = now_held_by(view, body) if view.law.readings["interpreter"] == "successor_statement" else body
        if office in offices(view, candidate):
            return candidate
    return ""


def offices(view: View, subject: str) -> frozenset[str]:
    """Return the offices that `subject` holds: a successor those of its predecessor, which then has none."""
    carried = view.law.readings["interpreter"] == "successor_statement"
    return frozenset() if carried and now_held_by(view, subject) != subject else _offices(view, subject, frozenset())


def _offices(view: View, subject: str, seen: frozenset[str]) -> frozenset[str]:
    """Return the offices registered for `subject`, with those of the bodies that it succeeded."""
    _, offices, successions = view.folded(_registered, f"subject/{subject}")
    if view.law.readings["interpreter"] == "successor_statement":
        for predecessor in (succeeded for succeeded, successor in successions if successor == subject):
            if predecessor not in seen:
                offices |= _offices(view, predecessor, seen | {subject})
    return offices


def _as_registered(statement: Statement) -> Subject:
    observer = statement.body.get("observer")
    return Subject(
        id=text(statement, "id"),
        kind=KIND[statement.kind],
        name=text(statement, "name"),
        level=text(statement, "level"),
        basis=text(statement, "basis"),
        basis_text=text(statement, "basis_text"),
        functions=single(frozenset(texts(statement, "functions"))),
        observer={str(key): str(value) for key, value in observer.items()} if isinstance(observer, dict) else None,
        affiliates=single(frozenset(texts(statement, "affiliates"))),
        assumed=single(frozenset(texts(statement, "assumed"))),
    )


def _duty(statement: Statement) -> RegisteredDuty:
    return RegisteredDuty(
        id=text(statement, "id"),
        name=text(statement, "name"),
        basis=text(statement, "basis"),
        purpose=text(statement, "purpose") or "duty",
        scenarios=single(frozenset(texts(statement, "scenarios"))),
        seq=statement.seq,
    )
