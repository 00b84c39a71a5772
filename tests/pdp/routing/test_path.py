"""Promises of the canonical path: what two parsers could read differently is refused, and nothing is repaired."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.routing.path import MAX_PATH, PathError, canonical_path, spelled

GOOD = {
    b"/": ("",),
    b"/a": ("a",),
    b"/a/": ("a", ""),
    b"/api": ("api",),
    b"/api/": ("api", ""),
    b"/api/v1/datasets/R/rows": ("api", "v1", "datasets", "R", "rows"),
    b"/api/v1.0/x": ("api", "v1.0", "x"),
    b"/a.b.c": ("a.b.c",),
    b"/.a": (".a",),
    b"/..a": ("..a",),
    b"/a..": ("a..",),
    b"/...": ("...",),
    b"/a./b": ("a.", "b"),
    b"/-_~": ("-_~",),
    b"/a:b": ("a:b",),
    b"/a@b": ("a@b",),
    b"/a=b&c": ("a=b&c",),
    b"/a,b": ("a,b",),
    b"/a+b": ("a+b",),
    b"/a!b$c'(d)*": ("a!b$c'(d)*",),
    b"/%41": ("A",),
    b"/%61pi": ("api",),
    b"/a%20b": ("a b",),
    b"/a%2Bb": ("a+b",),
    b"/a%3Ab": ("a:b",),
    b"/a%3fb": ("a?b",),
    b"/a%23b": ("a#b",),
    b"/%7Bdataset%7D": ("{dataset}",),
    b"/%E4%BA%BA%E5%8F%A3": ("人口",),
    b"/%e4%ba%ba%e5%8f%a3": ("人口",),
    b"/%C3%A9": ("é",),
    b"/%F0%A0%80%80": ("\U00020000",),
    b"/" + b"a" * (MAX_PATH - 1): ("a" * (MAX_PATH - 1),),
    b"/A/a": ("A", "a"),
}
BAD = {
    "empty": b"",
    "no slash": b"api",
    "asterisk": b"*",
    "absolute form": b"http://h/a",
    "absolute form, https": b"HTTPS://h/a",
    "authority form": b"h:443",
    "scheme-relative": b"//h/a",
    "two slashes": b"//a",
    "two slashes inside": b"/a//b",
    "two slashes at the end": b"/a//",
    "three slashes": b"///",
    "a blank in front": b" /a",
    "too long": b"/" + b"a" * MAX_PATH,
    "far too long": b"/a" * MAX_PATH,
    "encoded slash": b"/a%2Fb",
    "encoded slash, small": b"/a%2fb",
    "encoded backslash": b"/a%5Cb",
    "encoded backslash, small": b"/a%5cb",
    "encoded dot": b"/a%2Eb",
    "encoded dot, small": b"/a%2eb",
    "encoded dot dot": b"/%2e%2e/x",
    "encoded dot dot, capital": b"/%2E%2E/x",
    "half encoded dot dot": b"/.%2e/x",
    "other half encoded dot dot": b"/%2e./x",
    "encoded single dot": b"/%2e/x",
    "doubly encoded dot": b"/%252e%252e/x",
    "doubly encoded slash": b"/a%252fb",
    "doubly encoded capital": b"/a%252Fb",
    "triply encoded": b"/a%25252fb",
    "encoded percent": b"/a%25",
    "encoded percent before text": b"/100%25/x",
    "encoded semicolon": b"/a%3Bx=1",
    "encoded semicolon, small": b"/a%3bx=1",
    "encoded nul": b"/a%00",
    "encoded nul before an extension": b"/a%00.json",
    "encoded tab": b"/a%09",
    "encoded line feed": b"/a%0a",
    "encoded line feed, capital": b"/a%0A",
    "encoded carriage return": b"/a%0d",
    "encoded line break and header": b"/a%0d%0aX-Subject-Id:%20B",
    "encoded escape": b"/a%1b",
    "encoded unit separator": b"/a%1f",
    "encoded unit separator, capital": b"/a%1F",
    "encoded delete": b"/a%7f",
    "encoded delete, capital": b"/a%7F",
    "percent alone": b"/a%",
    "percent and one digit": b"/a%4",
    "percent and no digits": b"/a%zz",
    "percent and half a digit": b"/a%4g",
    "percent and a minus": b"/a%-1",
    "percent and blanks": b"/a%  ",
    "percent in Unicode's way": b"/a%u002f",
    "percent and a slash": b"/%/a",
    "percent percent": b"/%%32%66",
    "semicolon": b"/a;x=1",
    "semicolon alone": b"/;",
    "semicolon and dots": b"/..;/admin",
    "semicolon at the end": b"/admin;",
    "session id": b"/a;jsessionid=1",
    "backslash": b"/a\\b",
    "backslash dot dot": b"/..\\x",
    "backslash first": b"/\\h/a",
    "number sign": b"/a#b",
    "number sign first": b"/#/a",
    "question mark": b"/a?b",
    "blank": b"/a b",
    "blank at the end": b"/a ",
    "tab": b"/a\tb",
    "line feed": b"/a\nb",
    "line feed at the end": b"/a\n",
    "carriage return": b"/a\r",
    "line break and request": b"/a HTTP/1.1\r\nHost: h",
    "nul": b"/a\x00",
    "escape": b"/a\x1b[2J",
    "delete": b"/a\x7f",
    "vertical tab": b"/a\x0b",
    "unencoded text": "/人口".encode(),
    "unencoded Latin": b"/\xe9",
    "high byte": b"/a\xff",
    "high byte 80": b"/a\x80",
    "unencoded no-break blank": b"/a\xa0",
    "unencoded byte order mark": b"\xef\xbb\xbf/a",
    "dot": b"/.",
    "dot inside": b"/a/./b",
    "dot at the end": b"/a/.",
    "dot first": b"/./a",
    "dot dot": b"/..",
    "dot dot inside": b"/a/../b",
    "dot dot at the end": b"/a/..",
    "dot dot first": b"/../etc/passwd",
    "many dot dots": b"/../../../../x",
    "dot dot before a slash": b"/a/../",
    "not UTF-8": b"/%ff",
    "not UTF-8, fe": b"/%fe",
    "cut sequence": b"/%e4%ba",
    "stray continuation": b"/%80",
    "overlong slash": b"/%c0%af",
    "overlong slash of three bytes": b"/%e0%80%af",
    "overlong slash of four bytes": b"/%f0%80%80%af",
    "overlong dot": b"/%c0%ae%c0%ae/x",
    "overlong nul": b"/%c0%80",
    "surrogate": b"/%ed%a0%80",
    "surrogate pair": b"/%ed%a0%80%ed%b0%80",
    "beyond Unicode": b"/%f4%90%80%80",
    "Latin-1": b"/caf%e9",
    "decomposed": b"/e%CC%81",
    "decomposed Hangul": b"/%E1%84%80%E1%85%A1",
    "compatibility ideograph": b"/%EF%A4%80",
    "angstrom sign": b"/%E2%84%AB",
    "bidi override": b"/a%E2%80%AEb",
    "bidi isolate": b"/a%E2%81%A6b",
    "right-to-left mark": b"/a%E2%80%8Fb",
    "Arabic letter mark": b"/a%D8%9Cb",
    "zero-width blank": b"/a%E2%80%8Bb",
    "zero-width joiner": b"/a%E2%80%8Db",
    "zero-width non-joiner": b"/a%E2%80%8Cb",
    "word joiner": b"/a%E2%81%A0b",
    "byte order mark": b"/%EF%BB%BFa",
    "soft hyphen": b"/a%C2%ADb",
    "next line": b"/a%C2%85b",
    "C1 control": b"/a%C2%80b",
    "line separator": b"/a%E2%80%A8b",
    "paragraph separator": b"/a%E2%80%A9b",
    "private use": b"/%EE%80%80",
    "private use beyond": b"/%F3%B0%80%80",
    "noncharacter": b"/%EF%BF%BE",
    "noncharacter ffff": b"/%EF%BF%BF",
    "unassigned": b"/%CD%B8",
    "tag character": b"/a%F3%A0%80%A1",
    "one bad segment among good": b"/api/v1/%2e%2e/R/rows",
    "one bad byte at the very end": b"/api/v1/datasets/R/rows%00",
}
PIECES = [b"a", b"%41", b"%2e", b".", b"..", b"%", b"%25", b"/", b";", b"%E4%BA%BA", b"\\", b"%c0"]
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


@pytest.mark.parametrize("raw", GOOD, ids=repr)
def test_a_path_in_canonical_form_is_its_segments_decoded_once(raw):
    assert canonical_path(raw) == GOOD[raw]


@pytest.mark.parametrize("trick", BAD)
def test_a_path_that_could_be_read_in_two_ways_is_refused_and_not_quoted(trick):
    with pytest.raises(PathError) as refused:
        canonical_path(BAD[trick])

    quoted = BAD[trick].decode("latin-1")
    assert len(quoted) < 3 or quoted not in str(refused.value)


def test_there_are_at_least_120_vectors():
    assert len(GOOD) + len(BAD) >= 120
    assert len(set(BAD.values())) == len(BAD)


def test_no_byte_is_let_through_that_a_request_line_cannot_hold():
    let_through = {byte for byte in range(256) if accepted(b"/a" + bytes([byte]) + b"b") is not None}

    assert let_through == set(range(0x21, 0x7F)) - set(b"\\;#?%")


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
