"""Round after round: one bit of one file of a data folder is turned over, and the service is started on it.

Run by `test_flips.py`: `python -m tests.faults.flips FOLDER ROUNDS SEED`, or `… FOLDER made` to leave a folder that a
service has lived on, with segments in both forms. A start is refused and names the file, or the service goes on and
everything that was promised and signed still follows from the journal, but for hashes that only a verifier reads: then
that one names the file. Prints what was found as JSON.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.faults.lives import Life, Manner, folder_of
from tests.faults.on_disk import BrokenError
from tests.faults.promises import Promises
from tests.faults.scene import Scene

ORIGIN = "pdp.local/n1-0"
SMALL = Manner({"segment_size": 32 * 4096}, {"log": {"publish_seconds": 0.05}})
WATCHED = ("state/checkpoint", "log/checkpoint", "log/tile/*/*", "log/tile/*/*.p/*")


def made(folder: Path) -> Scene:
    """Let a service live on `folder / "data"` until it has sealed some segments."""
    scene = Scene(folder / "data", folder)
    for _ in range(2):
        with scene.life(SMALL) as life:
            scene.ask(life, count=3, each=50)
            assert life.stop() == 0, life.words()
        scene.promises.note(folder_of(scene.data))
    scene.promises.check(folder_of(scene.data))
    return scene


def main(folder: Path, rounds: int, seed: int) -> int:
    """Turn over so many bits, one a start; return the exit code."""
    chance = random.Random(seed)  # noqa: S311  # places, no secrets
    scene, ends, broken = made(folder), Counter[str](), ""
    log = folder_of(scene.data)
    files = sorted({path for pattern in WATCHED for path in log.glob(pattern) if path.is_file()})
    for number in range(rounds):
        path = files[number % len(files)].relative_to(scene.data)
        byte, bit = chance.randrange((scene.data / path).stat().st_size), chance.randrange(8)
        try:
            ends[one_round(scene, folder / "turned", path, (byte, bit))] += 1
        except BrokenError as fault:
            broken = f"seed {seed}: {path}, byte {byte}, bit {bit}: {fault}"
            break
    said = {"rounds": rounds, "files": len(files), "acknowledged": len(scene.promises.receipts), "lost": 0}
    sys.stdout.write(f"{json.dumps({**said, **ends, 'broken': broken})}\n")
    return 1 if broken else 0


def one_round(scene: Scene, turned: Path, path: Path, place: tuple[int, int]) -> str:
    """Return whether the start on a copy with one bit turned over was refused, or went on."""
    shutil.rmtree(turned, ignore_errors=True)
    shutil.copytree(scene.data, turned)
    data = bytearray((turned / path).read_bytes())
    data[place[0]] ^= 1 << place[1]
    (turned / path).write_bytes(data)
    promises = Promises(dict(scene.promises.receipts), dict(scene.promises.notes))
    with Life(turned, SMALL, told=scene.aside / "told") as life:
        if not life.listens():
            words = life.words()
            named = str(turned) in words or ORIGIN in words
            if life.ended() not in {2, 70} or not named or "Traceback" in words:
                message = f"ended with {life.status}, and does not say what is wrong: {words[-3000:]}"
                raise BrokenError(message)
            return "refused"
        Scene(turned, scene.aside, promises).ask(life, count=1, each=1)
        code, words = life.stop(), life.words()
    if code == 70:  # found later: the log does not go on
        return "stopped"
    if code != 0 or "Traceback" in words:
        message = f"ended with {code}: {words[-3000:]}"
        raise BrokenError(message)
    promises.check(folder_of(turned))
    try:
        promises.check_tiles(folder_of(turned))
    except BrokenError:
        return found_by_verifier(turned, path)
    return "went on"


def found_by_verifier(turned: Path, path: Path) -> str:
    """Return that the verifier names the file, which no start needs to read."""
    command = [sys.executable, "-m", "adapters.cli", "log", "verify", "--data", str(turned)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 1 or str(path.relative_to(path.parts[0]).relative_to("log")) not in ended.stdout:
        message = f"the verifier does not name it: {ended.returncode}: {ended.stdout}{ended.stderr}"
        raise BrokenError(message)
    return "verifier"


if __name__ == "__main__":
    if sys.argv[2] == "made":
        lived = made(Path(sys.argv[1]))
        sys.stdout.write(f"{json.dumps(lived.found())}\n")
        sys.exit(0)
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
