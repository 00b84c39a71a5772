"""A bit that rots is never taken for what was written: a start, a reader or the verifier finds it and names it."""

from __future__ import annotations

import secrets
import shutil
from hashlib import sha256

import pytest

from adapters.stores.log_reader import LogReader
from adapters.stores.tile_files import TileFiles
from pdp.errors import UnavailableError

HEADER = 128  # bytes of a segment before its first frame
EVERY = 211  # bytes of which one is turned over; with the depth of a night, of fewer


@pytest.fixture(scope="module")
def lived(tmp_path_factory, bench):
    """Return the log's folder of a service that has ended, its segments sealed but for the last."""
    folder = tmp_path_factory.mktemp("lived")
    code, found = bench.script("flips", folder, "made")
    assert code == 0, found["said"]
    return folder / "data" / "n1-0"


def judged(folder, since):
    """Return what a reader makes of all entries from index `since`, or the fault that it finds, in words."""
    try:
        return [sha256(entry).digest() for _, entry in LogReader(folder).records(since)], ""
    except UnavailableError as fault:
        return [], str(fault)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("form", ["sealed", "open"])
def test_a_reader_finds_every_bit_that_was_turned_over_in_a_segment(form, lived, tmp_path, bench) -> None:
    """In the header, in frames, in padding, in the compressed form and its table; or all entries are as they were."""
    folder = tmp_path / "n1-0"
    shutil.copytree(lived, folder)
    path = max((folder / "journal").glob("*.zst" if form == "sealed" else "*.seg"))
    first = path.name.partition(".")[0]
    expected, _ = judged(folder, int(first))
    good = path.read_bytes()
    places = [*range(0, HEADER, 3), *range(HEADER, len(good), max(1, EVERY // bench.rounds(1)))]
    found = set()
    for place in places:
        turned = bytearray(good)
        turned[place] ^= 1 << place % 8
        path.write_bytes(turned)
        read, fault = judged(folder, int(first))
        assert first in fault if fault else read == expected, f"byte {place}: {fault}"
        if fault:
            found.add(place)
    assert expected
    assert found >= {place for place in places if place >= HEADER and good[place]}  # what bears no entry may be zero
    bench.note(f"flips_{form}", rounds=len(places), acknowledged=len(expected), lost=0, found=len(found))


@pytest.mark.timeout(3600)
def test_a_start_on_a_bit_that_was_turned_over_tells_no_second_story(tmp_path, bench) -> None:
    """In the signed state, the published note and the tiles, one after another."""
    seed = secrets.randbelow(10**9)
    code, found = bench.script("flips", tmp_path, bench.rounds(15), seed)
    assert code == 0, found["said"]
    bench.note("flips_published", **found)


def test_a_signed_note_that_is_none_is_named_with_its_file(tmp_path) -> None:
    files = TileFiles.of(tmp_path)
    assert files.signed_size() == 0
    files.store_signed(b"rubbish")
    with pytest.raises(UnavailableError, match=r"state/checkpoint: what was signed last cannot be read .*; restore"):
        files.signed_size()
