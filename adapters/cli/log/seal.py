"""`pdp log seal`: compress segments that are full and signed by hand; a running service does it by itself."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn
from rich.table import Table

from adapters.settings import Settings
from adapters.stores.log_reader import logs_in
from adapters.stores.sealing import alone, seal_segment, sealable
from adapters.stores.slots import is_closed
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from adapters.stores.log_reader import LogReader

_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹", file_okay=False)]


class Sealed(NamedTuple):
    """What was compressed of one log."""

    log: str
    segments: int
    before: int  # bytes
    after: int


def command(data: _Data = None, *, as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """压缩已经写满并且已经签名的日志段;读回逐字节比对一致之后,才删除原段。"""  # noqa: D415  # as Chinese ends
    done = [sealed for log in logs_in(data or Settings().data) for sealed in seal_log(log, Console(stderr=True))]
    if as_json:
        typer.echo(json.dumps([sealed._asdict() for sealed in done]))
        return
    _show(done)


def seal_log(log: LogReader, progress_on: Console) -> list[Sealed]:
    """Return what was compressed of `log`, nothing where nothing could be.

    Raises:
        BusyError: another process compresses the same log.
        UnavailableError: the device fails, or gave back other bytes than were written; the raw segments stay.
    """
    if log.pruned or not (log.folder / "state" / "checkpoint").exists():
        return []
    folder, size, closed = log.folder / "journal", log.checkpoint.size, is_closed(log.folder)
    with alone(folder):
        raws = sealable(folder, size, closed=closed)
        before, after = sum(raw.size for raw in raws), 0
        with _watched(progress_on) as progress:
            bar = progress.add_task(log.name, total=2 * before or 1)  # each byte is compressed, then compared
            for raw in raws:
                try:
                    after += seal_segment(folder, raw.first_index, os, lambda count: progress.advance(bar, count))
                except OSError as fault:
                    message = f"{folder}: a segment cannot be compressed ({fault}); make room, or mend the device"
                    raise UnavailableError(message) from fault
    return [Sealed(log.name, len(raws), before, after)] if raws else []


def _watched(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True)


def _show(done: list[Sealed]) -> None:
    console = Console(highlight=False)
    if not done:
        console.print("没有可以压缩的日志段:还没有写满,或者还没有签名,或者已经压缩。")
        return
    table = Table("日志", "段数", "原大小", "现大小", "现为原来的", box=None, pad_edge=False)
    for log, segments, before, after in done:
        table.add_row(log, str(segments), _mib(before), _mib(after), f"{after / before:.1%}")
    console.print(table)


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
