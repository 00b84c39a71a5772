"""`pdp log verify`: data folders with their journals, mirrors, addresses, receipts, by the installation's own keys."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import threading
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from adapters.cli.log.verify import command
from adapters.signers.key_ring import KeyRing
from adapters.signers.sm3 import Sm3
from adapters.stores.journal import Journal, JournalSettings
from adapters.stores.log_reader import PRUNED
from adapters.stores.sealing import seal_segment, sealable
from adapters.stores.segments import segment_paths
from adapters.stores.tile_files import TileFiles
from pdp.errors import PDPError, UnavailableError
from pdp.log.canonical import encode
from pdp.log.publisher import Publisher, Writing
from pdp.log.suite import Sha256
from pdp.log.tiles import bundles_of, tiles_of
from tests.logs.published import WITNESS_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pdp.log.suite import HashSuite

ORIGIN = "pdp.local/n1-0"
AT = 1_767_225_600
NOW = datetime.fromtimestamp(AT, UTC)
SIZE = 600
SMALL = JournalSettings(segment_size=64 * 4096, allow_any_filesystem=True, full=1.1)
numbers = count()
app = typer.Typer()
app.command()(command)


def record(kind: str, members: Mapping[str, object]) -> bytes:
    """Return the smallest record that a log may hold."""
    id_ = f"019b76da-a800-7000-8000-{next(numbers):012x}"
    return encode({"at": "2026-01-01T00:00:00.000000Z", "id": id_, "kind": kind, **members})


def fill(journal: Journal) -> None:
    """Append until there are SIZE entries."""

    async def append() -> None:
        await asyncio.gather(*(journal.append(record("error", {"pad": "x" * 900})) for _ in range(SIZE - journal.size)))

    asyncio.run(append())


def publish(data: Path, journal: Journal, suite: HashSuite, size: int, name: str = ORIGIN) -> Publisher:
    """Publish the first `size` entries of the log under `name`, signed by the keys of the data folder."""
    folder = data / "keys" / ("n1-0" if suite.name == "sha256" else "n1-0-sm3")
    ring = KeyRing.open(folder, name, NOW, sm2=True, create=True)

    def entries(since: int, until: int) -> list[bytes]:
        return [entry for index, entry in journal.records(since) if index < until]

    publisher = Publisher(
        Writing(name, suite, lambda _: ring.signers(NOW), entries), TileFiles.of(data / "n1-0", suite.name)
    )
    publisher.publish(size, AT)
    return publisher


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with one log of three segments, two of them compressed, an SM3 twin, and a receipt."""
    data = tmp_path_factory.mktemp("whole")
    journal = Journal(data / "n1-0", ORIGIN, record, settings=SMALL)
    fill(journal)
    publish(data, journal, Sha256(), 300)
    shutil.copy(data / "n1-0/log/checkpoint", data / "old.note")
    publisher = publish(data, journal, Sha256(), SIZE)
    publish(data, journal, Sm3(), SIZE, ORIGIN + "/sm3")
    (data / "receipt.tlog-proof").write_bytes(str(publisher.receipt(17)).encode())
    (data / "entry").write_bytes(next(entry for index, entry in journal.records(17)))
    journal.close()
    for raw in sealable(data / "n1-0/journal", SIZE):
        seal_segment(data / "n1-0/journal", raw.first_index, os)
    return data


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    """Return a copy of that folder, to be damaged."""
    shutil.copytree(whole, tmp_path / "data")
    return tmp_path / "data"


def run(*arguments: object) -> tuple[int, str]:
    """Return exit code and what is printed; raise the fault that it ends with."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "160"})
    if isinstance(result.exception, PDPError):
        raise result.exception
    return result.exit_code, result.stdout


def said(*arguments: object) -> tuple[int, dict[str, Any]]:
    """Return exit code and what is said for programs."""
    code, printed = run(*arguments, "--json")
    return code, json.loads(printed)


def alter(path: Path, old: bytes, new: bytes) -> None:
    """Replace bytes that stand once in a file."""
    found = path.read_bytes()
    assert found.count(old) == 1
    path.write_bytes(found.replace(old, new))


def mirror(data: Path, top: Path) -> None:
    """Write the published log to plain files, as anybody may serve them."""
    store = TileFiles.of(data / "n1-0")
    entries = [entry for _, entry in _records(data)]
    for tile in (*tiles_of(SIZE), *bundles_of(SIZE)):
        path = top / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        part = entries[tile.number * 256 :][: tile.width]
        path.write_bytes(b"".join(len(one).to_bytes(2) + one for one in part) if tile.level < 0 else store.read(tile))
    shutil.copy(data / "n1-0/log/checkpoint", top / "checkpoint")


def _records(data: Path) -> list[tuple[int, bytes]]:
    journal = Journal(data / "n1-0", ORIGIN, record, settings=SMALL)
    try:
        return list(journal.records())
    finally:
        journal.close()


def test_a_data_folder_is_verified_with_its_journal_its_twin_and_its_own_keys(whole):
    code, shown = run("--data", whole, "--level", "chain")

    assert code == 0
    assert "✓ n1-0 核验无误(哈希树与逐条内容)" in shown
    assert "✓ n1-0/sm3 核验无误" in shown
    assert "首尾相接" in shown
    assert shown.count("SM2") == 2
    assert "审计方应以自己保存的信任策略核验" in shown


def test_programs_are_told_the_same(whole):
    code, answer = said(whole, "--since", whole / "old.note")
    log, twin = answer["checked"]

    assert (code, log["size"], log["since"]) == (0, SIZE, 300)
    assert log["segments"] == len(segment_paths(whole / "n1-0/journal"))
    assert [line["suite"] for line in log["signatures"]] == ["Ed25519", "ML-DSA-44", "SM2"]
    assert (twin["log"], twin["since"]) == ("n1-0/sm3", 0)  # the older note is not of the twin


def test_a_log_that_was_rolled_back_or_rewritten_contradicts_an_older_note(data):
    newest = data / "newest.note"
    shutil.copy(data / "n1-0/log/checkpoint", newest)
    shutil.copy(data / "old.note", data / "n1-0/log/checkpoint")

    code, answer = said(data, "--since", newest)
    assert (code, answer["checked"][0]["index"]) == (1, 300)
    assert "rolled back" in answer["checked"][0]["fault"]


def test_of_a_log_whose_entries_were_pruned_the_hashes_are_verified(data):
    for path in segment_paths(data / "n1-0/journal"):
        path.unlink()
    (data / "n1-0" / PRUNED).touch()

    code, answer = said(data)
    assert code == 0
    assert [log["level"] for log in answer["checked"]] == ["tiles", "tiles"]
    tile = data / "n1-0/log/tile/0/001"
    tile.write_bytes(tile.read_bytes()[:-1] + b"?")
    assert said(data)[0] == 1


def test_the_policy_that_an_auditor_brings_takes_the_place_of_our_own(whole, tmp_path):
    policy = tmp_path / "policy.txt"
    keys = json.loads((whole / "keys/n1-0/ring.json").read_text("utf-8"))["keys"]
    policy.write_text(f"log {keys[0]['vkey']}\nquorum none\n", "utf-8")

    code, answer = said(whole, "--policy", policy)
    assert (code, answer["own_keys"]) == (1, False)  # it knows no key of the twin
    assert [log["verified"] for log in answer["checked"]] == [True, False]

    policy.write_text(f"log {keys[0]['vkey']}\nquorum somebody\n", "utf-8")
    code, answer = said(whole, "--policy", policy)
    assert code == 2
    assert "line 2" in answer["checked"][0]["fault"]


def test_configured_witnesses_are_asked_for(whole, tmp_path):
    config = tmp_path / "settings.yaml"
    witness = {"name": "a", "vkey": str(WITNESS_KEY.public), "url": "http://127.0.0.1:1/witness"}
    config.write_text(json.dumps({"log": {"witnesses": [witness], "quorum": 1}}), "utf-8")

    code, answer = said(whole, "--config", config)

    assert code == 1
    assert "no quorum" in answer["checked"][0]["fault"]


def test_a_log_is_verified_beside_its_writer_as_far_as_it_is_signed(data):
    journal = Journal(data / "n1-0", ORIGIN, record, settings=SMALL)
    try:
        asyncio.run(_append_one(journal))
        code, answer = said(data, "--level", "chain")
        assert (code, answer["checked"][0]["size"], journal.size) == (0, SIZE, SIZE + 1)
    finally:
        journal.close()


async def _append_one(journal: Journal) -> None:
    await journal.append(record("error", {}))


def test_an_entry_altered_in_the_journal_is_named(data):
    raw = data / "n1-0/journal" / segment_paths(data / "n1-0/journal")[-1].name
    assert raw.suffix == ".seg"
    first = int(raw.stem)
    alter(raw, b'"seq":%d,' % (first + 3), b'"seq":%d,' % (first + 4))  # its checksum is wrong now

    code, answer = said(data)
    assert (code, answer["checked"][0]["index"]) == (1, first + 3)
    assert raw.name in answer["checked"][0]["fault"]


def test_an_entry_altered_with_its_checksum_is_named_by_the_tree(data):
    from zlib import crc32  # noqa: PLC0415  # for this forgery only

    raw = segment_paths(data / "n1-0/journal")[-1]
    found = bytearray(raw.read_bytes())
    start = found.index(b'{"prev":"', found.index(b"PDPF", 4096) + 1)
    length = int.from_bytes(found[start - 28 : start - 24])
    found[start + 80] ^= 1
    found[start - 4 : start] = crc32(found[start : start + length], crc32(found[start - 28 : start - 4])).to_bytes(4)
    raw.write_bytes(found)

    code, answer = said(data)
    assert (code, answer["checked"][0]["index"]) == (1, int(raw.stem))
    assert "in the tree stands" in answer["checked"][0]["fault"]


def test_a_compressed_segment_that_is_damaged_or_gone_is_refused(data):
    sealed = segment_paths(data / "n1-0/journal")[0]
    assert sealed.suffix == ".zst"
    sound = sealed.read_bytes()
    sealed.write_bytes(sound[:300] + bytes([sound[300] ^ 8]) + sound[301:])
    assert said(data)[0] == 1
    sealed.unlink()
    code, answer = said(data)
    assert (code, answer["checked"][0]["index"]) == (1, 0)


def test_a_header_of_another_log_is_refused_although_every_entry_is_right(data):
    raw = segment_paths(data / "n1-0/journal")[-1]
    found = raw.read_bytes()
    raw.write_bytes(found[:30] + bytes([found[30] ^ 1]) + found[31:])

    code, answer = said(data)
    assert code == 1
    assert "no intact header" in answer["checked"][0]["fault"]


def test_a_tile_and_a_checkpoint_that_are_altered_are_refused(data):
    tile = data / "n1-0/log/tile/0/001"
    sound = tile.read_bytes()
    tile.write_bytes(sound[:70] + bytes([sound[70] ^ 1]) + sound[71:])
    code, answer = said(data)
    assert (code, answer["checked"][0]["index"]) == (1, 258)
    tile.write_bytes(sound)

    note = data / "n1-0/log/checkpoint"
    note.write_bytes(note.read_bytes()[:-1])
    assert said(data)[0] == 1
    note.unlink()
    assert said(data)[0] == 2


def test_a_log_that_lies_in_the_place_of_another_is_refused(data):
    shutil.move(data / "n1-0", data / "n2-0")

    code, answer = said(data)
    assert code == 1
    assert "another log than n2-0" in answer["checked"][0]["fault"]


def test_a_receipt_is_verified_with_its_entry(whole):
    receipt = whole / "receipt.tlog-proof"

    code, shown = run(receipt, "--entry", whole / "entry", "--data", whole)
    assert code == 0
    assert "第 17 条在 pdp.local/n1-0 之中" in shown
    assert run(receipt, "--entry", receipt, "--data", whole)[0] == 1


def test_the_entry_of_a_receipt_is_looked_up_where_this_installation_has_it(whole, tmp_path):
    receipt = whole / "receipt.tlog-proof"

    code, shown = run(receipt, "--data", whole)
    assert code == 0
    assert "taken from the data folder" in shown
    shutil.copytree(whole / "keys", tmp_path / "keys")
    code, answer = said(receipt, "--data", tmp_path)
    assert code == 2
    assert "--entry" in answer["checked"][0]["fault"]


def test_a_mirror_and_an_address_are_verified_by_the_keys_of_this_installation(whole, tmp_path):
    mirror(whole, tmp_path / "log")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        for source in (tmp_path / "log", f"http://127.0.0.1:{server.server_port}"):
            assert run(source, "--data", whole, "--level", "chain")[0] == 0
        alter(tmp_path / "log/tile/entries/001", b'"seq":300,', b'"seq":301,')
        for source in (tmp_path / "log", f"http://127.0.0.1:{server.server_port}/log"):
            code, answer = said(source, "--data", whole)
            assert (code, answer["checked"][0]["index"]) == (1, 300)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_who_has_no_keys_is_told_to_bring_a_policy(whole, tmp_path):
    mirror(whole, tmp_path / "log")

    code, answer = said(tmp_path / "log", "--data", tmp_path)
    assert code == 2
    assert "--policy" in answer["checked"][0]["fault"]


def test_what_is_asked_wrongly_is_said_before_anything_is_read(whole, tmp_path):
    assert run(whole, "--level", "deep")[0] == 2
    with pytest.raises(UnavailableError, match="no log n9-9"):
        run(whole, "--log", "n9-9")
    with pytest.raises(UnavailableError, match="--since"):
        run(whole, "--since", tmp_path / "nothing")
    with pytest.raises(UnavailableError, match="no log of"):
        run(whole, "--since", whole / "receipt.tlog-proof")
    with pytest.raises(UnavailableError, match="no decision log is here"):
        run(tmp_path)
