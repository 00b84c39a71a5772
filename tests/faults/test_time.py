"""Time stands still, or jumps: no answer is told too late, and no order is taken from a clock."""

from __future__ import annotations


def test_answers_decided_before_a_pause_are_not_told_after_it(tmp_path, bench) -> None:
    """Five seconds of SIGSTOP under load: whoever waited gets 503, and those who ask afterwards an answer."""
    code, found = bench.script("other_scenes", "paused", tmp_path, 5)
    assert code == 0, found["said"]
    assert found["dropped"] > 0
    bench.note("paused", **found)


def test_a_clock_that_jumps_by_years_moves_no_entry(tmp_path, bench) -> None:
    """There and back under a library that fakes the time of day; steps back are told in the log."""
    bench.program("faketime")
    shift = tmp_path / "shift"
    shift.write_text("+0\n", encoding="utf-8")
    faked = {
        "LD_PRELOAD": bench.library("faketime"),
        "FAKETIME_TIMESTAMP_FILE": str(shift),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    code, found = bench.script("other_scenes", "clock", tmp_path, **faked)
    assert code == 0, found["said"]
    bench.note("clock", **found)
