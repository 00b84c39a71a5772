"""Promises of tiles: paths have one spelling, growing in any steps gives the same bytes, bundles come back whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.log.suite import Sha256
from pdp.log.tiles import (
    ENTRIES,
    WIDTH,
    Tile,
    bundled,
    bundles_of,
    grown,
    nodes,
    tile_at,
    tiles_of,
    unbundled,
    width_at,
)
from pdp.log.tree import root
from tests.logs.published import small

SUITE = Sha256()
SIZES = (1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000)
TILES = st.builds(Tile, st.integers(-1, 63), st.integers(0, 2**40), st.integers(1, WIDTH))


@given(TILES)
def test_a_path_leads_back_to_its_tile(tile):
    assert tile_at(tile.path) == tile


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(ENTRIES, 0, 3), "tile/entries/000.p/3"),
        (Tile(63, 999, 255), "tile/63/999.p/255"),
        (Tile(1, 1000), "tile/1/x001/000"),
    ],
)
def test_a_tile_is_published_where_the_format_says(tile, path):
    assert tile.path == path


@pytest.mark.parametrize(
    "path",
    [
        *("tile/64/000", "tile/00/000", "tile/-1/000", "tile/0/0", "tile/0/0000", "tile/0/x000/001", "tile/0/1000"),
        *("tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p", "tile/0/000.p/1/", "/tile/0/000"),
        *("tile/0/../0/000", "tile/data/000", "tile/0/x00a/001", "tile/0/٠٠٠", "tile/0/000\n", "tile/0/000 ", ""),
    ],
)
def test_no_other_spelling_is_a_path(path):
    assert tile_at(path) is None


@given(st.text(alphabet="tile/entris0123456789x.p", max_size=30))
def test_whatever_is_read_as_a_path_is_spelled_so(path):
    tile = tile_at(path)
    assert tile is None or tile.path == path


def test_the_widths_are_those_of_the_formats_example():
    assert [width_at(0, number, 70_000) for number in (0, 272, 273, 274)] == [256, 256, 112, 0]
    assert [width_at(1, number, 70_000) for number in (0, 1, 2)] == [256, 17, 0]
    assert [width_at(2, 0, 70_000), width_at(3, 0, 70_000)] == [1, 0]
    assert len(list(tiles_of(70_000))) == 274 + 2 + 1


@pytest.mark.parametrize("size", SIZES)
def test_what_is_listed_is_what_grows(size):
    leaves = [bytes([number % 251]) * 32 for number in range(size)]
    tiles = grown(0, leaves, lambda _: b"", SUITE)
    assert list(tiles_of(size)) == list(tiles)
    assert [len(data) // 32 for data in tiles.values()] == [tile.width for tile in tiles]
    assert sum(tile.width for tile in bundles_of(size)) == size


@given(st.lists(st.integers(1, 400), min_size=1, max_size=6))
def test_growing_in_any_steps_gives_the_tiles_of_growing_at_once(steps):
    leaves = [SUITE.leaf(b"%d" % number) for number in range(sum(steps))]
    kept, size = {}, 0
    for step in steps:
        new = grown(size, leaves[size : size + step], kept.__getitem__, SUITE)
        assert list(new) == list(tiles_of(size + step, size))
        kept, size = {**kept, **new}, size + step
    whole = grown(0, leaves, lambda _: b"", SUITE)
    assert {tile: kept[tile] for tile in whole} == whole
    for tile in kept.keys() - whole.keys():  # narrower ones that were overtaken: prefixes of what came after
        assert tile.width < WIDTH
    of_both = (root(size, nodes(size, tiles.__getitem__, SUITE), SUITE) for tiles in (kept, whole))
    assert len(set(of_both)) == 1


@given(st.lists(st.binary(max_size=300), max_size=WIDTH))
def test_a_bundle_gives_its_entries_back(entries):
    assert unbundled(bundled(entries)) == entries


def test_an_entry_of_the_greatest_length_fits_a_bundle():
    assert unbundled(bundled([b"x" * 65_535])) == [b"x" * 65_535]


def test_a_bundle_that_ends_anywhere_else_than_behind_an_entry_is_refused():
    bundle, ends = bundled(small(3)), {0}
    for number in range(3):
        ends.add(len(bundled(small(number + 1))))
    for cut in range(len(bundle)):
        if cut not in ends:
            with pytest.raises(ValueError, match="ends within entry"):
                unbundled(bundle[:cut])
