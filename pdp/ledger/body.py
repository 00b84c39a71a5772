"""Statements as they are written: the body is checked against its kind, and the refs it is about are computed."""

from __future__ import annotations

import difflib
import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from pdp.errors import TransitionError
from pdp.ledger import scope
from pdp.ledger.kinds import KINDS, Kind
from pdp.ledger.statement import Statement
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_REF = re.compile(r"\{(\w+)\}")
_TEXT = 10_000  # characters; what is longer is a document, and a statement names its digest


def statement(kind: str, members: Mapping[str, object], at: datetime, by: str, evidence: str = "") -> Statement:
    """Return a statement ready to be recorded: its body checked, `at` in Asia/Shanghai, its refs computed.

    Args:
        kind: a name of `pdp.ledger.kinds.KINDS`.
        members: plain JSON values, exactly those the kind has; optional ones may be absent.
        at: when it takes effect, aware.
        by: id of the body, unit or person that says it, or `registrar`.
        evidence: digest of the document it rests on.

    Raises:
        TransitionError: unknown kind or member, a required one missing, a value of the wrong type.
    """
    known = KINDS.get(kind)
    if known is None:
        act = f'"{kind}"'
        raise TransitionError(act, "is no kind of statement", nearest(kind, KINDS))
    if at.tzinfo is None:
        raise TransitionError(kind, "takes effect at an instant without offset", "add the offset, for example +08:00")
    if not ID.fullmatch(by):
        raise TransitionError(kind, f'is said by "{by}", which is no id', _ID_REMEDY)
    _check(known, members)
    body = dict(members)
    return Statement(kind, at.astimezone(SHANGHAI), by, body, refs(known, body), evidence)


def refs(kind: Kind, body: Mapping[str, object]) -> tuple[str, ...]:
    """Return the refs that a statement of `kind` with `body` is about, single, in the kind's order."""
    return tuple(dict.fromkeys([ref for template in kind.refs for ref in _filled(template, body)]))


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a remedy that names the choice nearest to `word`, or all of a few."""
    near = difflib.get_close_matches(word, known := list(choices), n=1)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"use one of: {', '.join(known)}" if len(known) <= len(_PLAIN) * 4 else "see pdp/ledger/kinds.py"


@cache
def _pieces(template: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return `template` cut at its members: how it starts, then each member and the text that follows."""
    start, *rest = _REF.split(template)
    return start, tuple(zip(rest[::2], rest[1::2], strict=True))


def _filled(template: str, body: Mapping[str, object]) -> Iterable[str]:
    """Return `template` with the body's members; one ref for each element of a list, none where one is absent."""
    start, members = _pieces(template)
    filled = [start]
    for name, text in members:
        value = body.get(name)
        values = value if isinstance(value, list) else [] if value is None else [value]
        filled = [f"{ref}{element}{text}" for ref in filled for element in values]
    return filled


def _check(kind: Kind, members: Mapping[str, object]) -> None:
    for name in members:
        if name not in kind.members:
            raise TransitionError(kind.name, f'has no member "{name}"', nearest(name, kind.members))
    for name, fits, optional in _fitting(kind.name):
        if name in members:
            if not fits(members[name]):
                raise _misfit(kind, name, members[name])
        elif not optional:
            raise TransitionError(kind.name, f'lacks the member "{name}"', f'add "{name}"')


@cache
def _fitting(kind: str) -> tuple[tuple[str, Callable[[object], bool], bool], ...]:
    """Return each member of `kind`: its name, whether a value fits it, whether it may be absent."""
    members = KINDS[kind].members.items()
    return tuple((name, _fits(name, wanted.removesuffix("?")), wanted.endswith("?")) for name, wanted in members)


def _fits(name: str, wanted: str) -> Callable[[object], bool]:
    if "|" in wanted:
        return wanted.split("|").__contains__
    if wanted == "map":
        return lambda value: isinstance(value, dict) and _map_fault(name, value) is None
    return _TYPES[wanted][0]


def _misfit(kind: Kind, name: str, value: object) -> TransitionError:
    """Return what is wrong with a value that does not fit the member `name`."""
    place, wanted = f'{kind.name} with the member "{name}"', kind.members[name].removesuffix("?")
    if "|" in wanted:
        hint = ' (in YAML, put "yes" and "no" in quotes)' if isinstance(value, bool) else ""
        return TransitionError(place, f"does not say one of its words{hint}", nearest(str(value), wanted.split("|")))
    holds, remedy = _TYPES[wanted]
    if not holds(value):
        return TransitionError(place, f"does not say what it should there: {wanted}", remedy)
    return TransitionError(place, f"cannot be used: {_map_fault(name, value)}", "see pdp/ledger/kinds.py")


def _is_id(value: object) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= _TEXT and value.isprintable()


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _all(holds: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and len(set(map(str, value))) == len(value) and all(map(holds, value))


_ID_REMEDY = "an id has 1 to 128 of A-Z a-z 0-9 . _ : -"
_TYPES: dict[str, tuple[Callable[[object], bool], str]] = {
    "id": (_is_id, _ID_REMEDY),
    "text": (_is_text, "write a text on one line, not empty"),
    "day": (_is_day, 'write a day such as "2026-02-12", in quotes'),
    "instant": (
        lambda value: isinstance(value, str) and scope.is_moment(value),
        'write a day, or an instant with its offset such as "2026-02-12T09:00:00+08:00"',
    ),
    "bool": (lambda value: isinstance(value, bool), "write true or false"),
    "count": (_is_count, "write a whole number from 1"),
    "ids": (_all(_is_id), f"write a list of ids, each once; {_ID_REMEDY}"),
    "texts": (_all(_is_text), "write a list of texts, each once"),
    "map": (lambda value: isinstance(value, dict), "write a mapping"),
}

_PLAIN = (str, bool, int, type(None))


def _map_fault(name: str, value: object) -> str | None:
    """Return what is wrong with a map: not plain JSON, or not what its reader expects of it."""
    if not _plain(value) or not isinstance(value, dict):
        return "it holds something else than texts, whole numbers, truth values, lists and mappings"
    if name == "scope" and not value.keys() & {"datasets", "providers", "all"}:
        return scope.fault(value)
    if name == "fields":
        return _fields_fault(value)
    if name == "columns" and (not value or not all(_is_text(held) for pair in value.items() for held in pair)):
        return "it does not name for each column the field that it holds"
    return None


def _plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _plain(member) for key, member in value.items())
    if isinstance(value, list):
        return all(map(_plain, value))
    return isinstance(value, _PLAIN)


def _fields_fault(value: Mapping[str, object]) -> str | None:
    words = {"sharing": ("unconditional", "conditional", "not_shareable")}
    words["opening"] = ("unconditional", "conditional", "not_openable")
    for field, classes in value.items():
        if not isinstance(classes, dict) or not classes or not classes.keys() <= words.keys():
            return f'"{field}" is not followed by its sharing or opening class'
        for axis, word in classes.items():
            if word not in words[axis]:
                return f'"{word}" is no {axis} class of "{field}"'
    return None
