"""Promises of reading rows from a stream: only rows and named members come out, and a fault is never a short answer."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.enforcement.json_rows import LARGEST_ROW, JsonLines, JsonRows, spelled
from adapters.enforcement.refused import RefusedError

scalars = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8)
values = st.recursive(
    scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3)
)
rows = st.lists(st.dictionaries(st.sampled_from(["name", "id", "x"]), values, max_size=3), max_size=6)
BODY = {
    "total": 7,
    "next": "/p?2",
    "data": {"count": 7, "items": [{"id": 1}, {"id": 2}], "more": [1]},
    "rows": [{"id": 9}],
}


def through(reader, text: bytes, size: int = 7) -> bytes:
    parts = [reader.feed(text[start : start + size]) for start in range(0, len(text), size)]
    return b"".join([*parts, reader.finish()])


def everything(row):
    return row


@given(rows, st.integers(1, 50))
def test_rows_come_out_as_they_went_in_however_they_arrive(given_rows, size):
    text = json.dumps({"data": {"items": given_rows}}).encode()

    assert json.loads(through(JsonRows("/data/items", everything), text, size)) == {"data": {"items": given_rows}}
    assert json.loads(through(JsonRows("", everything), json.dumps(given_rows).encode(), size)) == given_rows


@given(rows, st.integers(1, 50))
def test_a_row_that_may_not_pass_leaves_no_trace(given_rows, size):
    text = json.dumps({"items": given_rows}).encode()

    out = through(JsonRows("/items", lambda row: row if "id" in row else None), text, size)

    assert json.loads(out) == {"items": [row for row in given_rows if "id" in row]}


@pytest.mark.parametrize(
    ("envelope", "numbers", "left"),
    [
        ((), True, {}),
        (("next",), True, {"next": "/p?2"}),
        (("next", "total", "count"), True, {"next": "/p?2", "total": 7}),
        (("next", "total", "count"), False, {"next": "/p?2"}),
        (("rows", "more", "data"), True, {}),
    ],
)
def test_around_the_rows_only_what_is_named_passes_and_no_count_under_a_filter(envelope, numbers, left):
    out = json.loads(through(JsonRows("/data/items", everything, envelope, numbers=numbers), json.dumps(BODY).encode()))

    inner = out.pop("data")
    assert inner.pop("items") == [{"id": 1}, {"id": 2}]
    assert inner == ({"count": 7} if "count" in envelope and numbers else {})
    assert out == left


def test_names_in_a_pointer_are_unescaped():
    text = json.dumps({"a/b": {"c~d": {"e.f": [{"id": 1}]}}}).encode()

    assert json.loads(through(JsonRows("/a~1b/c~0d/e.f", everything), text)) == json.loads(text)


def test_fractions_keep_all_their_digits():
    text = b'[{"a":12345678901234567.891,"b":1e400,"c":0.10,"d":-0.0}]'

    assert through(JsonRows("", everything), text) == b'[{"a":12345678901234567.891,"b":1E+400,"c":0.10,"d":-0.0}]'
    assert spelled({"a": [Decimal("1.50"), None, "é"]}) == '{"a":[1.50,null,"é"]}'


def test_an_answer_without_rows_gives_none():
    assert through(JsonRows("/data/items", everything), b'{"data":null}') == b'{"data":null}'
    assert through(JsonRows("/data/items", everything), b'{"other":[{"id":1}]}') == b"{}"
    assert through(JsonRows("/items", everything), b'{"items":null}') == b'{"items":null}'


@pytest.mark.parametrize(
    "text",
    [
        b"", b"null", b"{", b'{"items":[{"id":1}', b'{"items":[{"id":1},]}', b'{"items":[{"id":1}]}}', b"[]", b"7",
        b"nonsense", b'{"items":{"id":1}}', b'{"items":"all"}', b'{"items":[],"items":[]}', b'{"items":[{"id":NaN}]}',
        b'{"items":[]} x', b'{"items":[{"id":"\xff"}]}', b"\xef\xbb\xbf[]",
    ],
)  # fmt: skip
def test_what_is_no_such_answer_is_refused(text):
    with pytest.raises(RefusedError):
        through(JsonRows("/items", everything), text)


@pytest.mark.parametrize("at", range(1, 60, 3))
def test_an_answer_that_ends_early_is_never_taken_for_the_whole(at):
    text = json.dumps({"data": {"items": [{"id": number, "name": "n"} for number in range(3)]}}).encode()

    with pytest.raises(RefusedError):
        through(JsonRows("/data/items", everything), text[: min(at, len(text) - 1)])


def test_a_row_that_is_too_large_or_too_deep_is_refused():
    deep = "[" * 70 + "]" * 70
    for row in ({"a": "x" * (LARGEST_ROW + 1)}, {"a": ["x" * 100_000] * 11}, {"a": [0] * 140_000}, json.loads(deep)):
        with pytest.raises(RefusedError, match="too large"):
            through(JsonRows("", everything), json.dumps([row]).encode(), 65_536)


def test_a_value_that_never_ends_is_not_waited_for():
    reader = JsonRows("", everything)
    reader.feed(b'[{"a":"')

    with pytest.raises(RefusedError, match="too large"):
        reader.feed(b"x" * 3 * LARGEST_ROW)


@given(rows, st.integers(1, 50))
def test_lines_are_rows(given_rows, size):
    text = b"".join(json.dumps(row).encode() + b"\n" for row in given_rows)

    assert [json.loads(line) for line in through(JsonLines(everything), text, size).splitlines()] == given_rows
    assert through(JsonLines(lambda _: None), text, size) == b""


@pytest.mark.parametrize("text", [b"{", b'{"a":1}\n{"a":', b"nonsense\n", b'{"a":NaN}\n', b"x" * (LARGEST_ROW + 1)])
def test_lines_that_are_no_rows_are_refused(text):
    with pytest.raises(RefusedError):
        through(JsonLines(everything), text, 65_536)
