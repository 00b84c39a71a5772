"""Promises of being a witness: set up by the settings alone, and never under old keys without what they co-signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.publishing.witnessing import witnessing
from adapters.settings import LogSettings, Settings, SettingsError
from pdp.errors import UnavailableError
from tests.adapters.witnesses.story import HONEST, LOG_KEY, ORIGIN, WITNESS_KEY

if TYPE_CHECKING:
    from pathlib import Path


def settings(data: Path, origin: str = ORIGIN, vkey: str = str(LOG_KEY.public)) -> Settings:
    log = {"witness_name": WITNESS_KEY.name, "witness_for": [{"origin": origin, "vkeys": [vkey]}]}
    return Settings(data=data, log=LogSettings.model_validate(log))


def test_a_witness_goes_on_after_a_restart_under_the_same_keys(tmp_path):
    for old, size in ((0, 5), (5, 9)):
        with witnessing(settings(tmp_path), print) as witness:
            answer = witness.add(HONEST.sent(old, size))

            assert answer.status == 200
            assert answer.body.count(b"\xe2\x80\x94 " + WITNESS_KEY.name.encode()) == 2  # Ed25519 and ML-DSA-44


def test_nobody_is_a_witness_unasked(tmp_path):
    with witnessing(Settings(data=tmp_path), print) as witness:
        assert witness is None

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("lost", "fault"), [("witness", "rotate the witness's keys"), ("keys/witness", "restore")])
def test_keys_without_memory_and_memory_without_keys_are_refused(tmp_path, lost, fault):
    with witnessing(settings(tmp_path), print) as witness:
        witness.add(HONEST.sent(0, 5))
    (tmp_path / lost).rename(tmp_path / "lost")

    for _ in range(2):
        with pytest.raises(UnavailableError, match=fault), witnessing(settings(tmp_path), print):
            pass


@pytest.mark.parametrize(("origin", "vkey"), [(ORIGIN, "nonsense"), ("other.example/log", str(LOG_KEY.public))])
def test_a_key_that_is_none_of_the_log_is_refused(tmp_path, origin, vkey):
    with pytest.raises(SettingsError, match=r"log\.witness_for"), witnessing(settings(tmp_path, origin, vkey), print):
        pass


def test_a_fork_is_an_alarm(tmp_path):
    alarms = []
    with witnessing(settings(tmp_path), lambda *said: alarms.append(said)) as witness:
        witness.add(HONEST.sent(0, 5))
        witness.add(HONEST.sent(5, 9, proof=[]))

    ((what, fault),) = alarms
    assert what == "a log that is co-signed here may have two stories"
    assert fault.startswith(ORIGIN)
