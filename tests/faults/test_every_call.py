"""Every system call that the log rests on, failing once: the first error is the last, and costs no promise."""

from __future__ import annotations

import secrets

import pytest

from tests.faults.traced import FAULTS

SERVICE = {"openat": 2, "pwrite64": 2, "fdatasync": 4, "fsync": 2, "rename": 1}  # calls a phase and fault; 50 rounds


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("call", FAULTS)
def test_no_failing_call_costs_a_journal_what_it_promised(call, tmp_path, bench) -> None:
    """Every n-th call of one whole life: opening, records, a rotation, the end."""
    bench.program("strace")
    code, found = bench.script("every_call", tmp_path, "journal", call, 0, 0)
    assert code == 0, found["said"]
    assert found["lost"] == 0
    assert found["injected"] > 0
    spare = max(1, found["lives"] // 4)  # a life makes a few calls more or fewer than the one that was counted
    assert sum(found["most"].values()) <= found["injected"] + spare
    bench.note(f"journal_{call}", **found)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("call", FAULTS)
def test_no_failing_call_costs_the_service_what_it_promised(call, tmp_path, bench) -> None:
    """Some of the calls of one whole life, chosen by chance; each start that is refused says what is wrong."""
    bench.program("strace")
    seed = secrets.randbelow(10**9)
    code, found = bench.script("every_call", tmp_path, "service", call, bench.rounds(SERVICE[call]), seed)
    assert code == 0, found["said"]
    assert found["lost"] == 0
    assert found["injected"] > 0
    bench.note(f"service_{call}", **found)
