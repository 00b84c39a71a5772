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

LONGEST = 0.8  # seconds before a life ends; a start takes 0.2 to 0.3
MANNER = Manner(settings={"log": {"publish_seconds": 0.05}})


def main(data: Path, rounds: int, seed: int) -> int:
    """Run all rounds; return the exit code."""
    chance = random.Random(seed)  # noqa: S311  # moments, no secrets
    promises, served = Promises(), 0
    for _ in range(rounds):
        served += one_round(data, promises, chance.random() * LONGEST)
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
        "cuts": len(list((folder_of(data) / "journal" / "cut").glob("*"))),
        "said": {str(status): times for status, times in promises.said.items()},
    }
    sys.stdout.write(f"{json.dumps(found)}\n")
    return 0


def one_round(data: Path, promises: Promises, seconds: float) -> bool:
    """Live for so long, then be killed; return whether it came to listen."""
    until = time.monotonic() + seconds
    with Life(data, MANNER) as life:
        if not life.listens(seconds):
            assert life.status is None
            assert life.ended(0) is None, life.words()  # a start that a kill before had broken
            return False
        with Callers(life.port, promises, heard=lambda _: promises.note(folder_of(data))):
            time.sleep(max(0.0, until - time.monotonic()))  # the fault is a moment in time
            life.kill()
    return True


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
