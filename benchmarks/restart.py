"""Seconds from the start to the first decision on a log of ten million entries, sealed, signed, with its hash tiles.

The log is made from frames straight away: entries of the usual size, numbered and linked, whose records differ where
those of traffic differ. Then the service is built in this process, and started as a process of its own until it is
ready and has answered once; each twice, with a cold and a warm page cache as far as this machine lets us.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
from beside_opa import free_port
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from traffic import Traffic, TrafficClock, fill

from adapters.assemble import build_service
from adapters.callers import LOCAL
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from adapters.signers.key_ring import KeyRing
from adapters.stores.sealed_segment import FRAME, compressed
from adapters.stores.segments import sealed_name, segment_name
from adapters.stores.tile_files import TileFiles
from adapters.stores.usage import KEPT_EVERY, JournalUsage
from pdp.log.entry import FIRST, record_of
from pdp.log.frames import BOUNDARY, END, RECORD, SegmentHeader, aligned, frame_bytes
from pdp.log.note import Checkpoint, Note, signature_line
from pdp.log.suite import Sha256
from pdp.log.tiles import grown, nodes
from pdp.log.tree import root
from pdp.log.uuid7 import uuid7

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent
SEGMENT: Final = 64 * 1024 * 1024
GROUP: Final = 12  # entries of one write
ORIGIN: Final = "pdp.local/n1-0"


def records(data: Path) -> list[bytes]:
    """Return records as traffic makes them, cut where each differs from the next: at the id and the digest."""
    made = build_service(Settings(data=data))
    clock = TrafficClock()
    made.clock = clock  # type: ignore[assignment]  # a clock is a clock

    async def run() -> None:
        await made.service.activate()
        await fill(made, 2000, Traffic(), clock)

    with made:
        asyncio.run(run())
        return [record_of(entry) for _, entry in made.journal.records()]


class Maker:
    """Makes linked entries out of a few thousand records: ids, digests and links are new in each."""

    def __init__(self, patterns: list[bytes], start_ms: int) -> None:
        self._first = [_as_of(record, start_ms + place) for place, record in enumerate(patterns[:2])]
        self._patterns = [self._cut(one) for one in patterns if b'"kind":"decision"' in one and b'"digest":"r1.' in one]
        self._random = random.Random(7)  # noqa: S311  # drawn to be repeated
        self._ms = start_ms
        self.prev = FIRST.encode()
        self.index = 0
        self.leaves: list[bytes] = []

    @staticmethod
    def _cut(record: bytes) -> tuple[bytes, bytes, bytes]:
        made = record.index(b'"id":"') + 6
        digest = record.index(b'"digest":"r1.') + 13
        return record[:made], record[made + 36 : digest], record[digest + 43 :]

    def entry(self) -> bytes:
        """Return the next entry."""
        if self.index < len(self._first):
            record = self._first[self.index]
        else:
            head, middle, tail = self._patterns[self._random.randrange(len(self._patterns))]
            noise = self._random.randbytes(42)
            self._ms += self._random.randrange(1, 20)
            made, digest = uuid7(self._ms, noise[:10]).encode(), base64.urlsafe_b64encode(noise[10:])[:43]
            record = b"%b%b%b%b%b" % (head, made, middle, digest, tail)
        entry = b'{"prev":"%b","record":%b,"seq":%d,"v":1}' % (self.prev, record, self.index)
        leaf = sha256(b"\x00" + entry).digest()
        self.leaves.append(leaf)
        self.prev = leaf.hex().encode()
        self.index += 1
        return entry


def _as_of(record: bytes, ms: int) -> bytes:
    """Return `record` with an id of another time: within a segment of a real log, ids do not go back."""
    place = record.index(b'"id":"') + 6
    return record[:place] + uuid7(ms, bytes(10)).encode() + record[place + 36 :]


def segments(maker: Maker, entries: int, told: Callable[[int], None]) -> Iterator[tuple[int, bytearray, bool]]:
    """Yield first index and bytes of segment after segment, and whether it is ended; the last one is not."""
    group = 1
    while maker.index < entries:
        first, began = maker.index, group
        head = SegmentHeader(first, began, int(time.time()), bytes.fromhex(maker.prev.decode()), _origin()).pack()
        data = bytearray(head)
        while maker.index < entries and len(data) + GROUP * 2600 < SEGMENT - BOUNDARY:
            count = min(GROUP, entries - maker.index)
            for left in reversed(range(count)):
                index = maker.index
                data += frame_bytes(RECORD, index, group, left, maker.entry())
            data += bytes(aligned(len(data)) - len(data))
            group += 1
            told(count)
        ended = maker.index < entries
        if ended:
            data += frame_bytes(END, maker.index, group, 0, bytes.fromhex(maker.prev.decode()))
            group += 1
        yield first, data.ljust(SEGMENT, b"\x00"), ended


def make(data: Path, entries: int, watched: Progress) -> int:
    """Write a log of `entries` to `data`, which has none; return the bytes it takes."""
    with tempfile.TemporaryDirectory() as other:
        patterns = records(Path(other))
        data.mkdir(parents=True)
        for name in ("ledger.sqlite", "keys"):  # statements and people's keys belong to the records
            source = Path(other) / name
            shutil.copytree(source, data / name) if source.is_dir() else shutil.copy(source, data / name)
    shutil.rmtree(data / "keys" / "n1-0", ignore_errors=True)
    folder = data / "n1-0"
    (folder / "journal").mkdir(parents=True, mode=0o700)
    maker, files, suite = Maker(patterns, int(time.time() * 1000) - 90 * 86_400_000), TileFiles.of(folder), Sha256()
    bar = watched.add_task("entries", total=entries)
    size = 0
    for first, segment, ended in segments(maker, entries, lambda count: watched.advance(bar, count)):
        name = sealed_name(first) if ended else segment_name(first)
        with (folder / "journal" / name).open("wb") as file:
            if ended:
                view = memoryview(segment)
                file.writelines(compressed(view[at : at + FRAME] for at in range(0, SEGMENT, FRAME)))
            else:
                file.write(segment)
        files.write(grown(size, maker.leaves, files.read, suite))
        size, maker.leaves = maker.index, []
    sign(data, size)
    usage = JournalUsage(data / "usage.sqlite", size)
    usage.upto = max(0, size - KEPT_EVERY)  # as the service leaves it, which reads on at leisure
    usage.settle(())
    usage.close()
    return sum(path.stat().st_size for path in data.rglob("*") if path.is_file())


def sign(data: Path, size: int) -> None:
    """Sign the log in `data` as the service does."""
    files, suite, now = TileFiles.of(data / "n1-0"), Sha256(), datetime.now(UTC)
    ring = KeyRing.open(data / "keys" / "n1-0", ORIGIN, now, create=True)
    checkpoint, at = Checkpoint(ORIGIN, size, root(size, nodes(size, files.read, suite), suite)), int(now.timestamp())
    lines = tuple(signature_line(one.key, one.sign(checkpoint, at), at) for one in ring.signers(now))
    note = str(Note(checkpoint.body, lines)).encode()
    files.store_signed(note)
    files.publish(note)


def built(data: Path) -> tuple[float, float]:
    """Return seconds until the service is built in this process, and until its first decision is recorded."""
    raw = (ROOT / "examples/ask.json").read_bytes()
    began = time.perf_counter()
    with build_service(Settings(data=data)) as made:
        ready = time.perf_counter() - began

        async def first() -> float:
            await made.service.activate()
            await made.service.answer(parse(raw, LOCAL), raw)
            return time.perf_counter() - began

        return ready, asyncio.run(first())


def served(data: Path) -> tuple[float, float]:
    """Return seconds from the start of `pdp serve` until /readyz says yes, and until its first answer."""
    port = free_port()
    command = [sys.executable, "-m", "adapters.cli", "serve", "--port", str(port), "--data", str(data)]
    base, body = f"http://127.0.0.1:{port}", (ROOT / "examples/ask.json").read_bytes()
    began = time.perf_counter()
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client() as client:
            ready = until_ready(client, f"{base}/readyz", began)
            headers = {"Content-Type": "application/json"}
            client.post(f"{base}/access/v1/evaluation", content=body, headers=headers).raise_for_status()
            return ready, time.perf_counter() - began
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def until_ready(client: httpx.Client, url: str, began: float) -> float:
    """Return seconds since `began` until `url` answers 200."""
    while time.perf_counter() - began < 300:  # noqa: PLR2004  # seconds; far beyond what is promised
        try:
            if client.get(url, timeout=1).status_code == httpx.codes.OK:
                return time.perf_counter() - began
        except httpx.HTTPError:
            time.sleep(0.01)
    message = "the service is not ready after five minutes"
    raise RuntimeError(message)


def forget(data: Path) -> None:
    """Have the kernel forget what it has read of the log, as after a restart of the machine."""
    os.sync()
    for path in data.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _origin() -> bytes:
    return sha256(ORIGIN.encode()).digest()


def main() -> None:
    """Make the log, start on it, print seconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--data", type=Path, help="keep the log here, and use it again if it is there")
    given = parser.parse_args()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with tempfile.TemporaryDirectory() as folder:
        data = given.data or Path(folder) / "data"
        if not (data / "n1-0").exists():
            began = time.perf_counter()
            with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as watched:
                size = make(data, given.entries, watched)
            print(f"{given.entries:,} entries made in {time.perf_counter() - began:,.0f} s, {size / 2**30:.2f} GiB")
        for cache in ("cold", "warm"):
            for name, start in (("in this process", built), ("pdp serve", served)):
                if cache == "cold":
                    forget(data)
                ready, first = start(data)
                print(f"{cache} cache, {name}: ready after {ready:.2f} s, first decision after {first:.2f} s")


if __name__ == "__main__":
    main()
