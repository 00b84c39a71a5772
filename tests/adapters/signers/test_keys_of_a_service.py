"""A service does not start over missing keys: no checkpoint is ever unsigned, no log goes on under other keys."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from adapters.assemble import build_service
from adapters.settings import Settings
from pdp.errors import UnavailableError
from tests.logs.recorded import NODE, record

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a service that has run once."""
    folder = tmp_path_factory.mktemp("keys") / "data"
    record(Settings(data=folder), [])
    return folder


@pytest.fixture
def data(recorded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(recorded, tmp_path / "data")


def test_the_service_starts_again_over_its_keys(data: Path):
    with build_service(Settings(data=data)) as made:
        assert made.journal.ready


@pytest.mark.parametrize("lost", ["1.ed25519", "1.ml-dsa-44", "ring.json", ""])
def test_over_a_lost_key_the_service_does_not_start_and_makes_none(data: Path, lost: str):
    keys = data / "keys" / NODE
    (keys / lost).unlink() if lost else shutil.rmtree(keys)
    before = sorted(keys.glob("[0-9]*.*"))
    with pytest.raises(UnavailableError, match="restore"), build_service(Settings(data=data)):
        pass
    assert sorted(keys.glob("[0-9]*.*")) == before


def test_over_a_key_that_others_can_read_the_service_does_not_start(data: Path):
    (data / "keys" / NODE / "1.ed25519").chmod(0o604)
    with pytest.raises(UnavailableError, match="readable by others"), build_service(Settings(data=data)):
        pass
