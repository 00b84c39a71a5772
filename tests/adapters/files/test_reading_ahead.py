"""A file that another process reads is the file that this one would read."""

from __future__ import annotations

import json
import multiprocessing

import pytest

from adapters.files import reading_ahead
from adapters.files.reading_ahead import read_ahead
from adapters.files.statements import read, stated
from pdp.errors import PolicyError, UnavailableError
from pdp.ledger.statement import words_of


def line(number: int, **others: object) -> str:
    """Return a line that registers a unit."""
    said = {"kind": "unit.registered", "at": "2026-01-01", "by": "registrar", "evidence": f"sha256:{number}"}
    return json.dumps({**said, "body": {"id": f"X{number}", "name": "单位", "affiliates": ["Y"]}, **others})


@pytest.fixture
def told(tmp_path):
    """Return a maker of files."""

    def written(*lines: str) -> object:
        path = tmp_path / "told.jsonl"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return written


def as_read(path):
    """Return what this process reads, each line checked where it names its speaker."""
    return [(one, stated(one, one.by) if one.by else None) for one in read(path)]


def plain(told):
    """Return a line without what was checked of it."""
    return told.kind, told.members, told.at, told.at.tzinfo, told.by, told.evidence, told.place


def test_every_line_comes_once_and_in_its_order_and_checked_where_it_names_its_speaker(told):
    many = [line(number) for number in range(1_203)]
    path = told(*many[:700], "", line(5000, by=""), line(5001, at="2026-01-01T09:30:00.000001+00:00"), *many[700:])

    with read_ahead(path) as lines:
        given = list(lines)

    read_here = as_read(path)
    assert [(plain(one), one.checked) for one in given] == [(plain(one), said) for one, said in read_here]
    assert [one.checked and one.checked.words for one in given] == [said and words_of(said) for _, said in read_here]
    assert len(given) == 1_205
    assert given[700].checked is None


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ("{", "is no JSON object"),
        (line(7, kind="unit.registred"), "is no kind of statement"),
        (line(7, body={"id": "X7"}), 'lacks the member "name"'),
        (line(7, at="yesterday"), "is no day and no instant"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_after_those_before_it(told, wrong, fault):
    path = told(*map(line, range(3)), wrong, *map(line, range(3)))
    with pytest.raises(PolicyError) as here:
        as_read(path)

    with read_ahead(path) as lines:
        before = [next(lines).line for _ in range(3)]
        with pytest.raises(PolicyError) as there:
            next(lines)

    assert before == [1, 2, 3]
    assert fault in str(there.value)
    assert str(there.value) == str(here.value)
    assert there.value.line == 4


def test_a_file_that_is_gone_cannot_be_read(tmp_path):
    with (
        read_ahead(tmp_path / "gone.jsonl") as lines,
        pytest.raises(PolicyError, match=r"gone\.jsonl:1: cannot be read"),
    ):
        next(lines)


def test_a_reader_that_is_killed_is_no_end_of_the_file(told, monkeypatch):
    monkeypatch.setattr(reading_ahead, "_AHEAD", 4096)
    path = told(*map(line, range(20_000)))

    with read_ahead(path) as lines:
        first = next(lines)
        (reader,) = (one for one in multiprocessing.active_children() if one.name == "reading told.jsonl")
        reader.kill()
        with pytest.raises(UnavailableError, match="ended before the file did; nothing was recorded"):
            list(lines)

    assert first.place.endswith("told.jsonl:1")
    assert not any(one.name == "reading told.jsonl" for one in multiprocessing.active_children())


def test_a_reader_that_nobody_hears_to_the_end_ends_too(told):
    with read_ahead(told(*map(line, range(20_000)))) as lines:
        next(lines)

    assert not any(one.name == "reading told.jsonl" for one in multiprocessing.active_children())
