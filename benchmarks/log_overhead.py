"""What the decision log costs through HTTP: requests a second, p50 and p99 with none of it, and with each part of it.

All servers run at once, held to core 0, and are loaded from core 1 one after the other, round by round, so that a busy
neighbour meets all of them; what counts are the ratios within one round, and the CPU time of a request, which a busy
neighbour does not change. The first keeps nothing: it decides and
answers, and forgets. The others add the journal, publishing every second with Ed25519 and ML-DSA-44, and a witness on
loopback (on core 1) that co-signs every checkpoint.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from beside_opa import LUA, ROOT, Contender, Figures, cpu_ticks, free_port, load, read, wait_until_ready
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from adapters.publishing.witnessing import witnessing
from adapters.server import Process
from adapters.settings import load_settings
from adapters.signers.key_ring import KeyRing, witness_ring
from pdp.log.note import KeyKind
from pdp.model import Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.assemble import Installation

Found = dict[int, dict[str, list[Figures]]]
NOTHING, JOURNAL, PUBLISHED, WITNESSED = "none", "journal", "published", "witnessed"
VARIANTS = (NOTHING, JOURNAL, PUBLISHED, WITNESSED)
WITNESS = "neighbour.example/witness"
ORIGIN = "pdp.local/n1-0"


class Running(NamedTuple):
    """A server that has been started."""

    contender: Contender
    pid: int


class Forgetful:
    """A decision log that keeps nothing: what the rest of an answer costs."""

    ready = True
    size = 0

    def append(self, _: bytes) -> asyncio.Future[Receipt]:
        """Return a receipt at once."""
        done: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self.size += 1
        done.set_result(Receipt(ORIGIN, self.size, "0" * 64))
        return done


class Measured(Process):
    """The service, without the parts of the log that a variant leaves out."""

    def __init__(self, variant: str, **settings: object) -> None:
        super().__init__(load_settings(settings, {}), lambda *_: None)
        self._variant = variant

    def _opened(self, stack: ExitStack) -> Installation:
        made: Any = super()._opened(stack)
        if self._variant in {NOTHING, JOURNAL}:
            made.keeping.start = lambda _: None  # nothing is published
        if self._variant == NOTHING:
            made.service._log = Forgetful()  # noqa: SLF001  # only here does a service run without its log
        return made  # type: ignore[no-any-return]


@contextmanager
def server(variant: str, settings: dict[str, object], core: int, body: str) -> Iterator[Running]:
    """Start a variant on a core; stop it at the end."""
    base = f"http://127.0.0.1:{settings['port']}"
    command = ["taskset", "-c", str(core), sys.executable, __file__, "--serve", variant, json.dumps(settings)]
    contender = Contender(variant, command, f"{base}/access/v1/evaluation", body, f"{base}/readyz")
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd=ROOT)
        try:
            wait_until_ready(contender, process)
            yield Running(contender, process.pid)
        except RuntimeError:
            said.seek(0)
            print(said.read(), file=sys.stderr)
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def start_all(stack: ExitStack, folder: Path, body: str) -> list[Running]:
    """Start every variant on core 0, and the witness of the last one on core 1."""
    witness, named = witness_of(folder, folder / WITNESSED)
    stack.enter_context(server("witness", witness, 1, body))
    started = []
    for variant in VARIANTS:
        log = {"seal": False, **({"witnesses": [named], "quorum": 1} if variant == WITNESSED else {})}
        settings = {"port": free_port(), "data": str(folder / variant), "log": log}
        started.append(stack.enter_context(server(variant, settings, 0, body)))
    return started


def witness_of(folder: Path, data: Path) -> tuple[dict[str, object], dict[str, str]]:
    """Return what a witness for the log in `data` is started with, and how that log names it; both get their keys."""
    now, port = datetime.now(UTC), free_port()
    keys = KeyRing.open(data / "keys/n1-0", ORIGIN, now, create=True).keys
    witnessed = {"origin": ORIGIN, "vkeys": [str(key.key) for key in keys]}
    log = {"seal": False, "witness_name": WITNESS, "witness_for": [witnessed]}
    settings = {"port": port, "data": str(folder / "witness"), "log": log}
    with witnessing(load_settings(settings, {}), print):
        own = witness_ring(folder / "witness/keys/witness", WITNESS, now, create=False).keys
    vkey = next(str(key.key) for key in own if key.key.kind is KeyKind.COSIGNATURE)
    return settings, {"name": "neighbour", "vkey": vkey, "url": f"http://127.0.0.1:{port}/witness"}


def measure(running: list[Running], script: Path, connections: list[int], rounds: int, seconds: int) -> Found:
    """Return the figures of every round, by number of connections and variant."""
    found: Found = {number: {each.contender.name: [] for each in running} for number in connections}
    turns = [(turn, number) for turn in range(rounds) for number in connections]
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for each in progress.track(running, description="warming up"):
            load(each.contender, script, 8, 2)
        for turn, number in progress.track(turns, description="measuring"):
            first = turn % len(running)  # nobody is always first
            for each in running[first:] + running[:first]:
                before = cpu_ticks(each.pid)
                said = load(each.contender, script, number, seconds)
                found[number][each.contender.name].append(read(said, cpu_ticks(each.pid) - before))
    return found


def summed_up(found: Found) -> list[dict[str, object]]:
    """Return a row for each number of connections and variant: medians, and medians of what one round compares."""
    rows: list[dict[str, object]] = []
    for number, variants in found.items():
        for name, rounds in variants.items():
            pairs = list(zip(rounds, variants[NOTHING], strict=True))
            rows.append({
                "log": name,
                "connections": number,
                "requests_per_second": round(median(one.rate for one in rounds)),
                "p50_ms": round(median(one.p50_ms for one in rounds), 2),
                "p99_ms": round(median(one.p99_ms for one in rounds), 2),
                "cpu_us": round(median(one.cpu_us for one in rounds)),
                "rate_ratio": round(median(one.rate / base.rate for one, base in pairs), 3),
                "more_p50_ms": round(median(one.p50_ms - base.p50_ms for one, base in pairs), 2),
                "more_p99_ms": round(median(one.p99_ms - base.p99_ms for one, base in pairs), 2),
                "cpu_ratio": round(median(one.cpu_us / base.cpu_us for one, base in pairs), 3),
                "faults": " ".join(filter(None, (one.faults for one in rounds))),
            })  # fmt: skip
    return rows


def show(rows: list[dict[str, object]]) -> None:
    """Print the rows."""
    table = Table(*(name.replace("_", " ") for name in rows[0]))
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console(width=170).print(table)


def main() -> int:
    """Measure and print; or, as a child, serve one variant."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=4, help="length of one load")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--json", action="store_true", help="print figures for programs")
    parser.add_argument(
        "--serve", nargs=2, metavar=("VARIANT", "SETTINGS"), help="what this program starts itself with"
    )
    asked = parser.parse_args()
    if asked.serve:
        return Measured(asked.serve[0], **json.loads(asked.serve[1])).run()
    body = (ROOT / "examples/ask.json").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(dir=ROOT) as place, ExitStack() as stack:
        script = Path(place) / "ask.lua"
        script.write_text(LUA.replace("{body}", body), encoding="utf-8")
        running = start_all(stack, Path(place), body)
        rows = summed_up(measure(running, script, asked.connections, asked.rounds, asked.seconds))
    if asked.json:
        print(json.dumps(rows, indent=1))
    else:
        show(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
