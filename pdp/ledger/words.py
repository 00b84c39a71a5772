"""Reading the members of a recorded statement: bodies were checked against their kind before they were recorded."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdp.ledger.statement import Statement


def text(statement: Statement, member: str) -> str:
    """Return a text member; empty where it is absent."""
    value = statement.body.get(member)
    return value if isinstance(value, str) else ""


def texts(statement: Statement, member: str) -> tuple[str, ...]:
    """Return a list member; empty where it is absent."""
    value = statement.body.get(member)
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


def mapping(statement: Statement, member: str) -> dict[str, object]:
    """Return a map member; empty where it is absent."""
    value = statement.body.get(member)
    return dict(value) if isinstance(value, dict) else {}


@lru_cache(maxsize=10_000)
def single(names: frozenset[str]) -> frozenset[str]:
    """Return one object for all equal sets: most entries and applications of a city leave the same unsaid."""
    return names
