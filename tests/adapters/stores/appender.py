"""A process that appends to a journal and prints `index leaf` for each receipt it was given; exits 70 when it dies.

Run by the fault tests: `python appender.py FOLDER COUNT CALLERS`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from adapters.stores.journal import Journal, JournalSettings
from pdp.errors import UnavailableError
from pdp.log.canonical import encode

ORIGIN = "pdp.example/decisions/2026/n1-0"
SMALL = JournalSettings(segment_size=32 * 4096, allow_any_filesystem=True, full=1.1)
DEAD = 70


def opened(folder: Path) -> Journal:
    """Return the journal in `folder`."""
    return Journal(folder, ORIGIN, lambda kind, members: encode({"kind": kind, **members}), settings=SMALL)


async def append(journal: Journal, count: int, callers: int, told: int) -> None:
    """Append `count` records from `callers` callers, and write each receipt to the descriptor `told`."""

    async def caller(name: int) -> None:
        for number in range(count // callers):
            receipt = await journal.append(encode({"kind": "test", "caller": name, "n": number, "pad": "x" * 300}))
            os.write(told, f"{receipt.index} {receipt.leaf}\n".encode())

    await asyncio.gather(*map(caller, range(callers)))


def main(folder: str, count: str, callers: str) -> int:
    """Append and say how it ended."""
    try:
        journal = opened(Path(folder))
        asyncio.run(append(journal, int(count), int(callers), 1))
    except UnavailableError as dead:
        os.write(2, f"{dead}\n".encode())
        return DEAD
    journal.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
