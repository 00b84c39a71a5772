"""`pdp log mirror`: copy a published log to plain files, for auditors, backups and any web server; only what is new."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.cli.log.sources import DataOption, KeyOption, NameOption, UrlOption, folder_log, remote_log
from adapters.publishing.mirroring import Mirror, MirrorError

if TYPE_CHECKING:
    from adapters.publishing.mirroring import Source
    from pdp.log.note import Checkpoint

CONTRADICTED: Final = 1  # exit code

_Folder = Annotated[Path, typer.Argument(help="副本所在的文件夹;每个日志各用一个", file_okay=False, metavar="DIR")]


def command(  # noqa: PLR0913  # the options of the command
    folder: _Folder,
    data: DataOption = None,
    url: UrlOption = None,
    log: NameOption = None,
    key_file: KeyOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """将已公布的日志复制为普通文件(C2SP tlog-tiles),只取新增部分并与旧副本核对。退出码:0 一致,1 矛盾,2 读写失败。"""  # noqa: D415  # as Chinese ends
    with remote_log(url, log, key_file) if url else nullcontext(folder_log(data, log)) as source:
        try:
            old, new = _mirrored(source, folder)
        except MirrorError as fault:
            Console(stderr=True).print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(CONTRADICTED) from fault
    if as_json:
        shown = {"log": new.origin, "before": old.size, "size": new.size, "root": new.root.hex(), "folder": str(folder)}
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        typer.echo(f"{new.origin}:{old.size} → {new.size} 条,根 {new.root.hex()},与签名一致。")


def _mirrored(source: Source, folder: Path) -> tuple[Checkpoint, Checkpoint]:
    """Bring the copy up to date; return where it stood and where it stands."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        mirror = Mirror(source, folder, lambda done: progress.update(task, completed=done))
        task = progress.add_task("复制日志", total=mirror.new.size, completed=mirror.old.size)
        return mirror.old, mirror.update()
