from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROUNDS = 200


@pytest.mark.timeout(240)
def test_no_receipt_is_lost_in_two_hundred_kills(tmp_path) -> None:
    """The same folder all along: each start recovers what the kill before left, and appends to it."""
    seed = secrets.randbelow(10**9)
    script = Path(__file__).parent / "kill_rounds.py"
    command = [sys.executable, str(script), str(tmp_path / "n1-0"), str(ROUNDS), str(seed)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"seed {seed}\n{ended.stdout}\n{ended.stderr}"
    rounds, receipts = ended.stdout.split()[0], int(ended.stdout.split()[2])
    assert int(rounds) == ROUNDS
    assert receipts > ROUNDS  # the children did get as far as appending
