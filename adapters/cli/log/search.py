"""`pdp log search`: find entries by who, what, ground, outcome and time, newest first, and how many there are."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.cli.log.columns import columns_of, instant, local
from adapters.exports.articles import article_id
from adapters.exports.database import Database
from adapters.exports.search import Criteria, search
from adapters.settings import Settings
from pdp.law import cite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.exports.search import Found

OUTCOMES: Final = {
    "PERMIT": ("予以提供", "green"),
    "PARTIAL": ("部分提供", "yellow"),
    "DENY": ("不予提供", "red"),
    "REFER": ("转办", "cyan"),
    "INDETERMINATE": ("无法判定", "magenta"),
}
_KINDS: Final = {"error": "未作决定", "rejection": "拒收"}
_LIMITS: Final = frozenset({"forbid", "refer", "doubt"})
_SHOWN: Final = 4  # rules, and articles, of an entry; --json has all

_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹", file_okay=False)]


def command(  # noqa: PLR0913, PLR0917  # each criterion is an option
    body: Annotated[str | None, typer.Option(help="机构编号")] = None,
    dataset: Annotated[str | None, typer.Option(help="数据集编号")] = None,
    outcome: Annotated[str | None, typer.Option(help="结论:PERMIT、PARTIAL、DENY、REFER、INDETERMINATE")] = None,
    rule: Annotated[str | None, typer.Option(help="规则编号,例如 share_deemed")] = None,
    article: Annotated[str | None, typer.Option(help="条款:第二十一条第四款、21.4 或者 art_21__para_4")] = None,
    kind: Annotated[str | None, typer.Option(help="种类:decision、error、rejection、log.opened 等")] = None,
    person: Annotated[str | None, typer.Option(help="自然人的摘要(p1.…):请求人、经办人或者受托人")] = None,
    application: Annotated[str | None, typer.Option(help="所依据的申请")] = None,
    scenario: Annotated[str | None, typer.Option(help="应用场景")] = None,
    action: Annotated[str | None, typer.Option(help="操作,例如 read")] = None,
    gateway: Annotated[str | None, typer.Option(help="网关")] = None,
    request_id: Annotated[str | None, typer.Option("--request-id", help="网关给出的请求编号")] = None,
    since: Annotated[str | None, typer.Option(help="自何时起(北京时间),例如 2026-03-24")] = None,
    until: Annotated[str | None, typer.Option(help="至何时止(北京时间);只写日期的,含当日")] = None,
    limit: Annotated[int, typer.Option(min=0, max=10_000, help="最多显示多少条")] = 20,
    data: _Data = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="每行一条 JSON")] = False,
) -> None:
    """检索决策日志中已签名的记录,最近的在前。退出码:0 有,1 没有,2 请求有误。"""  # noqa: D415  # as Chinese ends
    criteria = Criteria(
        body=body, dataset=dataset, outcome=outcome.upper() if outcome else None, rule=rule,
        article=article_id(article) if article else None, kind=kind, person=person, application=application,
        scenario=scenario, action=action, gateway=gateway, request_id=request_id,
        since=instant("--since", since), until=instant("--until", until, end=True),
    )  # fmt: skip
    with columns_of(data or Settings().data) as columns, Database(columns) as database:
        found = search(database, criteria, limit)
    if as_json:
        for entry in found.entries:
            typer.echo(json.dumps(plain(entry), ensure_ascii=False))
        typer.echo(_summed_up(found), err=True)
    else:
        _show(Console(highlight=False), found)
    raise typer.Exit(0 if found.count else 1)


def plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's columns that are not empty as plain JSON, instants in local time with their offset."""
    return {
        name: f"{local(value).replace(' ', 'T')}.{value.microsecond:06d}+08:00"
        if isinstance(value, datetime)
        else value
        for name, value in entry.items()
        if value is not None
    }


def _show(console: Console, found: Found) -> None:
    """Print the entries, three lines each, which fit any width; then how many there are."""
    if found.entries:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("时间", no_wrap=True)
        table.add_column("结论", no_wrap=True)
        table.add_column("谁、什么 / 依据 / 记录", overflow="fold")
        for entry in found.entries:
            outcome, colour = OUTCOMES.get(entry["outcome"], (_KINDS.get(entry["kind"], entry["kind"]), ""))
            table.add_row(local(entry["at"]), Text(outcome, style=colour), _told(entry))
        console.print(table)
    console.print(_summed_up(found))


def _summed_up(found: Found) -> str:
    return f"符合的共 {found.count:,} 条,显示最近的 {len(found.entries):,} 条。"


def _told(entry: Mapping[str, Any]) -> Text:
    """Return who asked for what, on which grounds it was decided, and the record's id."""
    who = entry["body"] or entry["person"] or entry["staff"] or entry["gateway"] or entry["log"]
    if entry["kind"] == "rejection" and entry["gateway"] not in (None, who):
        who = f"{entry['gateway']}(代表 {who})"
    what = " · ".join(filter(None, (who, entry["dataset"], entry["action"])))
    grounds = _grounds(entry)
    articles = list(dict.fromkeys(article for found in grounds for article in found["articles"]))
    rules = [entry["error_code"]] if entry["error_code"] else [found["rule"] for found in grounds]
    cited = f"({_few(list(map(_cited, articles)))})" if articles else ""
    lines = [line for line in (what, _few(rules) + cited) if line]
    return Text.assemble("\n".join(lines), ("\n" + entry["id"], "dim"))


def _grounds(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the findings that decided: what stands in the way, before what permits."""
    found = [*(entry["withheld"] or ()), *(entry["findings"] or ())]
    limits = [one for one in found if one["effect"] in _LIMITS]
    released = entry["outcome"] in {"PERMIT", "PARTIAL"}
    return [*limits, *(one for one in found if released and one["effect"] == "permit")]


def _few(words: list[str]) -> str:
    return "、".join(words[:_SHOWN]) + (" …" if len(words) > _SHOWN else "")


def _cited(article: str) -> str:
    try:
        return cite(article)
    except ValueError:
        return article
