"""The verifiers that others wrote, as functions: what does each say of a log or a receipt?"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING, NamedTuple

from tests.logs.corpus import Case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.logs.corpus import ReceiptCase

TOOLS = Path(__file__).parents[2] / ".tools" / "bin"
FSCK, VERIFY_GO = TOOLS / "fsck", TOOLS / "verify_go"
HANGS = 3  # seconds after which fsck will not end any more; it needs a fifth of one for the largest log here
_SUCCESS = re.compile(r"Successfully fsck'd log with size (\d+) and root \S+ \(([0-9a-f]{64})\)$", re.MULTILINE)


class Verdict(NamedTuple):
    """Whether a case was accepted, and what was said to be wrong with it."""

    name: str
    must_accept: bool
    accepted: bool
    faults: tuple[str, ...]


def go_verdicts(cases: Iterable[Case | ReceiptCase]) -> Iterator[Verdict]:
    """Yield what verify_go says of each case; one process judges all of them."""
    told: list[tuple[str, bool]] = []
    with TemporaryFile("w+") as said:
        with subprocess.Popen([VERIFY_GO, "--serve"], stdin=subprocess.PIPE, stdout=said) as process:
            asked = process.stdin
            assert asked is not None
            base: Mapping[str, bytes] = {}
            for case in cases:
                base = base or (case.files if isinstance(case, Case) else {})
                told.append((case.name, case.must_accept))
                asked.write(json.dumps(_request(case, base, first=len(told) == 1)).encode() + b"\n")
            asked.close()
        assert process.returncode == 0
        said.seek(0)
        for (name, must_accept), line in zip(told, said, strict=True):
            answer = json.loads(line)
            yield Verdict(name, must_accept, answer["accepted"], tuple(answer["faults"] or ()))


def _request(case: Case | ReceiptCase, base: Mapping[str, bytes], *, first: bool) -> dict[str, object]:
    """Return a case as verify_go reads it: all of the first log, and of the others what differs from it."""
    if not isinstance(case, Case):
        return {"policy": case.policy, "receipt": _encoded(case.receipt), "entry": _encoded(case.entry)}
    told: dict[str, object] = {"policy": case.policy, "since": _encoded(case.since) if case.since else None}
    if first:
        return told | {"base": {path: _encoded(data) for path, data in case.files.items()}}
    changed = {path: _encoded(data) for path, data in case.files.items() if base.get(path) is not data}
    return told | {"files": changed, "without": [path for path in base if path not in case.files]}


def fsck_verdicts(cases: Iterable[Case], vkey: str) -> Iterator[tuple[Case, tuple[int, str] | None]]:
    """Yield each case with size and root of the log that fsck was content with, or None."""
    with TemporaryDirectory() as place:
        folder, there = Path(place), dict[str, bytes]()
        for case in cases:
            for path in there.keys() - case.files.keys():
                (folder / path).unlink()
            for path, data in case.files.items():
                if there.get(path) is not data:
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(data)
            there = dict(case.files)
            yield case, fsck_of(folder, vkey, patience=60 if case.must_accept else HANGS)


def fsck_of(place: Path | str, vkey: str, patience: float = 60) -> tuple[int, str] | None:
    """Return size and root of the log in a folder or at an address that fsck was content with, or None.

    Its exit code means nothing, and after a mismatch it often hangs: what it has not said after `patience` seconds, it
    will not say.
    """
    url = f"file://{place}/" if isinstance(place, Path) else place
    with TemporaryDirectory() as beside:
        (Path(beside) / "log.vkey").write_text(f"{vkey}\n")
        command = [FSCK, "--ui=false", "-N", "2", f"--storage_url={url}", f"--public_key={beside}/log.vkey"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=patience, check=False)
        except subprocess.TimeoutExpired:
            return None
    found = _SUCCESS.search(done.stderr)
    return (int(found[1]), found[2]) if found else None


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
