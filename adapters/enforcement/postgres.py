"""PostgreSQL that carries decisions out itself: row-level security, and a view with fields clear, masked or null.

`setup_sql` makes the policy and the view of one table; `settings_of` says a decision in the words that these read, for
one transaction. Readers are granted the view alone. Where nothing is set there are no rows; a filter that the policy
cannot express is refused, never widened.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.enforcement.canonical import Comparison, Compound
from adapters.enforcement.refused import RefusedError, Why

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.enforcement.canonical import Constant, Mask, Node
    from adapters.enforcement.token import Decided

SETTING: Final = "pdp.decision"
SET: Final = f"SELECT set_config('{SETTING}', %s, true)"  # with the text of `settings_of`, within the transaction
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,47}")  # what needs no quoting, with room for a suffix
_KINDS: Final[Mapping[str, type]] = {"text": str, "bigint": int, "boolean": bool}


@dataclass(frozen=True, slots=True)
class ReleasedTable:
    """A table, which of its columns are released under which field, and by which of them rows can be chosen."""

    name: str
    fields: Mapping[str, str]  # field of the catalogue -> column
    texts: frozenset[str]  # fields whose columns hold texts; of others a mask leaves null
    filterable: Mapping[str, str]  # field -> text, bigint or boolean: the column's type

    def __post_init__(self) -> None:
        """Raise ValueError for names that would have to be quoted, or a filter on what is no field."""
        names = [self.name, *self.fields.values()]
        if not all(map(_NAME.fullmatch, names)) or len(set(names[1:])) != len(names[1:]):
            message = "table and columns: each needs a name of its own, of small letters, digits and _"
            raise ValueError(message)
        if (
            not self.filterable.keys() | self.texts <= self.fields.keys()
            or not set(self.filterable.values()) <= _KINDS.keys()
        ):
            message = "texts and filterable: name fields of the table, these each with text, bigint or boolean"
            raise ValueError(message)


def setup_sql(table: ReleasedTable, owner: str, reader: str) -> str:
    """Return the statements that protect `table`; the two roles are there already and cannot log in as each other.

    Args:
        table: its own owner is neither of the roles.
        owner: of the view; rows reach it by the policy only.
        reader: as whom the data API reads.
    """
    if not _NAME.fullmatch(owner) or not _NAME.fullmatch(reader) or owner == reader:
        message = "owner and reader: are two roles, each named with small letters, digits and _"
        raise ValueError(message)
    name = table.name
    chosen = "\n      AND ".join(
        [f"(decision_in() - {_array(_columns(table))} = '{{}}'::jsonb)", *map(_choice, _columns(table))]
    )
    shown = ",\n  ".join(_shown(column, text=field in table.texts) for field, column in table.fields.items())
    return f"""
CREATE OR REPLACE FUNCTION decision() RETURNS jsonb LANGUAGE sql STABLE
  AS $$ SELECT nullif(current_setting('{SETTING}', true), '')::jsonb $$;
CREATE OR REPLACE FUNCTION decision_in() RETURNS jsonb LANGUAGE sql STABLE
  AS $$ SELECT CASE jsonb_typeof(decision() -> 'in') WHEN 'object' THEN decision() -> 'in' END $$;
CREATE OR REPLACE FUNCTION decision_ends(value text, ends jsonb) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT CASE WHEN value IS NULL THEN NULL
                    WHEN length(value) <= (ends ->> 0)::int + (ends ->> 1)::int THEN '***'
                    ELSE left(value, (ends ->> 0)::int) || '****' || right(value, (ends ->> 1)::int) END $$;
ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON {name} TO {owner};
DROP POLICY IF EXISTS by_decision ON {name};
CREATE POLICY by_decision ON {name} FOR SELECT TO {owner} USING (
  CASE WHEN decision() ->> 'table' IS DISTINCT FROM '{name}' THEN false
    ELSE CASE decision() ->> 'kind' WHEN 'all' THEN true
      WHEN 'conditional' THEN coalesce({chosen}, false) ELSE false END END);
DROP VIEW IF EXISTS {name}_released;
CREATE VIEW {name}_released WITH (security_barrier = true) AS SELECT
  {shown}
  FROM {name};
ALTER VIEW {name}_released OWNER TO {owner};
GRANT SELECT ON {name}_released TO {reader};
"""  # noqa: S608 -- names were checked: nothing in them needs quoting


def settings_of(decided: Decided, table: ReleasedTable) -> str:
    """Return what `SET` puts in force for one transaction: the verified decision, as the policy and the view read it.

    Raises:
        RefusedError: the decision chooses rows in a way that the policy cannot express.
    """
    released = decided.released
    fields = table.fields if released.fields is None else [name for name in released.fields if name in table.fields]
    said: dict[str, object] = {"table": table.name, "kind": released.rows.kind, "id": decided.id}
    if released.rows.condition is not None:
        said["in"] = _chosen(released.rows.condition, table)
    columns = {name: table.fields[name] for name in fields}
    said["clear"] = [column for name, column in columns.items() if name not in released.masks]
    masks = {column: released.masks[name] for name, column in columns.items() if name in released.masks}
    said["partial"] = {
        column: [mask.keep_prefix, mask.keep_suffix] for column, mask in masks.items() if mask.method == "partial"
    }
    said["redact"] = [column for column, mask in masks.items() if _redacted(mask)]
    return json.dumps(said, ensure_ascii=True)


def _redacted(mask: Mask) -> bool:
    """Return whether a text is shown as three stars: what a view cannot express is redacted."""
    return mask.method in {"redact", "hash", "generalise"}


def _chosen(node: Node, table: ReleasedTable) -> dict[str, list[Constant]]:
    """Return for each column the values that rows may have; raise RefusedError for any other filter."""
    if isinstance(node, Compound) and node.operator == "and":
        chosen: dict[str, list[Constant]] = {}
        for part in node.parts:
            for column, values in _chosen(part, table).items():
                both = chosen.get(column)
                chosen[column] = values if both is None else [value for value in both if value in values]
        return chosen
    if isinstance(node, Comparison) and node.operator in {"eq", "in"} and node.field in table.filterable:
        if not all(type(value) is _KINDS[table.filterable[node.field]] for value in node.constants):
            raise RefusedError(Why.EXPRESSION, "the row filter compares a column with something of another type")
        return {table.fields[node.field]: list(node.constants)}
    raise RefusedError(Why.EXPRESSION, "the policy of this table cannot express the row filter")


def _columns(table: ReleasedTable) -> list[tuple[str, str]]:
    return [(table.fields[field], kind) for field, kind in table.filterable.items()]


def _array(columns: list[tuple[str, str]]) -> str:
    """Return the SQL array of the columns by which rows can be chosen: any other one chooses none."""
    return "ARRAY[" + ", ".join(f"'{name}'" for name, _ in columns) + "]::text[]"


def _choice(column: tuple[str, str]) -> str:
    name, kind = column
    collated = f'{name} COLLATE "C"' if kind == "text" else name
    said = f"decision_in() -> '{name}'"
    listed = f"jsonb_array_elements_text(CASE jsonb_typeof({said}) WHEN 'array' THEN {said} END)"
    return f"(NOT decision_in() ? '{name}' OR {collated} IN (SELECT value::{kind} FROM {listed}))"  # noqa: S608 -- as above


def _shown(column: str, *, text: bool) -> str:
    """Return a column of the view: clear, or what its mask leaves of a text, or null."""
    clear = f"CASE WHEN decision() -> 'clear' ? '{column}' THEN {column}"
    if not text:
        return f"{clear} END AS {column}"
    ends = f"decision_ends({column}, decision() -> 'partial' -> '{column}')"
    return (
        f"{clear}\n       WHEN decision() -> 'partial' ? '{column}' THEN {ends}\n"
        f"       WHEN decision() -> 'redact' ? '{column}' AND {column} IS NOT NULL THEN '***' END AS {column}"
    )
