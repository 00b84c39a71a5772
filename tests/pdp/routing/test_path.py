"""Promises of the canonical path: what two parsers could read differently is refused, and nothing is repaired."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.routing.path import MAX_PATH, PathError, canonical_path, spelled
from tests.pdp.routing.paths import corpus

CORPUS = corpus()
GOOD = [case for case in CORPUS if case.segments is not None]
BAD = [case for case in CORPUS if case.segments is None]
raw_paths = st.one_of(
    st.binary(max_size=60).map(lambda tail: b"/" + tail),
    st.lists(
        st.sampled_from([b"a", b"%41", b"%2e", b".", b"..", b"%", b"%25", b"/", b";", b"%E4%BA%BA", b"\\", b"%c0"])
    )
    .map(b"".join)
    .map(lambda tail: b"/" + tail),
    st.text(max_size=30).map(lambda text: spelled((text,))),
)


def accepted(raw: bytes) -> tuple[str, ...] | None:
    try:
        return canonical_path(raw)
    except PathError:
        return None


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_path_in_canonical_form_is_its_segments_decoded_once(case):
    assert canonical_path(case.raw) == case.segments


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_path_that_could_be_read_in_two_ways_is_refused_and_not_quoted(case):
    with pytest.raises(PathError) as refused:
        canonical_path(case.raw)

    quoted = case.raw.decode("latin-1")
    assert case.words in str(refused.value)
    assert len(quoted) < 3 or quoted not in str(refused.value)


def test_there_are_at_least_500_paths_each_once():
    assert len(CORPUS) >= 500
    assert len({case.raw for case in CORPUS}) == len(CORPUS)


def test_a_path_is_as_long_as_the_limit_and_no_longer():
    lengths = {len(case.raw) for case in GOOD}, {len(case.raw) for case in BAD if "longer" in case.words}

    assert (max(lengths[0]), min(lengths[1])) == (MAX_PATH, MAX_PATH + 1)


def test_no_byte_is_let_through_that_a_request_line_cannot_hold():
    let_through = {byte for byte in range(256) if accepted(b"/a" + bytes([byte]) + b"b") is not None}

    assert let_through == set(range(0x21, 0x7F)) - set(b'\\;#?%"<>[]^`{|}')


@pytest.mark.parametrize("spelling", [b"/a%%%02xb", b"/a%%%02Xb"])
def test_no_encoded_byte_is_let_through_that_would_change_the_path(spelling):
    let_through = {byte for byte in range(256) if accepted(spelling % byte) is not None}

    assert let_through == set(range(0x20, 0x7F)) - set(b"/\\.%;")


@given(raw_paths)
def test_an_accepted_path_spells_itself_again(raw):
    segments = accepted(raw)

    if segments is not None:
        assert canonical_path(spelled(segments)) == segments


@given(raw_paths)
def test_no_path_is_decoded_twice(raw):
    segments = accepted(raw)

    if segments is not None:
        assert "/".join(segments).encode() == unquote_to_bytes(raw)[1:]
        assert "%" not in "".join(segments)


@given(raw_paths)
def test_nothing_that_is_accepted_climbs_hides_or_falls_apart(raw):
    segments = accepted(raw)

    if segments is not None:
        assert not {".", ".."} & set(segments)
        assert all(segment for segment in segments[:-1])
        assert not any(set("/\\;") & set(segment) for segment in segments)
        assert all(unicodedata.is_normalized("NFC", segment) for segment in segments)


@given(st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), min_size=1, max_size=6))
def test_a_path_of_plain_words_is_always_accepted(words):
    assert canonical_path(b"/" + "/".join(words).encode()) == tuple(words)


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_path_or_a_path_error(raw):
    accepted(raw)
