"""A kernel that fails: the first error is the last, it promises nobody anything, and what was promised is there."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pdp.errors import UnavailableError
from pdp.log.canonical import encode
from pdp.log.entry import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.stores.journal import Journal
    from pdp.model import Receipt

APPENDER = Path(__file__).parent / "appender.py"
DEAD = 70
FAULTS = {
    "pwrite": OSError(errno.ENOSPC, "No space left on device"),
    "fdatasync": OSError(errno.EIO, "Input/output error"),
    "fsync": OSError(errno.EIO, "Input/output error"),
    "rename": OSError(errno.EIO, "Input/output error"),
    "open": OSError(errno.EMFILE, "Too many open files"),
}


async def append_until_dead(journal: Journal, count: int) -> list[Receipt]:
    """Return the receipts that were given before the journal died; after that, every append fails."""
    receipts: list[Receipt] = []
    for number in range(count):
        try:
            receipts.append(await journal.append(encode({"kind": "test", "n": number})))
        except UnavailableError:
            break
    else:
        return receipts
    for _ in range(3):
        with pytest.raises(UnavailableError):
            await journal.append(b"{}")
    assert not journal.ready
    return receipts


def assert_kept(journal: Journal, receipts: dict[int, str]) -> None:
    leaves = {index: leaf_hash(entry).hex() for index, entry in journal.records()}
    assert {index: leaves.get(index) for index in receipts} == receipts


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5, 8, 13, 30, 40])
@pytest.mark.parametrize("call", FAULTS)
def test_an_error_of_any_call_at_any_time_loses_nothing_that_was_promised(
    call: str, nth: int, open_journal: Callable[..., Journal], failing: Callable[..., object]
) -> None:
    receipts: list[Receipt] = []
    try:
        journal = open_journal(calls=failing(call, nth, FAULTS[call]))
        receipts = asyncio.run(append_until_dead(journal, 80))
        journal.close()
    except UnavailableError as refused:
        assert "cannot be opened" in str(refused)  # noqa: PT017  # the start may fail as well as an append
    reopened = open_journal()
    assert_kept(reopened, {receipt.index: receipt.leaf for receipt in receipts})
    asyncio.run(append_until_dead(reopened, 3))
    assert reopened.ready
    reopened.close()


@pytest.mark.parametrize("written", [0, 1, 31, 436, 4095])
@pytest.mark.parametrize("nth", [2, 5, 20, 40])
def test_a_short_write_is_an_error_although_the_kernel_reports_none(
    nth: int, written: int, open_journal: Callable[..., Journal], failing: Callable[..., object]
) -> None:
    receipts: list[Receipt] = []
    try:
        journal = open_journal(calls=failing("pwrite", nth, short=written))
        receipts = asyncio.run(append_until_dead(journal, 80))
        journal.close()
    except UnavailableError as refused:
        assert f"wrote {written} of" in str(refused)  # noqa: PT017  # the start may fail as well as an append
    reopened = open_journal()
    assert_kept(reopened, {receipt.index: receipt.leaf for receipt in receipts})
    assert len(receipts) < 80
    reopened.close()


def test_a_sync_is_never_tried_again(open_journal: Callable[..., Journal], failing: Callable[..., object]) -> None:
    kernel = failing("fdatasync", 6, FAULTS["fdatasync"])
    journal = open_journal(calls=kernel)
    asyncio.run(append_until_dead(journal, 80))
    journal.close()
    assert kernel.asked["fdatasync"] == 6


def receipts_of(printed: str) -> dict[int, str]:
    words = printed[: printed.rfind("\n") + 1].split()
    return {int(index): leaf for index, leaf in zip(words[::2], words[1::2], strict=True)}


def test_a_full_disk_ends_the_process_and_loses_nothing(tmp_path: Path, open_journal: Callable[..., Journal]) -> None:
    """A real volume of one mebibyte, in a mount namespace of its own, which is gone when the process is."""
    volume, kept = tmp_path / "volume", tmp_path / "n1-0"
    volume.mkdir()
    script = (
        'mount -t tmpfs -o size=1m none "$1" || exit 99; '
        '"$2" "$3" "$1/n1-0" 100000 4; ended=$?; cp -a "$1/n1-0" "$4" || exit 98; exit $ended'
    )
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    command = [*namespace, "sh", "-c", script, "sh", *map(str, (volume, sys.executable, APPENDER, kept))]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode in {1, 99} and not kept.exists():
        if os.environ.get("PDP_ALLOW_NO_MOUNT") == "1":
            pytest.skip("no volume can be mounted, and PDP_ALLOW_NO_MOUNT=1 accepts that this promise is not verified")
        pytest.fail(f"no volume can be mounted ({ended.stderr}); set PDP_ALLOW_NO_MOUNT=1 to leave this unverified")
    assert ended.returncode == DEAD, ended.stderr
    assert "No space left on device" in ended.stderr or "the kernel wrote" in ended.stderr
    receipts = receipts_of(ended.stdout)
    journal = open_journal()
    assert_kept(journal, receipts)
    assert len(receipts) > 100
    journal.close()
