"""`pdp ask`: decide one question, here or by a running service, which records it, and explain the answer."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from adapters.cli.connection import TokenFile, Url, request
from adapters.cli.pack import Policies, Rego  # noqa: TC001 -- typer reads the annotations at run time
from adapters.gateways.evaluation_door import PATH
from pdp.errors import RequestError, UnavailableError
from pdp.explanation import Explanation, Paragraph, Section
from pdp.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    AskedHere = Callable[[bytes, Path | None, Path | None, Path | None], tuple[bytes, Explanation]]

NOT_PERMITTED: Final = 1
COLOURS: Final = {
    Outcome.PERMIT: "green",
    Outcome.PARTIAL: "yellow",
    Outcome.DENY: "red",
    Outcome.REFER: "cyan",
    Outcome.INDETERMINATE: "magenta",
}
_SENT: Final = {"content-type": "application/json"}

_File = Annotated[str, typer.Argument(help="AuthZEN 请求(JSON)文件;- 为标准输入", metavar="FILE|-")]
_Data = Annotated[
    Path | None, typer.Option("--data", help="不经服务,直接用这个数据文件夹:账本、决策日志、密钥", file_okay=False)
]


def command(  # noqa: PLR0913 -- the options of one command
    file: _File,
    url: Url = None,
    data: _Data = None,
    token_file: TokenFile = None,
    *,
    policies: Policies = None,
    rego: Rego = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
    english: Annotated[bool, typer.Option("--english", help="说明用英文 · explain in English")] = False,
) -> None:
    """就一个请求作出决定并记录,说明依据;写明 --url 或者 --token-file 的,由运行中的服务作出。退出码:0 提供,1 不提供,2 请求有误。"""  # noqa: D415, E501  # as Chinese ends
    body = _read(file)
    if data is None and policies is None and rego is None and (url or token_file):
        answer, explanation = _asked_there(body, url, token_file)
    else:
        _only_here("--data" if data else "--policies", url, token_file)
        # What a service is made of is imported where one is made: asking one that runs takes a second less.
        asked_here: AskedHere = import_module("adapters.cli.ask_here").asked_here
        answer, explanation = asked_here(body, data, policies, rego)
    if as_json:
        typer.echo(json.dumps({**json.loads(answer), "explanation": explanation.plain()}, ensure_ascii=False, indent=2))
    else:
        _show(Console(), explanation, english=english)
    raise typer.Exit(0 if explanation.outcome.permits else NOT_PERMITTED)


def _read(file: str) -> bytes:
    """Return the bytes of the question."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as missing:
        fault = f"cannot be read ({missing.strerror}); name a file with an AuthZEN evaluation, or - for standard input"
        raise RequestError(file, fault) from missing


def _only_here(place: str, url: str | None, token_file: Path | None) -> None:
    """Raise where a service is named beside `place`, an option; what the environment names is for other commands."""
    if (url and "PDP_URL" not in os.environ) or (token_file and "PDP_TOKEN_FILE" not in os.environ):
        fault = f"--url、--token-file 是向服务提问用的,不与 {place} 并用"
        raise RequestError(place, fault)


def _asked_there(body: bytes, url: str | None, token_file: Path | None) -> tuple[bytes, Explanation]:
    """Return a running service's answer, and the same in words as far as it tells them to whoever asks."""
    where: dict[str, Any] = {"url": url, "data": None, "token_file": token_file}
    answer = _told(request("POST", PATH, headers=_SENT, content=body, **where))
    found = _told(request("GET", f"/v1/decisions/{answer.json()['context']['id']}", **where)).json()
    sections = tuple(_section(name, said) for name, said in found.get("explanation", {}).items())
    return answer.content, Explanation(Outcome(found["outcome"]), sections)


def _told(answer: httpx.Response) -> httpx.Response:
    """Return an answer that is one; raise what the service says is wrong otherwise."""
    if answer.is_success:
        return answer
    if answer.is_server_error:
        raise UnavailableError(answer.text)
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    place, _, fault = str(answer.json()["error"] if is_json else answer.text).partition(": ")
    if not fault:
        place, fault = "service", place
    raise RequestError(place, fault)


def _section(name: str, said: dict[str, Any]) -> Section:
    """Return a section of an explanation from its plain JSON, the reverse of `pdp.explanation.plain`."""
    return Section(name, Paragraph(**said["title"]), tuple(map(Paragraph, said["zh"], said["en"])))


def _show(console: Console, explanation: Explanation, *, english: bool) -> None:
    """Print the explanation, in the colour of its outcome."""
    colour = COLOURS[explanation.outcome]
    for section in explanation.sections:
        lines = [paragraph.en if english else paragraph.zh for paragraph in section.paragraphs]
        title = section.title.en if english else section.title.zh
        if section.id == "conclusion":
            console.print(Panel(Text("\n".join(lines), style=f"bold {colour}"), title=title, border_style=colour))
            continue
        console.print(Text(title, style="bold"))
        listed = Table.grid(padding=(0, 1))
        for line in lines:
            listed.add_row(" -", Text(line, overflow="fold"))
        console.print(listed)
