"""Small journals: segments of a few pages, and a kernel that fails when it is told to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from adapters.stores.journal import Journal, JournalSettings
from pdp.log.canonical import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ORIGIN = "pdp.example/decisions/2026/n1-0"
SMALL = JournalSettings(segment_size=32 * 4096, allow_any_filesystem=True, full=1.1)


def event(kind: str, members: Mapping[str, object]) -> bytes:
    """Return a log event that says no more than its own members."""
    return encode({"kind": kind, **members})


class FailingKernel:
    """The kernel, but for one kind of call that fails from the n-th on. It counts what it is asked."""

    def __init__(self, call: str = "", nth: int = 1, fault: OSError | None = None, short: int | None = None) -> None:
        self.asked: dict[str, int] = {}
        self._call, self._nth, self._fault, self._short = call, nth, fault, short

    def __getattr__(self, name: str) -> Callable[..., object]:
        """Return the call `name` of the kernel."""

        def ask(*arguments: object) -> object:
            self.asked[name] = self.asked.get(name, 0) + 1
            if name == self._call and self.asked[name] >= self._nth:
                if self._fault is not None:
                    raise self._fault
                fd, data, offset = arguments
                return os.pwrite(fd, data[: self._short], offset)
            return getattr(os, name)(*arguments)

        return ask


@pytest.fixture
def open_journal(tmp_path: Path) -> Callable[..., Journal]:
    """Return what opens the one journal of a test; its folder is `tmp_path / "n1-0"`."""

    def opened(**options: object) -> Journal:
        return Journal(tmp_path / "n1-0", ORIGIN, event, **{"settings": SMALL, **options})

    return opened


@pytest.fixture
def failing() -> type[FailingKernel]:
    """Return the class of failing kernels; test files are collected by path and import nothing of each other."""
    return FailingKernel
