"""How long findings and collection checks take: over a log of many decisions, and over the ledger of a city.

`python benchmarks/findings.py [--decisions 100000] [--real 5000] [--datasets 100000] [--keep DIR]`; with `--datasets 0`
the city is left out. What was made in DIR is used again.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from scale_world import ScaleWorld, Size
from search import START, made

from adapters.assemble import open_ledger
from adapters.stores.decision_leads import DecisionLeads
from adapters.stores.field_index import FieldIndex
from adapters.stores.finding_reports import AtLeisure, make
from pdp.supervision.form import Form
from pdp.supervision.report import Leads, page
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable

BODIES: Final = 5_000
APPLICATIONS: Final = 10_000
ITEMS: Final = ("名称", "地址", "联系电话", "法定代表人", "经度", "备注", "统一社会信用代码", "没有这一项")
Done = TypeVar("Done")


def timed(what: str, act: Callable[[], Done]) -> Done:
    """Print how long `act` took, and what the process holds at most until then; return what it returned."""
    began, used = time.perf_counter(), time.process_time()
    done = act()
    took, used = time.perf_counter() - began, time.process_time() - used
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {what:<44}{took:>9.2f} s{used:>9.2f} s of processor{held:>7.0f} MiB")
    return done


def over_a_log(data: Path, decisions: int, real: int) -> None:
    """Read the decisions that matter out of a log, and report on them."""
    if not data.exists():
        made(data, real, decisions)
    now, leads = datetime.now(SHANGHAI), DecisionLeads(data)
    found = timed("decisions, read for the first time", lambda: leads.since(START))
    timed("the same again", lambda: leads.since(START))
    print(f"  {len(found.records):,} of {decisions:,} are looked for")
    with open_ledger(data) as ledger:
        report = timed("report", lambda: make(ledger, ledger.admission, found, now, START))
        timed("a page of it", lambda: page(report.chosen("art_41"), "", 50))


def over_a_city(data: Path, datasets: int) -> None:
    """Report on the ledger of a city, and have a form checked against its catalogue."""
    now = datetime.now(SHANGHAI)
    with open_ledger(data) as ledger:
        if not ledger.head():
            world = ScaleWorld(Size(BODIES, datasets, APPLICATIONS))
            timed("import", lambda: ledger.record(world.statements()))
        print(f"  {ledger.head():,} statements")
        index = FieldIndex(data / "fields.sqlite", ledger)
        timed("index of fields", index.follow)
        body = str(ledger.entities_of("body.registered", 100, 1)[0].body["id"])
        for which in ("a form", "the same form again"):
            form = Form(body, index, ledger.world, now, {})
            timed(f"{which} of {len(ITEMS)} items", partial(list, map(form.check, ITEMS)))
        index.close()
        law, leads = ledger.admission, Leads(())
        report = timed("report with rests", lambda: make(AtLeisure(ledger), law, leads, now, START))
        print(f"  {len(report.findings):,} findings")


def main() -> None:
    """Make what is measured, and measure it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--real", type=int, default=5_000)
    parser.add_argument("--datasets", type=int, default=100_000)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        place = asked.keep or Path(aside)
        over_a_log(place / "log", asked.decisions, asked.real)
        if asked.datasets:
            over_a_city(place / "city", asked.datasets)


if __name__ == "__main__":
    main()
