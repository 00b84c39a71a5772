"""Promises of receipts: each proves its entry and no other, comes back from its bytes, and is refused when altered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.log.note import KeyKind, NoteError, SignatureLine
from pdp.log.receipt import receipt_for, receipt_in
from pdp.log.suite import Sha256
from pdp.log.tiles import grown
from pdp.log.tree import ProofError
from tests.logs.published import LOG_KEY, WITNESS_KEY, note_over, small

SUITE = Sha256()
MOST = 300
ENTRIES = small(MOST)
LEAVES = [SUITE.leaf(entry) for entry in ENTRIES]


def receipt(index, size=3):
    """Return the receipt of an entry in a log of `size`."""
    tiles = grown(0, LEAVES[:size], lambda _: b"", SUITE)
    return receipt_for(index, note_over(ENTRIES[:size]), tiles.__getitem__, SUITE)


def test_a_receipt_is_written_as_the_format_says():
    lines = str(receipt(1)).split("\n")
    assert lines[:5] == [
        "c2sp.org/tlog-proof@v1",
        "index 1",
        "ZkZR2IXADEhqIXtbuioERU5xXmyB7XlrFQ7uB2Hwr3g=",
        "zSiL5jU2z1KwgrB6bTkTTl6dbkSRf0M20mxT1QHdzqU=",
        "",
    ]
    assert "\n".join(lines[5:]) == str(note_over(ENTRIES[:3]))


@given(st.integers(1, MOST), st.data())
def test_a_receipt_proves_its_entry_and_no_other(size, data):
    index = data.draw(st.integers(0, size - 1))
    made = receipt(index, size)
    assert receipt_in(str(made).encode()) == made
    assert made.proves(ENTRIES[index], SUITE)
    assert not made.proves(ENTRIES[(index + 1) % size], SUITE) or size == 1
    assert not made.proves(ENTRIES[index] + b" ", SUITE)


def test_no_receipt_is_made_from_tiles_that_do_not_lead_to_the_root():
    tiles = grown(0, LEAVES, lambda _: b"", SUITE)
    note = note_over(ENTRIES)
    for tile, data in tiles.items():
        broken = {**tiles, tile: bytes([*data[:-1], data[-1] ^ 1])}
        with pytest.raises(ProofError):
            [receipt_for(index, note, broken.__getitem__, SUITE) for index in range(MOST)]


def test_a_compact_receipt_leaves_out_large_signatures_and_proves_the_same():
    made = receipt(2)
    assert {KeyKind.ED25519, KeyKind.COSIGNATURE} == {LOG_KEY.kind, WITNESS_KEY.kind}
    large = SignatureLine("a.example/witness", b"0000", bytes(8 + 2420))
    longer = made.note._replace(lines=(*made.note.lines, large))
    assert type(made)(made.index, made.hashes, longer).compact() == made.compact() == made
    assert made.compact().proves(ENTRIES[2], SUITE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("index 1", "index 01"),
        ("index 1", "index -1"),
        ("index 1", "index ١"),
        ("index 1", "index 1 "),
        ("index 1", "Index 1"),
        ("index 1\n", "index 1\nextra x\n"),
        ("index 1\n", "index 1\r\n"),
        ("ZkZR2IXADEhqIXtbuioERU5xXmyB7XlrFQ7uB2Hwr3g=", "ZkZR2IXADEhqIXtbuioERU5xXmyB7XlrFQ7uB2Hwr3h="),
        ("ZkZR2IXADEhqIXtbuioERU5xXmyB7XlrFQ7uB2Hwr3g=", "ZkZR"),
        ("ZkZR2IXADEhqIXtbuioERU5xXmyB7XlrFQ7uB2Hwr3g=", "é"),
        ("=\n\npdp", "=\npdp"),
    ],
)
def test_a_receipt_in_any_other_form_is_refused(old, new):
    written = str(receipt(1))
    assert old in written
    with pytest.raises(NoteError):
        receipt_in(written.replace(old, new, 1).encode())


@given(st.binary(max_size=200))
def test_bytes_that_are_no_receipt_raise_nothing_but_the_error_that_says_so(data):
    with pytest.raises(NoteError):
        receipt_in(data)
