"""Promises of the JSON gates: what passes is read by every reader alike, what does not is named, never quoted."""

import contextlib
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.gateways.strict_json import MAX_BYTES, MAX_DEPTH, MAX_VALUES, check_content_type, read_object
from pdp.errors import RequestError

texts = st.text(st.characters(codec="utf-8"))
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(texts, values, max_size=4)


def nested(depth, inner="1"):
    """Return an object whose deepest array lies `depth` levels down."""
    return ('{"a":' + "[" * (depth - 1) + inner + "]" * (depth - 1) + "}").encode()


@given(objects, st.booleans())
def test_every_json_object_that_all_readers_read_alike_is_read_as_it_is(value, ascii_only):
    assert read_object(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_a_named_fault(body):
    with contextlib.suppress(RequestError):
        assert isinstance(read_object(body), dict)


@given(st.text(st.sampled_from('{}[]"\\,:1a \n'), max_size=60))
def test_json_like_text_is_read_as_the_standard_library_reads_it_or_refused(text):
    try:
        found = read_object(text.encode())
    except RequestError:
        return
    assert found == json.loads(text)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "body: is empty"),
        (b" ", "body: is no JSON at line 1, column 2"),
        (b"\xef\xbb\xbf{}", "body: starts with a byte order mark; send none"),
        (b'{"a": "\xff"}', "body: is no UTF-8 at byte 7"),
        ("{}".encode("utf-16-le"), "body: is no JSON at line 1, column 2"),
        (b"[]", "body: must be an object"),
        (b'"text"', "body: must be an object"),
        (b"null", "body: must be an object"),
        (b'{"a": 1', "body: is no JSON at line 1, column 8"),
        (b'{"a": 1}x', "body: is no JSON at line 1, column 9"),
        (b'{"a": "line\nbreak"}', "body: is no JSON at line 1, column 12"),
        (b'{"a": 1, "a": 1}', "body: has an object with the same member twice"),
        (b'{"b": {"c": [{"a": 1, "a": 2}]}}', "body: has an object with the same member twice"),
        (rb'{"a": 1, "\u0061": 2}', "body: has an object with the same member twice"),
        (b'{"a": NaN}', "body: has NaN or Infinity, which are no JSON"),
        (b'{"a": -Infinity}', "body: has NaN or Infinity, which are no JSON"),
        (b'{"a": 1e400}', "body: has a number that is not finite"),
        (b'{"a": -1e400}', "body: has a number that is not finite"),
        (b'{"a": 9007199254740992}', "body: has a whole number beyond 2^53 - 1"),
        (b'{"a": -9007199254740992}', "body: has a whole number beyond 2^53 - 1"),
        (b'{"a": ' + b"9" * 5000 + b"}", "body: has a whole number beyond 2^53 - 1"),
        (rb'{"a": "\ud800"}', "body: has half a surrogate pair in a string"),
        (rb'{"\udc00": 1}', "body: has half a surrogate pair in a string"),
        (rb'{"a": [{"b": "\udc00\ud800"}]}', "body: has half a surrogate pair in a string"),
        (nested(MAX_DEPTH + 1), "body: is nested deeper than 32"),
        (nested(MAX_DEPTH + 1, '"]]]]"'), "body: is nested deeper than 32"),
        (b'{"a":' + b"[" * 100, "body: is nested deeper than 32"),
        (b'{"a": "' + b"x" * MAX_BYTES + b'"}', "body: is longer than 1 MiB"),
        (b'{"a": [' + b"1," * MAX_VALUES + b"1, 1]}", f"body: has more than {MAX_VALUES} values"),
    ],
)
def test_each_gate_names_its_fault(body, fault):
    with pytest.raises(RequestError) as refused:
        read_object(body)

    assert str(refused.value) == fault


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 9007199254740991, "b": -9007199254740991}',
        rb'{"a": "\ud83d\ude00"}',
        nested(MAX_DEPTH),
        nested(2, '"' + "[" * 200 + '"'),
        nested(2, '"' + '\\"[{' * 200 + '"'),
        nested(2, '"' + "[" * 40 + '\\\\"'),
        b'{"a": [' + b"1," * (MAX_VALUES - 1) + b"1]}",
        b'{"a": "' + b"," * (MAX_VALUES + 9) + b'"}',
        b'{"a": "' + b"x" * (MAX_BYTES - 9) + b'"}',
    ],
)
def test_what_lies_just_inside_a_gate_passes(body):
    assert read_object(body) == json.loads(body)


@pytest.mark.parametrize(
    "unit",
    [b"[", b"{", b"]", b'"', b'\\"', b"[]", b"[{", b'{"a":', b"1,", b"9", b" ", b"\\", b"\\u", b"[" * 32 + b"]" * 32],
)
def test_a_full_body_of_garbage_takes_little_memory(unit):
    garbage = (unit * MAX_BYTES)[:MAX_BYTES]
    tracemalloc.start()
    try:
        for body in (garbage, b'{"a":"' + garbage[7:]):
            with pytest.raises(RequestError):
                read_object(body)
        assert tracemalloc.get_traced_memory()[1] < 32 * MAX_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "value",
    [
        b"application/json",
        b"Application/JSON",
        b"application/json; charset=utf-8",
        b"application/json;charset=UTF-8",
        b'application/json; charset="utf-8"',
    ],
)
def test_json_in_utf_8_is_taken(value):
    check_content_type(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"text/plain",
        b"application/x-www-form-urlencoded",
        b"application/jsonx",
        b"application/problem+json",
        b"application/json; charset=utf-16",
        b"application/json; charset=utf-8; version=1",
        b"application/json, application/json",
    ],
)
def test_any_other_content_is_refused(value):
    with pytest.raises(RequestError, match=r"^content-type: "):
        check_content_type(value)
