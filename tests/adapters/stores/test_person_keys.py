from __future__ import annotations

import base64
import hashlib
import hmac
import re
import sqlite3
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from adapters.device.secret_file import secret
from adapters.stores.person_keys import SqlitePersonKeys
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

ID = "110101199003077758"  # shaped like an identity number; nobody's


def test_a_digest_is_the_keyed_digest_of_the_format(tmp_path: Path) -> None:
    keys = SqlitePersonKeys(tmp_path / "persons")
    digest = keys.digest("cn_id", ID)
    (key,) = sqlite3.connect(tmp_path / "persons").execute("SELECT key FROM person").fetchone()
    made = hmac.digest(key, b"pdp/person/1\x00cn_id\x00" + ID.encode(), hashlib.sha256)
    assert digest == "p1." + base64.urlsafe_b64encode(made).decode().rstrip("=")
    assert re.fullmatch(r"p1\.[A-Za-z0-9_-]{43}", digest)
    keys.close()


def test_one_person_has_one_digest_for_ever_and_others_have_others(tmp_path: Path) -> None:
    keys = SqlitePersonKeys(tmp_path / "persons")
    first = keys.digest("account", "caf\u00e9")
    assert keys.digest("account", "cafe\u0301") == first  # another form of the same text
    others = {keys.digest("account", "cafe"), keys.digest("other", "caf\u00e9"), keys.digest("account", "\ud800")}
    assert len(others | {first}) == 4
    keys.close()
    again = SqlitePersonKeys(tmp_path / "persons")
    assert again.digest("account", "caf\u00e9") == first
    again.close()


def test_a_deleted_persons_digest_can_never_be_made_again_and_the_key_is_gone_from_the_files(tmp_path: Path) -> None:
    keys = SqlitePersonKeys(tmp_path / "persons")
    before, other = keys.digest("cn_id", ID), keys.digest("cn_id", ID[::-1])
    rows = sqlite3.connect(tmp_path / "persons").execute("SELECT key FROM person").fetchall()
    assert keys.delete("cn_id", ID)
    assert not keys.delete("cn_id", ID)
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert sum(bytes(key) in files for (key,) in rows) == 1
    assert keys.digest("cn_id", ID) != before
    assert keys.digest("cn_id", ID[::-1]) == other
    keys.close()


def test_a_new_persons_key_is_durable_before_its_digest_is_given(tmp_path: Path) -> None:
    """Another connection, which sees committed rows only, finds the key as soon as the digest is there."""
    keys, reader = SqlitePersonKeys(tmp_path / "persons"), sqlite3.connect(tmp_path / "persons")
    for number in range(20):
        keys.digest("account", str(number))
        assert reader.execute("SELECT count(*) FROM person").fetchone() == (number + 1,)
    assert keys._store.execute("PRAGMA synchronous").fetchone() == (2,)  # noqa: SLF001  # FULL: the commit is synced
    reader.close()
    keys.close()


def test_an_address_is_known_again_and_the_next_person_is_as_durable_as_ever(tmp_path: Path) -> None:
    keys = SqlitePersonKeys(tmp_path / "persons")
    said: list[str] = []
    keys._store.set_trace_callback(said.append)  # noqa: SLF001  # what is synced is seen nowhere else
    address, person = keys.digest("address", "192.0.2.7"), keys.digest("account", "clerk")
    synced = [line.rpartition(" ")[2] if "synchronous" in line else line[:6] for line in said if "SELECT" not in line]
    assert synced == ["NORMAL", "INSERT", "FULL", "FULL", "INSERT", "FULL"]
    keys.close()
    again = SqlitePersonKeys(tmp_path / "persons")
    assert (again.digest("address", "192.0.2.7"), again.digest("account", "clerk")) == (address, person)
    again.close()


def test_two_processes_that_meet_one_person_agree(tmp_path: Path) -> None:
    stores = [SqlitePersonKeys(tmp_path / "persons") for _ in range(2)]
    digests: list[list[str]] = [[], []]

    def meet(place: int) -> None:
        digests[place] = [stores[place].digest("account", str(number)) for number in range(50)]

    threads = [threading.Thread(target=meet, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert digests[0] == digests[1]
    assert len(set(digests[0])) == 50
    for store in stores:
        store.close()


def test_nothing_of_a_person_is_stored_in_clear_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    keys = SqlitePersonKeys(tmp_path / "persons")
    keys.digest("cn_id", ID)
    for path in tmp_path.iterdir():
        assert ID.encode() not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keys.close()


def test_a_store_whose_lookup_key_is_missing_wrong_or_open_to_others_is_refused(tmp_path: Path) -> None:
    SqlitePersonKeys(tmp_path / "persons").close()
    key = tmp_path / "persons.key"
    kept = key.read_bytes()
    key.write_bytes(bytes(32))
    with pytest.raises(UnavailableError, match="not the lookup key of this store"):
        SqlitePersonKeys(tmp_path / "persons")
    key.write_bytes(kept[:31])
    with pytest.raises(UnavailableError, match="31 bytes"):
        SqlitePersonKeys(tmp_path / "persons")
    key.write_bytes(kept)
    key.chmod(0o640)
    with pytest.raises(UnavailableError, match="readable by others"):
        SqlitePersonKeys(tmp_path / "persons")
    key.unlink()
    with pytest.raises(UnavailableError, match="restore it"):
        SqlitePersonKeys(tmp_path / "persons")
    assert not key.exists()


def test_a_store_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    SqlitePersonKeys(tmp_path / "persons").close()
    (tmp_path / "persons").write_bytes(b"rubbish" * 1000)
    with pytest.raises(UnavailableError, match="mend the store"):
        SqlitePersonKeys(tmp_path / "persons")


def test_a_store_that_fails_is_an_error_and_never_a_digest(tmp_path: Path) -> None:
    keys = SqlitePersonKeys(tmp_path / "persons")
    known = keys.digest("account", "known")
    sqlite3.connect(tmp_path / "persons").execute("DROP TABLE person")
    with pytest.raises(UnavailableError, match="cannot be used"):
        keys.digest("account", "new")
    assert keys.digest("account", "known") == known
    keys.close()


def test_a_kind_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    keys = SqlitePersonKeys(tmp_path / "persons")
    with pytest.raises(ValueError, match='"name" is no kind'):
        keys.digest("name", "x")
    keys.close()


def test_a_secret_is_made_once_and_differs_from_others(tmp_path: Path) -> None:
    one, other = secret(tmp_path / "keys" / "one"), secret(tmp_path / "keys" / "other")
    assert len(one) == 32
    assert secret(tmp_path / "keys" / "one") == one != other
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["one", "other"]


def test_looking_somebody_up_makes_no_key_and_finds_the_digest_of_who_has_one(tmp_path: Path) -> None:
    keys = SqlitePersonKeys(tmp_path / "persons.sqlite")

    assert [keys.known("account", "someone") for _ in range(2)] == [None, None]
    assert keys.digest("account", "someone") == keys.known("account", "someone")
    keys.delete("account", "someone")
    assert keys.known("account", "someone") is None
    keys.close()
