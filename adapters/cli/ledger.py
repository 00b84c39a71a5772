"""`pdp ledger`: record statements from a file, show what is known of an entity, and verify the chain."""

from __future__ import annotations

import gc
import json
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, track
from rich.table import Table

from adapters.assemble import open_ledger, open_shared_ledger
from adapters.cli.ledger_view import find, show
from adapters.files.reading_ahead import WORTH, read_ahead
from adapters.files.statements import read, spoken
from adapters.gateways.act_words import ACT_WORDS
from adapters.settings import Settings
from adapters.stores.log_reader import logs_in
from pdp.errors import RequestError, TransitionError, UnavailableError
from pdp.ledger.matter import plain, states, told
from pdp.ledger.scope import moment
from pdp.log.statements import told_in
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapters.files.statements import Told
    from adapters.stores.postgres_ledger import PostgresLedger
    from adapters.stores.sqlite_ledger import SqliteLedger
    from pdp.ledger.statement import Statement

_BATCH = 5_000  # statements that are moved at a time

app = typer.Typer(name="ledger", help="账本:记录、查看、校验。", no_args_is_help=True)

_Data = Annotated[Path | None, typer.Option("--data", help="账本所在的文件夹", file_okay=False)]
_File = Annotated[Path, typer.Argument(help="陈述文件:.yaml 或者 .jsonl", exists=True, dir_okay=False)]


class _Followed:
    """The lines of a file on their way into the ledger; it knows which one is being recorded."""

    def __init__(self, lines: Iterable[Told]) -> None:
        self._lines = lines
        self._last: Told | None = None
        self.kinds: Counter[str] = Counter()

    @property
    def place(self) -> str:
        """Return where the line stands that was taken last."""
        return self._last.place if self._last else ""

    def __iter__(self) -> Iterator[Told]:
        for line in self._lines:
            self._last = line
            self.kinds[line.kind] += 1
            yield line


@app.command("import", help="记录文件中的全部陈述;有一条不合法,就一条也不记录。")
def import_(file: _File, data: _Data = None) -> None:
    """Record every statement of a file, or none."""
    console = Console()
    with _lines(file) as (lines, count), open_shared_ledger(data or Settings().data) as ledger:
        followed = _Followed(_watched(lines, count, Console(stderr=True)))
        gc.disable()  # statements make no cycles; looking for them in a great import costs a sixth of its time
        try:
            recorded = ledger.record(spoken(followed, ledger, ledger.admission))
        except TransitionError as fault:
            act = f"{followed.place}: {fault.act}"
            raise TransitionError(act, fault.fault, fault.remedy) from fault
        finally:
            gc.enable()
    table = Table("事项", "条数", title=f"已记录 {len(recorded)} 条", title_justify="left", box=None, padding=(0, 2))
    for kind, count in followed.kinds.most_common():
        table.add_row(ACT_WORDS[kind], str(count))
    console.print(table)


@app.command("show", help="查看一个实体:现在或者某一时点的状态,以及关于它的全部记载。")
def show_(
    entity: Annotated[str, typer.Argument(help="例如 dataset/R、subject/B、application/A1,或者只写编号")],
    at: Annotated[str | None, typer.Option(help="哪个时点,例如 2026-03-24;默认现在")] = None,
    data: _Data = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """Show where an entity stands at an instant, and its history."""
    now = _instant(at)
    with open_shared_ledger(data or Settings().data) as ledger:
        ref = find(ledger, entity)
        standing, history = states(ledger.world, ref, now), ledger.about(ref)
    if as_json:
        shown = {"entity": ref, "at": now, "state": standing, "history": [told(said) for said in history]}
        typer.echo(json.dumps(plain(shown), ensure_ascii=False, indent=1))
    else:
        show(Console(), ref, standing, history, now)


@app.command("verify", help="校验整条哈希链,并与决策日志逐条核对;有一条被改动、删除或者移位,即报告其序号。")
def verify(data: _Data = None) -> None:
    """Verify the whole chain of the ledger, and that it is the one that the decision log tells of."""
    folder = data or Settings().data
    with open_shared_ledger(folder) as ledger:
        typer.echo(f"账本完整:{ledger.verify()} 条陈述,哈希链无误。")
        if any(folder.glob("*/state/checkpoint")):
            typer.echo(f"与决策日志一致:已签名部分记有 {_compared(folder, ledger)} 条陈述,逐条相同。")


@app.command("move", help="把数据文件夹中的账本原样移入 PDP_LEDGER 所指的共享账本;中断后可以再次执行。")
def move(data: _Data = None) -> None:
    """Take the ledger in a data folder over into the shared one, statement by statement, each with its hash."""
    folder = data or Settings().data
    with open_ledger(folder) as own, open_shared_ledger(folder) as shared:
        if own.place == shared.place:
            place = "PDP_LEDGER"
            raise RequestError(place, "没有设置;请写共享账本的地址,例如 postgresql://user@host/database")
        before = shared.head()
        if before and (before > own.head() or shared.hashes(before - 1, 1) != own.hashes(before - 1, 1)):
            message = f"{shared.place} holds other statements than {own.place}; move into an empty database"
            raise UnavailableError(message)
        coming = _moving(own, before, Console(stderr=True))
        while batch := list(islice(coming, _BATCH)):
            shared.take(batch)
        typer.echo(f"已移入 {shared.head() - before} 条;共享账本现有 {shared.verify()} 条,哈希链无误。")


def _moving(own: SqliteLedger, before: int, console: Console) -> Iterator[Statement]:
    return iter(track(own.statements(before), "移入账本", own.head() - before, console=console, transient=True))


def _compared(folder: Path, ledger: SqliteLedger | PostgresLedger) -> int:
    """Return how many statements the logs in `folder` tell of, each with the hash that the ledger has."""
    told = 0
    for log in logs_in(folder):
        entries = track(log.records(), "核对日志", log.checkpoint.size, console=Console(stderr=True), transient=True)
        for index, seq, hashed in told_in(entries):
            if seq > ledger.head() or ledger.hashes(seq - 1, 1) != [hashed]:
                message = f"{log.folder.name}: entry {index} tells of another statement {seq} than the ledger holds; "
                raise UnavailableError(message + "restore the ledger from a copy that agrees with the log")
            told = max(told, seq)
    return told


def _instant(text: str | None) -> datetime:
    """Return the instant that `text` names, a day being its 00:00; now where none is named."""
    if text is None:
        return datetime.now(UTC).astimezone(SHANGHAI)
    try:
        return moment(text)
    except ValueError as error:
        place, fault = "--at", f'"{text}" 不是时点;请写 2026-03-24 或者 2026-03-24T09:00:00+08:00'
        raise RequestError(place, fault) from error


@contextmanager
def _lines(file: Path) -> Iterator[tuple[Iterable[Told], int]]:
    """Yield the statements of a file and their number, of a great one as they are read, else when all could be read."""
    if file.suffix == ".jsonl" and file.stat().st_size >= WORTH:
        with file.open("rb") as whole:
            count = sum(block.count(b"\n") for block in iter(lambda: whole.read(1 << 20), b""))
        with read_ahead(file) as lines:
            yield lines, count
    else:
        told = list(read(file))
        yield told, len(told)


def _watched(lines: Iterable[Told], count: int, console: Console) -> Iterator[Told]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(lines, count, description="写入账本")
