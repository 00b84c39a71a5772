"""Work in processes of their own, which share nothing with this one but a count of how far they are."""

from __future__ import annotations

import gc
import multiprocessing
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from typing import TYPE_CHECKING, Final, TypeVar

from pdp.errors import PDPError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.sharedctypes import Synchronized

    Advance = Callable[[int], None]

WORKERS: Final = 2
WORTH: Final = 40_000  # entries from which on a second process pays
_TICK: Final = 0.1  # seconds between two looks at how far the processes are
Task = TypeVar("Task")
Result = TypeVar("Result")


def each(
    work: Callable[[Task, Advance], Result], tasks: Sequence[Task], advance: Advance, workers: int = WORKERS
) -> list[Result]:
    """Return what `work` makes of each task, in their order; the first failure ends all and is raised.

    Args:
        work: known by its name, as functions of a module are; is given a task and what to tell of its steps.
        tasks: can be sent to another process.
        advance: told of steps done, here.
        workers: processes.
    """
    context = multiprocessing.get_context("spawn")
    counter, told = context.Value("q", 0), 0
    with ProcessPoolExecutor(workers, context, _begin, (counter,)) as pool:
        futures = [pool.submit(_do, work, task) for task in tasks]
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, _TICK, FIRST_EXCEPTION)
            advance(counter.value - told)
            told = counter.value
            if any(future.exception() for future in done):
                pool.shutdown(cancel_futures=True)
                waiting = set()
        return [future.result() for future in futures if not future.cancelled()]


_counter: Synchronized[int] | None = None  # of a process that works


def _begin(counter: Synchronized[int]) -> None:
    global _counter  # noqa: PLW0603  # a process can be given it only once, when it begins
    gc.disable()  # entries leave no cycles behind; looking for them costs a third of the time
    _counter = counter


def _do(work: Callable[[Task, Advance], Result], task: Task) -> Result:
    try:
        return work(task, _advanced)
    except PDPError as fault:  # errors that say more than a message cannot travel between processes
        raise UnavailableError(str(fault)) from None


def _advanced(count: int) -> None:
    if _counter is not None:
        with _counter.get_lock():
            _counter.value += count
