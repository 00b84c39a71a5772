"""How a statement stands in a row of a database, whichever it is: texts, in the ledger's own spelling."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

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
    said, refs = _plain(body), tuple(_plain(about))
    told = _instant(recorded_at)
    return Statement(kind, _instant(at), by, said, refs, evidence, seq, told, previous, chained, agent, request)


def _plain(text: str) -> Any:  # noqa: ANN401  # whatever JSON says
    try:
        return from_json(text)  # in a third of the time, and with one object for names that come again and again
    except ValueError:  # it is nested deeper than that reads
        return json.loads(text)


def _instant(text: str) -> datetime:
    """Return an instant with the zone that all others have: equal zones compare without arithmetic."""
    return datetime.fromisoformat(text).astimezone(SHANGHAI)
