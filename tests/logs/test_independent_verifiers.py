"""Verifiers that others wrote accept our logs as they are, and find every fault that is put into them."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from adapters.signers.key_ring import KeyRing, witness_ring
from adapters.stores.tile_files import TileFiles
from pdp.log.note import KeyKind, Note, VerifierKey, note_in, signature_line
from pdp.log.publisher import Publisher, Writing
from pdp.log.receipt import receipt_for
from pdp.log.suite import Sha256
from pdp.log.tiles import bundled, bundles_of
from tests.logs.corpus import (
    KEYS,
    LATTICE_LOG,
    LATTICE_WITNESS,
    Case,
    ReceiptCase,
    cases,
    policy_of,
    receipts,
    samples,
)
from tests.logs.corpus import receipt_for as receipt_of
from tests.logs.published import AT, LOG_KEY, ORIGIN, WITNESS, WITNESS_KEY, note_over, publish, resources, small
from tests.logs.verifiers import FSCK, VERIFY_GO, Verdict, fsck_verdicts, go_verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pdp.log.ports import Signer

pytestmark = pytest.mark.xdist_group("independent_verifiers")  # one process a machine is enough
SIZES = (1, 255, 256, 257, 70_000)
NOW = datetime.fromtimestamp(AT, UTC)


@pytest.fixture(autouse=True, scope="module")
def _tools() -> None:
    missing = [tool.name for tool in (FSCK, VERIFY_GO) if not tool.is_file()]
    assert not missing, f"{' and '.join(missing)} must be there for these tests: run scripts/install_log_verifiers.sh"


def wrong(found: Iterable[Case | ReceiptCase]) -> list[Verdict]:
    """Return what verify_go judges otherwise than it must."""
    return [verdict for verdict in go_verdicts(found) if verdict.accepted != verdict.must_accept]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_every_fault_in_a_small_log_is_found_and_nothing_honest_refused(size: int):
    assert wrong(cases(small(size))) == []


@pytest.mark.parametrize("keys", [(LATTICE_LOG,), (LOG_KEY, LATTICE_WITNESS)])
def test_no_bit_of_a_post_quantum_line_can_turn(keys):
    assert wrong(cases(small(1), keys)) == []


@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_fault_in_a_receipt_is_found_and_nothing_honest_refused(size: int):
    assert wrong(receipts(small(size))) == []


@pytest.mark.parametrize("size", SIZES)
def test_faults_in_logs_of_any_size_are_found_by_verify_go(size: int):
    assert wrong(samples(small(size))) == []


@pytest.mark.parametrize("size", SIZES)
def test_faults_in_logs_of_any_size_are_found_by_fsck(size: int):
    root = note_over(small(size)).checkpoint.root.hex()
    for case, found in fsck_verdicts(samples(small(size), (LOG_KEY,)), str(LOG_KEY.public)):
        assert found == ((size, root) if case.must_accept else None), case.name


def test_each_damaged_entry_is_named():
    entries = small(300)
    files = resources(entries, *KEYS)
    for path, first, damaged in (("tile/entries/000", 0, (3, 200)), ("tile/entries/001.p/44", 256, (256, 299))):
        bundle = list(entries[first : first + 256])
        for index in damaged:
            bundle[index - first] = bundle[index - first].replace(b"test", b"fake")
        files[path] = bundled(bundle)
    (verdict,) = go_verdicts([Case("four fakes", files, policy_of(*KEYS), None, must_accept=False)])
    assert [fault.split(":")[0] for fault in verdict.faults] == ["entry 3", "entry 200", "entry 256", "entry 299"]


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing.open(tmp_path_factory.mktemp("keys"), ORIGIN, NOW, sm2=True, create=True)


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory: pytest.TempPathFactory) -> list[Signer]:
    return witness_ring(tmp_path_factory.mktemp("witness"), WITNESS, NOW, create=True).signers(NOW)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, ring: KeyRing, witnesses: list[Signer]) -> list[dict[str, bytes]]:
    """Return the resources of one log at each of SIZES, published and witnessed by our own code as it grew."""
    entries, store, suite = small(SIZES[-1]), TileFiles.of(tmp_path_factory.mktemp("n1-0")), Sha256()
    signers = ring.signers(NOW)
    publisher = Publisher(Writing(ORIGIN, suite, lambda _: signers, lambda since, until: entries[since:until]), store)
    shown = []
    for size in SIZES:
        note = publisher.publish(size, AT)
        assert note is not None
        lines = [signature_line(one.key, one.sign(note.checkpoint, AT), AT) for one in witnesses]
        publisher.merge(note, lines)
        files = {path.relative_to(store.log).as_posix(): path.read_bytes() for path in _published(store.log)}
        for tile in bundles_of(size):
            files[tile.path] = bundled(entries[tile.number * 256 :][: tile.width])
        shown.append(files)
    return shown


def _published(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.name != "witnessed-checkpoint")


def _policies(ring: KeyRing, witnesses: list[Signer]) -> dict[str, str]:
    """Return a policy for each pair of a log's and a witness's key that verify_go can check."""
    return {
        f"{log.key.kind.name} and {one.key.kind.name}": f"log {log.key}\nwitness w {one.key}\nquorum w\n"
        for log in ring.keys
        for one in witnesses
        if log.key.kind is not KeyKind.NATIONAL
    }


def test_logs_of_our_own_code_are_accepted_by_verify_go_under_each_key_alone_as_they_grow(grown, ring, witnesses):
    policies = _policies(ring, witnesses)
    assert len(policies) == 4
    notes = [files["checkpoint"] for files in grown]
    found = [
        Case(f"{name}: {place} from {older}", files, policy, notes[older - 1] if older else None, must_accept=True)
        for place, files in enumerate(grown)
        for name, policy in policies.items()
        for older in range(place + 2)
    ]
    assert wrong(found) == []


def test_logs_of_our_own_code_are_accepted_by_fsck(grown, ring):
    vkey = next(str(key.key) for key in ring.keys if key.key.kind is KeyKind.ED25519)
    found = [Case(str(size), files, "", None, must_accept=True) for size, files in zip(SIZES, grown, strict=True)]
    for case, accepted in fsck_verdicts(found, vkey):
        assert accepted == (int(case.name), note_in(case.files["checkpoint"]).checkpoint.root.hex())


def test_receipts_of_our_own_code_prove_their_entries_to_others(grown, ring, witnesses):
    entries, suite = small(SIZES[-1]), Sha256()
    found = []
    for size, files in zip(SIZES, grown, strict=True):
        note = note_in(files["checkpoint"])
        for index in {0, size // 2, size - 1}:
            receipt = receipt_for(index, note, lambda tile, files=files: files[tile.path], suite)
            for name, policy in _policies(ring, witnesses).items():
                of = str(receipt).encode()
                found.append(ReceiptCase(f"{name}: {index} of {size}", of, entries[index], policy, must_accept=True))
                other = entries[index].replace(b"test", b"fake")
                found.append(ReceiptCase(f"{name}: {index} of {size}, fake", of, other, policy, must_accept=False))
    assert wrong(found) == []


def test_a_compact_receipt_still_proves_its_entry(grown, ring, witnesses):
    note = note_in(grown[1]["checkpoint"])
    receipt = receipt_for(7, note, lambda tile: grown[1][tile.path], Sha256())
    small_one = receipt.compact()
    assert len(str(small_one)) < len(str(receipt)) / 3
    policy = _policies(ring, witnesses)["ED25519 and COSIGNATURE"]
    assert wrong([ReceiptCase("compact", str(small_one).encode(), small(8)[7], policy, must_accept=True)]) == []


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Return how verify_go ends, and what it says."""
    return subprocess.run([VERIFY_GO, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    publish(tmp_path / "log", small(257))
    (tmp_path / "policy.txt").write_text(policy_of(*KEYS))
    return tmp_path / "log"


def test_the_command_ends_with_0_1_or_2(log: Path, tmp_path: Path):
    policy = tmp_path / "policy.txt"
    good = run("--policy", policy, log)
    assert (good.returncode, good.stdout) == (0, f"verified {ORIGIN}: 257 entries, root {_root(257)}\n")
    (log / "tile/entries/001.p/1").write_bytes(bundled([b"fake"]))
    bad = run("--policy", policy, log)
    assert (bad.returncode, bad.stdout) == (
        1,
        "entry 256: tile/entries/001.p/1 holds another one than was signed\n",
    )
    assert run("--policy", tmp_path / "none.txt", log).returncode == 2
    policy.write_text("log nonsense\nquorum none\n")
    assert run("--policy", policy, log).returncode == 2
    assert run(log).returncode == 2


@pytest.mark.parametrize("second", ["", "other", "group"])
def test_a_witness_counts_once_for_others_too(log: Path, tmp_path: Path, second: str):
    log_line, witness_line = policy_of(*KEYS).splitlines()[:2]
    again = {
        "": witness_line.replace("w0", "w1"),
        "other": f"witness w1 {VerifierKey('other', KeyKind.COSIGNATURE, WITNESS_KEY.public.public)}",
        "group": "group g 1 w0\ngroup h 1 w0\ngroup i 2 g h",
    }[second]
    quorum = "quorum i" if second == "group" else "group g 2 w0 w1\nquorum g"
    (tmp_path / "policy.txt").write_text(f"{log_line}\n{witness_line}\n{again}\n{quorum}\n")
    assert run("--policy", tmp_path / "policy.txt", log).returncode == 2


def _root(size: int) -> str:
    return str(note_over(small(size)).body).split("\n")[2]


def test_the_command_takes_an_address_an_older_note_and_a_receipt(log: Path, tmp_path: Path):
    policy, older, forked = tmp_path / "policy.txt", tmp_path / "older", tmp_path / "forked"
    older.write_text(str(note_over(small(100))))
    forked.write_text(str(note_over([*small(99), b"fork"])))
    with _serving(log) as url:
        assert run("--policy", policy, "--since", older, url).returncode == 0
        refused = run("--policy", policy, "--since", forked, url)
    assert (refused.returncode, refused.stdout) == (1, "since: the log was forked: its first 100 entries are others\n")
    (tmp_path / "r.tlog-proof").write_text(str(receipt_of(small(257), 5, *KEYS)))
    (tmp_path / "entry").write_bytes(small(6)[5])
    shown = run("--policy", policy, "--receipt", tmp_path / "r.tlog-proof", "--entry", tmp_path / "entry")
    assert (shown.returncode, shown.stdout) == (0, f"verified {ORIGIN}: entry 5 of 257\n")


def test_what_others_cannot_check_is_said_and_not_passed(log: Path, tmp_path: Path, ring: KeyRing):
    (national,) = [key.key for key in ring.keys if key.key.kind is KeyKind.NATIONAL]
    policy = tmp_path / "policy.txt"
    policy.write_text(f"log {national}\n{policy_of(*KEYS)}")
    both = run("--policy", policy, log)
    assert both.returncode == 0
    assert both.stderr == f"note: {ORIGIN} has an SM2 key; its lines are not checked here\n"
    policy.write_text(f"log {national}\nquorum none\n")
    assert run("--policy", policy, log).returncode == 2
    twin = f"{ORIGIN}/sm3"
    key = KeyRing.open(tmp_path / "twin", twin, NOW, create=True).signers(NOW)[0]
    checkpoint = note_over(small(257)).checkpoint._replace(origin=twin)
    line = signature_line(key.key, key.sign(checkpoint, AT), AT)
    (log / "checkpoint").write_text(str(Note(checkpoint.body, (line,))))
    policy.write_text(f"log {key.key}\nquorum none\n")
    unchecked = run("--policy", policy, log)
    assert unchecked.returncode == 2
    assert "is hashed with SM3" in unchecked.stdout


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback, as any web server would; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class _Silent(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""
