"""Search all logs of a data folder at once: by who, what, ground, outcome, time; newest first, and how many in all.

Only constants of this file are put together to SQL; every word that somebody typed is bound as a value.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from adapters.exports.database import Database

LIMIT: Final = 10_000  # entries shown at most
SHOWN: Final = (
    *("log", "entry_index", "leaf", "id", "at", "kind", "outcome", "error_code", "body", "subject_kind", "person"),
    *("staff", "system", "dataset", "action", "scenario", "application", "application_named", "purpose", "channel"),
    *("mode", "gateway", "door", "request_id", "rules", "articles", "duties", "remedies", "fields_asked"),
    *("fields_granted", "fields_withheld", "findings", "withheld", "valid_until", "ledger", "revision_set", "event"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What an entry must match; None: anything does."""

    kind: str | None = None
    outcome: str | None = None
    body: str | None = None
    dataset: str | None = None
    action: str | None = None
    scenario: str | None = None
    person: str | None = None  # digest; whoever asked, acted as staff, or as agent
    application: str | None = None  # that it rests on, or that was named
    request_id: str | None = None
    gateway: str | None = None
    rule: str | None = None
    article: str | None = None  # unit id; the units below it count
    since: datetime | None = None
    until: datetime | None = None  # not with it


@dataclass(frozen=True, slots=True)
class Found:
    """What matched: how many entries, and the newest of them."""

    count: int
    entries: Sequence[Mapping[str, Any]]


_MATCHES: Final[Mapping[str, str]] = {
    **{name: f"{name} = ${name}" for name in ("kind", "outcome", "body", "dataset", "action", "scenario")},
    **{name: f"{name} = ${name}" for name in ("request_id", "gateway")},
    "person": "(person = $person OR staff = $person OR agent = $person)",
    "application": "(application = $application OR application_named = $application)",
    "rule": "contains(cited, ' ' || $rule || ' ')",
    "article": "(contains(cited, ' ' || $article || ' ') OR contains(cited, ' ' || $article || '__'))",
    "since": '"at" >= $since',
    "until": '"at" < $until',
}
_HOW_MANY: Final = "SELECT count(*) FROM entries"
_NEWEST: Final = "SELECT log, entry_index FROM entries"
_FIRST: Final = ' ORDER BY "at" DESC, log, entry_index DESC LIMIT $limit'
_THESE: Final = f"""
SELECT {", ".join(f'"{name}"' for name in SHOWN)} FROM entries
WHERE entry_index IN (SELECT unnest($indexes)) AND entry_index BETWEEN $first AND $last
"""  # noqa: S608  # constants of this file


def search(database: Database, criteria: Criteria, limit: int = 20) -> Found:
    """Return how many entries match, and the newest `limit` of them, newest first.

    Raises:
        UnavailableError: the columns cannot be read.
    """
    asked = {field.name: getattr(criteria, field.name) for field in fields(criteria)}
    values = {name: value for name, value in asked.items() if value is not None}
    matching = " AND ".join(_MATCHES[name] for name in values)
    where = f" WHERE {matching}" if matching else ""
    ((count,),) = database.rows(_HOW_MANY + where, values).rows
    newest = database.rows(_NEWEST + where + _FIRST, {**values, "limit": min(limit, LIMIT)}).rows
    return Found(count, _entries(database, newest))


def _entries(database: Database, places: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Return the entries at `places`, in their order."""
    if not places:
        return []
    indexes = [index for _, index in places]
    values = {"indexes": indexes, "first": min(indexes), "last": max(indexes)}
    found = {(row["log"], row["entry_index"]): row for row in database.rows(_THESE, values).members()}
    return [found[log, index] for log, index in places]
