"""One life after another in which one system call fails: the n-th of its kind, for every n or for some.

Run by `test_every_call.py`: `python -m tests.faults.every_call FOLDER journal|service CALL EACH SEED`. A life is held
from its first act on (`start`), or once it is open (`open`): threads count their calls each for itself, so that the
calls of a start would hide those of the service. After each life the folder is opened again without a fault: every
receipt must be there, and it must take more. EACH says how many n a phase and a fault, chosen by SEED; 0 takes all of
them. Prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from pdp.errors import UnavailableError
from tests.adapters.stores.appender import DEAD, append, opened
from tests.faults.callers import Callers
from tests.faults.lives import REFUSED, Life, Manner, folder_of
from tests.faults.on_disk import BrokenError
from tests.faults.promises import Promises
from tests.faults.traced import FAULTS, Injection, Traced

RECORDS, CALLERS = 64, 4  # more than a segment holds, for hardly two share a group
PIECE = 65_536
MANNER = Manner({"segment_size": 32 * 4096}, {"log": {"publish_seconds": 0.05}})  # segments are filled and sealed


@dataclass
class Found:
    """What came of all lives."""

    lives: int = 0
    injected: int = 0
    died: int = 0  # exit 70: the log could not be written
    refused: int = 0  # a start that said what is wrong
    acknowledged: int = 0
    lost: int = 0
    most: dict[str, int] = field(default_factory=dict)  # calls that one thread makes in a whole life


def main(folder: Path, what: str, call: str, each: int, seed: int) -> int:
    """Live all lives; return the exit code."""
    chance = random.Random(seed)  # noqa: S311  # moments, no secrets
    live = {"journal": journal_life, "service": service_life}[what]
    found, broken = Found(), ""
    try:
        for phase in ("start", "open"):
            most = live(folder / "counted", phase, None, Found())[call]
            found.most[phase] = most
            for fault in FAULTS[call] if what == "journal" else honest(FAULTS[call]):
                taken = some(chance, most, each) if each else range(1, most + 1)
                for nth in taken:
                    live(folder / "life", phase, Injection(call, fault, nth), found)
    except BrokenError as fault:
        broken = str(fault)
    sys.stdout.write(f"{json.dumps({**vars(found), 'broken': broken})}\n")
    return 1 if broken else 0


def some(chance: random.Random, most: int, each: int) -> list[int]:
    """Return `each` of the numbers from 1 to `most`, if there are so many."""
    return sorted(chance.sample(range(1, most + 1), min(most, each)))


def honest(faults: tuple[str, ...]) -> list[str]:
    """Return the faults that say what happens; SQLite goes on behind a short write, which here has written nothing."""
    return [fault for fault in faults if not fault.startswith("retval")]


def judge(found: Found, promises: Promises, code: int | None, words: str, where: str) -> None:
    """Count how a life ended, which must be in one of the ways that are promised."""
    found.lives += 1
    found.acknowledged += len(promises.receipts)
    if code not in {0, DEAD, REFUSED}:
        message = f"{where}: ended with {code}: {words[-3000:]}"
        raise BrokenError(message)
    found.died += code == DEAD
    found.refused += code == REFUSED
    if code == REFUSED and ("Traceback" in words or "/" not in words or ";" not in words):  # no path, or no remedy
        message = f"{where}: the start does not say what is wrong: {words[-3000:]}"
        raise BrokenError(message)


def journal_life(folder: Path, phase: str, injection: Injection | None, found: Found) -> dict[str, int]:
    """Live one life of a journal, and look at what it leaves; return how many calls it made."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    reading, writing = os.pipe()
    hold, go = os.pipe()
    child = os.fork()
    if child == 0:
        for fd in (reading, go):
            os.close(fd)
        _append(folder / "n1-0", phase, hold, writing)
    os.close(writing)
    os.close(hold)
    if phase == "open":
        os.read(reading, 1)
    with Traced(child, folder / "seen", str(injection) if injection else None) as traced:
        os.write(go, b"g")
        os.close(go)
        printed = b""
        while piece := os.read(reading, PIECE):
            printed += piece
        os.close(reading)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    promises = Promises()
    *said, words = printed.decode().split("!")
    for line in said[0].splitlines() if said else ():
        index, leaf = line.split()
        promises.receipt(int(index), leaf)
    judge(found, promises, code, words, f"journal, {phase}, {injection}")
    found.injected += injection is not None and traced.injected
    if code == 0 and len(promises.receipts) != RECORDS:
        message = f"journal, {phase}, {injection}: ended well, with {len(promises.receipts)} receipts"
        raise BrokenError(message)
    _append_more(folder, promises, found)
    return {} if injection else traced.counted()


def _append(folder: Path, phase: str, hold: int, writing: int) -> None:
    """Be the process that appends, held at the moment that `phase` says; never return."""
    code, words = 1, "a defect"
    try:
        if phase == "start":
            os.read(hold, 1)
        journal = opened(folder)
        if phase == "open":
            os.write(writing, b"\n")
            os.read(hold, 1)
        asyncio.run(append(journal, RECORDS, CALLERS, writing))
        journal.close()
        code, words = 0, ""
    except UnavailableError as dead:
        code, words = DEAD, str(dead)
    except BaseException as defect:  # noqa: BLE001  # the child must never return into its parent's code
        words = repr(defect)
    finally:
        os.write(writing, f"!{words}".encode())
        os._exit(code)


def _append_more(folder: Path, promises: Promises, found: Found) -> None:
    """Open the folder without a fault; every receipt must be there, and it must take more."""
    promises_kept(promises, folder / "n1-0", found)
    journal = opened(folder / "n1-0")
    reading, writing = os.pipe()
    asyncio.run(append(journal, 8, 4, writing))
    journal.close()
    os.close(writing)
    os.close(reading)
    promises_kept(promises, folder / "n1-0", found)


def promises_kept(promises: Promises, log: Path, found: Found) -> None:
    """Hold the log against the promises, if there is one yet."""
    try:
        if promises.receipts or log.joinpath("journal").exists():
            promises.check(log)
    finally:
        found.lost += len(promises.lost)


def service_life(folder: Path, phase: str, injection: Injection | None, found: Found) -> dict[str, int]:
    """Live one life of the whole service, and look at what it leaves; return how many calls it made."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    promises, data = Promises(), folder / "data"
    with Life(data, MANNER, held=phase == "start") as life:
        if phase == "open":
            assert life.listens(), life.words()
        with Traced(life.pid, folder / "seen", str(injection) if injection else None) as traced:
            if phase == "start":
                life.go()
            if life.listens():
                with Callers(life.port, promises, count=4, each=12) as callers:
                    callers.wait()
                if life.ended(0) is None:
                    os.kill(life.pid, signal.SIGTERM)
            code = life.ended()
        words = life.words()
    where = f"service, {phase}, {injection}"
    judge(found, promises, code, words, where)
    found.injected += injection is not None and traced.injected
    if promises.said.keys() - {200, 503}:
        message = f"{where}: answered {promises.said}"
        raise BrokenError(message)
    promises_kept(promises, folder_of(data), found)
    with Life(data, MANNER) as again:
        if not again.listens():
            message = f"{where}: does not start afterwards: {again.words()[-3000:]}"
            raise BrokenError(message)
        with Callers(again.port, promises, count=1, each=2) as callers:
            callers.wait()
        if again.stop() != 0 or callers.answers:
            message = f"{where}: afterwards {again.status}, {callers.answers}: {again.words()[-3000:]}"
            raise BrokenError(message)
    promises_kept(promises, folder_of(data), found)
    return {} if injection else traced.counted()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])))
