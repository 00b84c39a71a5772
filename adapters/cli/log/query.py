"""`pdp log query`: the questions that regulators ask, answered from the log, the ledger and the policies in force."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.cli.log.columns import columns_of, instant
from adapters.exports.database import Database
from adapters.exports.questions import BEGINNING, END, ask, queries
from adapters.settings import Settings, shipped_policies
from pdp.errors import RequestError
from pdp.law import cite

if TYPE_CHECKING:
    from adapters.exports.database import Rows
    from adapters.exports.questions import Query
    from pdp.rulebook.policy_set import PolicySet

_SHOWN = 200  # rows of a table; --json has all

_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹", file_okay=False)]
_Policies = Annotated[
    Path | None, typer.Option("--policies", help="含 policies/ 与 rego/ 的文件夹;默认为随附的规则", file_okay=False)
]


def command(  # noqa: PLR0913, PLR0917  # a question, its parameters and period, and where from
    name: Annotated[str | None, typer.Argument(help="问题的名称;不写则列出全部")] = None,
    parameters: Annotated[list[str] | None, typer.Argument(help="参数,依次写出或者 名称=值")] = None,
    since: Annotated[str | None, typer.Option(help="自何时起(北京时间),例如 2026-03-24")] = None,
    until: Annotated[str | None, typer.Option(help="至何时止(北京时间);只写日期的,含当日")] = None,
    data: _Data = None,
    policies: _Policies = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="每行一条 JSON")] = False,
) -> None:
    """回答监管中常见的问题;每一问题是一个 SQL 文件。退出码:0 有,1 没有,2 请求有误。"""  # noqa: D415
    console = Console(highlight=False)
    if name is None:
        _list(console, as_json=as_json)
        return
    query = queries().get(name)
    if query is None:
        raise RequestError(name, "没有这一问题;pdp log query 列出全部")
    values = query.values(parameters or ())
    start, end = instant("--since", since) or BEGINNING, instant("--until", until, end=True) or END
    rows = _answered(query, values, (start, end), data or Settings().data, policies or shipped_policies())
    if as_json:
        for row in rows.members():
            typer.echo(json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False))
    else:
        _show(console, query, rows)
    raise typer.Exit(0 if rows.rows else 1)


def _answered(
    query: Query, values: dict[str, str | float], period: tuple[datetime, datetime], data: Path, root: Path
) -> Rows:
    with ExitStack() as stack:
        columns = stack.enter_context(columns_of(data))
        database = stack.enter_context(Database(columns))
        statements = _ledger(stack, data, root).statements() if "ledger" in query.needs else ()
        given = _policies(root) if "policies" in query.needs else None
        return ask(database, query, values, since=period[0], until=period[1], statements=statements, policies=given)


def _ledger(stack: ExitStack, data: Path, root: Path) -> Any:  # noqa: ANN401  # imported below only where needed
    from adapters.assemble import open_ledger  # noqa: PLC0415  # loads engines

    if not (data / "ledger.sqlite").exists():
        raise RequestError(str(data), "没有账本 ledger.sqlite,而这一问题须与账本对照")
    return stack.enter_context(open_ledger(data, root))


def _policies(root: Path) -> tuple[PolicySet, str]:
    """Return the policies under `root` and the digest by which decisions name their revision."""
    from adapters.assemble import compiled  # noqa: PLC0415  # loads engines
    from pdp.log.revision import digests, revision_set  # noqa: PLC0415

    policies, rulebook = compiled(root)
    return policies, revision_set(digests(rulebook.revision))


def _list(console: Console, *, as_json: bool) -> None:
    if as_json:
        for query in queries().values():
            typer.echo(
                json.dumps(
                    {"name": query.name, "purpose": query.purpose, "parameters": query.signature}, ensure_ascii=False
                )
            )
        return
    table = Table("名称", "参数", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("用途", overflow="fold")
    for query in queries().values():
        table.add_row(query.name, Text(query.signature), query.purpose)
    console.print(table)


def _show(console: Console, query: Query, rows: Rows) -> None:
    console.print(f"{query.purpose}({'、'.join(map(cite, query.articles))})", style="bold")
    if rows.rows:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in rows.names:
            table.add_column(query.titles[name], overflow="fold")
        for row in rows.rows[:_SHOWN]:
            table.add_row(*[Text(_shown(value)) for value in row])
        console.print(table)
    more = f",显示 {_SHOWN} 行,--json 输出全部" if len(rows.rows) > _SHOWN else ""
    console.print(f"共 {len(rows.rows):,} 行{more}。")
    for note in query.notes:
        console.print(note, style="dim")


def _shown(value: object) -> str:
    """Return a value as a cell of a table; instants are in local time already."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case list():
            return "、".join(map(_article, map(str, value)))
        case str():
            return _article(value)
        case _:
            return str(value)


def _article(word: str) -> str:
    try:
        return cite(word)
    except ValueError:
        return word


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds") + "+08:00"
    return value.isoformat() if isinstance(value, date) else value
