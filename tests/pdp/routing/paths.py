"""The one corpus of paths, `tests/data/paths.yaml`: what a client may send, and what must become of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).parents[2] / "data/paths.yaml"


@dataclass(frozen=True)
class Case:
    """One path; `segments` where it is accepted, else `words` of the refusal."""

    family: str
    raw: bytes
    segments: tuple[str, ...] | None = None
    words: str = ""

    @property
    def name(self) -> str:
        """Return what the case is called in a list of tests."""
        shown = repr(self.raw)[2:-1]
        return f"{self.family}: {shown if len(shown) < 80 else f'{shown[:40]}… of {len(self.raw)} bytes'}"


def corpus() -> list[Case]:
    """Return every case, in the order of the file."""
    told = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert told.keys() == {"reasons", "accepted", "refused"}
    return [*_accepted(told["accepted"]), *_refused(told["refused"], told["reasons"])]


def _accepted(families: dict[str, list[dict[str, object]]]) -> Iterator[Case]:
    for family, cases in families.items():
        for case in cases:
            raw = _raw(case)
            stated = case.get("segments", raw.decode().replace("%41", "A").replace("%E4%BA%BA", "人")[1:].split("/"))
            assert isinstance(stated, list)
            yield Case(family, raw, tuple(stated))


def _refused(families: dict[str, dict[str, object]], reasons: dict[str, str]) -> Iterator[Case]:
    for family, told in families.items():
        assert told.keys() == {"reason", "paths"}
        paths = told["paths"]
        assert isinstance(paths, list)
        for case in paths:
            yield Case(family, _raw(case), None, reasons[str(told["reason"])])


def _raw(case: object) -> bytes:
    """Return the bytes of a path: as it is written, or one piece many times behind its beginning."""
    if not isinstance(case, dict):
        return str(case).encode("latin-1")
    assert case.keys() in ({"path", "segments"}, {"path", "piece", "times"})
    return (case["path"] + case.get("piece", "") * case.get("times", 0)).encode("latin-1")
