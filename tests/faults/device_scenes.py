"""Scenes in which the device, or a limit of the system, fails the service in the middle of its work.

Run by `test_device.py`: `python -m tests.faults.device_scenes SCENE FOLDER …`; each prints its figures as JSON.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.callers import Callers
from tests.faults.forgetful import Forgetful
from tests.faults.lives import Manner, folder_of
from tests.faults.scene import DEAD, Scene, played
from tests.faults.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Callable

VOLUME = 96 << 20  # bytes
SEGMENT = {"segment_size": 1 << 20}
PIECE = 1 << 20  # bytes
PATIENCE = 60.0  # seconds
NOTHING = b"service: no decision was made and nothing is released; ask again"


def failing(folder: str, fault: str) -> dict[str, object]:
    """Every change fails with one error from some moment on: read-only, full, or broken for good."""
    with Forgetful(Path(folder) / "device") as device:
        scene = Scene(device.folder / "data", Path(folder))
        with scene.life() as life:
            scene.ask(life)
            device.order("fail", int(fault))
            callers = scene.ask(life, each=1)
            assert {status for status, _ in callers.answers} <= {503}, callers.answers
            assert all(body == NOTHING for _, body in callers.answers), callers.answers
            assert life.ended(PATIENCE) == DEAD, life.words()
            assert "the journal cannot be written" in life.words(), life.words()
        refused = scene.refused()
        assert str(device.folder) in refused, refused
        device.order("fail", None)
        scene.goes_on()
        return scene.found(refused=1, words=refused)


def short_write(folder: str) -> dict[str, object]:
    """The kernel takes half of a group, and reports no error."""
    with Forgetful(Path(folder) / "device") as device:
        scene = Scene(device.folder / "data", Path(folder))
        with scene.life(Manner(settings={"log": {"publish_seconds": 60}})) as life:
            scene.ask(life)
            device.order("shorten", "/journal/")
            callers = scene.ask(life, count=1, each=1)
            assert [status for status, _ in callers.answers] in ([503], []), callers.answers
            assert life.ended(PATIENCE) == DEAD, life.words()
            assert "the kernel wrote" in life.words(), life.words()
        scene.goes_on()
        return scene.found()


def crowded(folder: str) -> dict[str, object]:
    """The volume is 95 % full: nothing is accepted until somebody makes room; the service lives on."""
    scene, ballast = _on_volume(Path(folder))
    with scene.life() as life:
        scene.ask(life)
        _fill(ballast, share=0.955)
        until = time.monotonic() + PATIENCE
        while not scene.ask(life, count=1, each=1).answers:
            assert time.monotonic() < until, life.words()
        before = len(scene.promises.receipts)
        assert {status for status, _ in scene.ask(life).answers} == {503}
        assert len(scene.promises.receipts) == before
        ballast.unlink()
        until = time.monotonic() + PATIENCE
        while scene.ask(life, count=1, each=1).answers:
            assert time.monotonic() < until, life.words()
        assert life.stop() == 0, life.words()
    scene.goes_on()
    return scene.found()


def full(folder: str) -> dict[str, object]:
    """The volume is full to the last block in the middle of the traffic."""
    scene, ballast = _on_volume(Path(folder))
    with scene.life(Manner(journal={**SEGMENT, "full": 1.1})) as life:
        scene.ask(life)
        _fill(ballast, share=1)
        with Callers(life.port, scene.promises, count=4) as callers:
            callers.wait()  # until the next segment is needed, and the service is gone
        assert {status for status, _ in callers.answers} <= {503}, callers.answers
        assert life.ended(PATIENCE) == DEAD, life.words()
        assert "No space left on device" in life.words() or "the kernel wrote" in life.words(), life.words()
    refused = scene.refused()
    assert "full" in refused or "No space left" in refused, refused
    ballast.unlink()
    scene.goes_on()
    return scene.found(refused=1, words=refused)


def _on_volume(folder: Path) -> tuple[Scene, Path]:
    """Return a scene on a small volume of its own, and the path of what will fill it."""
    volume = folder / "volume"
    volume.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={VOLUME}", "none", volume], check=True)
    return Scene(volume / "data", folder), volume / "ballast"


def _fill(ballast: Path, share: float) -> None:
    """Write until so much of the volume is used, which the service may do as well at the same time."""
    seen = os.statvfs(ballast.parent)
    size = int((seen.f_bavail - (1 - share) * seen.f_blocks) * seen.f_bsize)
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while size > 0:
            size -= file.write(bytes(min(size, PIECE)))


def closed_folder(folder: str) -> dict[str, object]:
    """The journal's folder may not be written any more: nothing is begun in it. Needs a root that permissions bind."""
    scene = Scene(Path(folder) / "data", Path(folder))
    with scene.life() as life:
        scene.ask(life)
        journal = folder_of(scene.data) / "journal"
        journal.chmod(0o500)
        with Callers(life.port, scene.promises, count=4) as callers:
            callers.wait()
        assert {status for status, _ in callers.answers} <= {503}, callers.answers
        assert life.ended(PATIENCE) == DEAD, life.words()
        assert "Permission denied" in life.words(), life.words()
    refused = scene.refused()
    assert "Permission denied" in refused, refused
    assert str(journal) in refused, refused
    journal.chmod(0o700)
    scene.goes_on()
    return scene.found(refused=1, words=refused)


def descriptors(folder: str) -> dict[str, object]:
    """No more files may be opened: who is connected is answered, others wait or are refused; then it is as before."""
    scene = Scene(Path(folder) / "data", Path(folder))
    with scene.life(Manner(journal={"segment_size": 16 << 20})) as life:
        scene.ask(life)
        used = sum(1 for _ in Path(f"/proc/{life.pid}/fd").iterdir())
        _, hard = resource.prlimit(life.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(life.pid, resource.RLIMIT_NOFILE, (used, hard))
        with Callers(life.port, scene.promises, count=8, each=3) as callers:
            time.sleep(1.0)  # the limit is a length of time; what happens in it is asserted below
            resource.prlimit(life.pid, resource.RLIMIT_NOFILE, (hard, hard))
            callers.wait()
        assert {status for status, _ in callers.answers} <= {503}, callers.answers
        assert life.ended(0) is None, life.words()
        assert not scene.ask(life).answers
        assert life.stop() == 0, life.words()
    scene.goes_on()
    return scene.found()


def slow(folder: str) -> dict[str, object]:
    """A sync takes longer than callers may wait: they are told so; when it has come back, all is well again."""
    scene = Scene(Path(folder) / "data", Path(folder))
    manner = Manner({**SEGMENT, "slow": 0.2, "stalled": 30.0}, {"log": {"publish_seconds": 60}})
    with scene.life(manner) as life:
        scene.ask(life)
        with Traced(life.pid, Path(folder) / "seen", f"fdatasync:delay_exit={2_000_000}:when=3"):
            began = time.monotonic()
            callers = scene.ask(life, count=4, each=12)
            took = time.monotonic() - began
        assert callers.answers, "nobody was told"
        assert {(status, body) for status, body in callers.answers} == {(503, NOTHING)}
        assert life.ended(0) is None, life.words()
        until = time.monotonic() + PATIENCE
        while scene.ask(life, count=1, each=1).answers:
            assert time.monotonic() < until, life.words()
        assert life.stop() == 0, life.words()
    scene.goes_on()
    return scene.found(refused=len(callers.answers), seconds=round(took, 1))


def stalled(folder: str) -> dict[str, object]:
    """Syncs do not come back, of no thread: callers are told, then the service gives its device up, and ends."""
    scene = Scene(Path(folder) / "data", Path(folder))
    manner = Manner({**SEGMENT, "slow": 0.2, "stalled": 1.0}, {"log": {"publish_seconds": 60}}, leave=2.0)
    seen = Path(folder) / "seen"
    with scene.life(manner) as life:
        scene.ask(life)
        with Traced(life.pid, seen, f"fdatasync:delay_exit={60_000_000}:when=3"):
            callers = scene.ask(life, count=4, each=12)
            until = time.monotonic() + PATIENCE
            while "exited with 70" not in seen.read_text(encoding="utf-8"):  # held threads are let go of afterwards
                assert time.monotonic() < until, life.words()
                time.sleep(0.05)
        assert {status for status, _ in callers.answers} == {503}, callers.answers
        assert life.ended(PATIENCE) == DEAD, life.words()
        assert "no answer of the device" in life.words(), life.words()
    scene.goes_on()
    return scene.found(refused=len(callers.answers))


SCENES: dict[str, Callable[..., dict[str, object]]] = {
    "failing": failing,
    "short_write": short_write,
    "crowded": crowded,
    "full": full,
    "closed_folder": closed_folder,
    "descriptors": descriptors,
    "slow": slow,
    "stalled": stalled,
}

if __name__ == "__main__":
    sys.exit(played(SCENES, *sys.argv[1:]))
