from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.log.frames import BOUNDARY, END, RECORD, SegmentHeader, aligned, frame_bytes, read_frame

U64 = st.integers(0, 2**64 - 1)
headers = st.builds(
    SegmentHeader, U64, U64, U64, st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32)
)


@given(st.sampled_from([RECORD, END]), U64, U64, st.integers(0, 2**32 - 1), st.binary(min_size=1, max_size=200))
def test_a_frame_gives_its_parts_back(magic: bytes, index: int, group: int, left: int, body: bytes) -> None:
    frame = read_frame(b"\x00" * 7 + frame_bytes(magic, index, group, left, body) + b"\x00", 7)
    assert frame is not None
    assert (frame.magic, frame.index, frame.group, frame.left, frame.body) == (magic, index, group, left, body)
    assert frame.end == 7 + 32 + len(body)


def test_a_frame_with_any_bit_flipped_or_cut_anywhere_is_no_frame() -> None:
    frame = frame_bytes(RECORD, 5, 6, 7, b'{"a":1}')
    for place in range(len(frame)):
        for bit in range(8):
            flipped = bytearray(frame)
            flipped[place] ^= 1 << bit
            assert read_frame(bytes(flipped), 0) is None
        assert read_frame(frame[:place], 0) is None


@given(headers)
def test_a_header_gives_its_parts_back(header: SegmentHeader) -> None:
    packed = header.pack()
    assert len(packed) == BOUNDARY
    assert SegmentHeader.parse(packed) == header


@pytest.mark.parametrize("place", [0, 4, 8, 63, 64, 95, 96, 99, 100, BOUNDARY - 1])
def test_a_header_with_any_byte_changed_is_none(place: int) -> None:
    packed = bytearray(SegmentHeader(1, 2, 3, b"p" * 32, b"o" * 32).pack())
    packed[place] ^= 1
    assert SegmentHeader.parse(bytes(packed)) is None
    assert SegmentHeader.parse(bytes(packed)[:place]) is None


@pytest.mark.parametrize(("offset", "boundary"), [(0, 0), (1, 4096), (4096, 4096), (4097, 8192)])
def test_boundaries_are_every_4096_bytes(offset: int, boundary: int) -> None:
    assert aligned(offset) == boundary
