"""A statement: what somebody says of the world, when it takes effect, and how statements are chained."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

GENESIS = "0" * 64

spell = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
"""The one spelling of plain JSON values in the ledger."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `seq`, `recorded_at`, `previous` and `hash` are the ledger's; before recording they are empty.

    `body` holds plain JSON values only and always names the entity it is about; `about` holds the refs under which
    folds find it, derived from kind and body by `pdp.ledger.kinds`. `agent` is who did the act on behalf of `by`, and
    `request` the name under which it was asked for, so that asking again does nothing twice; both are empty for what
    was imported from a file.
    """

    kind: str
    at: datetime  # when it takes effect, aware
    by: str  # entity id of the body, unit or person that says it
    body: Mapping[str, object]
    about: tuple[str, ...] = ()
    evidence: str = ""  # digest of the document it rests on
    seq: int = 0
    recorded_at: datetime | None = None
    previous: str = ""
    hash: str = field(default="", compare=False)
    agent: str = ""
    request: str = ""

    def asked_by(self, agent: str, request: str) -> Statement:
        """Return it as an act of `agent`, asked for under `request`."""
        return replace(self, agent=agent, request=request)


def numbered(statement: Statement, seq: int, recorded_at: datetime, previous: str) -> Statement:
    """Return `statement` at its place in a ledger, not chained yet."""
    return Statement(
        statement.kind,
        statement.at,
        statement.by,
        statement.body,
        statement.about,
        statement.evidence,
        seq,
        recorded_at,
        previous,
        agent=statement.agent,
        request=statement.request,
    )


def chained(statement: Statement) -> Statement:
    """Return a numbered statement with the hash that chains it."""
    seq, told, previous = statement.seq, statement.recorded_at, statement.previous
    placed = (statement.kind, statement.at, statement.by, statement.body, statement.about, statement.evidence)
    return Statement(*placed, seq, told, previous, digest(statement), statement.agent, statement.request)


def digest(statement: Statement) -> str:
    """Return the hex SHA-256 that chains `statement`: over its canonical JSON with `previous`, without `hash`.

    `agent` and `request` take part where there are any; so chains that were begun without them stay what they are.
    """
    recorded = statement.recorded_at
    content: dict[str, object] = {
        "about": list(statement.about),
        "at": statement.at.isoformat(),
        "body": statement.body,
        "by": statement.by,
        "evidence": statement.evidence,
        "kind": statement.kind,
        "previous": statement.previous,
        "recorded_at": recorded.isoformat() if recorded else "",
        "seq": statement.seq,
    }
    content |= {name: said for name in ("agent", "request") if (said := getattr(statement, name))}
    return hashlib.sha256(spell(content).encode()).hexdigest()


def continued(last: Statement | None, statements: Iterable[Statement]) -> Iterator[Statement]:
    """Yield `statements` as far as they continue a chain that ends with `last`; None: an empty one.

    Raises:
        UnavailableError: one does not: it has another number or predecessor, or its hash is not its own.
    """
    seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
    for statement in statements:
        if (statement.seq, statement.previous) != (seq + 1, previous) or digest(statement) != statement.hash:
            message = f"statement {statement.seq} does not continue the ledger after {seq}; "
            raise UnavailableError(message + "the two ledgers went different ways: find out which is the true one")
        yield statement
        seq, previous = statement.seq, statement.hash
