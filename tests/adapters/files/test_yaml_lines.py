"""Strict YAML: what is meant is read, what YAML 1.1 would guess is refused at its line with a remedy."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.yaml_lines import Node, fault, load, nearest, parse
from pdp.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def refused(text: str, read: Callable[[Node], object] = lambda node: node) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        read(parse(text, "policies/facts.yaml"))
    return caught.value


def test_a_value_stands_on_the_line_of_its_key():
    entries = parse("a:\n  b: x\nc:\n- d\n", "f").mapping(("a", "c"))
    assert [entries["a"].line, entries["a"].mapping(("b",))["b"].line, entries["c"].line] == [1, 2, 3]
    assert entries["c"].sequence()[0].line == 4


def test_a_text_that_starts_later_in_a_file_keeps_the_lines_of_the_file():
    assert parse("a: x\nb: y", "rego/r.rego", first=7).entries()["b"].line == 8
    with pytest.raises(PolicyError, match=r"^rego/r\.rego:8: "):
        parse("a: x\nb: [", "rego/r.rego", first=7)


def test_a_file_is_shown_relative_to_the_parent_of_the_policy_root(tmp_path: Path):
    root = tmp_path / "policies"
    (root / "law").mkdir(parents=True)
    (root / "law" / "x.yaml").write_text("a: b\n", encoding="utf-8")
    assert load(root / "law" / "x.yaml", root).path == "policies/law/x.yaml"


def test_a_file_that_is_missing_is_a_policy_error(tmp_path: Path):
    with pytest.raises(PolicyError, match="cannot be read; add the file"):
        load(tmp_path / "none.yaml", tmp_path)


def test_bytes_that_are_no_utf_8_are_reported_at_their_line(tmp_path: Path):
    (tmp_path / "x.yaml").write_bytes("a: b\nc: 西城\n".encode("gb18030"))
    with pytest.raises(PolicyError, match=r"x\.yaml:2: is not UTF-8; save the file as UTF-8"):
        load(tmp_path / "x.yaml", tmp_path)


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "True", "null", "12", "1.5", "2026-02-14", "12:30", "~"])
def test_a_word_that_yaml_guesses_at_is_refused_where_a_text_is_meant(word: str):
    error = refused(f"a: x\nb: {word}", lambda node: node.entries()["b"].text())
    assert error.line == 2
    assert "where a text is meant" in str(error)
    assert parse(f'"{word}"', "f").text() == word


@pytest.mark.parametrize("key", ["yes", "no", "on", "off", "2026"])
def test_a_key_that_yaml_guesses_at_is_refused(key: str):
    error = refused(f"a: x\n{key}: y", lambda node: node.entries())
    assert (error.line, error.remedy) == (2, f'put it in quotes: "{key}"')


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb:\n\t- c", 3, "indent with spaces, not with tabs"),
        ("a: x\nb: [c, d", 2, "is no YAML"),
        ("a: x\nb: c: d", 2, "mapping values are not allowed"),
        ("a: x\n---\nb: y", 2, "a second document starts here"),
        ("a: &here x\nb: *here", 1, "anchors and aliases"),
        ("a: x\nb: *here", 2, "anchors and aliases"),
        ("a: !!python/object:os.system x", 1, "tags"),
        ("a: x\nb:\n  <<: y", 3, "has a meaning of its own"),
        ("a: x\nb: =", 2, "has a meaning of its own"),
        ("a: x\nb: \x01", 2, "control character"),
        ("", 1, "the file is empty"),
        ("# only a comment\n", 1, "the file is empty"),
        ("\n" + "[" * 60 + "]" * 60, 2, "nests deeper"),
    ],
)
def test_what_cannot_be_read_one_way_only_is_refused_at_its_line(text: str, line: int, says: str):
    error = refused(text)
    assert error.line == line
    assert says in str(error)


def test_a_key_that_stands_twice_is_refused_and_both_lines_are_named():
    error = refused("a: x\nb: y\na: z", lambda node: node.entries())
    assert (error.line, error.fault) == (3, '"a" stands here twice')
    assert "line 1" in error.remedy


def test_an_unknown_key_is_refused_with_the_nearest_known_one():
    error = refused("label: x\nvalus: y", lambda node: node.mapping(("label",), ("values", "floor")))
    assert (error.line, error.fault, error.remedy) == (2, '"valus" is no key here', 'did you mean "values"?')


def test_a_missing_key_is_named():
    error = refused("a:\n  b: x", lambda node: node.entries()["a"].mapping(("b", "c")))
    assert (error.line, error.fault, error.remedy) == (1, '"c" is missing', 'add "c:"')


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (Node.mapping, "- a", "a list stands where a mapping is meant"),
        (Node.sequence, "a: b", "a mapping stands where a list is meant"),
        (Node.sequence, "word", '"word" stands where a list is meant'),
        (Node.text, "[a]", "a list stands where a text is meant"),
        (Node.text, '""', "the text is empty"),
        (Node.text, '"  "', "the text is empty"),
        (Node.flag, "yes", '"yes" stands where true or false is meant'),
        (Node.flag, '"true"', '"true" stands where true or false is meant'),
        (Node.integer, "010", '"010" stands where a whole number is meant'),
        (Node.integer, "1_000", '"1_000" stands where a whole number is meant'),
        (Node.integer, "1:30", '"1:30" stands where a whole number is meant'),
        (Node.integer, '"7"', '"7" stands where a whole number is meant'),
        (Node.day, "2026-02-14", "is read as a date"),
        (Node.day, '"2026-02-30"', '"2026-02-30" is no day'),
        (Node.day, '"20260214"', '"20260214" is no day'),
        (Node.instant, '"2026-02-27T09:00:00"', '"2026-02-27T09:00:00" is no instant'),
        (Node.instant, '"soon"', '"soon" is no instant'),
        (Node.texts, "[a, b, a]", '"a" is listed twice'),
        (Node.value, "{a: yes}", '"yes" stands where true or false is meant'),
        (Node.value, "{a: 2026-02-14}", "is read as a date"),
    ],
)
def test_a_wrong_type_is_refused_and_said(read: Callable[[Node], object], text: str, says: str):
    assert says in str(refused(text, read))


def test_a_word_that_is_no_choice_is_answered_with_the_nearest():
    error = refused("a: conditonal", lambda node: node.entries()["a"].word(("conditional", "unset"), "value of x"))
    assert str(error) == 'policies/facts.yaml:1: "conditonal" is no value of x; did you mean "conditional"?'
    assert refused("[a, c]", lambda node: node.words(("a", "b"))).remedy == "use one of: a, b"


def test_numbers_out_of_range_are_refused():
    assert parse("5", "f").integer(1, 5) == 5
    assert refused("6", lambda node: node.integer(1, 5)).remedy == "write a number in 1..5"
    assert refused("0", lambda node: node.integer(1)).remedy == "write a number in 1.."


def test_days_and_instants_are_read_as_written():
    assert parse('"2026-02-14"', "f").day() == date(2026, 2, 14)
    assert parse('"2026-02-27T09:00:00+08:00"', "f").instant() == datetime(2026, 2, 27, 1, tzinfo=UTC)


def test_free_values_come_out_plain():
    text = '{a: [x, 1, 2.5, true, null, ""], b: {"yes": "no"}}'
    assert parse(text, "f").value() == {"a": ["x", 1, 2.5, True, None, ""], "b": {"yes": "no"}}


def test_a_long_list_of_choices_is_shortened():
    assert nearest("zzz", [f"choice_{n}" for n in range(20)]).endswith(", …")
    assert nearest("zzz", []) == "nothing may stand here"


def test_a_caller_reports_its_own_faults_at_the_value():
    error = fault(parse("a: x\nb: y", "p").entries()["b"], "is used twice", "give it its own")
    assert str(error) == "p:2: is used twice; give it its own"


@given(st.text())
def test_any_text_is_a_document_or_a_policy_error(text: str):
    line = 1
    try:
        parse(text, "p").value()
    except PolicyError as error:
        line = error.line
    assert 1 <= line <= len(text.splitlines()) + 1
