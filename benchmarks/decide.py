"""Compile times, and microseconds for deriving facts and deciding in process, on the starting world.

Each part is timed in many short rounds and the median of the rounds is shown, so that a busy neighbour does not decide.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from adapters.assemble import build_service
from adapters.callers import LOCAL
from adapters.engines.casbin_tables import CasbinTables
from adapters.engines.rego_embedded import EmbeddedRego
from adapters.files.policy_set import load_policy_set
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from adapters.stores.rulebook_cache import compile_rulebook
from pdp.rulebook.merge import settle

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
ROUNDS, CALLS = 60, 200


def median_us(call: Callable[[], object]) -> float:
    """Return the median over rounds of microseconds a call."""
    for _ in range(CALLS):
        call()
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter_ns()
        for _ in range(CALLS):
            call()
        rounds.append((time.perf_counter_ns() - began) / CALLS / 1000)
    return statistics.median(rounds)


def seconds(call: Callable[[], object]) -> float:
    """Return how long one call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def compiling(table: Table) -> None:
    """Time reading and compiling, without and with kept answers."""
    with tempfile.TemporaryDirectory() as folder:

        def once() -> object:
            return compile_rulebook(load_policy_set(ROOT), EmbeddedRego(), CasbinTables(), Path(folder))

        table.add_row("read policies, ask the engines, build tables (cold)", f"{seconds(once):.2f} s")
        table.add_row("read policies, build tables from kept answers (warm)", f"{seconds(once):.2f} s")


def deciding(table: Table) -> None:
    """Time facts and verdict for three questions that differ in how they end."""
    with tempfile.TemporaryDirectory(dir=ROOT) as folder, build_service(Settings(data=Path(folder))) as made:
        law, now = made.service.in_force, made.clock.now()
        law.world.follow()
        for name in ("permit_unconditional", "partial_fields", "deny_no_application"):
            question = parse((ROOT / f"examples/ask_{name}.json").read_bytes(), LOCAL)
            inquiry = law.derive(question, now)
            vector = inquiry.groups[0].facts.vector
            both = median_us(lambda question=question: settle(law.derive(question, now), law.rulebook, now))  # type: ignore[misc]
            facts = median_us(lambda question=question: law.derive(question, now))  # type: ignore[misc]
            seen = median_us(lambda vector=vector: law.rulebook.judge(vector))  # type: ignore[misc]
            unseen = median_us(lambda vector=vector: law.rulebook._decide(vector))  # type: ignore[misc]  # noqa: SLF001
            table.add_row(f"{name}: facts and decision", f"{both:.1f} µs")
            table.add_row(f"{name}: facts alone", f"{facts:.1f} µs")
            table.add_row(f"{name}: verdict, vector seen / unseen", f"{seen:.2f} / {unseen:.1f} µs")


def main() -> None:
    """Measure and print."""
    table = Table("what", "how long")
    compiling(table)
    deciding(table)
    Console().print(table)


if __name__ == "__main__":
    main()
