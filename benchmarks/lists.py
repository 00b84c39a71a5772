"""What a page of each work list costs on a city's ledger, looking where something can be, and looking everywhere.

By default the world of `scale_world` with 200,000 share applications: 1,000 bodies, 20,000 data sets, 500 days. Lists
of one body are asked for bodies drawn at random and for the one named most. "Everywhere" is what a list cost before it
knew where to look: the same list over every entity that was ever founded.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import track
from rich.table import Table
from scale_world import ScaleWorld, sized

from adapters.assemble import open_ledger
from pdp.ledger.words import text
from pdp.workdays import SHANGHAI, civil
from pdp.worklists import applications, reminders, supervision
from pdp.worklists.page import Paging

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import date

    from adapters.stores.sqlite_ledger import SqliteLedger
    from pdp.ledger.statement import Statement
    from pdp.ledger.world import World
    from pdp.worklists.page import Page, Source

NOW: Final = datetime(2026, 11, 10, 10, tzinfo=SHANGHAI)  # applications arrive until the day after the next
BODIES: Final = 15  # drawn at random for each list of one body
DAYS: Final = 5  # working days, for the list of a day


class Everywhere:
    """The ledger as it was found before entities had names."""

    def __init__(self, ledger: SqliteLedger) -> None:
        self.about, self.head = ledger.about, ledger.head
        self._ledger = ledger

    def entities_of(self, kind: str, after: int, limit: int, *names: Collection[str]) -> Sequence[Statement]:
        """Return every statement of `kind`, whatever was asked for by name."""
        del names
        return self._ledger.entities_of(kind, after, limit)


def most(ledger: SqliteLedger, kind: str, member: str) -> str:
    """Return who is named most often."""
    after, counted = 0, Counter[str]()
    while batch := ledger.entities_of(kind, after, 5_000):
        counted.update(text(said, member) for said in batch)
        after = batch[-1].seq
    return counted.most_common(1)[0][0]


def drawn(ledger: SqliteLedger, member: str, kind: str) -> list[str]:
    """Return bodies that are named, drawn from all statements of a kind."""
    draw, last = random.Random(1), ledger.head()  # noqa: S311  # drawn to be repeated
    said = (ledger.entities_of(kind, draw.randrange(last // 20), 1) for _ in range(BODIES))
    return [text(found[0], member) for found in said if found]


def lists(ledger: SqliteLedger) -> dict[str, list[Callable[[Source], int]]]:
    """Return what is asked of each list; what is asked returns how many items there were."""
    asked = dict(_of_bodies(ledger))
    days = [civil(NOW) + timedelta(days=count) for count in range(DAYS)]
    asked["due_on, a day"] = [partial(_page, ledger.world, reminders.due_on, day=day) for day in days]
    asked["notices of a morning"] = [partial(_notices, ledger.world, day) for day in days]
    asked["refusals_defective"] = [partial(_page, ledger.world, applications.refusals_defective)]
    asked["sanctions_in_force"] = [partial(_page, ledger.world, supervision.sanctions_in_force)]
    return asked


def _of_bodies(ledger: SqliteLedger) -> Iterator[tuple[str, list[Callable[[Source], int]]]]:
    applicants, providers = ("applicant", "application.received"), ("provider", "dataset.catalogued")
    works: dict[Callable[..., Page], tuple[str, str]] = {
        applications.open_applications: applicants,
        applications.answers_due: providers,
        applications.answers_overdue: providers,
        supervision.objections_due: providers,
    }
    for work, (member, kind) in works.items():
        bodies = {"drawn": drawn(ledger, member, kind), "named most": [most(ledger, kind, member)]}
        for which, chosen in bodies.items():
            yield f"{work.__name__}, body {which}", [partial(_page, ledger.world, work, of=of) for of in chosen]


def _page(world: World, work: Callable[..., Page], source: Source, **asked: object) -> int:
    return len(work(source, world, NOW, Paging(), **asked).items)


def _notices(world: World, day: date, source: Source) -> int:
    return sum(1 for _ in reminders.notices(source, world, NOW, day, day))


def timed(look: Callable[[Source], int], source: Source) -> tuple[float, int]:
    """Return the milliseconds that a look took, and how many items it found."""
    began = time.perf_counter()
    found = look(source)
    return (time.perf_counter() - began) * 1000, found


def measured(ledger: SqliteLedger, *, everywhere: bool) -> Table:
    """Return the table of all lists; everywhere is looked once a list, for it takes long."""
    table = Table("a page of 50", "items", "ms: median", "ms: most", "everywhere, ms")
    for name, looks in track(lists(ledger).items(), console=Console(stderr=True)):
        took = [timed(look, ledger) for look in looks]
        before = f"{timed(looks[0], Everywhere(ledger))[0]:,.0f}" if everywhere else ""
        ms, items = [one for one, _ in took], [found for _, found in took]
        span = f"{min(items)} to {max(items)}" if len(items) > 1 else str(items[0])
        table.add_row(name, span, f"{statistics.median(ms):,.1f}", f"{max(ms):,.1f}", before)
    return table


def made(data: Path, size: int) -> None:
    """Record the world, and say what that took."""
    began, cpu = time.perf_counter(), time.process_time()
    with open_ledger(data) as ledger:
        count = len(ledger.record(ScaleWorld(sized(size)).statements()))
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    bytes_ = sum(path.stat().st_size for path in data.glob("ledger.sqlite*"))
    Console().print(f"{count:,} statements in {took:,.0f} s ({cpu:,.0f} s of CPU), {bytes_ / 2**20:,.0f} MiB")


def main() -> None:
    """Make the world, or take one that is there, and print what its lists cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--applications", type=int, default=200_000)
    parser.add_argument("--data", type=Path, help="a data folder to keep; one that has a ledger is taken as it is")
    parser.add_argument("--everywhere", action=argparse.BooleanOptionalAction, default=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        data = given.data or Path(name)
        if not any(data.glob("ledger.sqlite")):
            made(data, given.applications)
        with open_ledger(data) as ledger:
            Console().print(measured(ledger, everywhere=given.everywhere))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    Console().print(f"process at most {peak:,.0f} MiB")


if __name__ == "__main__":
    main()
