"""What a decision takes: its entry, its place in the journal, sealed, and its share of the hash tiles.

Asks the real service questions as traffic brings them, on the starting world, then compresses what the journal has.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from traffic import Traffic, TrafficClock, fill

from adapters.assemble import build_service
from adapters.settings import Settings
from adapters.stores.journal_recovery import recover
from adapters.stores.journal_writer import seal
from adapters.stores.sealing import seal_segment, sealable
from adapters.stores.segments import segment_paths
from pdp.log.entry import record_of
from pdp.log.frames import FRAME_HEAD
from pdp.log.suite import Sha256
from pdp.log.tiles import grown

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = 1 << 60


def ask(data: Path, count: int, at_once: int, watched: Progress) -> Iterator[bytes]:
    """Have `count` questions recorded in a new log in `data`, and yield its entries."""
    made = build_service(Settings(data=data, origin="pdp.example.gov.cn/decisions/2026"))
    clock = TrafficClock()
    made.clock = clock  # type: ignore[assignment]  # a clock is a clock
    bar = watched.add_task("questions", total=count)

    async def run() -> None:
        await made.service.activate()
        await fill(made, count, Traffic(), clock, at_once=at_once, answered=lambda n: watched.advance(bar, n))

    with made:
        asyncio.run(run())
        yield from (entry for _, entry in made.journal.records())


def end(data: Path) -> Path:
    """End the open segment, so that all of the journal can be sealed; return the journal's folder."""
    (log,) = (path.parent for path in data.glob("*/journal"))
    standing = recover(log / "journal", f"pdp.example.gov.cn/decisions/2026/{log.name}", os)
    assert standing.segment is not None
    seal(os, standing.segment, standing.index, standing.group, standing.prev)
    os.ftruncate(standing.segment.fd, standing.segment.offset)  # the zeros behind are nobody's
    os.close(standing.segment.fd)
    return log / "journal"


def members(entries: list[bytes]) -> Counter[str]:
    """Return the bytes that each member of the decisions takes, before anything is compressed."""
    taken: Counter[str] = Counter()
    for entry in entries:
        record = json.loads(record_of(entry))
        if record["kind"] == "decision":
            for name, value in record.items():
                taken[name] += len(json.dumps({name: value}, ensure_ascii=False, separators=(",", ":")).encode()) - 1
    return taken


def main() -> None:
    """Print bytes a decision, by form and by part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--decisions", type=int, default=50_000)
    parser.add_argument("--at-once", type=int, default=8, help="questions under way together, at most")
    parser.add_argument("--json", action="store_true", help="print figures for programs")
    given = parser.parse_args()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        tempfile.TemporaryDirectory() as folder,
        Progress(*columns, console=Console(stderr=True)) as watched,
    ):
        entries = list(ask(Path(folder), given.decisions, given.at_once, watched))
        journal = end(Path(folder))
        in_journal = sum(path.stat().st_size for path in segment_paths(journal))
        began = time.process_time()
        sealed = sum(seal_segment(journal, raw.first_index, os) for raw in sealable(journal, ALL, closed=True))
        sealing = time.process_time() - began
    suite = Sha256()
    tiles = sum(map(len, grown(0, [suite.leaf(entry) for entry in entries], lambda _: b"", suite).values()))
    count = len(entries)
    decisions = sum(b'"kind":"decision"' in entry for entry in entries)
    found = {
        "decisions": decisions,
        "outcomes": dict(Counter(str(json.loads(record_of(e)).get("outcome", "event")) for e in entries)),
        "entry": sum(map(len, entries)) / count,
        "frame heads and padding": in_journal / count - sum(map(len, entries)) / count,
        "of which frame heads": float(FRAME_HEAD),
        "in the journal": in_journal / count,
        "sealed": sealed / count,
        "hash tiles": tiles / count,
        "sealed with hash tiles": (sealed + tiles) / count,
        "microseconds of CPU to seal": sealing / count * 1e6,
    }
    if given.json:
        print(json.dumps(found))
        return
    show(found, members(entries), decisions)


def show(found: dict[str, object], taken: Counter[str], decisions: int) -> None:
    """Print the figures."""
    console = Console()
    table = Table("bytes a decision, on average", "")
    for name, value in found.items():
        if isinstance(value, float):
            table.add_row(name, f"{value:,.1f}")
    console.print(f"{found['decisions']} decisions: {found['outcomes']}")
    console.print(table)
    parts = Table("member of the record", "bytes a decision, not compressed")
    for name, size in taken.most_common():
        parts.add_row(name, f"{size / decisions:,.1f}")
    console.print(parts)


if __name__ == "__main__":
    main()
