"""What search, query and export have in common: columns brought up to date, with a progress bar; times in words."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from adapters.exports.columns import Keeper
from adapters.stores.log_reader import LogReader, logs_in
from pdp.errors import RequestError
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.exports.columns import Columns

_DAY: Final = len("2026-02-12")
_BAR: Final = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


@contextmanager
def columns_of(data: Path) -> Iterator[list[Columns]]:
    """Give the columns of every log in `data`, brought up to what is signed; nobody changes them meanwhile.

    What a log was pruned of is not kept in columns either.

    Raises:
        UnavailableError: there is no log, nothing is signed yet, or an entry is not as it was written.
    """
    keeper, logs = Keeper(data, LogReader), logs_in(data)
    with ExitStack() as stack:
        yield [stack.enter_context(_brought_up(keeper, log)) for log in logs if not _gone(keeper, log)]


@contextmanager
def _brought_up(keeper: Keeper, log: LogReader) -> Iterator[Columns]:
    with ExitStack() as stack, ExitStack() as shown:
        columns = stack.enter_context(
            keeper.up_to_date(log, lambda total: shown.enter_context(watched(f"按列整理 {log.name}", total)).tell)
        )
        shown.close()
        yield columns


def _gone(keeper: Keeper, log: LogReader) -> bool:
    if log.pruned:
        keeper.drop(log)
    return log.pruned


class Watched:
    """A progress bar on standard error, or none where there is nothing to wait for."""

    def __init__(self, progress: Progress | None, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def tell(self, count: int) -> None:
        """Say that `count` more are done."""
        if self._progress is not None:
            self._progress.advance(self._task, count)


@contextmanager
def watched(what: str, total: int) -> Iterator[Watched]:
    """Show how far `total` steps are."""
    if not total:
        yield Watched(None, TaskID(0))
        return
    with Progress(*_BAR, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as progress:
        yield Watched(progress, progress.add_task(what, total=total))


def instant(name: str, text: str | None, *, end: bool = False) -> datetime | None:
    """Return the instant that `text` names in Shanghai: a day, or a day and a time; a day as an `end` counts whole.

    Raises:
        RequestError: it names none.
    """
    if text is None:
        return None
    try:
        if len(text) == _DAY:
            day = date.fromisoformat(text)
            return datetime.combine(day + timedelta(days=1) if end else day, time.min, SHANGHAI)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as stray:
        raise RequestError(name, f'"{text}" 不是时间;请写 2026-03-24 或者 2026-03-24T09:00(北京时间)') from stray
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def local(at: datetime) -> str:
    """Return an instant as people here read it, to the second."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
