"""`pdp log replay`: decide recorded decisions again, as recorded, as the ledger knows them today, or by other rules."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from adapters.cli.log.finding import find, readable_logs
from adapters.cli.log.recovering import recovered
from adapters.cli.log.replay_jobs import AsRecorded, ByAnother, Loaded
from adapters.cli.log.replay_tables import plain, show
from adapters.cli.log.replay_today import ByToday, ledger_in
from adapters.cli.log.replaying import Period, Tally, one, ranges, run
from adapters.settings import load_settings
from pdp.errors import RequestError
from pdp.ledger.scope import moment
from pdp.log.instants import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adapters.cli.log.replaying import Job
    from adapters.settings import Settings
    from adapters.stores.log_reader import LogReader

_POLICIES: Final = "--policies"


class As(StrEnum):
    """By what decisions are decided again."""

    RECORDED = "recorded"
    TODAY = "today"
    REVISION = "revision"


_Ids = Annotated[list[str] | None, typer.Argument(help="决定的编号;不写则为全部", metavar="[ID]...")]
_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹:账本、决策日志、密钥", file_okay=False)]
_Policies = Annotated[
    list[Path] | None,
    typer.Option("--policies", help="含 policies/ 与 rego/ 的文件夹:早先的版本,或者要比较的另一版本", file_okay=False),
]
_As = Annotated[
    As,
    typer.Option(
        "--as", help="recorded:按记录的事实与版本;today:按账本今天所知,于记录的时点;revision:按 --policies 的另一版本"
    ),
]
_Since = Annotated[str | None, typer.Option(help="自何时起(北京时间),例如 2026-03-24 或者 2026-03-24T09:00:00+08:00")]
_Until = Annotated[str | None, typer.Option(help="至何时止,不含该时点")]


def command(  # noqa: PLR0913, PLR0917  # what can be chosen on a command line
    ids: _Ids = None,
    by: _As = As.RECORDED,
    policies: _Policies = None,
    since: _Since = None,
    until: _Until = None,
    data: _Data = None,
    *,
    log: Annotated[str | None, typer.Option("--log", help="只看这一本日志,例如 n1-0")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """重放已记录的决定。退出码:0 全部相同,1 有不同或者有翻转,2 无法重放。"""  # noqa: D415  # as Chinese ends
    settings = load_settings({"data": data}, os.environ)
    readers = readable_logs(settings.data, log)
    job = _job(by, settings, policies or [])
    tally = _named(job, readers, ids) if ids else _all(job, readers, _period(since, until))
    if as_json:
        typer.echo(json.dumps(plain(by.value, tally, job, readers), ensure_ascii=False, indent=1))
    else:
        show(Console(), by.value, tally, job, readers)
    if tally.found:
        raise typer.Exit(1)


def _job(by: As, settings: Settings, policies: Sequence[Path]) -> Job:
    """Return what is done with each decision."""
    if by is As.REVISION:
        if len(policies) != 1:
            fault = "must name one other revision with --as revision; give it once"
            raise RequestError(_POLICIES, fault)
        return ByAnother(Loaded.of(policies[0]), [Loaded.in_force(settings)])
    if by is As.RECORDED:
        return AsRecorded([Loaded.in_force(settings), *map(Loaded.of, policies)])
    if len(policies) > 1:
        fault = "must name one revision at most with --as today; give it once"
        raise RequestError(_POLICIES, fault)
    loaded = Loaded.of(policies[0]) if policies else Loaded.in_force(settings)
    if loaded.policies.deriving is not None:
        place, fault = (
            "--as today",
            "needs the members of each question, and records of this pack keep a digest of them",
        )
        raise RequestError(place, fault)
    with ledger_in(settings.data, loaded) as ledger:
        known = recovered(settings.data, ledger.statements())
    return ByToday(loaded, settings.data, settings.required_assurance.model_dump(), known)


def _named(job: Job, readers: Sequence[LogReader], ids: Sequence[str]) -> Tally:
    """Return what comes of the decisions with these ids.

    Raises:
        RequestError: there is none with one of them.
    """
    whole = Tally()
    for wanted in ids:
        whole.add(one(job, *find(readers, wanted)))
    return whole


def _all(job: Job, readers: Sequence[LogReader], period: Period) -> Tally:
    pieces = ranges(readers)
    return run(job, pieces, period, _watching(sum(piece.end - piece.first for piece in pieces)))


@contextmanager
def _watching(entries: int) -> Iterator[Callable[[int], None]]:
    """Show how many of `entries` were read."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("重放", total=entries)
        yield lambda read: progress.advance(task, read)


def _period(since: str | None, until: str | None) -> Period:
    return Period(*_instants(("--since", since), ("--until", until)))


def _instants(*stated: tuple[str, str | None]) -> Iterator[str]:
    for place, text in stated:
        try:
            yield utc(moment(text)) if text else ""
        except ValueError as error:
            fault = f'"{text}" is no day and no instant with its offset; write 2026-03-24 or 2026-03-24T09:00:00+08:00'
            raise RequestError(place, fault) from error
