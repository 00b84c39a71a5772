"""Under which names an entity is found: who applied, for what, who provides it, since which day a term runs.

A name only ever finds too much: whether an entity belongs to a list is for its fold to say, at one instant. What a
statement names it names for good, so a ledger may keep the names of an entity beside it and add to them.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from pdp.ledger.words import text, texts
from pdp.workdays import civil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pdp.ledger.statement import Statement

FOUNDING = {
    "application": "application.received",
    "opening": "opening.applied",
    "sanction": "sanction.suspended",
    "objection": "objection.raised",
    "rectification": "rectification.ordered",
    "dataset": "dataset.catalogued",
}
"""Sort of entity -> the kind that founds it; its first statement of that kind, by seq, gives its place in a list."""

ONCE = frozenset({"application.received", "opening.applied"})
"""The kinds that found an entity once: the law takes no second one, so the first need not be looked for."""

VERSION = 1
"""Of the names; with another, a store makes the names of all its entities anew."""

DEFECTIVE = "defective"
"""The name of an application that some provider refused without an explanation or a cause. Source: art_21__para_3."""


class Named(NamedTuple):
    """An entity and what one statement names it."""

    kind: str  # that founds it
    ref: str
    names: frozenset[str]


def applicant(body: str) -> str:
    """Return the name of whatever `body` applied for."""
    return f"applicant={body}"


def dataset(id_: str) -> str:
    """Return the name of whatever is about the dataset `id_`."""
    return f"dataset={id_}"


def provider(body: str) -> str:
    """Return the name of the entries that `body` provides, alone or with others."""
    return f"provider={body}"


def runs(day: date) -> str:
    """Return the name of whatever has a term that runs from its receipt on `day`, a civil day in Asia/Shanghai."""
    return f"runs={day.isoformat()}"


def year(number: int) -> str:
    """Return the name of whatever has a term that runs from its receipt in this civil year."""
    return f"year={number}"


def due(day: date) -> str:
    """Return the name of whatever has `day` as its last day because an act says so."""
    return f"due={day.isoformat()}"


def named(statement: Statement) -> Named | None:
    """Return what `statement` names the entity that it is about; None: nothing, as most statements."""
    naming = _NAMES.get(statement.kind)
    if naming is None:
        return None
    sort = statement.kind.partition(".")[0]
    return Named(FOUNDING[sort], f"{sort}/{text(statement, 'id')}", frozenset(naming(statement)))


def _received(said: Statement) -> Iterator[str]:
    yield applicant(text(said, "applicant"))
    yield dataset(text(said, "dataset"))
    yield from _completed(said)


def _completed(said: Statement) -> Iterator[str]:
    yield from _runs(said)
    yield year(civil(said.at).year)


def _applied(said: Statement) -> Iterator[str]:
    yield applicant(text(said, "applicant"))


def _refused(said: Statement) -> Iterator[str]:
    if not (text(said, "explanation") and text(said, "statutory_cause")):
        yield DEFECTIVE


def _catalogued(said: Statement) -> Iterator[str]:
    yield from map(provider, (text(said, "provider"), *texts(said, "joint_providers")))


def _raised(said: Statement) -> Iterator[str]:
    yield dataset(text(said, "dataset"))
    yield from _runs(said)


def _runs(said: Statement) -> Iterator[str]:
    yield runs(civil(said.at))


def _due(member: str) -> Callable[[Statement], Iterator[str]]:
    return lambda said: iter((due(date.fromisoformat(text(said, member))),))


_NAMES: dict[str, Callable[[Statement], Iterator[str]]] = {
    "application.received": _received,
    "application.completed": _completed,
    "application.refused": _refused,
    "opening.applied": _applied,
    "dataset.catalogued": _catalogued,
    "objection.raised": _raised,
    "objection.filed": _runs,
    "objection.extended": _due("until"),
    "sanction.suspended": _due("due"),
    "rectification.ordered": _due("due"),
}
KINDS_NAMING = frozenset(_NAMES)
"""The kinds of statement that name an entity."""
