"""A decision record spelled out: what it shortens is written in full, and what follows from the rest is added.

Nothing is decided again. Source: the decision log's format, § 1.4.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pdp.log.consequences import ASKED, GRANTED, IMPLIED
from pdp.log.entry import record_of
from pdp.log.instants import later
from pdp.log.overlays import overlays_told
from pdp.log.spelling import NOT_APPLICABLE, evidence_of, findings_of, vector_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json = dict[str, Any]
_RELEASED: Final = frozenset({"PERMIT", "PARTIAL"})
_ACTIVATED: Final = "rulebook.activated"
_AS_IT_STANDS: Final = (
    *("kind", "id", "at", "mono_ns", "writer", "outcome", "joined", "request", "application", "revision", "masked"),
    "terms",
    "cache_s",
)


@dataclass(frozen=True, slots=True)
class Legend:
    """What the records of one revision leave unsaid."""

    facts: tuple[str, ...]  # in the order of vectors
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # duty -> what it says, if it is stated
    observed: frozenset[str] = frozenset()  # ids of the ways on that lead to the provider's observer


def legend_in(entries: Iterable[tuple[int, bytes]], revision: str) -> Legend | None:
    """Return the order of facts that the log itself states for a revision, or None where it was never activated.

    Args:
        entries: `(index, entry)` from the beginning.
        revision: the `set` of the record to be read.
    """
    for _, entry in entries:
        if revision.encode() in entry and _ACTIVATED.encode() in entry:  # most can be told without parsing
            record = json.loads(record_of(entry))
            if record["kind"] == _ACTIVATED and record["revision"]["set"] == revision:
                return Legend(tuple(record["facts"]))
    return None


def spell_out(record: Mapping[str, Any], legend: Legend) -> Json:
    """Return a decoded decision in its readable form.

    Args:
        record: of kind `decision`.
        legend: of the revision that the record names; one that knows facts alone gives duties without parameters.

    Returns:
        `facts` (name -> value, what does not apply is left out), `evidence` (name -> list) and `findings` (`rule`,
        `effect`, `articles`), or `groups` of them; `granted`, `withheld`, `duties` (`id`, `parameters`), `advisories`,
        `remedies` (`id`, `ask`), `overlays` (findings as above), `valid_until`, `cost`, and every other member as it
        stands.
    """
    spelled: Json = {name: record[name] for name in _AS_IT_STANDS if name in record}
    groups = [_group(group, legend) for group in record.get("groups", [record])]
    if "groups" in record:
        spelled["groups"] = groups
    else:
        spelled |= {name: groups[0][name] for name in ("facts", "evidence", "findings")}
    if record["outcome"] in _RELEASED:
        spelled["granted"] = record.get("granted", record["request"].get("scope", {}))
        parts = record.get("withheld", [])
        spelled["withheld"] = [{"fields": part["fields"], "findings": findings_of(part["findings"])} for part in parts]
        released = [group for group in groups if group.get("outcome", record["outcome"]) in _RELEASED]
        stated = _stated(spelled)
        spelled["duties"] = [_duty(rule, legend, stated) for rule in _spoken(released, "oblige")]
    spelled["overlays"] = overlays_told(record)
    spelled["advisories"] = _spoken(groups, "advise")
    spelled["remedies"] = _remedies(record, legend)
    if "valid_us" in record:
        spelled["valid_until"] = later(record["at"], record["valid_us"])
    facts_us, decide_us = record["cost_us"]
    spelled["cost"] = {"facts_us": facts_us, "decide_us": decide_us}
    return {name: value for name, value in spelled.items() if value != []}


def _group(group: Mapping[str, Any], legend: Legend) -> Json:
    """Return a group of fields with its facts, evidence and findings in full."""
    facts = zip(legend.facts, vector_of(group["facts"]), strict=True)
    return {
        **{name: group[name] for name in ("dataset", "fields", "outcome") if name in group},
        "facts": {name: value for name, value in facts if value != NOT_APPLICABLE},
        "evidence": evidence_of(group["evidence"], legend.facts),
        "findings": findings_of(group["findings"]),
    }


def _spoken(groups: Iterable[Json], effect: str) -> list[str]:
    """Return the rules that hold with `effect` in any of `groups`, each once."""
    rules = [found["rule"] for group in groups for found in group["findings"] if found["effect"] == effect]
    return list(dict.fromkeys(rules))


def _stated(spelled: Json) -> Json:
    """Return everything that duties may say of this decision."""
    asked = {name: spelled["request"][name] for name in ASKED if name in spelled["request"]}
    granted = {name: spelled["granted"][name] for name in GRANTED if name in spelled["granted"]}
    rests = {"application": spelled["application"]} if "application" in spelled else {}
    return {**asked, **granted, **rests, **spelled.get("terms", {})}


def _duty(rule: str, legend: Legend, stated: Json) -> Json:
    parameters = {name: stated[name] for name in legend.parameters.get(rule, ()) if name in stated}
    return {"id": rule, "parameters": parameters} if parameters else {"id": rule}


def _remedies(record: Mapping[str, Any], legend: Legend) -> list[Json]:
    """Return the ways on, each with the body to ask where it leads to its observer."""
    ways = list(record.get("remedies", ()))
    if "ask" not in record:
        return [{"id": way} for way in ways]
    if IMPLIED not in ways:
        ways.append(IMPLIED)
    return [
        {"id": way, "ask": record["ask"]} if way == IMPLIED or way in legend.observed else {"id": way} for way in ways
    ]
