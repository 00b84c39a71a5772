"""From a record back to the question that was asked: what stands in clear, and what the ledger's own ids explain.

A digest cannot be undone. Where the id of somebody on record has this digest it is that id; anything else stays a word
that nobody knows, and is named as kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pdp.log.canonical import dumps
from pdp.model import AccessRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]
_WORDS: Final = ("table", "scenario", "purpose", "application", "channel", "carrier", "mode", "location")
_ROWS: Final = "/request/scope/rows"
_NO_ID: Final = "~"  # in front of a digest, so that no id is ever taken for it


@dataclass(frozen=True, slots=True)
class Recovered:
    """What digests stand for, as far as the ledger knows it."""

    persons: Mapping[str, str] = field(default_factory=dict)  # digest -> id
    rows: Mapping[str, Mapping[str, object]] = field(default_factory=dict)  # masked filter, canonical JSON -> filter


class Questioned(NamedTuple):
    """A question as far as it can be put again."""

    request: AccessRequest
    kept: tuple[str, ...]  # JSON Pointers of what stands for something that cannot be recovered


def question_of(record: Json, recovered: Recovered) -> Questioned:
    """Return the question of a decoded decision; what facts never rest on, such as its id, is left as recorded."""
    reading = _Reading(record, recovered)
    asked, subject = record["request"], record["request"].get("subject", {})
    scope = asked.get("scope", {})
    request = AccessRequest(
        subject=reading.party(subject, "/request/subject"),
        action=reading.word(asked["action"], "/request/action"),
        dataset=reading.word(asked["dataset"], "/request/dataset"),
        subject_kind=reading.optional(subject, "kind", "/request/subject"),
        staff=reading.optional(subject, "staff", "/request/subject"),
        system=reading.optional(subject, "system", "/request/subject"),
        agent=reading.party(asked.get("agent", {}), "/request/agent"),
        fields=reading.words(scope["fields"], "/request/scope/fields") if "fields" in scope else None,
        rows=reading.rows(scope["rows"]) if "rows" in scope else None,
        assurance=asked.get("assurance"),
        established=asked.get("established"),
        disputed=asked.get("disputed", False),
        route=reading.optional(asked, "route", "/request"),
        door=asked.get("door", ""),
        gateway=asked.get("gateway", ""),
        request_id=asked.get("request_id"),
        combined_with=reading.words(asked.get("combined_with", ()), "/request/combined_with"),
        enforces=reading.words(asked["enforces"], "/request/enforces") if "enforces" in asked else None,
        **{name: reading.optional(asked, name, "/request") for name in _WORDS},
    )
    return Questioned(request, tuple(reading.kept))


class _Reading:
    """Reads the words of one record, and notes what it cannot recover."""

    def __init__(self, record: Json, recovered: Recovered) -> None:
        self._masked = frozenset(record.get("masked", ()))
        self._recovered = recovered
        self.kept: list[str] = []

    def word(self, value: str, pointer: str) -> str:
        if pointer not in self._masked:
            return value
        known = self._recovered.persons.get(value)
        if known is None:
            self.kept.append(pointer)
            return _NO_ID + value
        return known

    def words(self, values: Sequence[str], pointer: str) -> tuple[str, ...]:
        return tuple(self.word(value, f"{pointer}/{place}") for place, value in enumerate(values))

    def optional(self, members: Json, name: str, parent: str) -> Any:  # noqa: ANN401  # goes where its name says
        return self.word(members[name], f"{parent}/{name}") if name in members else None

    def party(self, members: Json, pointer: str) -> str | None:
        """Return who asks or acts: a body in clear, or whoever has the digest."""
        named = next((name for name in ("body", "person") if name in members), None)
        return None if named is None else self.word(members[named], f"{pointer}/{named}")

    def rows(self, rows: Mapping[str, object]) -> Mapping[str, object]:
        """Return a row filter; literals are digests, unless an application on record has this very filter."""
        if not any(pointer.startswith(_ROWS) for pointer in self._masked):
            return rows
        known = self._recovered.rows.get(dumps(rows))
        if known is None:
            self.kept.append(_ROWS)
            return rows
        return known
