"""How long an auditor takes: a log of real decisions, verified at each level by ours and by what others wrote.

A few thousand questions are asked of the real service; their records are repeated with new ids, numbered and linked
anew, until the log is as long as it should be. The verifier runs as auditors run it: a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from traffic import Traffic, TrafficClock, fill

from adapters.assemble import build_service
from adapters.settings import Settings
from pdp.log import verify
from pdp.log.entry import FIRST, entry_bytes, leaf_hash, record_of
from pdp.log.note import Checkpoint, Note
from pdp.log.suite import Sha256
from pdp.log.tiles import bundled, bundles_of, grown, nodes
from pdp.log.tree import root

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # keys for tests
from tests.logs.published import LOG_KEY, ORIGIN, policy  # noqa: E402  # found only now

FSCK, VERIFY_GO = ROOT / ".tools/bin/fsck", ROOT / ".tools/bin/verify_go"
SHARE = 10  # the last tenth of the log is new where an older checkpoint is given


def sample(count: int) -> list[bytes]:
    """Return the records of `count` decisions of the real service."""
    with tempfile.TemporaryDirectory() as folder:
        made = build_service(Settings(data=Path(folder)))
        clock = TrafficClock()
        made.clock = clock  # type: ignore[assignment]  # a clock is a clock

        async def run() -> None:
            await made.service.activate()
            await fill(made, count, Traffic(), clock, at_once=8)

        with made:
            asyncio.run(run())
            return [record_of(entry) for _, entry in made.journal.records()]


def repeated(records: list[bytes], count: int) -> Iterator[bytes]:
    """Yield `count` entries made of `records`, each with an id of its own."""
    ids = re.compile(rb'(?<="id":")[0-9a-f-]{36}')
    prev = FIRST
    for seq in range(count):
        fresh = b"%08x-%04x-7000-8000-%012x" % (0x019B76DA + (seq >> 16), seq & 0xFFFF, seq)
        entry = entry_bytes(prev, ids.sub(fresh, records[seq % len(records)], count=1), seq)
        prev = leaf_hash(entry).hex()
        yield entry


def write(top: Path, entries: Iterator[bytes], count: int, watched: Progress) -> int:
    """Write the published log of `entries` to `top`, bundle by bundle; return how many bytes they have."""
    suite, leaves, taken = Sha256(), [], 0
    bar = watched.add_task("write the log", total=count)
    for tile in bundles_of(count):
        part = [next(entries) for _ in range(tile.width)]
        leaves += [suite.leaf(entry) for entry in part]
        taken += sum(map(len, part))
        save(top / tile.path, bundled(part))
        watched.advance(bar, tile.width)
    tiles = grown(0, leaves, lambda _: b"", suite)
    for tile, data in tiles.items():
        save(top / tile.path, data)
    for name, size in (("checkpoint", count), ("old", count - count // SHARE)):
        read = tiles if size == count else grown(0, leaves[:size], lambda _: b"", suite)
        checkpoint = Checkpoint(ORIGIN, size, root(size, nodes(size, read.__getitem__, suite), suite))
        save(top / name, str(Note(checkpoint.body, (LOG_KEY.line(checkpoint),))).encode())
    return taken


def save(path: Path, data: bytes) -> None:
    """Write a file and the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


class Quiet(SimpleHTTPRequestHandler):
    """Serves plain files, keeps connections open, says nothing."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body leave together

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def timed(command: list[object], success: str) -> tuple[float, float]:
    """Return the seconds that a command takes, by the clock and of all processors; it must say `success`."""
    began, used = time.perf_counter(), spent()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=900, check=False)
    seconds = time.perf_counter() - began
    assert success in done.stdout + done.stderr, done.stdout + done.stderr
    return seconds, spent() - used


def spent() -> float:
    """Return the processor time of all commands so far; on a shared machine it says more than the clock."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def runs(top: Path, url: str) -> Iterator[tuple[str, list[object], str]]:
    """Yield what is measured: its name, the command, what it says when all is well."""
    ours = ["taskset", "-c", "0", sys.executable, "-I", verify.__file__, "--policy", top / "policy.txt"]
    log = top / "log"
    yield "tree, folder", [*ours, log], "VERIFIED"
    yield "chain, folder", [*ours, log, "--level", "chain"], "VERIFIED"
    yield "tiles only, folder", [*ours, log, "--level", "tiles"], "VERIFIED"
    yield f"tree, last {1 / SHARE:.0%} only", [*ours, log, "--since", log / "old"], "VERIFIED"
    yield "tree, HTTP on loopback", [*ours, url], "VERIFIED"
    if FSCK.exists():
        (top / "log.vkey").write_text(f"{LOG_KEY.public}\n")
        paths = [f"--storage_url=file://{log}/", f"--public_key={top}/log.vkey"]
        yield "Tessera fsck, folder, all cores", [FSCK, "--ui=false", "-N", "2", *paths], "Successfully fsck'd"
    if VERIFY_GO.exists():
        yield "verify_go, folder, all cores", [VERIFY_GO, "--policy", top / "policy.txt", log], ""


def main() -> None:
    """Print entries a second, by level and verifier."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--entries", type=int, default=500_000)
    parser.add_argument("--sample", type=int, default=3_000, help="decisions asked of the real service")
    parser.add_argument("--json", action="store_true", help="print figures for programs")
    given = parser.parse_args()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        with Progress(*columns, console=Console(stderr=True)) as watched:
            taken = write(top / "log", repeated(sample(given.sample), given.entries), given.entries, watched)
        (top / "policy.txt").write_text(policy())
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/log"
        found = {name: timed(command, success) for name, command, success in runs(top, url)}
        server.shutdown()
        server.server_close()
    show(given.entries, taken, found, as_json=given.json)


def show(entries: int, taken: int, found: dict[str, tuple[float, float]], *, as_json: bool) -> None:
    """Print what was measured."""
    if as_json:
        print(json.dumps({"entries": entries, "bytes_an_entry": taken / entries, "seconds": found}))
        return
    title = f"{entries:,} entries of {taken / entries:,.0f} bytes, {os.cpu_count()} cores"
    columns = ("verifier and level", "s", "s of processors", "entries/s", "entries/s of processors")
    table = Table(*columns, title=title, title_justify="left", box=None)
    for name, (seconds, used) in found.items():
        table.add_row(name, f"{seconds:.2f}", f"{used:.2f}", f"{entries / seconds:,.0f}", f"{entries / used:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
