"""A matter: whatever statements are about under one ref, where it stands, and what was said of it, as plain values."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from pdp.ledger import actor, application, measure, objection, opening, query_engine, records, rectification, sanction

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View
    from pdp.ledger.world import World

_FOLDS: dict[str, Callable[[View, str], object]] = {
    "application": application.fold,
    "opening": opening.fold,
    "objection": objection.fold,
    "sanction": sanction.fold,
    "rectification": rectification.fold,
    "measure": measure.one,
    "carrier": records.carrier,
    "staff": actor.fold,
    "query_user": lambda view, name: query_engine.user(view, *_of_engine(name)),
    "table": lambda view, name: query_engine.table(view, *_of_engine(name)),
}


def _of_engine(name: str) -> tuple[str, str]:
    """Return the engine and what it calls its user or table."""
    engine, _, called = name.partition("/")
    return engine, called


def states(world: World, ref: str, now: datetime) -> list[object]:
    """Return the states of the entity behind `ref`, such as application/A1; of a subject also its standing."""
    kind, _, name = ref.partition("/")
    if kind == "dataset":
        return [world.dataset(name, now)]
    if kind == "subject":
        return [world.subject(name, now), world.standing(name, now)]
    return [_FOLDS[kind](world.view(now), name)] if kind in _FOLDS else []


def plain(value: object) -> object:
    """Return `value` as plain JSON; instants and days as ISO text, sets in order."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(member) for key, member in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def told(statement: Statement) -> dict[str, object]:
    """Return one statement as plain JSON; who did it and under which request only where that is known."""
    recorded = statement.recorded_at
    shown: dict[str, object] = {
        "seq": statement.seq,
        "at": statement.at.isoformat(),
        "recorded_at": recorded.isoformat() if recorded else "",
        "by": statement.by,
        "kind": statement.kind,
        "body": dict(statement.body),
        "evidence": statement.evidence,
    }
    return shown | ({"agent": statement.agent} if statement.agent else {})
