"""A device that loses its power keeps what was synced, and nothing else; that is enough for every promise."""

from __future__ import annotations

import random
import secrets

import pytest

from tests.faults.device import SECTOR, Device, File, Folder


@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("fuse")
@pytest.mark.parametrize(("what", "usual"), [("journal", 60), ("service", 20)])
def test_nothing_that_was_acknowledged_is_lost_when_the_power_goes(what, usual, tmp_path, bench) -> None:
    """The device is a real mount; the power goes before a random one of all writes, syncs and changes of names."""
    seed, times = secrets.randbelow(10**9), bench.rounds(usual)
    code, found = bench.script("power_cut", tmp_path, what, times, seed, mounts=True)
    assert code == 0, found["said"]
    assert found["lost"] == 0
    assert found["acknowledged"] > times
    assert found["changes"] > 100
    bench.note(f"{what}_power_cut", **found)


@pytest.mark.usefixtures("fuse")
def test_a_device_that_answers_syncs_and_keeps_nothing_is_found_out(tmp_path, bench) -> None:
    """The test above bites: where nothing is synced, it does find receipts that are lost."""
    code, found = bench.script("power_cut", tmp_path, "journal", 5, 1, "lie", mounts=True)
    assert code == 1
    assert "acknowledged and lost" in found["broken"]
    assert found["lost"] > 0
    bench.note("lying_device", **found)


@pytest.mark.usefixtures("fuse")
def test_a_process_whose_syncs_are_taken_away_is_found_out(tmp_path, bench) -> None:
    """Likewise, with an honest device and a library under the process that makes its syncs do nothing."""
    preload = bench.library("eatmydata")
    code, found = bench.script("power_cut", tmp_path, "journal", 5, 1, mounts=True, LD_PRELOAD=preload)
    assert code == 1
    assert "acknowledged and lost" in found["broken"]
    assert found["lost"] > 0
    bench.note("eaten_syncs", **found)


def made(device: Device, name: str) -> File:
    """Return a new file in the root of `device`."""
    file = File(0o600)
    device.root.change((name, file))
    return file


def test_a_file_outlives_the_cut_only_with_its_folder() -> None:
    device = Device()
    kept, nameless = made(device, "kept"), File(0o600)
    kept.write(b"synced", 0)
    device.sync(kept)
    device.sync(device.root)
    kept.write(b"never!", 0)
    device.root.change(("nameless", nameless))
    nameless.write(b"synced", 0)
    device.sync(nameless)
    device.cut()
    with pytest.raises(OSError, match="Input/output error"):
        device.find("kept")
    device.power_on()
    assert bytes(kept.data) == b"synced"
    assert list(device.root.names) == ["kept"]


def test_a_new_name_is_the_old_one_until_the_folder_is_synced() -> None:
    device = Device()
    file = made(device, "old")
    device.sync(device.root)
    device.root.change(("old", None), ("new", file))
    device.cut()
    assert list(device.root.names) == ["old"]


def test_what_was_not_synced_may_have_arrived_in_part_sector_by_sector() -> None:
    seen = set()
    for seed in range(40):
        device = Device()
        file = made(device, "torn")
        device.sync(device.root)
        file.write(b"a" * SECTOR + b"b" * SECTOR, 0)
        device.arm(0, random.Random(seed))  # noqa: S311  # chance, no secrets
        device.cut()
        seen.add((bytes(file.data[:1]), bytes(file.data[SECTOR : SECTOR + 1])))
    assert {(b"a", b"b"), (b"a", b""), (b"\x00", b"b"), (b"", b"")} <= seen


def test_the_power_goes_before_the_change_that_was_named() -> None:
    device = Device()
    device.arm(2, None)
    device.about_to_change()
    device.about_to_change()
    with pytest.raises(OSError, match="Input/output error"):
        device.about_to_change()
    assert (device.powered, device.epoch, device.changes) == (False, 1, 2)
    assert isinstance(device.root, Folder)
