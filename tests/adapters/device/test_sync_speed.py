"""What is said of the device is measured, and nothing of the measurement stays."""

from __future__ import annotations

import pytest

from adapters.device.sync_speed import SyncSpeed, sync_speed
from pdp.errors import UnavailableError


def test_times_are_in_order_and_nothing_stays_in_the_folder(tmp_path):
    speed = sync_speed(tmp_path, writes=20)

    assert 0 < speed.p50 <= speed.p99
    assert list(tmp_path.iterdir()) == []


def test_a_slow_device_is_not_measured_for_long(tmp_path):
    speed = sync_speed(tmp_path, writes=100_000, seconds=0)

    assert 0 < speed.p50 <= speed.p99


def test_a_device_that_takes_long_is_called_slow():
    assert SyncSpeed(5.1, 9.0).slow
    assert not SyncSpeed(4.9, 80.0).slow


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(UnavailableError, match="missing: cannot be written"):
        sync_speed(tmp_path / "missing")
