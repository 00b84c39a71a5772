"""A device that fails in the middle of the work: no answer without its record, and a start says what is wrong."""

from __future__ import annotations

import errno
import os

import pytest

UNPRIVILEGED = "--bounding-set=-dac_override,-dac_read_search"  # a root that permissions bind


@pytest.mark.usefixtures("fuse")
@pytest.mark.parametrize("name", ["EROFS", "ENOSPC", "EIO", "EDQUOT"])
def test_a_device_that_takes_no_more_ends_the_service_with_70(name, tmp_path, bench) -> None:
    """Also with a volume that was turned read-only; a start says so, and once it is mended all goes on."""
    code, found = bench.script("device_scenes", "failing", tmp_path, getattr(errno, name), mounts=True)
    assert code == 0, found["said"]
    bench.note(f"device_{name}", **found)


@pytest.mark.usefixtures("fuse")
def test_a_group_that_was_written_in_part_is_answered_to_nobody(tmp_path, bench) -> None:
    code, found = bench.script("device_scenes", "short_write", tmp_path, mounts=True)
    assert code == 0, found["said"]
    bench.note("short_write", **found)


@pytest.mark.parametrize("scene", ["crowded", "full"])
def test_a_volume_without_room_stops_answers_until_there_is_room(scene, tmp_path, bench) -> None:
    """At 95 % the service waits for room; where a write finds no room, it ends, and starts again once there is some."""
    code, found = bench.script("device_scenes", scene, tmp_path, mounts=True)
    assert code == 0, found["said"]
    bench.note(f"volume_{scene}", **found)


def test_a_folder_that_may_not_be_written_any_more_ends_the_service_with_70(tmp_path, bench) -> None:
    before = (bench.program("setpriv"), UNPRIVILEGED) if os.geteuid() == 0 else ()
    code, found = bench.script("device_scenes", "closed_folder", tmp_path, before=before)
    assert code == 0, found["said"]
    bench.note("closed_folder", **found)


def test_a_limit_on_open_files_passes_without_a_restart(tmp_path, bench) -> None:
    code, found = bench.script("device_scenes", "descriptors", tmp_path)
    assert code == 0, found["said"]
    bench.note("descriptors", **found)


@pytest.mark.parametrize("scene", ["slow", "stalled"])
def test_a_sync_that_takes_too_long_is_said_to_those_who_wait(scene, tmp_path, bench) -> None:
    """For some seconds: 503 and on again. For good: exit 70, although the device holds the stores as well."""
    bench.program("strace")
    code, found = bench.script("device_scenes", scene, tmp_path)
    assert code == 0, found["said"]
    assert found["refused"] > 0
    bench.note(f"sync_{scene}", **found)
