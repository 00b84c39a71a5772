"""使用范围: what an application or an approval states of fields, rows, masks, quantity and term, and how it narrows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from pdp.ledger import mask
from pdp.ledger.states import Scope
from pdp.workdays import SHANGHAI, day_after

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING = Scope(fields=frozenset())

MEMBERS = ("fields", "rows", "masks", "quota", "until", "users", "outputs")


def moment(value: str) -> datetime:
    """Return the instant that `value` names, for a day its 00:00 in Asia/Shanghai; raise ValueError otherwise."""
    if len(value) == len("2026-02-12"):
        return datetime.combine(date.fromisoformat(value), time.min, SHANGHAI)
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        message = f"{value!r} has no offset from UTC"
        raise ValueError(message)
    return instant.astimezone(SHANGHAI)


def end(value: str) -> datetime:
    """Return the first instant after a term stated as `value`: a day is part of its term, an instant is its end."""
    return day_after(date.fromisoformat(value)) if len(value) == len("2026-02-12") else moment(value)


def stated(value: object) -> Scope | None:
    """Return the scope that a statement's `scope` member says; None where it says nothing at all."""
    if not isinstance(value, dict) or not value:
        return None
    fields, rows, quota, until = (value.get(name) for name in ("fields", "rows", "quota", "until"))
    return Scope(
        fields=frozenset(map(str, fields)) if isinstance(fields, list) else None,
        rows=rows if isinstance(rows, dict) else None,
        quota=quota if isinstance(quota, int) else None,
        ends=end(until) if isinstance(until, str) else None,
        masks=mask.stated(value.get("masks")),
    )


def named(value: object) -> frozenset[str]:
    """Return the fields that a statement's `scope` member names, masked or not."""
    if not isinstance(value, dict):
        return frozenset()
    fields, masks = value.get("fields"), value.get("masks")
    named = frozenset(map(str, fields)) if isinstance(fields, list) else frozenset[str]()
    return named | mask.stated(masks).keys() if masks else named


def narrowed(scope: Scope, grant: Scope) -> Scope:
    """Return `scope` within the limits of `grant`; rows are the grant's where it states any."""
    return Scope(
        fields=_common(scope.fields, grant.fields),
        rows=scope.rows if grant.rows is None else grant.rows,
        quota=_least(scope.quota, grant.quota),
        ends=_earliest(scope.ends, grant.ends),
        masks=mask.united(scope.masks, grant.masks),
    )


def without(scope: Scope, listed: tuple[str, ...], fields: set[str]) -> Scope:
    """Return `scope` less `fields`; a scope without limit is that of the fields `listed`."""
    held = frozenset(listed) if scope.fields is None else scope.fields
    return replace(scope, fields=held - fields)


def fault(value: Mapping[str, object]) -> str | None:
    """Return what is wrong with a `scope` member, or None."""
    for name, member in value.items():
        if name not in MEMBERS:
            return f'"{name}" is no member of a scope; use {", ".join(MEMBERS)}'
        if not _well_formed(name, member):
            return f'"{name}" of the scope is not {_WANTED.get(name, "a text")}'
    return _mask_fault(value) if "masks" in value else None


def _mask_fault(value: Mapping[str, object]) -> str | None:
    """Return what is wrong with the masks of a scope: their form, or that they are of fields outside it."""
    wrong = mask.fault(value["masks"])
    fields = value.get("fields")
    if wrong or not isinstance(fields, list):
        return wrong
    beyond = sorted(mask.stated(value["masks"]).keys() - set(fields))
    return f'"masks" of the scope: "{beyond[0]}" is not among its fields' if beyond else None


_WANTED = {
    "fields": "a list of field names",
    "rows": "a row filter",
    "quota": "a whole number from 1",
    "until": "a day or an instant with its offset",
}


def _well_formed(name: str, member: object) -> bool:
    if name == "fields":
        return isinstance(member, list) and bool(member) and all(isinstance(field, str) and field for field in member)
    if name == "rows":
        return isinstance(member, dict) and bool(member)
    if name == "quota":
        return isinstance(member, int) and not isinstance(member, bool) and member >= 1
    if name == "masks":
        return True  # looked at as a whole
    if name == "until":
        return isinstance(member, str) and is_moment(member)
    return isinstance(member, str | list)


def is_moment(value: str) -> bool:
    """Return whether `value` is a day or an instant with its offset."""
    try:
        moment(value)
    except ValueError:
        return False
    return True


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _least(one: int | None, other: int | None) -> int | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((end for end in (one, other) if end is not None), default=None)
