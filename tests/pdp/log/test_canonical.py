from __future__ import annotations

import json
import unicodedata

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from pdp.log.canonical import LARGEST, NotCanonicalError, check_canonical, decode, encode, is_canonical_text

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(
    lambda text: unicodedata.normalize("NFC", text)
)
clean = texts.filter(is_canonical_text)
keys = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
scalars = st.booleans() | st.integers(-LARGEST, LARGEST) | clean
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_all_encoders_agree_on_the_canonical_part(value: object) -> None:
    canonical = encode(value)
    assert canonical == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert canonical == orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    assert canonical == rfc8785.dumps(value)


@given(values)
def test_reading_and_writing_again_gives_the_same_value_and_the_same_bytes(value: object) -> None:
    assert decode(encode(value)) == value
    assert encode(decode(encode(value))) == encode(value)


@given(any_json)
def test_what_is_accepted_is_what_rfc_8785_writes(value: object) -> None:
    try:
        encoded = encode(value)
    except NotCanonicalError:
        return
    assert encoded == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), None, LARGEST + 1, -LARGEST - 1, "e\u0301", "\x00", "\x85", "\u202e", "\u2066", "\ud800"],
)
@pytest.mark.parametrize("place", [lambda value: value, lambda value: {"a": [value]}])
def test_what_has_no_single_spelling_is_refused(value: object, place: object) -> None:
    with pytest.raises(NotCanonicalError):
        check_canonical(place(value))


@pytest.mark.parametrize("value", [{"ä": 1}, {1: 1}, b"bytes", {1, 2}, object()])
def test_what_is_no_member_of_the_canonical_part_is_refused(value: object) -> None:
    with pytest.raises(NotCanonicalError):
        check_canonical(value)


@pytest.mark.parametrize(
    "data",
    [
        *(b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'{"a": 1}', b"1.0", b"1e2", b"NaN", b"Infinity", b"null", b"[1,]", b""),
        *(b"\xff", b'"\\u00e4"', b'"\\/"', b"-0", b"\xef\xbb\xbf1", b'"\\ud800"', b" 1", b"1\n", b"9007199254740993"),
        b"[" * 100 + b"]" * 100,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_bytes_that_are_not_the_canonical_spelling_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        decode(data)


def test_the_place_of_a_fault_is_a_pointer() -> None:
    with pytest.raises(NotCanonicalError, match=r"^/facts/1/a: an integer beyond"):
        check_canonical({"facts": ["x", {"a": 2**60}]})
