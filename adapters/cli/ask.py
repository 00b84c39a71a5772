"""`pdp ask`: decide one question without a server, record it, and explain the answer."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from adapters.assemble import build_service
from adapters.callers import LOCAL
from adapters.gateways.authzen import parse
from adapters.gateways.authzen_answer import AnswerWriter
from adapters.gateways.words_in_force import words_of
from adapters.settings import load_settings
from pdp.errors import RequestError
from pdp.explain import explain
from pdp.model import Outcome

if TYPE_CHECKING:
    from adapters.settings import Settings
    from pdp.explanation import Explanation

NOT_PERMITTED: Final = 1
COLOURS: Final = {
    Outcome.PERMIT: "green",
    Outcome.PARTIAL: "yellow",
    Outcome.DENY: "red",
    Outcome.REFER: "cyan",
    Outcome.INDETERMINATE: "magenta",
}

_File = Annotated[str, typer.Argument(help="AuthZEN 请求(JSON)文件;- 为标准输入", metavar="FILE|-")]
_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹:账本、决策日志、密钥", file_okay=False)]


def command(
    file: _File,
    data: _Data = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
    english: Annotated[bool, typer.Option("--english", help="说明用英文 · explain in English")] = False,
) -> None:
    """就一个请求作出决定并记录,说明依据。退出码:0 提供,1 不提供,2 请求有误。"""  # noqa: D415  # as Chinese ends
    body = _read(file)
    answer, explanation, outcome = asyncio.run(_asked(body, load_settings({"data": data}, os.environ)))
    if as_json:
        typer.echo(json.dumps({**json.loads(answer), "explanation": explanation.plain()}, ensure_ascii=False, indent=2))
    else:
        _show(Console(), explanation, english=english)
    raise typer.Exit(0 if outcome.permits else NOT_PERMITTED)


def _read(file: str) -> bytes:
    """Return the bytes of the question."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as missing:
        fault = f"cannot be read ({missing.strerror}); name a file with an AuthZEN evaluation, or - for standard input"
        raise RequestError(file, fault) from missing


async def _asked(body: bytes, settings: Settings) -> tuple[bytes, Explanation, Outcome]:
    """Return the answer as the service gives it, the same in words, and how it ended."""
    question = parse(body, LOCAL)
    with build_service(settings) as made:
        service = made.service
        await made.begin()
        answer = await service.answer(question, body)
        said = AnswerWriter(service.rulebook, service.policy.instrument).render(answer, LOCAL.detail)
        record = service.decision(answer.id)
        if record is None:
            fault = f"no record {answer.id}"
            raise LookupError(fault)
        await made.end()
        explanation = explain(dict(record), words_of(service.rulebook, service.policy.instrument))
    return said, explanation, answer.decision.outcome


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
