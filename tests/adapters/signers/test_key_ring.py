from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.signers.key_ring import MOST, OVERLAP, KeyRing, witness_ring
from adapters.signers.ring_file import ADDED, RETIRED, Ring, RingKey, ring_in, write_ring
from adapters.signers.verify import verify
from pdp.errors import UnavailableError
from pdp.log.note import Checkpoint, KeyKind, Note, VerifierKey, signature_line, signatures

if TYPE_CHECKING:
    from pathlib import Path

    from pdp.log.ports import Signer

ORIGIN = "pdp.example.gov.cn/decisions/2026/pdp1-0"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BOTH = [KeyKind.ED25519, KeyKind.ML_DSA_44]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "pdp1-0"


@pytest.fixture
def ring(folder: Path) -> KeyRing:
    return KeyRing.open(folder, ORIGIN, NOW, create=True)


def kinds(signers: list[Signer]) -> list[KeyKind]:
    return [signer.key.kind for signer in signers]


def seeds(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("[0-9]*.*")}


def test_a_new_log_gets_keys_that_only_their_owner_can_read(folder: Path, ring: KeyRing):
    assert kinds(ring.signers(NOW)) == BOTH
    assert folder.stat().st_mode & 0o777 == 0o700
    assert seeds(folder) == {"1.ed25519", "1.ml-dsa-44"}
    assert {(folder / name).stat().st_mode & 0o777 for name in seeds(folder)} == {0o600}
    assert all((folder / name).stat().st_size == 32 for name in seeds(folder))


def test_the_list_of_keys_holds_no_secret(folder: Path, ring: KeyRing):
    listed = (folder / "ring.json").read_bytes()
    assert ring.keys
    assert not any((folder / name).read_bytes().hex().encode() in listed for name in seeds(folder))
    assert [key["vkey"] for key in json.loads(listed)["keys"]] == [str(key.key) for key in ring.keys]


def test_the_same_keys_sign_after_a_restart(folder: Path, ring: KeyRing):
    again = KeyRing.open(folder, ORIGIN, NOW, create=False)
    assert [signer.key for signer in again.signers(NOW)] == [signer.key for signer in ring.signers(NOW)]


def test_two_logs_never_share_a_key(tmp_path: Path):
    first = KeyRing.open(tmp_path / "a", ORIGIN, NOW, create=True)
    second = KeyRing.open(tmp_path / "b", f"{ORIGIN}/sm3", NOW, create=True)
    assert not {key.key.public for key in first.keys} & {key.key.public for key in second.keys}


def test_what_the_signers_sign_verifies(ring: KeyRing):
    checkpoint = Checkpoint(ORIGIN, 1, bytes(32))
    at = int(NOW.timestamp())
    lines = [signature_line(signer.key, signer.sign(checkpoint, at), at) for signer in ring.signers(NOW)]
    signed = signatures(Note(checkpoint.body, tuple(lines)), [key.key for key in ring.keys], verify)
    assert set(signed) == {key.key for key in ring.keys}


@pytest.mark.parametrize("lost", ["1.ed25519", "1.ml-dsa-44", "ring.json", "."])
def test_a_log_whose_keys_are_lost_does_not_start(folder: Path, ring: KeyRing, lost: str):
    assert ring.keys
    for path in folder.iterdir() if lost == "." else [folder / lost]:
        path.unlink()
    if lost == ".":
        folder.rmdir()
    with pytest.raises(UnavailableError, match="restore"):
        KeyRing.open(folder, ORIGIN, NOW, create=False)


def test_a_lost_seed_is_not_made_anew_even_where_keys_may_be(folder: Path, ring: KeyRing):
    assert ring.keys
    (folder / "1.ed25519").unlink()
    with pytest.raises(UnavailableError, match="restore"):
        KeyRing.open(folder, ORIGIN, NOW, create=True)


def test_a_lost_list_is_not_begun_anew_over_later_generations(folder: Path, ring: KeyRing):
    ring.rotate(NOW)
    (folder / "ring.json").unlink()
    with pytest.raises(UnavailableError, match="restore"):
        KeyRing.open(folder, ORIGIN, NOW, create=True)
    with pytest.raises(UnavailableError, match="restore"):
        ring.signers(NOW)


def test_an_emptied_list_gets_no_new_keys(folder: Path, ring: KeyRing):
    assert ring.keys
    write_ring(folder, Ring(ORIGIN, ()))
    with pytest.raises(UnavailableError, match="missing"):
        KeyRing.open(folder, ORIGIN, NOW, create=False)


@pytest.mark.parametrize("name", ["1.ed25519", "1.ml-dsa-44"])
def test_a_seed_that_others_can_read_is_refused(folder: Path, ring: KeyRing, name: str):
    assert ring.keys
    (folder / name).chmod(0o640)
    with pytest.raises(UnavailableError, match="readable by others"):
        KeyRing.open(folder, ORIGIN, NOW, create=False)


@pytest.mark.parametrize("seed", [bytes(32), bytes(31), b""])
def test_a_seed_of_another_key_is_refused(folder: Path, ring: KeyRing, seed: bytes):
    assert ring.keys
    (folder / "1.ml-dsa-44").write_bytes(seed)
    with pytest.raises(UnavailableError, match=r"1\.ml-dsa-44"):
        KeyRing.open(folder, ORIGIN, NOW, create=False)


def test_the_keys_of_another_name_are_refused(folder: Path, ring: KeyRing):
    assert ring.keys
    with pytest.raises(UnavailableError, match=f"holds the keys of {ORIGIN}, not of other/log"):
        KeyRing.open(folder, "other/log", NOW, create=False)


@given(cut=st.integers(0, 400))
def test_half_a_list_is_refused(cut: int, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("ring")
    write_ring(folder, Ring(ORIGIN, (RingKey(VerifierKey(ORIGIN, KeyKind.ED25519, bytes(32)), 1, NOW),)))
    whole = (folder / "ring.json").read_bytes().rstrip()
    (folder / "ring.json").write_bytes(whole[: min(cut, len(whole) - 1)])
    with pytest.raises(UnavailableError, match="is no list of keys"):
        ring_in(folder)


def test_after_a_rotation_both_generations_sign_for_seven_days(folder: Path, ring: KeyRing):
    old = [signer.key for signer in ring.signers(NOW)]
    new = list(ring.rotate(NOW))
    assert [signer.key for signer in ring.signers(NOW)] == old + new
    assert [signer.key for signer in ring.signers(NOW + OVERLAP - SECOND)] == old + new
    assert seeds(folder) == {"1.ed25519", "1.ml-dsa-44", "2.ed25519", "2.ml-dsa-44"}
    assert timedelta(days=7) == OVERLAP


def test_then_the_old_seeds_are_gone_and_their_public_keys_stay(folder: Path, ring: KeyRing):
    old = [signer.key for signer in ring.signers(NOW)]
    new = list(ring.rotate(NOW))
    assert [signer.key for signer in ring.signers(NOW + OVERLAP)] == new
    assert seeds(folder) == {"2.ed25519", "2.ml-dsa-44"}
    again = KeyRing.open(folder, ORIGIN, NOW + OVERLAP, create=False)
    assert [key.key for key in again.keys if key.retired] == old


def test_a_log_that_was_off_for_longer_than_the_overlap_starts_with_the_new_keys(folder: Path, ring: KeyRing):
    new = list(ring.rotate(NOW))
    later = KeyRing.open(folder, ORIGIN, NOW + 10 * OVERLAP, create=False)
    assert [signer.key for signer in later.signers(NOW + 10 * OVERLAP)] == new
    assert seeds(folder) == {"2.ed25519", "2.ml-dsa-44"}


def test_a_seed_that_a_crash_left_behind_is_deleted_at_the_next_start(folder: Path, ring: KeyRing):
    ring.rotate(NOW)
    kept = {name: (folder / name).read_bytes() for name in seeds(folder) if name.startswith("1.")}
    ring.signers(NOW + OVERLAP)
    for name, seed in kept.items():
        (folder / name).write_bytes(seed)
    KeyRing.open(folder, ORIGIN, NOW + OVERLAP, create=False)
    assert seeds(folder) == {"2.ed25519", "2.ml-dsa-44"}


def test_a_key_known_to_others_signs_no_more_at_once(folder: Path, ring: KeyRing):
    new = list(ring.rotate(NOW, timedelta(0)))
    assert [signer.key for signer in ring.signers(NOW)] == new
    assert seeds(folder) == {"2.ed25519", "2.ml-dsa-44"}
    again = KeyRing.open(folder, ORIGIN, NOW, create=False)
    assert [key.generation for key in again.keys if key.withdrawn] == [1, 1]


def test_a_key_that_was_changed_in_peace_is_not_withdrawn(ring: KeyRing):
    ring.rotate(NOW)
    ring.signers(NOW + OVERLAP)
    ring.rotate(NOW + OVERLAP, timedelta(0))
    assert [(key.generation, key.withdrawn) for key in ring.keys[::2]] == [(1, False), (2, True), (3, False)]


def test_a_second_rotation_prolongs_nothing(ring: KeyRing):
    ring.rotate(NOW)
    ring.rotate(NOW + timedelta(days=3))
    ends = {key.generation: key.retires for key in ring.keys}
    assert ends == {1: NOW + OVERLAP, 2: NOW + timedelta(days=3) + OVERLAP, 3: None}


def test_too_many_generations_do_not_sign_at_once(ring: KeyRing):
    for _ in range(MOST - 1):
        ring.rotate(NOW)
    before = ring.keys
    with pytest.raises(UnavailableError, match="wait until one retires"):
        ring.rotate(NOW)
    assert ring.keys == before
    ring.rotate(NOW + OVERLAP)
    assert {key.generation for key in ring.keys if not key.retired} == {MOST, MOST + 1}


def test_a_running_log_notices_what_another_process_rotated(folder: Path, ring: KeyRing):
    old = [signer.key for signer in ring.signers(NOW)]
    code = (
        "import sys; from pathlib import Path; from datetime import datetime;"
        "from adapters.signers.key_ring import KeyRing;"
        "now = datetime.fromisoformat(sys.argv[3]);"
        "print(*KeyRing.open(Path(sys.argv[1]), sys.argv[2], now, create=False).rotate(now))"
    )
    command = [sys.executable, "-c", code, str(folder), ORIGIN, NOW.isoformat()]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert [str(signer.key) for signer in ring.signers(NOW)] == [*map(str, old), *made]


def test_a_look_without_change_reads_no_file(folder: Path, ring: KeyRing):
    before = ring.signers(NOW)
    for path in folder.glob("1.*"):
        path.unlink()  # only who reads it again would miss it
    assert ring.signers(NOW) == before


def test_the_log_is_told_of_every_key_once(folder: Path, ring: KeyRing):
    first = ring.untold()
    assert [(change.kind, change.key.kind) for change in first] == [(ADDED, kind) for kind in BOTH]
    ring.told(first)
    assert ring.untold() == ()
    ring.rotate(NOW + SECOND)
    ring.signers(NOW + SECOND + OVERLAP)
    again = KeyRing.open(folder, ORIGIN, NOW + SECOND + OVERLAP, create=False)
    untold = again.untold()
    assert [change.kind for change in untold] == [ADDED, ADDED, RETIRED, RETIRED]
    assert {change.at for change in untold} == {NOW + SECOND, NOW + SECOND + OVERLAP}
    again.told(untold)
    assert KeyRing.open(folder, ORIGIN, NOW + SECOND + OVERLAP, create=False).untold() == ()


def test_a_crash_before_the_log_has_the_record_tells_it_again(folder: Path, ring: KeyRing):
    assert KeyRing.open(folder, ORIGIN, NOW, create=False).untold() == ring.untold() != ()


def test_sm2_joins_a_ring_and_leaves_the_signers_when_it_is_switched_off(folder: Path, ring: KeyRing):
    ring.told(ring.untold())
    with_sm2 = KeyRing.open(folder, ORIGIN, NOW, sm2=True, create=False)
    assert kinds(with_sm2.signers(NOW)) == [*BOTH, KeyKind.NATIONAL]
    assert [change.key.kind for change in with_sm2.untold()] == [KeyKind.NATIONAL]
    assert kinds(KeyRing.open(folder, ORIGIN, NOW, create=False).signers(NOW)) == BOTH
    with_sm2.rotate(NOW)
    assert kinds(with_sm2.signers(NOW + OVERLAP)) == [*BOTH, KeyKind.NATIONAL]


def test_a_witness_signs_with_its_time_under_its_own_keys(tmp_path: Path):
    ring = witness_ring(tmp_path / "witness", "a.example.gov.cn/witness", NOW, create=True)
    assert kinds(ring.signers(NOW)) == [KeyKind.COSIGNATURE, KeyKind.ML_DSA_44]
    ring.rotate(NOW)
    assert kinds(ring.signers(NOW + OVERLAP)) == [KeyKind.COSIGNATURE, KeyKind.ML_DSA_44]
    with pytest.raises(UnavailableError, match="missing"):
        witness_ring(tmp_path / "other", "a.example.gov.cn/witness", NOW, create=False)


def test_a_ring_survives_writing_and_reading(folder: Path, ring: KeyRing):
    ring.rotate(NOW)
    ring.told(ring.untold())
    ring.signers(NOW + OVERLAP)
    assert ring_in(folder) == Ring(ORIGIN, ring.keys)
