"""`pdp reminders`: what falls due on a day and who must act, and what became of the reminders that were sent."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.assemble import open_ledger
from adapters.device.clock import SystemClock
from adapters.reminding.deliveries import told
from adapters.reminding.documents import noticed
from adapters.settings import Settings
from pdp.ledger.matter import plain
from pdp.workdays import SHANGHAI, civil

if TYPE_CHECKING:
    from adapters.reminding.deliveries import Delivery
    from pdp.worklists.reminders import Notice

_STATES = {"waiting": "待发送", "delivered": "已送达", "failed": "已放弃"}
_COLOURS = {"waiting": "yellow", "delivered": "", "failed": "red"}
app = typer.Typer(name="reminders", help="提醒:当日到期与新近逾期的事项,以及提醒的送达情况。")

_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹", file_okay=False)]
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]
_Day = Annotated[datetime | None, typer.Option("--day", help="哪一日到期;默认今日", formats=["%Y-%m-%d"])]


@app.callback(invoke_without_command=True)
def due(
    context: typer.Context,
    day: _Day = None,
    body: Annotated[str | None, typer.Option("--body", help="只看应由谁办理的事项")] = None,
    data: _Data = None,
    *,
    as_json: _Json = False,
) -> None:
    """列出当日到期的事项;今日的清单还列出昨日期满而未办的事项。"""  # noqa: D415  # as Chinese ends
    if context.invoked_subcommand is not None:
        return
    now = SystemClock().now()
    last = day.date() if day else civil(now)
    first = last - timedelta(days=1) if last == civil(now) else last
    with open_ledger(data or Settings().data) as ledger:
        found = sorted(noticed(ledger, now, first, last, lambda: False), key=_order)
    shown = [notice for notice in found if body is None or body in notice.bodies]
    if as_json:
        typer.echo(json.dumps([plain(notice) for notice in shown], ensure_ascii=False, indent=1))
    else:
        _show(shown, last)


@app.command()
def sent(
    data: _Data = None,
    most: Annotated[int, typer.Option("--most", help="最多列出多少条", min=1)] = 100,
    *,
    as_json: _Json = False,
) -> None:
    """列出提醒的送达情况,最近的在前。"""  # noqa: D415  # as Chinese ends
    deliveries = told(data or Settings().data, most)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in deliveries], ensure_ascii=False, indent=1))
        return
    table = _table("日期", "办理方", "状态", "次数", "时间", "最近一次的问题")
    for one in deliveries:
        words = (one.day, one.body, _STATES[one.state], str(one.attempts), _when(one), one.fault)
        table.add_row(*map(Text, words), style=_COLOURS[one.state])
    Console().print(table if deliveries else "尚无提醒。")


def _table(*titles: str) -> Table:
    """Return a table of which nothing is cut off where the screen is narrow."""
    table = Table(box=None, padding=(0, 2))
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _order(notice: Notice) -> tuple[date, str]:
    return notice.item.due or date.max, notice.item.entity


def _show(notices: list[Notice], day: date) -> None:
    """Print what falls due, what has passed first and in red."""
    table = _table("截止", "剩余", "事项", "数据", "办理方", "说明")
    for notice in notices:
        item = notice.item
        left = "" if item.days_left is None else f"{item.days_left} 个工作日"
        words = (str(item.due), left, item.entity, item.dataset, "、".join(notice.bodies), item.zh)
        table.add_row(*map(Text, words), style="red" if item.due != day else "")
    Console().print(table if notices else f"{day} 没有到期的事项。")


def _when(one: Delivery) -> str:
    """Return when a reminder was settled, or is tried next."""
    if one.settled_at:
        return one.settled_at[:19].replace("T", " ")
    return "将于 " + datetime.fromtimestamp(one.next_at, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
