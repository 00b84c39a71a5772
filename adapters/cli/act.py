"""`pdp act`: do one act of the law, through the service, and say what became of it."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.cli.connection import Data, TokenFile, Url, request
from adapters.cli.ledger_words import ATTRIBUTES
from adapters.gateways.act_documents import example
from adapters.gateways.act_words import ACT_WORDS
from pdp.errors import RequestError, UnavailableError
from pdp.ledger.body import nearest
from pdp.ledger.kinds import KINDS

if TYPE_CHECKING:
    import httpx

REFUSED = 1
_REPEATED = 200
_YES = {"true": True, "false": False}


def command(  # noqa: PLR0913, PLR0917 -- the options of one command
    act: Annotated[str, typer.Argument(help="事项,例如 application.received", metavar="ACT")] = "",
    members: Annotated[
        list[str] | None,
        typer.Argument(help="内容,例如 id=A1 dataset=R scope.fields=name,address", metavar="MEMBER=VALUE…"),
    ] = None,
    by: Annotated[str | None, typer.Option(help="代表谁作出;只代表一个机构时可以不写")] = None,
    evidence: Annotated[str | None, typer.Option(help="所依据文件的摘要:sha256:…")] = None,
    key: Annotated[str | None, typer.Option(help="此事项的自定名称;同一名称不会重复记录")] = None,
    seen: Annotated[int | None, typer.Option("--seen", help="您所见该事项的最新一条记载;已有变化时不予记录")] = None,
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
    *,
    show: Annotated[bool, typer.Option("--show", help="说明该事项须写的内容,不作出")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """作出一个事项:申请、答复、处置、异议、更正等。不写事项即列出全部。退出码:0 已记录,1 不予记录,2 无法办理。"""  # noqa: D415  # as Chinese ends
    console = Console()
    if not act:
        _list(console)
        return
    if act not in KINDS:
        raise RequestError(act, f"不是条文中的事项;{nearest(act, KINDS)}")
    if show:
        _show(console, act)
        return
    said = _members(act, members or [])
    said |= {name: value for name, value in (("by", by), ("evidence", evidence)) if value is not None}
    headers = {"idempotency-key": key or str(uuid.uuid4())} | ({} if seen is None else {"if-match": f'"{seen}"'})
    place = {"url": url, "data": data, "token_file": token_file}
    answer = request("POST", f"/v1/acts/{act}", headers=headers, json=said, **place)  # type: ignore[arg-type]  # as named
    _tell(console, answer, as_json=as_json)


def _list(console: Console) -> None:
    table = Table("事项", "名称", "内容", box=None, padding=(0, 2))
    for kind in KINDS.values():
        needed = [name for name, wanted in kind.members.items() if not wanted.endswith("?")]
        table.add_row(kind.name, ACT_WORDS[kind.name], " ".join(needed))
    console.print(table)


def _show(console: Console, act: str) -> None:
    """Print what an act must and may say, and an example."""
    console.print(Text(f"{ACT_WORDS[act]} · {act}", style="bold"))
    table = Table("内容", "含义", "写法", "", box=None, padding=(0, 2))
    for name, wanted in KINDS[act].members.items():
        table.add_row(name, ATTRIBUTES.get(name, ""), wanted.removesuffix("?"), "" if wanted.endswith("?") else "必填")
    console.print(table)
    shown = " ".join(_spelled(name, value) for name, value in example(act).items())
    console.print(Text(f"例如:pdp act {act} {shown}", style="dim"), soft_wrap=True)


def _spelled(name: str, value: object) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return f"{name}={','.join(value)}"
    return f"{name}='{json.dumps(value, ensure_ascii=False)}'" if isinstance(value, dict) else f"{name}={value}"


def _members(act: str, told: list[str]) -> dict[str, Any]:
    """Return the members of an act from the command line, each as its kind wants it."""
    said: dict[str, Any] = {}
    for one in told:
        path, equals, value = one.partition("=")
        name, _, part = path.partition(".")
        if not equals or name not in KINDS[act].members:
            raise RequestError(path, f"不是这一事项的内容;{nearest(name, KINDS[act].members)}")
        if part:
            said.setdefault(name, {})[part] = _part(part, value)
        else:
            said[name] = _value(path, KINDS[act].members[name].removesuffix("?"), value)
    return said


def _part(part: str, value: str) -> object:
    if part in {"fields", "datasets", "providers"}:
        return value.split(",")
    return int(value) if part == "quota" and value.isdecimal() else value


def _value(name: str, wanted: str, value: str) -> object:
    if wanted in {"ids", "texts"}:
        return value.split(",")
    if wanted == "bool":
        return _YES.get(value, value)
    if wanted == "count":
        return int(value) if value.isdecimal() else value
    if wanted != "map":
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise RequestError(name, f"不是 JSON({error});也可以写 {name}.部分=值") from error


def _tell(console: Console, answer: httpx.Response, *, as_json: bool) -> None:
    """Print what became of the act; end with its exit code."""
    told = answer.json()
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    elif answer.is_success:
        recorded = told["recorded"]
        again = "此前已经记录" if answer.status_code == _REPEATED else "已记录"
        words = f"{again}:第 {recorded['seq']} 条,{ACT_WORDS[recorded['kind']]},{recorded['at'][:19]},{recorded['by']}"
        console.print(Text(words, style="green"))
        for state in told["state"]:
            standing = state.get("state") or ""
            due = f",应于 {state['due']} 前答复" if state.get("due") and standing == "pending" else ""
            if standing:
                console.print(f"{told['entity']}:{standing}{due}")
    else:
        console.print(Text(f"不予记录:{told['error']}", style="red"))
        for one in told.get("since", []):
            console.print(
                f"  其间:第 {one['seq']} 条,{ACT_WORDS.get(one['kind'], one['kind'])},{one['by']},{one['at']}"
            )
    if answer.is_server_error:
        raise UnavailableError(str(told["error"]))
    raise typer.Exit(0 if answer.is_success else REFUSED)
