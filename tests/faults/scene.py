"""What all scenes share: a service on a folder, questions asked of it, and a start after the fault that must work."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.callers import Callers
from tests.faults.lives import Life, Manner, folder_of
from tests.faults.promises import Promises

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

DEAD = 70


@dataclass
class Scene:
    """One fault, played on the service that keeps its data in `data`; `aside` is a place that does not fail."""

    data: Path
    aside: Path
    promises: Promises = field(default_factory=Promises)

    @contextmanager
    def life(self, manner: Manner | None = None) -> Iterator[Life]:
        """Yield a life that listens; it is killed at the end of the block if it goes on till then."""
        with Life(self.data, manner, told=self.aside / "told") as life:
            assert life.listens(), life.words()
            yield life

    def ask(self, life: Life, *, count: int = 2, each: int = 3) -> Callers:
        """Let `count` callers ask `each` questions; return what they heard besides 200."""
        with Callers(life.port, self.promises, count=count, each=each) as callers:
            callers.wait()
        return callers

    def refused(self) -> str:
        """Start, which must be refused in words and not in a traceback; return them."""
        with Life(self.data, told=self.aside / "refused") as life:
            code = 0 if life.listens() else life.ended()
            words = life.words()
        assert code in {2, DEAD}, f"{code}: {words}"
        assert "Traceback" not in words, words
        return words.strip()

    def goes_on(self) -> None:
        """Start without the fault: it answers, it ends well, and nothing that was promised is missing."""
        self.promises.check(folder_of(self.data))
        with self.life() as life:
            callers = self.ask(life)
            assert not callers.answers, callers.answers
            assert life.stop() == 0, life.words()
        self.promises.check(folder_of(self.data))
        self.promises.check_tiles(folder_of(self.data))

    def found(self, **more: object) -> dict[str, object]:
        """Return the figures."""
        said = {str(status): times for status, times in self.promises.said.items()}
        return {"rounds": 1, "acknowledged": len(self.promises.receipts), "lost": len(self.promises.lost), **more} | {
            "said": said
        }


def played(scenes: Mapping[str, Callable[..., dict[str, object]]], name: str, *arguments: str) -> int:
    """Play one scene, and print what was found as JSON."""
    sys.stdout.write(f"{json.dumps(scenes[name](*arguments))}\n")
    return 0
