"""Scenes of time and of copies: a paused process, a clock that jumps, a second writer, a cloned folder.

Run by `test_time.py`, `test_copies.py`: `python -m tests.faults.other_scenes SCENE FOLDER …`; prints figures as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pdp.log.suite import Sha256
from pdp.log.tree import ProofError, check_consistency
from tests.faults.callers import Callers
from tests.faults.lives import Life, Manner, folder_of
from tests.faults.on_disk import entries, root, signed
from tests.faults.promises import Promises
from tests.faults.scene import Scene, played

if TYPE_CHECKING:
    from collections.abc import Callable

OFTEN = {"log": {"publish_seconds": 0.05}}
PAUSES = 5  # at most, until an answer is dropped
SLACK = 0.3  # seconds between the end of a pause and the first look at the time after it
YEARS = 3652  # days: ten of them


def paused(folder: str, seconds: str) -> dict[str, object]:
    """The process stands still under load; what it had decided before is not told afterwards."""
    scene = Scene(Path(folder) / "data", Path(folder))
    told: list[tuple[float, str]] = []
    deadline = 0.5
    with scene.life(Manner(settings={**OFTEN, "deadline_ms": int(deadline * 1000)})) as life:
        scene.ask(life)
        with Callers(life.port, scene.promises, count=8, heard=lambda id_: told.append((time.time(), id_))):
            pauses = 0
            while not pauses or (pauses < PAUSES and not scene.promises.said[503]):  # else no answer waited to be told
                pauses += 1
                time.sleep(0.5)
                os.kill(life.pid, signal.SIGSTOP)
                time.sleep(float(seconds))
                os.kill(life.pid, signal.SIGCONT)
                time.sleep(1.0)
        assert not scene.ask(life).answers
        assert life.stop() == 0, life.words()
    scene.goes_on()
    decided = _decided(folder_of(scene.data))
    took = [at - decided[id_] for at, id_ in told]
    late = [seconds for seconds in took if seconds > deadline + SLACK]
    assert len(late) <= pauses, f"told too late: {late}"  # each may fall behind the last look at the time
    assert max(at for at, _ in told) - min(at for at, _ in told) > float(seconds), "nobody was answered afterwards"
    return scene.found(dropped=scene.promises.said[503], late=len(late))


def _decided(log: Path) -> dict[str, float]:
    """Return when each record was made."""
    records = (json.loads(entry)["record"] for _, entry in entries(log / "journal"))
    return {record["id"]: datetime.fromisoformat(record["at"]).timestamp() for record in records}


def clock(folder: str) -> dict[str, object]:
    """The clock jumps by ten years, there and back; order and chain do not notice, the log says so.

    Runs under libfaketime, which reads from a file what it adds to the time of day; monotonic time is left alone.
    """
    scene = Scene(Path(folder) / "data", Path(folder))
    shift = Path(os.environ["FAKETIME_TIMESTAMP_FILE"])
    days = (0, YEARS, 0, -YEARS, 0, -0.01, 0)
    outcomes: dict[float, set[str]] = {}
    with scene.life(Manner(settings=OFTEN)) as life:
        for each in days:
            _set(shift, each)
            known = set(scene.promises.receipts)
            callers = scene.ask(life, count=1, each=4)
            assert not callers.answers, callers.answers
            outcomes[each] = {scene.promises.receipts[index][1] for index in scene.promises.receipts.keys() - known}
        assert life.stop() == 0, life.words()
    scene.goes_on()
    records = [json.loads(entry)["record"] for _, entry in entries(folder_of(scene.data) / "journal")]
    decisions = {record["id"]: record for record in records if record["kind"] == "decision"}
    stepped = [record for record in records if record["kind"] == "clock.stepped"]
    found = {each: {decisions[id_]["outcome"] for id_ in ids} for each, ids in outcomes.items()}
    assert found[0] == {"PERMIT"}, found
    assert "PERMIT" not in found[-YEARS], found  # the law was not in force
    for each, ids in outcomes.items():
        now = datetime.now(UTC) + timedelta(days=each)  # the shift is none again
        apart = [abs(datetime.fromisoformat(decisions[id_]["at"]) - now) for id_ in ids]
        assert max(apart) < timedelta(minutes=10), f"{each} days: recorded {max(apart)} away from the clock"
    assert len(stepped) >= 3, f"{len(stepped)} steps back were recorded"  # three of the jumps go back
    return scene.found(stepped=len(stepped))


def _set(shift: Path, days: float) -> None:
    """Let the time of day be so many days from the real one."""
    new = shift.with_suffix(".new")
    new.write_text(f"{timedelta(days=days).total_seconds():+.0f}\n", encoding="utf-8")
    new.rename(shift)


def two_writers(folder: str) -> dict[str, object]:
    """A second service on the same folder is refused, and told who is there; the first does not notice."""
    scene = Scene(Path(folder) / "data", Path(folder))
    with scene.life(Manner(settings=OFTEN)) as life, Callers(life.port, scene.promises, count=2) as callers:
        refused = scene.refused()
        assert "another process writes this journal" in refused, refused
        assert f"process {life.pid}" in refused, refused
        assert not callers.answers
        assert life.ended(0) is None, life.words()
    scene.goes_on()
    return scene.found(refused=1, words=refused)


def cloned(folder: str) -> dict[str, object]:
    """A copy of the folder is started beside the original; both sign, and nobody can prove that both are one log."""
    first = Scene(Path(folder) / "data", Path(folder))
    with first.life(Manner(settings=OFTEN)) as life:
        first.ask(life)
        assert life.stop() == 0, life.words()
    (Path(folder) / "aside").mkdir()
    second = Scene(Path(folder) / "clone", Path(folder) / "aside", Promises(dict(first.promises.receipts)))
    shutil.copytree(first.data, second.data)
    first.goes_on()
    with Life(second.data, told=second.aside / "early") as early:
        assert early.listens(), early.words()  # without a witness nothing can tell it from the original
        second.ask(early, each=5)
        assert early.stop() == 0, early.words()
    second.goes_on()
    notes = sorted(filter(None, (signed(folder_of(scene.data) / "log" / "checkpoint") for scene in (first, second))))
    assert len(notes) == 2, notes  # both have signed
    assert notes[0][0] < notes[1][0], notes
    longer = max((first, second), key=lambda scene: len(scene.promises.leaves)).promises.leaves
    proof = _consistency(longer[: notes[1][0]], notes[0][0])
    check_consistency(notes[0][0], root(longer[: notes[0][0]]), *notes[1], proof, Sha256())  # a log and its own past
    try:
        check_consistency(*notes[0], *notes[1], proof, Sha256())
    except ProofError:
        return first.found(sizes=[size for size, _ in notes])
    message = "two stories were proved to be one"
    raise AssertionError(message)


def _consistency(leaves: list[bytes], old: int, *, whole: bool = True) -> list[bytes]:
    """Return the proof that the tree over `leaves` extends the one over the first `old`. Source: RFC 6962 § 2.1.2."""
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= split:
        return [*_consistency(leaves[:split], old, whole=whole), root(leaves[split:])]
    return [*_consistency(leaves[split:], old - split, whole=False), root(leaves[:split])]


SCENES: dict[str, Callable[..., dict[str, object]]] = {
    "paused": paused,
    "clock": clock,
    "two_writers": two_writers,
    "cloned": cloned,
}

if __name__ == "__main__":
    sys.exit(played(SCENES, *sys.argv[1:]))
