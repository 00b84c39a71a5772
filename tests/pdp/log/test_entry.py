from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.log.canonical import decode, encode
from pdp.log.entry import ENTRY_LIMIT, FIRST, entry_bytes, leaf_hash, prev_of, record_id, record_ms, record_of
from pdp.log.frames import RECORD, frame_bytes
from pdp.log.record import RECORD_LIMIT
from pdp.log.uuid7 import ms_of, uuid7

LEAVES = (
    "664651d885c00c486a217b5bba2a04454e715e6c81ed796b150eee0761f0af78",
    "1cc23608e81f2fde4124aade4e150cc74241d597a57f3c3666f00e91cc68082a",
    "cd288be63536cf52b082b07a6d39134e5e9d6e44917f4336d26c53d501ddcea5",
)


def golden() -> list[bytes]:
    entries, prev = [], FIRST
    for number in range(3):
        entries.append(entry_bytes(prev, encode({"kind": "test", "n": number}), number))
        prev = leaf_hash(entries[-1]).hex()
    return entries


def test_the_published_vector_of_leaves_holds() -> None:
    assert tuple(leaf_hash(entry).hex() for entry in golden()) == LEAVES


def test_the_published_vector_of_a_frame_holds() -> None:
    head = frame_bytes(RECORD, 0, 1, 2, golden()[0])[:32].hex()
    assert head == "50445046000000780000000000000000000000000000000100000002a1ca2be1"


def test_the_published_bundle_has_its_length() -> None:
    assert sum(2 + len(entry) for entry in golden()) == 366


@given(st.integers(0, 2**53 - 1), st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)))
def test_an_entry_is_canonical_and_gives_its_parts_back(seq: int, members: dict[str, int]) -> None:
    entry = entry_bytes("ab" * 32, encode(members), seq)
    assert decode(entry) == {"v": 1, "seq": seq, "prev": "ab" * 32, "record": members}
    assert record_of(entry) == encode(members)
    assert prev_of(entry) == "ab" * 32


def test_the_largest_record_makes_an_entry_that_fits() -> None:
    assert len(entry_bytes(FIRST, b"x" * RECORD_LIMIT, 2**63 - 1)) == ENTRY_LIMIT


@pytest.mark.parametrize("data", [b"", b"{}", b'{"prev":"', golden()[0][:-1], b"x" + golden()[0]])
def test_what_is_no_entry_has_no_record(data: bytes) -> None:
    with pytest.raises(ValueError, match="no entry"):
        record_of(data)


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_a_uuid7_keeps_its_millisecond_and_its_shape(ms: int, random: bytes) -> None:
    made = uuid7(ms, random)
    assert ms_of(made) == ms
    assert [len(part) for part in made.split("-")] == [8, 4, 4, 4, 12]
    assert record_id(f'{{"id":"{made}","kind":"decision"}}'.encode()) == made
    assert record_ms(f'{{"id":"{made}","joined":true,"kind":"decision"}}'.encode()) == ms


@given(st.integers(0, 2**48 - 2), st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_a_later_uuid7_sorts_later(ms: int, one: bytes, other: bytes) -> None:
    assert uuid7(ms, one) < uuid7(ms + 1, other)


@pytest.mark.parametrize(
    "uuid", ["", "x" * 36, "0193587e-8f03-4abc-8def-0123456789ab", "0193587e8f037abc8def0123456789ab"]
)
def test_another_uuid_has_no_millisecond(uuid: str) -> None:
    with pytest.raises(ValueError, match="no UUIDv7"):
        ms_of(uuid)


def test_an_id_of_a_duty_is_not_taken_for_the_records_own() -> None:
    record = b'{"duties":[{"id":"access_recorded"}],"id":"0193587e-8f03-7abc-8def-0123456789ab","kind":"decision"}'
    assert record_id(record) == "0193587e-8f03-7abc-8def-0123456789ab"
