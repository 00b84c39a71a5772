"""The operational log: one line a decision, colours on a terminal, JSON for machines; never who it was about.

It is for operators and may lose its last tenth of a second, and everything once nobody reads it; the truth is in the
decision log. Exceptions are named by type and place only, for their messages may quote what somebody sent.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections import Counter
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import orjson
import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import TextIO

    from structlog.typing import FilteringBoundLogger, Processor

    from pdp.model import Answer, Batch

Format = Literal["auto", "console", "json"]
FLUSH_EVERY: Final = 0.1  # seconds


class Lines:
    """Writes lines to a stream, together where that is soon enough; what is more than news goes out at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: list[str] = []
        self._promised = False

    def info(self, line: str | bytes) -> None:
        """Write `line` within a tenth of a second; at once where no event loop runs."""
        self._waiting.append(line.decode() if isinstance(line, bytes) else line)
        if self._promised:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
        else:
            self._promised = True
            loop.call_later(FLUSH_EVERY, self.flush)

    def error(self, line: str | bytes) -> None:
        """Write `line` and everything before it now."""
        self.info(line)
        self.flush()

    debug = info
    msg = info
    warning = critical = exception = error

    def flush(self) -> None:
        """Write what waits; where it cannot be written it is lost, for no answer depends on these lines."""
        self._promised = False
        waiting, self._waiting = self._waiting, []
        if waiting:
            with suppress(OSError):  # whoever read the stream has gone, or its device is full
                self._stream.write("\n".join((*waiting, "")))
                self._stream.flush()


class FromLibraries(logging.Handler):
    """Hands what libraries log to the operational log, without the messages of exceptions."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        said: dict[str, str] = {"source": record.name}
        if record.exc_info and record.exc_info[1]:
            said |= named(record.exc_info[1])
        write = self._log.error if record.levelno >= logging.WARNING else self._log.info
        write(record.getMessage(), **said)


def make_log(stream: TextIO, form: Format = "auto") -> tuple[FilteringBoundLogger, Lines]:
    """Return a logger that writes to `stream`, and its lines, to be flushed at the end; auto: colours if a terminal."""
    lines = Lines(stream)
    console = form == "console" or (form == "auto" and stream.isatty())
    rendering: list[Processor] = (
        [structlog.processors.TimeStamper("%H:%M:%S", utc=False), structlog.dev.ConsoleRenderer(colors=stream.isatty())]
        if console
        else [_stamped, _json]
    )
    logger = structlog.wrap_logger(
        lines,
        processors=[structlog.processors.add_log_level, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    return cast("FilteringBoundLogger", logger.bind()), lines


def log_decision(log: FilteringBoundLogger, answer: Answer, gateway: str, began_ns: int) -> None:
    """Write the line of one decision: what came out and how long it took since `began_ns` (monotonic)."""
    took = (time.monotonic_ns() - began_ns) // 1000
    grounds = [ground.rule for ground in answer.decision.grounds]
    log.info(
        "decision",
        id=answer.id,
        outcome=answer.decision.outcome.value,
        grounds=grounds,
        ms=took / 1000,
        gateway=gateway,
    )


def log_batch(log: FilteringBoundLogger, batch: Batch, gateway: str, began_ns: int) -> None:
    """Write the one line of questions asked together: how they came out, and how long all took since `began_ns`."""
    took = (time.monotonic_ns() - began_ns) // 1000
    outcomes = Counter(item if isinstance(item, str) else item.decision.outcome.value for item in batch.items)
    log.info("batch", id=batch.id, outcomes=dict(outcomes), ms=took / 1000, gateway=gateway)


def named(fault: BaseException) -> dict[str, str]:
    """Return what may be logged of an exception: its type, and where it was raised."""
    frames = traceback.extract_tb(fault.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return {"error": type(fault).__name__, "where": where}


def _stamped(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the time, in UTC to the millisecond."""
    now = time.time_ns()
    event["at"] = f"{_second(now // 1_000_000_000)}.{now // 1_000_000 % 1000:03d}Z"
    return event


def _json(_: object, __: str, event: MutableMapping[str, Any]) -> bytes:
    """Return the line; JSON escapes whatever would break it in two."""
    return orjson.dumps(event, default=str)


@lru_cache(maxsize=2)
def _second(since_1970: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since_1970))
