"""How long the columns of a large log take to build, and a search or a question over them, on this machine.

Real questions are decided by the real service on the starting world; what it recorded is then repeated under new ids,
instants, request ids and digests until there is enough, entry chained to entry, in segments as the journal writes them.
`python benchmarks/search.py [--decisions 1000000] [--real 20000] [--keep DIR]`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from functools import partial
from itertools import count, cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from traffic import Traffic, TrafficClock, fill

from adapters.assemble import build_service, compiled, open_ledger
from adapters.exports.columns import Keeper
from adapters.exports.database import Database
from adapters.exports.delivery import Period, deliver
from adapters.exports.questions import BEGINNING, END, ask, queries
from adapters.exports.search import Criteria, Found, search
from adapters.settings import Settings, shipped_policies
from adapters.stores.log_reader import LogReader
from pdp.log.entry import FIRST, entry_bytes, record_of
from pdp.log.frames import BOUNDARY, RECORD, SegmentHeader, frame_bytes
from pdp.log.frames import END as SEALED
from pdp.log.instants import utc
from pdp.log.note import Checkpoint, KeyKind, Note, VerifierKey, signature_line, signed_message
from pdp.log.revision import digests, revision_set
from pdp.log.suite import Sha256
from pdp.log.tiles import grown, nodes
from pdp.log.tree import root
from pdp.log.uuid7 import uuid7
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from adapters.exports.columns import Columns

NAME: Final = "n1-0"
SEGMENT: Final = 64 * 1024 * 1024
GROUP: Final = 32  # entries a group, as a busy journal has
START: Final = datetime(2026, 1, 5, 9, tzinfo=SHANGHAI)
STEP: Final = timedelta(milliseconds=25_000)
WARM: Final = 5
_VOLATILE: Final = re.compile(rb'"(at|id|request_id|digest)":"([^"]*)"')


async def recorded(data: Path, count: int) -> list[bytes]:
    """Return the records of `count` real decisions, and of the events before them."""
    installation = build_service(Settings(data=data))
    installation.clock = clock = TrafficClock()  # type: ignore[assignment]  # any clock will do
    with installation:
        await installation.service.activate()
        await fill(installation, count, Traffic(), clock, at_once=64)
        return [record_of(entry) for _, entry in installation.journal.records(0)]


def _renewed(fresh: Mapping[bytes, bytes], found: re.Match[bytes]) -> bytes:
    """Return a member with its fresh value."""
    return b'"%b":"%b"' % (found[1], fresh[found[1]])


def repeated(records: list[bytes], entries: int) -> Iterator[bytes]:
    """Yield `count` records: those given, then decisions among them under other names and at other times."""
    decisions = [record for record in records if b'"kind":"decision"' in record]
    begun = [record for record in records if b'"kind":"decision"' not in record]
    for number, record in enumerate(islice(iter([*begun, *islice(cycle(decisions), entries)]), entries)):
        now = START + STEP * number
        fresh = {
            b"at": utc(now).encode(),
            b"id": uuid7(int(now.timestamp() * 1000), os.urandom(10)).encode(),
            b"request_id": b"%032x" % number,
            b"digest": b"r1." + os.urandom(16).hex().encode() + b"A" * 11,
        }
        yield _VOLATILE.sub(partial(_renewed, fresh), record)


def written(folder: Path, origin: str, records: Iterable[bytes]) -> None:
    """Write a journal of `records` to `folder`, and sign it as the service would."""
    suite, leaves = Sha256(), list[bytes]()
    journal = folder / "journal"
    journal.mkdir(parents=True)
    segment, first = bytearray(), 0
    source = iter(enumerate(records))
    for group in count():
        batch = list(islice(source, GROUP))
        if segment and (not batch or len(segment) > SEGMENT):
            end = frame_bytes(SEALED, len(leaves), group, 0, leaves[-1])
            (journal / f"{first:020d}.seg").write_bytes(segment + end)
            segment = bytearray()
        if not batch:
            break
        if not segment:
            first = batch[0][0]
            before = leaves[-1] if leaves else bytes(32)
            header = SegmentHeader(first, group, int(time.time()), before, hashlib.sha256(origin.encode()).digest())
            segment += header.pack()
        for place, (index, record) in enumerate(batch, 1):
            entry = entry_bytes(leaves[-1].hex() if leaves else FIRST, record, index)
            leaves.append(suite.leaf(entry))
            segment += frame_bytes(RECORD, index, group, len(batch) - place, entry)
        segment += bytes(-len(segment) % BOUNDARY)
    sign(folder, origin, leaves)


def sign(folder: Path, origin: str, leaves: list[bytes]) -> None:
    """Sign the tree over `leaves` with a key of its own."""
    suite = Sha256()
    tiles = grown(0, leaves, lambda _: b"", suite)
    whole = root(len(leaves), nodes(len(leaves), tiles.__getitem__, suite), suite)
    checkpoint, private = Checkpoint(origin, len(leaves), whole), Ed25519PrivateKey.generate()
    key = VerifierKey(origin, KeyKind.ED25519, private.public_key().public_bytes_raw())
    line = signature_line(key, private.sign(signed_message(key, checkpoint, 0)), 0)
    (folder / "state").mkdir()
    (folder / "state" / "checkpoint").write_text(str(Note(checkpoint.body, (line,))))


def made(data: Path, real: int, decisions: int) -> None:
    """Make a data folder with a log of `decisions`, of which `real` were decided here."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as aside:
        records = asyncio.run(recorded(Path(aside), real))
        data.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(aside) / "ledger.sqlite", data)
    written(data / NAME, f"pdp.local/{NAME}", repeated(records, decisions))
    size = sum(path.stat().st_size for path in (data / NAME / "journal").iterdir())
    took = time.perf_counter() - began
    print(
        f"log: {decisions:,} entries, {size / 2**20:,.0f} MiB of journal, made in {took:.0f} s, {real:,} of them real"
    )


def timed(what: str, act: Callable[[], Found]) -> None:
    """Print how many `act` found, and how long it took the first time and at best of five more."""
    took, found = [], Found(0, ())
    for _ in range(1 + WARM):
        began = time.perf_counter()
        found = act()
        took.append(time.perf_counter() - began)
    print(f"  {what:<38}{took[0] * 1000:>7.0f} ms first{min(took[1:]) * 1000:>7.0f} ms warm{found.count:>12,} found")


def build(data: Path, log: LogReader) -> None:
    """Build the columns from nothing, and print how long it took."""
    shutil.rmtree(data / "columns", ignore_errors=True)
    began, cpu = time.perf_counter(), os.times()
    with Keeper(data, LogReader).up_to_date(log) as columns:
        took, used = time.perf_counter() - began, os.times()
        size = sum(part.path.stat().st_size for part in columns.parts)
    spent = sum(used[:4]) - sum(cpu[:4])
    entries = log.checkpoint.size
    print(
        f"columns: {entries:,} entries in {took:.1f} s ({spent:.1f} s of processor time), "
        f"{len(columns.parts)} parts, {size / entries:.0f} bytes an entry"
    )


def criteria(database: Database) -> dict[str, Criteria]:
    """Return one search for each criterion, with values that occur."""
    names = ("body", "dataset", "application", "scenario", "request_id", "gateway")
    picked = database.rows(
        "SELECT any_value(body), any_value(dataset), any_value(application_named), any_value(scenario), "
        "any_value(request_id), any_value(gateway) FROM entries"
    ).rows[0]
    found = dict(zip(names, picked, strict=True))
    person = database.rows("SELECT any_value(staff) FROM entries").rows[0][0]
    return {
        "anything": Criteria(),
        **{name: Criteria(**{name: found[name]}) for name in ("body", "dataset", "application", "scenario", "gateway")},
        "request id": Criteria(request_id=found["request_id"]),
        "person": Criteria(person=person),
        "outcome": Criteria(outcome="PERMIT"),
        "kind": Criteria(kind="rulebook.activated"),
        "rule": Criteria(rule="share_deemed"),
        "article and what is below it": Criteria(article="art_21"),
        "one day": Criteria(since=START + timedelta(days=30), until=START + timedelta(days=31)),
        "body, outcome, article, half a year": Criteria(
            body=found["body"], outcome="DENY", article="art_21__para_1", since=START, until=START + timedelta(days=180)
        ),
    }


def searches(columns: Columns) -> None:
    """Print how long each search takes, the database being open."""
    print("search, 20 newest and the number of all:")
    with Database([columns]) as database:
        for name, one in criteria(database).items():
            timed(name, partial(search, database, one))


def commands(data: Path) -> None:
    """Print how long the whole command takes, and how much of it an interpreter needs that does nothing."""
    asked = ["-m", "adapters.cli", "log", "search", "--data", str(data), "--article", "21", "--json"]
    took = {}
    for name, arguments in (("start", ["-c", "pass"]), ("whole", asked)):
        runs = []
        for _ in range(WARM):
            began = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
            runs.append(time.perf_counter() - began)
        took[name] = min(runs)
    print(
        f"command: pdp log search --article 21: {took['whole'] * 1000:.0f} ms, "
        f"{(took['whole'] - took['start']) * 1000:.0f} ms of it beyond the start of an interpreter"
    )


def questions(data: Path, columns: Columns) -> None:
    """Print how long each of the regulators' questions takes."""
    print("questions:")
    policies, rulebook = compiled(shipped_policies())
    known = policies, revision_set(digests(rulebook.revision))
    with open_ledger(data) as ledger:
        statements = list(ledger.statements())
    given = {"who-read": "bj:2b57c5bf21974959", "what-did": "xicheng-jiaowei", "person": "p1.none"}
    for name, query in queries().items():
        values = query.values([given[name]] if name in given else [])
        with Database([columns]) as database:
            began = time.perf_counter()
            rows = ask(database, query, values, statements=statements, policies=known).rows
            print(f"  {name:<34}{(time.perf_counter() - began) * 1000:>9.0f} ms   {len(rows):,} rows")


def exports(columns: Columns) -> None:
    """Print how fast each format is written."""
    with tempfile.TemporaryDirectory() as aside, Database([columns]) as database:
        end = START + STEP * 50_000
        for form in ("opa", "ocsf", "jsonl", "parquet"):
            began = time.perf_counter()
            manifest = deliver(columns, database, Period(BEGINNING, min(end, END)), form, Path(aside) / form)
            rate = manifest["entries"] / (time.perf_counter() - began)
            size = sum(file["bytes"] for file in manifest["files"]) / manifest["entries"]
            print(f"export {form:<8}{rate:>9,.0f} entries/s{size:>7.0f} bytes an entry")


def main() -> None:
    """Make the log, unless it is there, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--real", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="folder in which the log is made, or found from an earlier run")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        data = asked.keep or Path(aside)
        if not (data / NAME).is_dir():
            made(data, asked.real, asked.decisions)
        log = LogReader(data / NAME)
        build(data, log)
        with Keeper(data, LogReader).up_to_date(log) as columns:
            searches(columns)
            commands(data)
            questions(data, columns)
            exports(columns)


if __name__ == "__main__":
    main()
