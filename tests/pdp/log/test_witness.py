"""Promises of what a witness checks: the order of its checks, what it answers, and that no bytes upset it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.log.note import Checkpoint, NoteError
from pdp.log.witness import (
    BODY_LIMIT,
    Refused,
    Status,
    Submission,
    admitted,
    cosignatures,
    place_of,
    refusal,
    size_in,
    submission_in,
)
from tests.adapters.witnesses.story import (
    FORKED,
    HONEST,
    LOG_KEY,
    LOGS,
    ORIGIN,
    STRANGER,
    SUITE,
    WITNESS_KEY,
    Story,
    verify,
)
from tests.adapters.witnesses.table import BAD, EMPTY_ROWS, FIRST_ROWS, ROWS
from tests.logs.published import Key

GOOD = HONEST.sent(5, 9)
OTHER_KEY = Key("c.example.gov.cn/witness", bytes([5]) * 32, WITNESS_KEY.kind)


def answered(body: bytes, last: Checkpoint | None) -> Refused | Submission:
    """Return what a witness that co-signed `last` makes of `body`."""
    sent = admitted(body, LOGS, verify)
    return sent if isinstance(sent, Refused) else refusal(sent, last, SUITE) or sent


def at(size: int) -> Checkpoint:
    return HONEST.note(size).checkpoint


@pytest.mark.parametrize("rows", [ROWS, EMPTY_ROWS, FIRST_ROWS], ids=["entries", "none", "first"])
def test_every_line_of_the_table_has_its_status(rows):
    last = None
    for row in rows:
        said = answered(row.body, last)

        if isinstance(said, Refused):
            assert (row.name, said.status, said.size) == (row.name, row.status, row.size)
            assert said.body == (f"{row.size}\n" if said.size is not None else f"{said.why}\n")
        else:
            assert (row.name, row.status) == (row.name, Status.COSIGNED)
            last = said.note.checkpoint


def test_the_checks_stand_in_their_order():
    worst = Submission(3, (BAD,), FORKED.note(8, STRANGER))  # stale, inconsistent, signed by nobody
    beyond = str(worst._replace(old=9)).encode()

    assert admitted(beyond, {}, verify).status == Status.UNREADABLE
    assert admitted(str(worst).encode(), {}, verify).status == Status.UNKNOWN_LOG
    assert admitted(str(worst).encode(), LOGS, verify).status == Status.NOT_SIGNED
    signed = worst._replace(note=FORKED.note(8))
    assert refusal(signed, at(5), SUITE).status == Status.STALE
    assert refusal(signed._replace(old=5), at(5), SUITE).status == Status.INCONSISTENT


@pytest.mark.parametrize(
    "sent",
    [FORKED.sent(8, 8), FORKED.sent(8, 12), HONEST.sent(8, 12, proof=[])],
    ids=["two roots over as many", "another past", "no proof"],
)
def test_what_the_log_signed_and_does_not_extend_the_past_is_evidence(sent):
    assert answered(sent, at(8)).evidence


@pytest.mark.parametrize(
    "sent",
    [HONEST.sent(5, 9), HONEST.sent(0, 4, proof=[BAD]), HONEST.sent(0, 4, STRANGER), b""],
    ids=["stale", "nothing to prove", "a stranger", "unreadable"],
)
def test_a_mistake_is_no_evidence(sent):
    assert not answered(sent, None).evidence


def test_lines_that_strangers_put_under_a_checkpoint_are_not_kept():
    sent = admitted(HONEST.sent(0, 4, STRANGER, LOG_KEY, WITNESS_KEY), LOGS, verify)

    assert sent.note == HONEST.note(4)


@given(st.integers(0, 300), st.integers(0, 300))
def test_what_is_sent_reads_back_as_it_was(old, more):
    body = HONEST.sent(old, old + more)

    assert str(submission_in(body)).encode() == body


@pytest.mark.parametrize(
    "body",
    [
        GOOD.replace(b"old 5", b"old 05"),
        GOOD.replace(b"old 5", b"old +5"),
        GOOD.replace(b"old 5", b"old 5 "),
        GOOD.replace(b"old 5\n", b"old 5\r\n"),
        GOOD.replace(b"old 5", "old ٥".encode()),
        GOOD.replace(b"old 5", b"old 99999999999999999999"),
        GOOD.replace(b"=\n", b"\n", 1),
        GOOD.replace(b"\n\n", b"\n", 1),
        GOOD.removesuffix(b"\n"),
        GOOD + b"\n",
        GOOD.replace(ORIGIN.encode() + b"\n9\n", ORIGIN.encode() + b"\n09\n"),
        HONEST.sent(5, 9, proof=[BAD] * 64),
        HONEST.sent(5, 9, proof=[bytes(31)]),
        GOOD + b"\xe2\x80\x94 " + b"a" * BODY_LIMIT + b" AAAAAAAA\n",
        b"old 0\n\n\xff",
    ],
)
def test_a_body_that_is_spelled_otherwise_is_unreadable(body):
    assert admitted(body, LOGS, verify).status == Status.UNREADABLE


@given(st.binary(max_size=400) | st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=8), st.integers(0, 40)))
def test_whatever_bytes_come_the_body_is_read_or_refused(made):
    if not isinstance(made, bytes):
        place, inserted, cut = made
        made = GOOD[:place] + inserted + GOOD[place + cut :]
    try:
        sent = submission_in(made)
    except NoteError:
        return
    assert str(sent).encode() == made


@given(st.text(alphabet="old 0123456789=\nABC—. ", max_size=200))
def test_whatever_text_comes_the_body_is_read_or_refused(text):
    assert isinstance(admitted(text.encode(), LOGS, verify), Refused)


def test_the_cosignature_is_taken_out_of_what_others_said_besides():
    note = HONEST.note(4)
    ours, other = WITNESS_KEY.line(note.checkpoint), OTHER_KEY.line(note.checkpoint)

    assert cosignatures(f"{other}{ours}".encode(), note, [WITNESS_KEY.public], verify) == (ours,)
    assert cosignatures(f"{other}".encode(), note, [WITNESS_KEY.public], verify) == ()


@pytest.mark.parametrize(
    "answer",
    [
        f"{WITNESS_KEY.line(at(5))}",
        f"{WITNESS_KEY.line(at(4))}{WITNESS_KEY.line(at(4))}",
        f"{WITNESS_KEY.line(at(4))}{WITNESS_KEY.line(at(5))}",
        f"\n{WITNESS_KEY.line(at(4))}",
        f"{HONEST.note(4)}",
        str(WITNESS_KEY.line(at(4))).removesuffix("\n"),
        "<html>",
        "",
        "\n",
        "\udcff",
    ],
    ids=["other checkpoint", "twice", "one is wrong", "gap", "note", "cut", "page", "empty", "line", "bytes"],
)
def test_an_answer_that_is_no_cosignature_is_refused_whole(answer):
    with pytest.raises(NoteError):
        cosignatures(answer.encode(errors="surrogateescape"), HONEST.note(4), [WITNESS_KEY.public], verify)


@given(st.binary(max_size=200))
def test_whatever_a_witness_answers_it_is_read_or_refused(answer):
    with suppress(NoteError):
        assert cosignatures(answer, HONEST.note(4), [WITNESS_KEY.public], verify) == ()
    with suppress(NoteError):
        assert b"%d\n" % size_in(answer) == answer


def test_a_size_is_decimal_and_one_line():
    assert size_in(b"20852014\n") == 20852014
    for answer in (b"", b"1", b"01\n", b"1\n\n", b"-1\n", b"1" * 20 + b"\n"):
        with pytest.raises(NoteError):
            size_in(answer)


def test_the_place_of_a_log_is_the_hash_of_its_origin():
    assert place_of("example.com/log") == "4d3203c8f35cdf600e475f55fede6081a703d3d322f208865fca2ec4f0e030f8"


STORIES = (HONEST, FORKED, Story("a third ", since=6))
SIZES = st.integers(0, 20)


@given(st.lists(st.tuples(st.sampled_from(STORIES), st.sampled_from(STORIES), st.none() | SIZES, SIZES), max_size=30))
def test_whatever_is_sent_all_that_is_co_signed_is_one_history(requests):
    last, cosigned = None, list[Checkpoint]()
    for story, prover, old, size in requests:
        begin = (last.size if last else 0) if old is None else old
        proof = prover.proof(begin, size) if begin <= size else []
        said = answered(story.sent(begin, size, proof=proof), last)
        if isinstance(said, Submission):
            last = said.note.checkpoint
            cosigned.append(last)

    assert [checkpoint.size for checkpoint in cosigned] == sorted(checkpoint.size for checkpoint in cosigned)
    assert any(all(each.root == story.root(each.size) for each in cosigned) for story in STORIES)
