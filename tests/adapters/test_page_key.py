"""Promises of the key for pages of searches: a node has one that lasts, and a fleet has the one that it is given."""

from __future__ import annotations

import pytest

from adapters.assemble import build_service
from adapters.settings import Settings
from pdp.errors import UnavailableError


def test_a_node_keeps_its_key_and_a_fleet_is_given_one(tmp_path):
    shared = tmp_path / "pages.key"
    own = Settings(data=tmp_path / "n1", starting_world=False)
    keys = []
    for _ in range(2):
        with build_service(own) as made:
            keys.append(made.page_key)
    given = own.model_copy(update={"data": tmp_path / "n2", "page_key_file": shared})
    with pytest.raises(UnavailableError, match=r"pages\.key: the key cannot be used"), build_service(given):
        pass
    shared.write_bytes(b"p" * 32)
    shared.chmod(0o600)
    with build_service(given) as made:
        keys.append(made.page_key)

    assert keys[0] == keys[1] != keys[2] == b"p" * 32
    assert not (tmp_path / "n2" / "keys" / "pages.key").exists()
