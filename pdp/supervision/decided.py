"""What supervision reads of a decision record in its readable form (`pdp.log.readable.spell_out`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from pdp.supervision.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Record: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True, slots=True)
class Decided:
    """One group of fields of one decision: who asked for what, and which rules held."""

    id: str
    at: datetime
    subject: str
    dataset: str
    relation: str
    outcome: str
    rules: frozenset[str]


def decided(records: Iterable[Record], now: datetime) -> list[Decided]:
    """Return the decisions among `records` made until `now`, oldest first.

    A record that names no subject is left out: nobody can be asked about it. Natural persons are named by the digest
    that the log has for them.
    """
    found = [group for record in records for group in _groups(record) if group.subject and group.at <= now]
    return sorted(found, key=lambda group: (group.at, group.id))


def _groups(record: Record) -> Iterator[Decided]:
    if record.get("kind", "decision") != "decision":
        return
    request = record["request"]
    for group in record.get("groups", (record,)):
        yield Decided(
            id=record["id"],
            at=datetime.fromisoformat(record["at"]),
            subject=_asker(request.get("subject", {})),
            dataset=group.get("dataset") or request.get("dataset") or "",
            relation=group.get("facts", {}).get("relation", ""),
            outcome=group.get("outcome", record["outcome"]),
            rules=frozenset(finding["rule"] for finding in group.get("findings", ())),
        )


def _asker(subject: Mapping[str, str]) -> str:
    """Return who asked: a body or unit by its id, a natural person by its digest; empty: the record names nobody."""
    return subject.get("body", "") or subject.get("person", "")


def gathered(
    article: str, groups: Iterable[Decided], rules: Mapping[str, str], named: Callable[[str], str] = str
) -> list[Finding]:
    """Return one finding under `article` for each subject, dataset and rule of `rules` (rule -> Chinese) that held.

    `named` gives the id under which a subject is found: a successor stands for the body that it succeeded.
    """
    cases: dict[tuple[str, str, str], list[Decided]] = {}
    for group in groups:
        for rule in sorted(group.rules & rules.keys()):
            cases.setdefault((named(group.subject), group.dataset, rule), []).append(group)
    return [
        Finding(article, subject, _said(rules[rule], dataset, ids), (), ids, case[0].at, dataset)
        for (subject, dataset, rule), case in sorted(cases.items())
        for ids in [tuple(dict.fromkeys(group.id for group in case))]
    ]


def _said(zh: str, dataset: str, ids: tuple[str, ...]) -> str:
    return f"就数据 {dataset},{zh},共 {len(ids)} 次;请求不等于使用,应当核查"
