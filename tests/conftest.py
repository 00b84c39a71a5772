"""What all tests share: hundreds of them start a service, so a start costs little here."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import hypothesis
import pytest

import adapters.assemble as assembly
from adapters.device.sync_speed import sync_speed
from adapters.files.policy_set import load_policy_set
from adapters.settings import shipped_policies
from adapters.stores import journal
from adapters.stores.segments import SegmentFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.device.sync_speed import SyncSpeed
    from adapters.device.system_calls import SystemCalls
    from adapters.files.policy_set import PolicySet

SEGMENT: Final = 2 * 1024 * 1024  # bytes

hypothesis.settings.register_profile("promises", deadline=None)  # no promise is about this machine's clock
hypothesis.settings.load_profile("promises")


@pytest.fixture(scope="session", autouse=True)
def quick_starts() -> Iterator[None]:
    """Let services in this process measure the device briefly, begin small segments, read shipped policies once."""
    shipped = cache(lambda: load_policy_set(shipped_policies()))

    def policies(root: Path, rego: Path | None = None) -> PolicySet:
        return shipped() if rego is None and root == shipped_policies() else load_policy_set(root, rego)

    def segments(folder: Path, size: int, calls: SystemCalls) -> SegmentFolder:
        return SegmentFolder(folder, min(size, SEGMENT), calls)

    def speed(folder: Path) -> SyncSpeed:
        return sync_speed(folder, writes=4, seconds=0.1)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(assembly, "load_policy_set", policies)
        patched.setattr(assembly, "sync_speed", speed)
        patched.setattr(journal, "SegmentFolder", segments)
        yield
