"""`pdp lists`: what waits for whom, what fell due, and what was left undone, as the service knows it now."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.cli.connection import Data, TokenFile, Url, request
from adapters.gateways.list_pages import EVERYBODYS, OWN
from pdp.errors import RequestError
from pdp.ledger.body import nearest

REFUSED = 1
_LISTS = OWN | EVERYBODYS


def command(  # noqa: PLR0913, PLR0917 -- the options of one command
    name: Annotated[str, typer.Argument(help="哪个清单;不写即列出全部清单", metavar="LIST")] = "",
    of: Annotated[str | None, typer.Option(help="哪个机构的清单;只代表一个机构时可以不写")] = None,
    day: Annotated[str | None, typer.Option(help="哪一日到期,例如 2026-02-26;默认今日")] = None,
    months: Annotated[int | None, typer.Option(min=1, max=1200, help="多少个月未复核;默认 12")] = None,
    after: Annotated[str, typer.Option(help="上一页末尾给出的位置")] = "",
    size: Annotated[int, typer.Option(min=1, max=500, help="一页多少项")] = 50,
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """清单:应答复的、逾期的、执行中的、应复核的事项。退出码:0 已列出,1 不予查看,2 无法办理。"""  # noqa: D415  # as Chinese ends
    console = Console()
    if not name:
        table = Table("清单", "内容", box=None, padding=(0, 2))
        for known, listing in _LISTS.items():
            table.add_row(known, listing.zh)
        console.print(table)
        return
    if name not in _LISTS:
        raise RequestError(name, f"没有这个清单;{nearest(name, _LISTS)}")
    asked = {"of": of, "day": day, "months": months, "after": after, "size": size}
    params = {member: value for member, value in asked.items() if value not in (None, "")}
    answer = request("GET", f"/v1/lists/{name}", url=url, data=data, token_file=token_file, params=params)
    told = answer.json()
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    elif answer.is_success:
        _show(console, _LISTS[name].zh, told)
    else:
        console.print(Text(f"不予查看:{told.get('error', told)}", style="red"))
    raise typer.Exit(0 if answer.is_success else REFUSED)


def _show(console: Console, title: str, page: dict[str, Any]) -> None:
    """Print one page for people; what is overdue in red, what is due within a day in yellow."""
    table = Table(
        "事项", "主体", "数据", "截止", "剩余", "说明", title=title, title_justify="left", box=None, padding=(0, 2)
    )
    for item in page["items"]:
        left = item["days_left"]
        style = "" if left is None else "red" if left < 0 else "yellow" if left <= 1 else ""
        days = "" if left is None else f"{left} 个工作日"
        table.add_row(
            item["entity"], item["subject"], item["dataset"], item["due"] or "", days, item["zh"], style=style
        )
    console.print(table)
    if page["next"]:
        console.print(Text(f"还有更多:--after {page['next']}", style="dim"))
