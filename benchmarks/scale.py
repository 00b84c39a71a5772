"""A city's ledger: import by the command, start, decisions and memory, beside a small world of the same make.

By default 5,000 bodies, 100,000 data sets and a million share applications, all admitted one by one as any other
statement is. The small world has a fiftieth of that. Hot questions fall on applications as Zipf has it, cold ones on
any application alike; each is drawn once in a process, so that a cold question mostly finds nothing folded yet. They
are put to the service in process, and over HTTP to `pdp serve`, which costs what it costs a gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from restart import ROOT, forget
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from scale_world import ScaleWorld, sized
from served import Served, memory

from adapters.assemble import build_service, open_ledger
from adapters.callers import LOCAL
from adapters.gateways.authzen import parse
from adapters.server import collect_seldom
from adapters.settings import Settings
from pdp.rulebook.merge import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adapters.assemble import Installation
    from pdp.ledger.statement import Statement

SMALL: Final = 50  # what is there fifty times over in the world that is measured
BATCH: Final = 2_000  # statements that are written at once
ROUNDS: Final = 3  # processes that answer on each world, in turns
WARM: Final = 50  # hot questions asked before those that are timed, for each of them
TURNS: Final = 10  # in which the services of both worlds are asked, one after the other
KINDS: Final = ("hot", "cold")
STEPS: Final = ("warm", "decide", "answer")  # untimed, timed without the record, timed with it


def written(folder: Path, world: ScaleWorld, watched: Progress) -> Path:
    """Write all statements of `world` to a file of JSON lines, as a program of the city would."""
    path = folder / f"statements-{world.size.applications}.jsonl"
    bar = watched.add_task(f"{world.size.applications:,} applications", total=None)
    statements = world.statements()
    with path.open("w", encoding="utf-8") as file:
        while batch := list(islice(statements, BATCH)):
            file.writelines(map(_line, batch))
            watched.advance(bar, len(batch))
    return path


def _line(one: Statement) -> str:
    said = {"kind": one.kind, "at": one.at.isoformat(), "by": one.by, "body": one.body}
    return f"{json.dumps(said, ensure_ascii=False)}\n"


def imported(data: Path, file: Path) -> dict[str, float]:
    """Import `file` into a new ledger by the command, in a process of its own; return what it took."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "adapters.cli", "ledger", "import", str(file), "--data", str(data)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime  # of the command and the reader it starts
    size = sum(path.stat().st_size for path in data.glob("ledger.sqlite*"))
    with open_ledger(data) as ledger:
        count = ledger.head()
    print(f"{count:,} statements of {file.name} in {took:,.1f} s, {cpu:,.1f} s of CPU", file=sys.stderr)
    return {"statements": count, "seconds": took, "cpu": cpu, "bytes": size, "peak": after.ru_maxrss / 1024}


def drawn(world: ScaleWorld, count: int, seed: int) -> dict[str, list[dict[str, object]]]:
    """Return `count` questions for each step of both kinds."""
    draw, last = random.Random(seed), world.size.applications - 1  # noqa: S311  # drawn to be repeated
    times = {"warm": WARM, "decide": 1, "answer": 1}
    hot = {step: [world.question(_zipf(draw, last)) for _ in range(count * times[step])] for step in STEPS}
    cold = {step: [world.question(draw.randint(0, last)) for _ in range(count)] for step in STEPS}
    return {
        f"{kind} {step}": asked for kind, steps in zip(KINDS, (hot, cold), strict=True) for step, asked in steps.items()
    }


def _zipf(draw: random.Random, last: int) -> int:
    """Return an application: its rank r has a share of 1/r, and neighbours in rank are none in the ledger."""
    rank = int((last + 1) ** draw.random()) - 1
    return rank * 7_368_787 % (last + 1)  # a prime: every rank is another application


def answered(data: Path, questions: Path) -> dict[str, object]:
    """Start the service in this process and answer `questions`; return what it took, µs and MiB."""
    with questions.open("rb") as lines:
        began = time.perf_counter()
        with build_service(Settings(data=data)) as made:
            return asyncio.run(_answered(made, lines, began))


async def _answered(made: Installation, lines: Iterable[bytes], began: float) -> dict[str, object]:
    await made.service.activate()
    collect_seldom()
    took: dict[str, list[float]] = {}
    outcomes: Counter[str] = Counter()
    first, law = 0.0, made.service.in_force
    for line in lines:
        name, raw = line.split(b"\t", 1)
        request = parse(raw, LOCAL)
        clock = time.perf_counter_ns if name.endswith(b"answer") else time.thread_time_ns
        start = clock()
        if not first or name.endswith(b"answer"):
            decision = (await made.service.answer(request, raw)).decision
        else:
            now = made.clock.now()
            _, decision = settle(law.derive(request, now), law.rulebook, now)
        first = first or time.perf_counter() - began
        took.setdefault(name.decode(), []).append((clock() - start) / 1000)
        outcomes[decision.outcome.name] += 1
    return {"first": first, "took": took, "outcomes": outcomes, **memory()}


def started(data: Path, questions: Path) -> dict[str, object]:
    """Answer `questions` in a process of its own."""
    command = [sys.executable, __file__, "--data", str(data), "--questions", str(questions)]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    whole: dict[str, object] = json.loads(done.stdout)
    return {**whole, "process": time.perf_counter() - began}


def remember(data: Path) -> None:
    """Read the ledger once, so that its pages lie in the cache, as on a machine that has memory to spare."""
    with (data / "ledger.sqlite").open("rb") as file:
        while file.read(1 << 20):
            pass


def asked(folder: Path, world: ScaleWorld, count: int, seed: int) -> Path:
    """Write the questions of one round to a file."""
    path = folder / f"questions-{world.size.applications}-{seed}"
    with path.open("w", encoding="utf-8") as file:
        for name, all_ in drawn(world, count, seed).items():
            file.writelines(f"{name}\t{json.dumps(one, ensure_ascii=False)}\n" for one in all_)
    return path


def measured(folder: Path, worlds: dict[str, ScaleWorld], count: int) -> dict[str, list[dict[str, object]]]:
    """Return, for each world, the first start after the import, one on a cold page cache, and rounds on a warm one."""
    found: dict[str, list[dict[str, object]]] = {name: [] for name in worlds}
    for name, world in worlds.items():
        one = asked(folder, world, 1, 0)
        found[name].append(started(folder / name, one))
        forget(folder / name)
        found[name].append(started(folder / name, one))
        remember(folder / name)
    for seed in range(1, ROUNDS + 1):
        for name, world in worlds.items():
            found[name].append(started(folder / name, asked(folder, world, count, seed)))
    return found


def over_http(folder: Path, worlds: dict[str, ScaleWorld], count: int) -> dict[str, dict[str, object]]:
    """Return, for each world, what each kind of question took over HTTP in µs, and what its service holds in MiB."""
    said: dict[str, dict[str, list[bytes]]] = {}
    for name, world in worlds.items():
        questions = drawn(world, count, ROUNDS + 1)
        said[name] = {
            step: [json.dumps(one, ensure_ascii=False).encode() for one in all_] for step, all_ in questions.items()
        }
    found: dict[str, dict[str, list[float]]] = {name: {kind: [] for kind in KINDS} for name in worlds}
    with ExitStack() as services:
        serving = {name: services.enter_context(Served(folder / name)) for name in worlds}
        for name, service in serving.items():
            service.warm(said[name]["hot warm"])
        for kind in KINDS:
            for turn in range(TURNS):
                for name, service in serving.items():
                    found[name][kind] += service.asked(said[name][f"{kind} answer"][turn::TURNS])
        return {name: {"took": found[name], **service.memory()} for name, service in serving.items()}


def show(  # plain JSON is measured, and shown
    worlds: dict[str, ScaleWorld],
    imports: dict[str, dict[str, float]],
    found: dict[str, list[dict[str, Any]]],
    served: dict[str, dict[str, Any]],
) -> None:
    """Print what was measured, world beside world."""
    table = Table("what", *worlds)
    sizes = {name: world.size for name, world in worlds.items()}
    rows: dict[str, Callable[[str], str]] = {
        "bodies, data sets, applications": lambda name: ", ".join(f"{count:,}" for count in sizes[name]),
        "statements": lambda name: f"{imports[name]['statements']:,.0f}",
        "pdp ledger import": lambda name: f"{imports[name]['seconds']:,.1f} s ({imports[name]['cpu']:,.1f} s of CPU)",
        "statements/s": lambda name: f"{imports[name]['statements'] / imports[name]['seconds']:,.0f}",
        "ledger file": lambda name: f"{imports[name]['bytes'] / 2**20:,.0f} MiB",
        "importing process at most": lambda name: f"{imports[name]['peak']:,.0f} MiB",
        "first start, to first decision": lambda name: _start(found[name][0]),
        "restart to first decision, cold page cache": lambda name: _start(found[name][1]),
        "restart to first decision, warm": lambda name: _start(min(found[name][2:], key=lambda one: one["first"])),
        "process after the questions / at most": lambda name: _held(found[name][2:]),
        "`pdp serve` after the questions / at most": lambda name: _held([served[name]]),
        "outcomes": lambda name: _outcomes(found[name][2:]),
    }
    for label, value in rows.items():
        table.add_row(label, *map(value, worlds))
    Console().print(table)
    _show_costs(found, served)


def _held(processes: list[dict[str, Any]]) -> str:
    now, most = (max(one[name] for one in processes) for name in ("VmRSS", "VmHWM"))
    return f"{now:,.0f} / {most:,.0f} MiB"


def _start(one: dict[str, float]) -> str:
    return f"{one['first']:.2f} s (process {one['process']:.2f} s until its end)"


def _outcomes(rounds: list[dict[str, dict[str, int]]]) -> str:
    counted: Counter[str] = Counter()
    for one in rounds:
        counted.update(one["outcomes"])
    return ", ".join(f"{name} {count * 100 / counted.total():.0f} %" for name, count in counted.most_common())


def _show_costs(found: dict[str, list[dict[str, Any]]], served: dict[str, dict[str, Any]]) -> None:
    names = list(found)
    table = Table("µs a decision", *(f"{name}: median, mean, p99" for name in names), "ratio of medians, of means")
    for kind in KINDS:
        for how, taken in {
            "facts and decision, CPU": {name: _taken(found[name], f"{kind} decide") for name in names},
            "with its record, elapsed": {name: _taken(found[name], f"{kind} answer") for name in names},
            "over HTTP, elapsed": {name: served[name]["took"][kind] for name in names},
        }.items():
            costs = [_costs(taken[name]) for name in names]
            cells = (", ".join(f"{us:,.0f}" for us in cost) for cost in costs)
            (median, mean, _), (small_median, small_mean, _) = costs
            table.add_row(f"{kind}, {how}", *cells, f"{median / small_median:.2f}, {mean / small_mean:.2f}")
    Console().print(table)


def _taken(rounds: list[dict[str, Any]], step: str) -> list[float]:
    """Return what a step took in all rounds but the two starts."""
    return [us for one in rounds[2:] for us in one["took"][step]]


def _costs(us: list[float]) -> tuple[float, float, float]:
    return statistics.median(us), statistics.mean(us), statistics.quantiles(us, n=100)[98]


def main() -> None:
    """Make both worlds, measure, print; as a process of its own: answer questions on a world that is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--applications", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=2_000, help="questions of each kind, step and round")
    parser.add_argument("--keep", type=Path, help="make the worlds in this folder, which is new, and leave them there")
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--questions", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.questions:
        print(json.dumps(answered(given.data, given.questions)))
        return
    sizes = {"measured": sized(given.applications), "small": sized(max(2_000, given.applications // SMALL))}
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        worlds = {one: ScaleWorld(size) for one, size in sizes.items()}
        with Progress(*columns, console=Console(stderr=True), transient=True) as watched:
            files = {one: written(folder, worlds[one], watched) for one in worlds}
        imports = {one: imported(folder / one, files[one]) for one in reversed(worlds)}
        show(worlds, imports, measured(folder, worlds, given.each), over_http(folder, worlds, given.each))


if __name__ == "__main__":
    main()
