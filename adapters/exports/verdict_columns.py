"""What the rules say of one decision, as columns. Few verdicts are distinct, so each is spelled once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pdp.log.spelling import findings_of, vector_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Json = dict[str, Any]

RELEASED: Final = frozenset({"PERMIT", "PARTIAL"})
BETWEEN: Final = " | "  # parts the texts of several groups


def verdict_columns(outcome: str, groups: Sequence[Json], withheld: Sequence[Json]) -> Json:
    """Return what a decision rests on.

    Two columns say more than the record's findings: `rules` and `articles` also count what a partial answer keeps
    back; `cited` is both as one text with blanks around each, in which one look finds any of them.

    Args:
        outcome: of the whole.
        groups: each with `outcome` and `findings`; of a flat record, the record itself.
        withheld: what a partial answer keeps back, each with `findings`.
    """
    said = _united(group["findings"] for group in groups)
    every = _united(part["findings"] for part in (*groups, *withheld))
    rules = list(dict.fromkeys(found["rule"] for found in every))
    articles = sorted({article for found in every for article in found["articles"]})
    released = [group for group in groups if group["outcome"] in RELEASED] if outcome in RELEASED else []
    return {
        "findings": said,
        "withheld": _united(part["findings"] for part in withheld),
        "rules": rules,
        "articles": articles,
        "duties": [found["rule"] for found in _united(group["findings"] for group in released) if _is(found, "oblige")],
        "advisories": [found["rule"] for found in said if _is(found, "advise")],
        "cited": f" {' '.join(articles)} : {' '.join(rules)} ",
    }


def overlay_columns(said: Iterable[Json]) -> list[Json]:
    """Return what overlays said, one finding after the other; `fields`: those that it is about, absent of the whole."""
    return [
        {
            **{name: one.get(name) for name in ("id", "body", "basis", "reason")},
            "findings": [
                {**found, "fields": part.get("fields")}
                for part in (one, *one.get("limited", ()))
                for found in findings_of(part["findings"])
            ],
        }
        for one in said
    ]


def fact_columns(facts: str, names: Sequence[str]) -> dict[str, str]:
    """Return fact -> value of one record: what differs among its groups as `a|b`, in the order of the groups.

    A fact that applies to none of them is left out; beside another value, `not_applicable` stands as `-`.

    Raises:
        ValueError: `names` are not the facts of these vectors.
    """
    vectors = [vector_of(text) for text in facts.split(BETWEEN)]
    columns: dict[str, str] = {}
    for name, values in zip(names, zip(*vectors, strict=True), strict=True):
        known = list(dict.fromkeys("-" if value == "not_applicable" else value for value in values))
        if known != ["-"]:
            columns[name] = "|".join(known)
    return columns


def _united(members: Iterable[Mapping[str, str]]) -> list[Json]:
    """Return the findings of all groups, each once, in the order in which they are met."""
    united: dict[tuple[object, object], Json] = {}
    for findings in members:
        for found in findings_of(findings):
            united.setdefault((found["rule"], found["effect"]), found)
    return list(united.values())


def _is(found: Json, effect: str) -> bool:
    return bool(found["effect"] == effect)
