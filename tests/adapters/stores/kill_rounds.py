"""Round after round: a child appends to one journal, is killed at a random moment, and every receipt is checked.

Run by `test_journal_kill.py`: `python kill_rounds.py FOLDER ROUNDS SEED`. The child is forked from this process, whose
imports it shares, so that a round takes milliseconds. Prints what was found; exits 1 at the first receipt that is lost.
"""

from __future__ import annotations

import asyncio
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from appender import append, opened

from pdp.log.entry import FIRST, leaf_hash, prev_of

LONGEST = 0.04  # seconds before a child is killed


def main(folder: Path, rounds: int, seed: int) -> int:
    """Run all rounds; return the exit code."""
    chance = random.Random(seed)  # noqa: S311  # moments, no secrets
    acknowledged: dict[int, str] = {}
    checked = cuts = 0
    for number in range(rounds):
        told = one_round(folder, chance.random() * LONGEST)
        acknowledged.update(told)
        journal = opened(folder)
        lost = missing(journal, told, checked)
        checked, cuts = journal.size, len(list((folder / "journal" / "cut").glob("*.bin")))
        journal.close()
        if lost:
            sys.stdout.write(f"seed {seed}, round {number}: acknowledged and lost: {lost}\n")
            return 1
    journal = opened(folder)
    lost = missing(journal, acknowledged, 0)
    segments = len(list((folder / "journal").glob("*.seg")))
    counts = f"{len(acknowledged)} receipts, {journal.size} entries, {segments} segments, {cuts} cuts"
    sys.stdout.write(f"{rounds} rounds, {counts}\n")
    journal.close()
    return 1 if lost else 0


def one_round(folder: Path, seconds: float) -> dict[int, str]:
    """Return the receipts that a child printed before it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        asyncio.run(append(opened(folder), 1_000_000, 8, writing))
        os._exit(0)
    os.close(writing)
    printed, until = b"", time.monotonic() + seconds
    while select.select([reading], [], [], max(0.0, until - time.monotonic()))[0]:
        printed += os.read(reading, 65_536)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reading, 65_536):
        printed += more
    os.close(reading)
    whole = printed[: printed.rfind(b"\n") + 1].decode().split()
    return {int(index): leaf for index, leaf in zip(whole[::2], whole[1::2], strict=True)}


def missing(journal: object, told: dict[int, str], since: int) -> list[int]:
    """Return the indexes whose receipt the journal no longer keeps; walks the chain from `since`."""
    leaves: dict[int, str] = {}
    before = FIRST if since == 0 else None
    for index, entry in journal.records(since):
        assert before in {None, prev_of(entry)}
        before = leaves[index] = leaf_hash(entry).hex()
    return [index for index, leaf in told.items() if leaves.get(index) != leaf]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
