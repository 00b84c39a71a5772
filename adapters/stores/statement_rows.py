"""How a statement stands in a row of a database, whichever it is: texts, in the ledger's own spelling."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from pydantic_core import from_json

from pdp.ledger.statement import Spelled, Statement, spelled
from pdp.workdays import SHANGHAI

COLUMNS: Final = "seq, kind, at, by, body, about, evidence, recorded_at, previous, hash, agent, request"

Row = tuple[int, str, str, str, str, str, str, str, str, str, str, str]


def row(statement: Statement, parts: Spelled | None = None) -> Row:
    """Return the row of a statement that has its place in a chain; `parts` are its own."""
    about, at, body, recorded_at = parts or spelled(statement)
    return (
        statement.seq,
        statement.kind,
        at,
        statement.by,
        body,
        about,
        statement.evidence,
        recorded_at,
        statement.previous,
        statement.hash,
        statement.agent,
        statement.request,
    )


def statement_of(row: Row) -> Statement:
    """Return the statement that a row holds."""
    seq, kind, at, by, body, about, evidence, recorded_at, previous, chained, agent, request = row
    try:
        said, refs = from_json(body), from_json(about)
    except ValueError:  # nested deeper than that reads
        said, refs = json.loads(body), json.loads(about)
    begun = datetime.fromisoformat(at).astimezone(SHANGHAI)  # equal zones compare without arithmetic
    told = datetime.fromisoformat(recorded_at).astimezone(SHANGHAI)
    return Statement(kind, begun, by, said, tuple(refs), evidence, seq, told, previous, chained, agent, request)
