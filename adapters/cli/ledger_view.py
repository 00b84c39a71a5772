"""How `pdp ledger show` finds an entity, and shows where it stands and what was said of it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from adapters.cli.ledger_words import ATTRIBUTES, ENTITIES, VALUES
from adapters.gateways.act_words import ACT_WORDS
from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

    from pdp.ledger.statement import Statement
    from pdp.ports import StatementSource

_MARKS = {"said", "seqs"}  # shown as history, not as attributes


def find(source: StatementSource, entity: str) -> str:
    """Return the ref of `entity`: a ref such as dataset/R, or an id that one kind of entity has.

    Raises:
        RequestError: nobody said anything about it, or several kinds of entity have that id.
    """
    if "/" in entity:
        found = [entity] if source.about(entity) else []
    else:
        found = [f"{kind}/{entity}" for kind in ENTITIES if source.about(f"{kind}/{entity}")]
    if not found:
        raise RequestError(entity, "账本中没有关于它的记载")
    if len(found) > 1:
        raise RequestError(entity, f"有多种:{'、'.join(found)};请写明其中一种")
    return found[0]


def show(console: Console, ref: str, standing: Sequence[object], history: Sequence[Statement], now: datetime) -> None:
    """Print where the entity stands at `now`, and everything said of it, for people."""
    kind, _, name = ref.partition("/")
    console.print(Text(f"{ENTITIES.get(kind, kind)} {name}", style="bold"), Text(f"(截至 {now:%Y-%m-%d %H:%M})"))
    for state in standing:
        table = Table(show_header=False, box=None, padding=(0, 2))
        for label, words, seqs in _lines(state):
            table.add_row(label, words, Text(seqs, style="dim"))
        console.print(table)
    console.print(Text("记载", style="bold"))
    table = Table("序号", "生效", "陈述人", "事项", "内容", box=None, padding=(0, 2))
    for statement in history:
        later = statement.at > now
        table.add_row(
            str(statement.seq),
            f"{statement.at:%Y-%m-%d %H:%M}{'(尚未生效)' if later else ''}",
            statement.by,
            ACT_WORDS[statement.kind],
            _body(statement.body),
            style="dim" if later else "",
        )
    console.print(table)


def _lines(state: object) -> Iterator[tuple[str, str, str]]:
    """Yield label, words and seqs of every attribute of a state that says something."""
    said: Mapping[str, tuple[int, ...]] = getattr(state, "said", {})
    if not is_dataclass(state):
        return
    for field in fields(state):
        value = getattr(state, field.name)
        if field.name in _MARKS or field.name == "id" or value in (None, "", (), frozenset(), {}):
            continue
        seqs = said.get(field.name) or said.get({"state": "authority", "scenarios": "scenario"}.get(field.name, ""), ())
        yield ATTRIBUTES.get(field.name, field.name), words(value), "、".join(f"#{seq}" for seq in seqs)


def words(value: object) -> str:
    """Return one value in Chinese words."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if is_dataclass(value) and not isinstance(value, type):
        members = {field.name: getattr(value, field.name) for field in fields(value) if field.name != "id"}
        stated = {name: member for name, member in members.items() if member not in (None, "", frozenset())}
        return "、".join(f"{ATTRIBUTES.get(name, name)}:{words(member)}" for name, member in stated.items())
    if isinstance(value, frozenset | list | tuple):
        return "、".join(map(words, sorted(value) if isinstance(value, frozenset) else value))
    if isinstance(value, dict):
        return ";".join(f"{key}({words(member)})" for key, member in value.items())
    return VALUES.get(str(value), str(value))


def _body(body: Mapping[str, object]) -> str:
    shown = {key: value for key, value in body.items() if key not in {"id", "assumed"}}
    return ";".join(f"{ATTRIBUTES.get(key, key)}:{words(value)}" for key, value in shown.items())
