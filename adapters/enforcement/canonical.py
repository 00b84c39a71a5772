"""What a decision releases, read strictly: anything unexpected is an error, and never "all".

Row filter: `kind` is `all`, `none` or `conditional`; a comparison is of one field with constants. Fields: those named,
or every one where a catalogue entry lists none. Masks: what remains of a field's values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeGuard

from adapters.enforcement.refused import RefusedError, Why

if TYPE_CHECKING:
    from collections.abc import Mapping

Constant = str | int | bool
Kind = Literal["all", "none", "conditional"]

EQUALITY: Final = frozenset({"eq", "ne"})
ORDER: Final = frozenset({"lt", "lte", "gt", "gte"})
LISTING: Final = frozenset({"in", "nin"})
START: Final = "startswith"
DEEPEST: Final = 32  # levels of a filter
LARGEST: Final = 2**53 - 1
METHODS: Final[Mapping[str, frozenset[str]]] = {
    "null": frozenset(),
    "redact": frozenset(),
    "partial": frozenset({"keep_prefix", "keep_suffix"}),
    "hash": frozenset(),
    "generalise": frozenset({"table"}),
}  # method -> its own members


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field compared with constants of one type."""

    field: str
    operator: str
    value: Constant | tuple[Constant, ...]

    @property
    def constants(self) -> tuple[Constant, ...]:
        """Return the constants, one or more, all of one type."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


@dataclass(frozen=True, slots=True)
class Compound:
    """Filters joined by `and` or `or`, or one under `not`."""

    operator: Literal["and", "or", "not"]
    parts: tuple[Node, ...]


Node = Comparison | Compound


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows are released; `condition` stands where the kind is `conditional`, and nowhere else."""

    kind: Kind
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class Mask:
    """What remains of a field's values."""

    method: str
    keep_prefix: int = 0
    keep_suffix: int = 0
    table: str = ""


@dataclass(frozen=True, slots=True)
class Released:
    """What a decision releases: rows, fields (None: every field), and the masks of fields."""

    rows: RowFilter
    fields: tuple[str, ...] | None
    masks: Mapping[str, Mask]


def released(said: Mapping[str, Any]) -> Released:
    """Return what `row_filter`, `fields`, `masks` and `default_field` say.

    Raises:
        RefusedError: they say something that is not known here.
    """
    if said.get("default_field") != "deny":
        raise RefusedError(Why.FORM, "default_field is not deny")
    if "fields" not in said:
        raise RefusedError(Why.FORM, "fields are not named")
    return Released(row_filter(said.get("row_filter")), _fields(said["fields"]), _masks(said.get("masks")))


def row_filter(said: object) -> RowFilter:
    """Return the row filter; raise RefusedError for what is none."""
    match said:
        case {"kind": "all", **rest} if not rest:
            return RowFilter("all")
        case {"kind": "none", **rest} if not rest:
            return RowFilter("none")
        case {"kind": "conditional", "ast": node, **rest} if not rest:
            return RowFilter("conditional", _node(node, 1))
    raise RefusedError(Why.FORM, "the row filter is of no kind that is known")


def _node(said: object, depth: int) -> Node:
    if depth > DEEPEST:
        raise RefusedError(Why.FORM, "the row filter is too deep")
    match said:
        case {"type": "compound", "operator": "and" | "or" as operator, "value": [_, *_] as parts, **rest} if not rest:
            return Compound(operator, tuple(_node(part, depth + 1) for part in parts))
        case {"type": "compound", "operator": "not", "value": [part], **rest} if not rest:
            return Compound("not", (_node(part, depth + 1),))
        case {"type": "field", "field": str(field), "operator": str(operator), "value": value, **rest} if not rest:
            return _comparison(field, operator, value)
    raise RefusedError(Why.FORM, "the row filter has a part that is not known")


def _comparison(field: str, operator: str, value: object) -> Comparison:
    if operator in LISTING and isinstance(value, list) and value:
        constants = tuple(value)
    elif operator in EQUALITY | ORDER | {START} and not isinstance(value, list):
        constants = (value,)
    else:
        raise RefusedError(Why.FORM, "the row filter compares in a way that is not known")
    kinds = {type(constant) for constant in constants}
    if len(kinds) != 1 or not kinds <= {str, int, bool}:
        raise RefusedError(
            Why.FORM, "the row filter compares with something else than texts, whole numbers or truth values"
        )
    [kind] = kinds
    if (kind is bool and operator in ORDER) or (kind is not str and operator == START):
        raise RefusedError(Why.FORM, "the row filter orders what has no order")
    if kind is int and any(abs(constant) > LARGEST for constant in constants):
        raise RefusedError(Why.FORM, "the row filter compares with a number that is too large")
    return Comparison(field, operator, constants if operator in LISTING else constants[0])


def _fields(said: object) -> tuple[str, ...] | None:
    if said is None:
        return None
    if isinstance(said, list) and all(isinstance(name, str) and name for name in said):
        return tuple(said)
    raise RefusedError(Why.FORM, "fields are no list of names")


def _masks(said: object) -> dict[str, Mask]:
    if not isinstance(said, list):
        raise RefusedError(Why.FORM, "masks are no list")
    masks: dict[str, Mask] = {}
    for one in said:
        field, mask = _mask(one)
        if field in masks:
            raise RefusedError(Why.FORM, "a field is masked twice")
        masks[field] = mask
    return masks


def _mask(said: object) -> tuple[str, Mask]:
    match said:
        case {"field": str(field), "method": str(method), **own} if field and own.keys() == METHODS.get(method):
            prefix, suffix, table = own.get("keep_prefix", 0), own.get("keep_suffix", 0), own.get("table", "")
            if _length(prefix) and _length(suffix) and isinstance(table, str):
                return field, Mask(method, prefix, suffix, table)
    raise RefusedError(Why.FORM, "a mask is not known")


def _length(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
