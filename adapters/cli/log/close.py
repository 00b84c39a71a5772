"""`pdp log close`: end a log while no service runs on it; the next start begins the next one and names this one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from adapters.cli.log.ordering import event_maker, settings_of
from adapters.cli.log.seal import seal_log
from adapters.publishing.closing import close_log, place
from adapters.stores.log_reader import LogReader
from adapters.stores.slots import is_closed, slots_of
from pdp.errors import UnavailableError

_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹", file_okay=False)]
_Config = Annotated[Path | None, typer.Option("--config", help="设置文件(YAML)", dir_okay=False)]


def command(
    data: _Data = None,
    config: _Config = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """关闭当前日志:写入最后一条记录,签名,见证,压缩。服务须先停止;下次启动时开始下一个日志。"""  # noqa: D415  # as Chinese ends
    settings = settings_of(data, config)
    slots = slots_of(settings.data, settings.node)
    if not slots:
        message = f"{settings.data}: no log of {settings.node} is here; name the data folder of a service with --data"
        raise UnavailableError(message)
    folder, origin = place(settings, slots[-1])
    before, console = is_closed(folder), Console(stderr=True, highlight=False)
    with console.status("关闭并签名…"):
        signed = close_log(
            settings, slots[-1], event_maker(settings, slots[-1]), lambda what, why: console.print(f"{what}: {why}")
        )
    log = LogReader(folder)
    sealed = seal_log(log, console)
    said = {"log": log.name, "origin": origin, "size": signed, "root": log.checkpoint.root.hex(), "already": before}
    if as_json:
        typer.echo(json.dumps({**said, "segments_sealed": sum(one.segments for one in sealed)}))
        return
    out = Console(highlight=False)
    out.print(f"日志 {log.name} {'早已' if before else '已经'}关闭:{signed:,} 条,根 {said['root']}")
    out.print("下次启动时开始下一个日志,其 log.opened 记录写明本日志的条数和根。", style="dim")
