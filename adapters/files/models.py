"""Check a Casbin model: rows are compared for equality and nothing else, so that a match can mean only one thing."""

from __future__ import annotations

import re

from pdp.errors import PolicyError

_SECTION = re.compile(r"\[([a-z_]+)\]")
_ENTRY = re.compile(r"([a-z]) = (\S.*)")
_SECTIONS = {"request_definition": "r", "policy_definition": "p", "policy_effect": "e", "matchers": "m"}
EFFECT = "some(where (p.eft == allow))"


def check_model(path: str, text: str, columns: tuple[str, ...]) -> frozenset[str]:
    """Return the columns in which a row's `*` matches every value; all others are matched by equality alone.

    Raises:
        PolicyError: it has another shape: functions, `eval`, priorities, other effects, further sections or sentences.
    """
    entries = _entries(path, text)
    for key, wanted in (("r", columns), ("p", (*columns, "rule"))):
        line, value = entries[key]
        if [word.strip() for word in value.split(",")] != list(wanted):
            raise PolicyError(
                path, line, "the columns are not those of the table", f"write: {key} = {', '.join(wanted)}"
            )
    line, value = entries["e"]
    if value != EFFECT:
        raise PolicyError(path, line, "a table only grants", f"write: e = {EFFECT}")
    return _starred(path, *entries["m"], columns)


def _entries(path: str, text: str) -> dict[str, tuple[int, str]]:
    entries: dict[str, tuple[int, str]] = {}
    section = ""
    for line, row in enumerate(text.split("\n"), 1):
        if not row or row.startswith("#"):
            continue
        if found := _SECTION.fullmatch(row):
            section = found[1]
            continue
        entry = _ENTRY.fullmatch(row)
        if entry is None or entry[1] != _SECTIONS.get(section) or entry[1] in entries:
            remedy = "write one line each of r, p, e and m under its heading"
            raise PolicyError(path, line, f'"{row}" is out of place', remedy)
        entries[entry[1]] = (line, entry[2])
    missing = [name for name, key in _SECTIONS.items() if key not in entries]
    if missing:
        raise PolicyError(path, 1, f"[{missing[0]}] is missing", "write the four sections of a model")
    return entries


def _starred(path: str, line: int, matcher: str, columns: tuple[str, ...]) -> frozenset[str]:
    """Each column once, in order, as `r.x == p.x` or `(p.x == "*" || r.x == p.x)`, joined by `&&`."""
    terms = matcher.split(" && ")
    for column, term in zip(columns, terms, strict=False):
        equal = f"r.{column} == p.{column}"
        either = f'(p.{column} == "*" || {equal})'
        if term not in {equal, either}:
            raise PolicyError(path, line, f'"{term}" is no comparison of {column}', f"write {equal}, or {either}")
    if len(terms) != len(columns):
        raise PolicyError(path, line, f"{len(terms)} comparisons, {len(columns)} are due", "compare each column once")
    return frozenset(column for column, term in zip(columns, terms, strict=True) if term.startswith("("))
