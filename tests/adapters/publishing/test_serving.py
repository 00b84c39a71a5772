"""Promises of the served logs: what HTTP shows of a data folder is what lies there, and no more than is published."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from adapters.publishing.folder_log import FolderLog, folder_logs
from adapters.publishing.publishing import Tree
from adapters.publishing.serving import Serving
from adapters.signers.sm3 import Sm3
from pdp.errors import UnavailableError
from pdp.log.canonical import encode
from pdp.log.entry import record_id
from pdp.log.note import note_in
from pdp.log.suite import Sha256
from pdp.log.tiles import ENTRIES, MissingTileError, Tile, bundles_of, tiles_of, unbundled
from pdp.log.uuid7 import uuid7
from tests.logs.published import policy, tree_of


@pytest.fixture
def served(small):
    """Return a journal that is published, with a twin, and what serves it."""
    it = small()

    def serve(signer) -> tuple[object, Serving]:
        publishing = it.publish(twin=Tree(Sm3(), lambda _: (signer,)))
        publishing.start()
        return it, Serving(it.folder, publishing, it.journal.find, policy)

    return serve


def test_bundles_and_tiles_are_those_of_the_entries(served, signer):
    it, serving = served(signer)
    it.publishing.wait_for(it.append(300)[-1], 20)
    entries = [entry for _, entry in it.journal.records()]
    own = serving.log("")
    assert note_in(own.published()).checkpoint.size == len(entries) == 301
    found = [entry for tile in bundles_of(301) for entry in unbundled(own.tile(tile))]
    assert found == entries
    assert unbundled(own.tile(Tile(ENTRIES, 1, 7))) == entries[256:263]
    assert {tile: own.tile(tile) for tile in tiles_of(301)} == tree_of(entries)[0]
    for beyond in (Tile(ENTRIES, 1, 46), Tile(ENTRIES, 1), Tile(0, 1, 46), Tile(1, 0, 2), Tile(ENTRIES, 2, 1)):
        with pytest.raises(MissingTileError):
            own.tile(beyond)


def test_nothing_is_served_beyond_the_newest_checkpoint(served, signer):
    it, serving = served(signer)
    it.publishing.stop()
    it.append(5)
    with pytest.raises(MissingTileError):
        serving.log("").tile(Tile(ENTRIES, 0, 2))
    assert serving.log("").receipt(5) is None
    assert serving.log("").receipt(0) is not None


def test_the_twin_has_the_same_entries_and_other_hashes(served, signer):
    it, serving = served(signer)
    it.append(3)
    it.publishing.stop()
    twin, own = serving.log("sm3"), serving.log("")
    assert twin.tile(Tile(ENTRIES, 0, 4)) == own.tile(Tile(ENTRIES, 0, 4))
    assert twin.tile(Tile(0, 0, 4)) != own.tile(Tile(0, 0, 4))
    assert note_in(twin.published()).checkpoint.origin.endswith("/sm3")
    entry = unbundled(own.tile(Tile(ENTRIES, 0, 4)))[2]
    assert twin.receipt(2).proves(entry, Sm3())
    assert serving.log("pdp1-0/sm3").published() == twin.published()


def test_older_logs_are_served_by_name_and_searched_for_decisions(served, signer):
    it, serving = served(signer)
    wanted = uuid7(1_795_000_000_000, bytes(10))
    index = append(it, encode({"id": wanted, "kind": "decision"}))
    assert serving.find(wanted) == ("", index)
    it.publishing.stop()
    older = it.folder.parent / "pdp0-0"
    shutil.copytree(it.folder, older)
    assert serving.log("pdp0-0").published() == serving.log("").published()
    assert serving.log("pdp0-1") is serving.log("..") is serving.log("../x") is None
    elsewhere = Serving(it.folder, it.publishing, lambda _: None, policy)
    assert elsewhere.find(wanted) == ("pdp0-0", index)
    assert record_id(dict(it.journal.records())[index]) == wanted
    assert elsewhere.find(uuid7(1_795_000_000_000, bytes([1] * 10))) is None
    assert elsewhere.log("pdp0-0").receipt(index).proves(dict(it.journal.records())[index], Sha256())


def append(it, record):
    """Append one record; return its index."""

    async def appended() -> int:
        return (await it.journal.append(record)).index

    return asyncio.run(appended())


def test_damaged_tiles_and_notes_are_told_not_served_as_proofs(served, signer):
    it, _ = served(signer)
    it.append(3)
    it.publishing.stop()
    (log,) = folder_logs(it.folder.parent)
    tile = it.folder / "log/tile/0/000.p/4"
    tile.write_bytes(bytes(4 * 32))
    with pytest.raises(UnavailableError, match="do not lead from entry 1"):
        log.receipt(1)
    (it.folder / "log/checkpoint").write_bytes(b"x")
    with pytest.raises(UnavailableError, match="cannot be read"):
        FolderLog(it.folder).receipt(1)


def test_the_policy_is_handed_on(served, signer):
    assert served(signer)[1].policy() == policy()
