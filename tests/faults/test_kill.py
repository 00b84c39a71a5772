"""The whole service, killed at random moments: of starting, recovering, answering, publishing."""

from __future__ import annotations

import secrets

import pytest


@pytest.mark.timeout(1800)
def test_no_answer_of_the_service_is_lost_in_fifty_kills(tmp_path, bench) -> None:
    """One folder all along. Every 200 has its record, with the leaf and the id that the caller was told."""
    seed, times = secrets.randbelow(10**9), bench.rounds(50)
    code, found = bench.script("kill_service", tmp_path / "data", times, seed)
    assert code == 0, found["said"]
    assert found["rounds"] == times
    assert found["served"] > times // 4  # most lives did get as far as answering
    assert found["acknowledged"] > 10 * times
    assert found["lost"] == 0
    assert found["sealed"] > 0  # so were segments filled and sealed
    bench.note("service_kill", **found)
