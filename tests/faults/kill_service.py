"""Round after round: the whole service starts on one folder, answers, and is killed at a random moment.

Run by `test_kill.py`: `python -m tests.faults.kill_service DATA ROUNDS SEED`. Each round holds what lies on the device
against every receipt so far; a round's receipts are looked at again after the recovery of the next one. Prints what was
found as JSON; exits 1 at the first promise that is broken.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

from tests.faults.callers import Callers
from tests.faults.lives import Life, Manner, folder_of
from tests.faults.promises import Promises

LONGEST = 0.4  # seconds of answers before the end
EARLY = 0.35  # share of lives that end while they start, which is when they recover
MANNER = Manner({"segment_size": 64 * 4096}, {"log": {"publish_seconds": 0.05}})


def main(data: Path, rounds: int, seed: int) -> int:
    """Run all rounds; return the exit code."""
    chance = random.Random(seed)  # noqa: S311  # moments, no secrets
    promises, served = Promises(), 0
    began = time.monotonic()
    answering(data, promises, 0.1)
    start = time.monotonic() - began
    for _ in range(rounds):
        if chance.random() < EARLY:
            served += starting(data, chance.random() * start)
        else:
            served += answering(data, promises, chance.random() * LONGEST)
        if folder_of(data).exists():
            promises.check(folder_of(data))
    with Life(data, MANNER) as last:
        assert last.listens(), last.words()
        with Callers(last.port, promises, each=3):
            pass
        assert last.stop() == 0, last.words()
    promises.check(folder_of(data))
    found = {
        "rounds": rounds,
        "served": served,
        "acknowledged": len(promises.receipts),
        "lost": len(promises.lost),
        "entries": len(promises.leaves),
        "notes": len(promises.notes),
        "tiles": promises.check_tiles(folder_of(data)),
        "sealed": len(list((folder_of(data) / "journal").glob("*.zst"))),
        "cuts": len(list((folder_of(data) / "journal" / "cut").glob("*"))),
        "said": {str(status): times for status, times in promises.said.items()},
    }
    sys.stdout.write(f"{json.dumps(found)}\n")
    return 0


def answering(data: Path, promises: Promises, seconds: float) -> bool:
    """Start, answer for so long, and be killed."""
    with Life(data, MANNER) as life:
        assert life.listens(), life.words()  # a start that a kill before had broken
        with Callers(life.port, promises, heard=lambda _: promises.note(folder_of(data))):
            time.sleep(seconds)  # the fault is a moment in time
            life.kill()
    return True


def starting(data: Path, seconds: float) -> bool:
    """Start, and be killed after so long; return whether it had come to listen by then."""
    with Life(data, MANNER) as life:
        listened = life.listens(seconds)
        assert listened or life.ended(0) is None, life.words()
    return listened


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
