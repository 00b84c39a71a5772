"""Round after round: a journal, or the whole service, writes to a device that loses its power at a random change.

Run by `test_power_cut.py`: `python -m tests.faults.power_cut FOLDER journal|service ROUNDS SEED [lie]`; with `lie` the
device answers every sync and keeps nothing. The device is mounted on `FOLDER/device`. After each cut the power comes
back and every receipt so far is looked for among what was kept; the next round recovers and goes on. Prints what was
found as JSON; exits 1 at the first promise that is broken.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from pathlib import Path

from pdp.errors import UnavailableError
from tests.adapters.stores.appender import DEAD, append, opened
from tests.faults.callers import Callers
from tests.faults.forgetful import Forgetful
from tests.faults.lives import Life, Manner
from tests.faults.on_disk import BrokenError
from tests.faults.promises import Promises

MANNER = Manner({"segment_size": 64 * 4096}, {"log": {"publish_seconds": 0.05}})
PIECE = 65_536


def main(folder: Path, what: str, rounds: int, seed: int, *, lie: bool) -> int:
    """Run all rounds; return the exit code."""
    chance = random.Random(seed)  # noqa: S311  # moments, no secrets
    life = {"journal": journal_life, "service": service_life}[what]
    promises, refused = Promises(), 0
    found: dict[str, object] = {}
    with Forgetful(folder / "device") as device:
        device.order("lie", lie)
        life(device, promises, folder)  # a whole one, to learn how many changes there are
        changes = device.order("changes")
        try:
            for _ in range(rounds):
                device.order("arm", chance.randrange(changes), chance.choice([None, chance.randrange(1 << 32)]))
                refused += life(device, promises, folder)
                if device.order("powered"):
                    device.order("cut")
                device.order("on")
                promises.check(log_of(device, what))
            life(device, promises, folder)
            promises.check(log_of(device, what))
            found["tiles"] = promises.check_tiles(log_of(device, what))
        except BrokenError as broken:
            found["broken"] = str(broken)
        cuts = len(list((log_of(device, what) / "journal" / "cut").glob("*")))
    found |= {"rounds": rounds, "changes": changes, "acknowledged": len(promises.receipts), "lost": len(promises.lost)}
    found |= {"entries": len(promises.leaves), "cuts": cuts, "refused": refused, "notes": len(promises.notes)}
    sys.stdout.write(f"{json.dumps(found)}\n")
    return 1 if "broken" in found else 0


def log_of(device: Forgetful, what: str) -> Path:
    """Return the folder of the log."""
    return device.folder / "n1-0" if what == "journal" else device.folder / "data" / "n1-0"


def journal_life(device: Forgetful, promises: Promises, _: Path) -> bool:
    """Append until the power goes or all is written; return whether the start was refused for want of power."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _write_journal(device.folder / "n1-0", writing)
    os.close(writing)
    printed = b""
    while piece := os.read(reading, PIECE):
        printed += piece
    os.close(reading)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for line in printed.decode().splitlines():
        index, leaf = line.split()
        promises.receipt(int(index), leaf)
    if code and device.order("powered"):
        message = f"a journal that ended with {code}, and the power had not gone"
        raise BrokenError(message)
    return code != 0 and not printed


def _write_journal(folder: Path, writing: int) -> None:
    """Be the process that appends; never return."""
    code = 1
    try:
        journal = opened(folder)
        asyncio.run(append(journal, 160, 4, writing))
        journal.close()
        code = 0
    except (UnavailableError, OSError):
        code = DEAD
    finally:
        os._exit(code)


def service_life(device: Forgetful, promises: Promises, folder: Path) -> bool:
    """Answer until the power goes or all is asked; return whether the start was refused for want of power."""
    with Life(device.folder / "data", MANNER, told=folder / "told") as life:
        if not life.listens():
            code = life.ended()
            if device.order("powered"):
                message = f"a start ended with {code}, and the power had not gone: {life.words()[-2000:]}"
                raise BrokenError(message)
            return True
        log = device.folder / "data" / "n1-0"
        with Callers(life.port, promises, count=4, each=15, heard=lambda _: _note(promises, log)) as callers:
            callers.wait()
        if life.status is None:
            os.kill(life.pid, signal.SIGTERM)
        if life.ended(30) is None:
            message = f"a life that did not end: {life.words()[-2000:]}"
            raise BrokenError(message)
    return False


def _note(promises: Promises, log: Path) -> None:
    """Note what is published, as long as the device answers."""
    try:
        promises.note(log)
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), lie=sys.argv[5:] == ["lie"]))
