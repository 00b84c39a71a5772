"""What an item of a batch costs beside a question asked alone, what batches cost others, and what a search costs.

The real service on the starting world and the real journal; ratios within one run, the best of five rounds each.
`python benchmarks/batch.py [--rounds 5]`.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from adapters.assemble import build_service
from adapters.callers import LOCAL
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from pdp.model import Gathering
from pdp.search import RESOURCE, Sought

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adapters.assemble import Installation

ROOT: Final = Path(__file__).parent.parent
EXAMPLES: Final = ("permit_unconditional", "permit_deemed", "partial_fields", "deny_no_application")
ITEMS: Final = 1000
ASKED: Final = Gathering("authzen", "local")


async def best(rounds: int, work: Callable[[], Awaitable[object]]) -> float:
    """Return the seconds of the fastest round."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        await work()
        took.append(time.perf_counter() - began)
    return min(took)


async def beside(made: Installation, work: Callable[[], Awaitable[object]]) -> list[float]:
    """Return the sorted seconds of single questions that somebody asks one after the other while `work` goes on."""
    question, took = _questions()[0], []
    going = asyncio.ensure_future(work())
    while not going.done():
        began = time.perf_counter()
        await made.service.answer(question)
        took.append(time.perf_counter() - began)
    await going
    return sorted(took)


async def measured(made: Installation, rounds: int) -> dict[str, float]:
    """Return the figures, in milliseconds."""
    await made.begin()
    questions = (_questions() * ITEMS)[:ITEMS]
    sought = Sought(RESOURCE, "dataset", replace(questions[0], fields=None))
    names = iter(range(10**9))

    async def alone() -> None:
        for question in questions[:100]:
            await made.service.answer(question)

    async def at_once() -> None:
        await asyncio.gather(*[made.service.answer(question) for question in questions])

    async def batch() -> None:
        await made.service.answer_all(questions, ASKED, b"{}")

    async def search() -> None:
        await made.searches.page(made.searches.begin(str(next(names)), sought), "", 500, b"{}")

    async def nothing() -> None:
        await asyncio.sleep(0.2)

    await alone()
    quiet, busy = await beside(made, nothing), await beside(made, batch)
    figures = {
        "alone, one after the other": await best(rounds, alone) / 100,
        "1,000 at once, each": await best(rounds, at_once) / ITEMS,
        "batch of 1,000, each item": await best(rounds, batch) / ITEMS,
        "somebody else, while nothing happens (median)": quiet[len(quiet) // 2],
        "somebody else, during a batch (median)": busy[len(busy) // 2],
        "somebody else, during a batch (slowest)": busy[-1],
        "search over 161 data sets, each": await best(rounds, search) / 161,
    }
    await made.end()
    return {name: seconds * 1000 for name, seconds in figures.items()}


def _questions() -> list:  # type: ignore[type-arg]  # of AccessRequest
    return [parse((ROOT / "examples" / f"ask_{name}.json").read_bytes(), LOCAL) for name in EXAMPLES]


def main() -> None:
    """Measure, and show."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, build_service(Settings(data=Path(folder) / "data")) as made:
        figures = asyncio.run(measured(made, rounds))
    table = Table("", "ms", "beside one at once", box=None)
    for name, ms in figures.items():
        table.add_row(name, f"{ms:.3f}", f"{ms / figures['1,000 at once, each']:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
