"""Records a second and CPU a record of the journal, beside a log that keeps nothing, in one run.

The callers are the same coroutines in both; what the journal costs is the difference. Absolute figures depend on the
machine and its disk, ratios of one run are what counts. `python benchmarks/journal.py [--seconds 2] [--bytes 1500]`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from adapters.stores.journal import Journal, JournalSettings
from pdp.log.canonical import encode
from pdp.log.uuid7 import uuid7
from pdp.model import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping

CALLERS = (1, 8, 32, 128)


class Nothing:
    """A log that keeps nothing: what callers cost by themselves."""

    def __init__(self) -> None:
        self._receipt = Receipt("nothing", 0, "0" * 64)

    def append(self, record: bytes) -> asyncio.Future[Receipt]:
        """Return a receipt in the loop's next turn."""
        assert record
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Receipt] = loop.create_future()
        loop.call_soon(future.set_result, self._receipt)
        return future


@dataclass(frozen=True)
class Figures:
    """What one run showed."""

    rate: float  # records a second
    cpu_us: float  # of the whole process, a record
    p50_ms: float
    p99_ms: float


def event(kind: str, members: Mapping[str, object]) -> bytes:
    """Return a log event."""
    return encode({"kind": kind, **members})


async def measure(log: Nothing | Journal, callers: int, seconds: float, size: int) -> Figures:
    """Return what `callers` coroutines get done in `seconds`, each waiting for its receipt before it goes on."""
    made = uuid7(int(time.time() * 1000), os.urandom(10))
    record = encode({"id": made, "kind": "decision", "pad": "x" * (size - 75)})
    waits: list[float] = []
    end = time.perf_counter() + seconds

    async def caller() -> None:
        began = time.perf_counter()
        while began < end:
            await log.append(record)
            now = time.perf_counter()
            waits.append(now - began)
            began = now

    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    cpu, took = time.process_time() - cpu, time.perf_counter() - began
    cuts = statistics.quantiles(waits, n=100)
    return Figures(len(waits) / took, cpu / len(waits) * 1e6, cuts[49] * 1e3, cuts[98] * 1e3)


def main() -> None:
    """Print one line for each number of callers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--bytes", type=int, default=1500)
    parser.add_argument("--folder", type=Path, help="on the disk to be measured; the default is the temporary folder")
    given = parser.parse_args()
    print("callers  records/s  p50 ms  p99 ms   CPU µs a record: whole  callers alone  journal's share")
    with (
        tempfile.TemporaryDirectory(dir=given.folder) as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as run,
    ):
        settings = JournalSettings(allow_any_filesystem=True)
        journal = Journal(Path(folder) / "n1-0", "pdp.example/decisions/n1-0", event, settings=settings)
        for callers in CALLERS:
            alone = run.run(measure(Nothing(), callers, given.seconds / 4, given.bytes))
            kept = run.run(measure(journal, callers, given.seconds, given.bytes))
            share = kept.cpu_us - alone.cpu_us
            print(
                f"{callers:7d}  {kept.rate:9,.0f}  {kept.p50_ms:6.2f}  {kept.p99_ms:6.2f}   "
                f"{kept.cpu_us:22.1f}  {alone.cpu_us:13.1f}  {share:15.1f}"
            )
        journal.close()


if __name__ == "__main__":
    main()
