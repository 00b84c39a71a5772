"""脱敏: a field agreed to with part of its values only. Sources: art_19__para_3, art_24__para_1, art_26__para_3.

A mask says what remains of a value: nothing (`null`, `redact`), its ends (`partial`), a keyed digest (`hash`), or the
coarser value that a named table gives (`generalise`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

METHODS: Final = ("null", "redact", "partial", "hash", "generalise")
LONGEST: Final = 64  # characters that may remain at either end
_OWN: Final = {
    "partial": frozenset({"keep_prefix", "keep_suffix"}),
    "generalise": frozenset({"table"}),
}  # members that a method has besides `field` and `method`
_TABLE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Mask:
    """What remains of a field's values."""

    method: str  # one of METHODS
    keep_prefix: int = 0  # characters; of `partial`
    keep_suffix: int = 0
    table: str = ""  # of `generalise`: a name in duties.yaml

    def plain(self, field: str) -> dict[str, object]:
        """Return the mask of `field` in its canonical form, as gateways and data APIs are told of it."""
        said: dict[str, object] = {"field": field, "method": self.method}
        if self.method == "partial":
            said |= {"keep_prefix": self.keep_prefix, "keep_suffix": self.keep_suffix}
        return {**said, "table": self.table} if self.method == "generalise" else said


NOTHING: Final = Mask("null")
WORDS: Final = {
    "null": "不提供值", "redact": "以星号代替", "partial": "只留首尾", "hash": "以密钥摘要代替", "generalise": "概化",
}  # fmt: skip


def stated(value: object) -> dict[str, Mask]:
    """Return the masks that a scope states, by field; `value` has passed `fault`."""
    masks: dict[str, Mask] = {}
    for said in value if isinstance(value, list) else ():
        field = str(said["field"])
        prefix, suffix = (int(said.get(name, 0)) for name in ("keep_prefix", "keep_suffix"))
        masks[field] = both(masks.get(field), Mask(str(said["method"]), prefix, suffix, str(said.get("table", ""))))
    return masks


def united(one: Mapping[str, Mask], other: Mapping[str, Mask]) -> Mapping[str, Mask]:
    """Return the masks that hold where both `one` and `other` limit."""
    if not one or not other:
        return one or other
    return {**one, **{field: both(one.get(field), mask) for field, mask in other.items()}}


def both(one: Mask | None, other: Mask) -> Mask:
    """Return what reveals no more than either; where neither covers the other, nothing remains."""
    if one is None or one == other:
        return other
    if one.method == other.method == "partial":
        ends = min(one.keep_prefix, other.keep_prefix), min(one.keep_suffix, other.keep_suffix)
        return Mask("partial", *ends)
    if NOTHING in {one, other}:
        return NOTHING
    return Mask("redact") if "redact" in {one.method, other.method} else NOTHING


def fault(value: object) -> str | None:
    """Return what is wrong with the member `masks` of a scope, or None."""
    if not isinstance(value, list) or not value or not all(isinstance(said, dict) for said in value):
        return '"masks" of the scope is not a list of masks, each with field and method'
    fields = [said.get("field") for said in value]
    if len(set(map(str, fields))) != len(fields):
        return '"masks" of the scope names a field twice'
    return next((wrong for said in value if (wrong := _fault(said))), None)


def _fault(said: Mapping[str, object]) -> str | None:
    """Return what is wrong with one mask, or None."""
    field, method = said.get("field"), said.get("method")
    if not isinstance(field, str) or not field:
        return '"masks" of the scope has a mask without its field'
    if not isinstance(method, str) or method not in METHODS:
        return f'"masks" of the scope: the method for "{field}" is none of {", ".join(METHODS)}'
    own = _OWN.get(method, frozenset())
    stray = sorted(said.keys() - own - {"field", "method"})
    if stray:
        return f'"masks" of the scope: "{stray[0]}" is no member of {method}'
    if any(not _is_length(said.get(name, 0)) for name in own - {"table"}):
        return f'"masks" of the scope: what "{field}" keeps is a whole number from 0 to {LONGEST}'
    table = said.get("table")
    if method == "generalise" and not (isinstance(table, str) and _TABLE.fullmatch(table)):
        return f'"masks" of the scope: the table for "{field}" is not the name of one'
    return None


def _is_length(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LONGEST
