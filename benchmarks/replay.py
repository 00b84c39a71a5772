"""How long it takes to replay a large log, and to tell one record of it, on this machine.

Real questions are decided by the real service on the starting world; what it recorded is then appended again and again
to a journal under new ids and instants until there is enough, and signed. `pdp log replay` and `pdp log show` are timed
as processes of their own. `python benchmarks/replay.py [--decisions 1000000] [--real 20000] [--folder DIR]`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import chain, cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from traffic import Traffic, TrafficClock, fill

from adapters.assemble import build_service
from adapters.device.ids import Ids
from adapters.settings import Settings
from adapters.signers.key_ring import KeyRing
from adapters.stores.journal import Journal, JournalSettings
from adapters.stores.tile_files import TileFiles
from pdp.log.canonical import encode
from pdp.log.entry import record_id, record_of
from pdp.log.instants import utc
from pdp.log.publisher import Publisher, Writing
from pdp.log.suite import Sha256
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parent.parent
NAME: Final = "n1-0"
BATCH: Final = 2000  # records that are appended together
START: Final = datetime(2026, 5, 25, 9, tzinfo=SHANGHAI)
STEP: Final = timedelta(milliseconds=700)
_DECISION: Final = b'"kind":"decision"'
_OWN: Final = re.compile(rb'"(at|id)":"([^"]*)"')


async def recorded(settings: Settings, count: int) -> list[bytes]:
    """Return the records of a service that answers `count` real questions."""
    installation = build_service(settings)
    installation.clock = clock = TrafficClock(start=START)
    with installation:
        await installation.service.activate()
        await fill(installation, count, Traffic(), clock, at_once=64)
        return [record_of(entry) for _, entry in installation.journal.records()]


def repeated(records: list[bytes], count: int) -> Iterator[bytes]:
    """Yield the events among `records`, then `count` of their decisions under new ids and instants."""
    new_id = Ids()
    decisions = islice(cycle(record for record in records if _DECISION in record), count)
    events = (record for record in records if _DECISION not in record and b'"log.opened"' not in record)
    for place, record in enumerate(chain(events, decisions)):
        now = START + place * STEP
        fresh = {b"at": utc(now).encode(), b"id": new_id(now).encode()}
        yield _OWN.sub(lambda found, fresh=fresh: b'"%b":"%b"' % (found[1], fresh[found[1]]), record, count=2)


async def written(journal: Journal, records: Iterator[bytes]) -> None:
    """Append `records`."""
    while batch := list(islice(records, BATCH)):
        await asyncio.gather(*[journal.append(record) for record in batch])


def signed(data: Path, origin: str, journal: Journal) -> None:
    """Sign the log as the service does."""
    now = datetime.now(UTC)
    ring = KeyRing.open(data / "keys" / NAME, origin, now, create=True)

    def entries(since: int, until: int) -> Iterator[bytes]:
        return (entry for _, entry in islice(journal.records(since), until - since))

    writing = Writing(origin, Sha256(), lambda _: ring.signers(now), entries)
    Publisher(writing, TileFiles.of(data / NAME)).publish(journal.size, int(now.timestamp()))


def built(data: Path, real: int, decisions: int) -> str:
    """Make the log in `data`; return the id of one of its records."""
    settings = Settings(data=data)
    records = asyncio.run(recorded(settings, real))
    shutil.rmtree(data / NAME)
    origin = f"{settings.origin}/{NAME}"
    journal = Journal(
        data / NAME, origin, lambda kind, said: encode({"kind": kind, **said}),
        settings=JournalSettings(allow_any_filesystem=True),
    )  # fmt: skip
    try:
        asyncio.run(written(journal, repeated(records, decisions)))
        signed(data, origin, journal)
        _, entry = next(iter(journal.records(journal.size // 2)))
    finally:
        journal.close()
    return record_id(entry) or ""


class Timed(NamedTuple):
    """What a `pdp log` process took, its children with it, and what it said."""

    seconds: float
    cpu: float
    said: str


def timed(*arguments: str) -> Timed:
    """Run `pdp log` as a process of its own."""
    command = [sys.executable, "-m", "adapters.cli", "log", *arguments]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timed(took, cpu, done.stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--real", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, help="where to work; the default is the temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        data = Path(folder) / "data"
        began = time.perf_counter()
        wanted = built(data, given.real, given.decisions)
        print(f"{given.decisions:,} decisions made in {time.perf_counter() - began:.0f} s, {given.real:,} of them real")
        for mode, more in (("recorded", ()), ("revision", ("--policies", str(ROOT))), ("today", ())):
            run = timed("replay", "--json", "--data", str(data), "--as", mode, *more)
            told, rate = json.loads(run.said), given.decisions / run.seconds
            assert told["decisions"] == told["equal"] == given.decisions, told
            print(f"replay --as {mode:9} {run.seconds:6.1f} s, {rate:9,.0f} decisions/s, CPU {run.cpu:6.1f} s")
        for name, arguments in (
            ("replay ID", ("replay", wanted)), ("show ID", ("show", wanted)),
            ("show ID --history", ("show", wanted, "--history")),
        ):  # fmt: skip
            run = timed(*arguments, "--data", str(data))
            print(f"{name:21} {run.seconds:6.2f} s, CPU {run.cpu:6.2f} s")


if __name__ == "__main__":
    main()
