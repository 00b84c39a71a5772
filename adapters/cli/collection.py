"""`pdp collection check`: may a form ask people for these items, or could the body obtain them by sharing?"""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 -- the framework reads annotations
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.cli.connection import Data, TokenFile, Url, request
from pdp.errors import RequestError, UnavailableError

app = typer.Typer(name="collection", help="重复收集核验:表单要求的信息项能否通过共享获取。", no_args_is_help=True)

_NOT_CONFORMING, _REFUSED = 1, 2
_COLOURS = {"conforming": "green", "non_conforming": "red", "excepted": "yellow", "unknown": "magenta"}
_ROUTES = {"unconditional": "无条件共享", "conditional": "有条件共享,须申请"}
_SHOWN = 3  # entries of an item; --json has more


@app.callback()
def _collection() -> None:
    """A single command is still a command."""


@app.command("check")
def check(  # noqa: PLR0913, PLR0917 -- the options of one command
    body: Annotated[str, typer.Option(help="哪个机构的表单")],
    item: Annotated[list[str] | None, typer.Option("--item", help="一个信息项;可以多次写出")] = None,
    items_file: Annotated[
        Path | None, typer.Option("--items-file", help="每行一个信息项的文件(UTF-8)", exists=True, dir_okay=False)
    ] = None,
    exception: Annotated[
        list[str] | None, typer.Option("--exception", help="例外:信息项=理由;可以多次写出", metavar="ITEM=REASON")
    ] = None,
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """核验表单要求的信息项,不作任何记录。退出码:0 没有不符合的,1 有不符合的,2 不予核验或者无法核验。"""  # noqa: D415  # as Chinese ends
    items = [*(item or []), *_lines(items_file)]
    if not items:
        place, fault = "--item", "没有写明信息项;请写 --item 名称 或者 --items-file 文件"
        raise RequestError(place, fault)
    asked = {"body": body, "items": items, "exceptions": dict(map(_exception, exception or []))}
    answer = request("POST", "/v1/collection-checks", url=url, data=data, token_file=token_file, json=asked)
    told = answer.json()
    if answer.is_server_error:
        raise UnavailableError(str(told["error"]))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    elif answer.is_success:
        _show(Console(), told)
    else:
        Console().print(Text(f"不予核验:{told['error']}", style="red"))
    if not answer.is_success:
        raise typer.Exit(_REFUSED)
    conforms = all(one["verdict"] != "non_conforming" for one in told["items"])
    raise typer.Exit(0 if conforms else _NOT_CONFORMING)


def _lines(path: Path | None) -> list[str]:
    """Return the names in a file, one a line; blank lines are none."""
    if path is None:
        return []
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise RequestError(str(path), "不是 UTF-8 文本") from error


def _exception(told: str) -> tuple[str, str]:
    item, equals, reason = told.partition("=")
    if not equals or not reason.strip():
        place, fault = "--exception", "请写 信息项=理由;例外须说明理由"
        raise RequestError(place, fault)
    return item, reason


def _show(console: Console, told: dict[str, Any]) -> None:
    """Print the verdicts for people, each in its colour, with how the items can be had."""
    title = f"{told['body']} 的表单,共 {len(told['items'])} 项(截至 {told['as_of'][:16].replace('T', ' ')})"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("信息项", overflow="fold")
    table.add_column("结论", no_wrap=True)
    table.add_column("如何获取、依据", overflow="fold")
    for one in told["items"]:
        verdict = Text(one["zh"].partition(":")[0], style=_COLOURS.get(one["verdict"], ""))
        table.add_row(Text(one["item"]), verdict, _grounds(one))
    console.print(table)
    console.print(Text(told["notice"], style="dim"))


def _grounds(one: dict[str, Any]) -> Text:
    """Return how the item can be had, why it is asked for all the same, and the articles."""
    reason = f"例外的理由:{one['reason']}" if one["reason"] else ""
    cited = "、".join(article["cite"] for article in one["articles"])
    return Text.assemble(
        "\n".join(filter(None, (_ways(one), reason))) or one["zh"].partition(":")[2], (f"\n{cited}", "dim")
    )


def _ways(one: dict[str, Any]) -> str:
    ways = [f"{way['title'] or way['dataset']}({way['provider']},{_ROUTES[way['route']]})" for way in one["obtainable"]]
    more = " …" if one["more"] or len(ways) > _SHOWN else ""
    return ";".join(ways[:_SHOWN]) + more
