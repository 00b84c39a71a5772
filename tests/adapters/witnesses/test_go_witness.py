"""Our witness and the one that others wrote answer the same requests alike, and our client understands both.

Where the other departs from the specification, the table says so: it answers 500 where no trusted key signed, and
takes whatever comes first for a log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.witnesses.client import WitnessClient
from adapters.witnesses.exchange import Cosigner
from pdp.log.note import Note, note_in, signatures
from tests.adapters.witnesses.story import FORKED, HONEST, LOG_KEY, WITNESS_KEY, Story, verify
from tests.adapters.witnesses.table import EMPTY_ROWS, FIRST_ROWS, ROWS, UNKNOWN

if TYPE_CHECKING:
    from pdp.log.note import SignatureLine
    from tests.logs.published import Key


@pytest.fixture(params=["our_url", "go_url"])
def url(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def ask(url, tmp_path):
    """Return a function that asks the witness through our client, and its faults."""
    cosigner = Cosigner("b", (WITNESS_KEY.public,), url)
    now = [0.0]
    client = WitnessClient([cosigner], verify, tmp_path / "state", clock=lambda: now[0], timeout=10)

    def asked(story: Story, size: int, *keys: Key) -> tuple[list[SignatureLine], str | None]:
        now[0] += 60  # whoever failed is asked again
        lines = client.ask(story.note(size, *keys), lambda old: story.proof(old, size))
        return lines, client.faults["b"]

    yield asked
    client.close()


@pytest.mark.parametrize("rows", [ROWS, EMPTY_ROWS, FIRST_ROWS], ids=["entries", "none", "first"])
def test_both_witnesses_answer_the_table_alike(rows, our_url, go_url):
    with httpx.Client() as http:
        for row in rows:
            ours = http.post(f"{our_url}/add-checkpoint", content=row.body)
            theirs = http.post(f"{go_url}/add-checkpoint", content=row.body)

            assert (row.name, ours.status_code, theirs.status_code) == (row.name, row.status, row.go or row.status)
            if row.status == 409:
                assert ours.text == f"{row.size}\n"
                assert ours.headers["content-type"] == "text/x.tlog.size"
            if row.status == theirs.status_code == 409:
                assert (ours.content, ours.headers["content-type"]) == (theirs.content, theirs.headers["content-type"])
            if row.status == theirs.status_code == 200:
                body = row.body.partition(b"\n\n")[2]
                for answer in (ours, theirs):
                    assert WITNESS_KEY.public in signatures(
                        note_in(body + answer.content), [WITNESS_KEY.public], verify
                    )


def test_a_log_that_grows_gets_a_line_each_time(ask):
    for size in (1, 2, 2, 7, 300):
        (line,), fault = ask(HONEST, size)

        assert fault is None
        assert signatures(Note(HONEST.note(size).body, (line,)), [WITNESS_KEY.public], verify)


def test_a_client_that_forgot_proves_from_the_size_that_the_witness_states(url, tmp_path):
    cosigner = Cosigner("b", (WITNESS_KEY.public,), url)
    for turn, size in enumerate((5, 9, 9)):
        client = WitnessClient([cosigner], verify, tmp_path / str(turn), timeout=10)

        assert len(client.ask(HONEST.note(size), lambda old, size=size: HONEST.proof(old, size))) == 1
        client.close()


def test_a_client_of_a_smaller_copy_learns_that_the_witness_has_seen_more(ask):
    ask(HONEST, 9)
    lines, fault = ask(HONEST, 6)

    assert lines == []
    assert fault == "says it has co-signed 9 entries of this log, which has 6"


def test_a_client_of_a_fork_learns_that_its_log_does_not_extend_what_was_co_signed(ask):
    ask(HONEST, 5)
    lines, fault = ask(FORKED, 8)

    assert lines == []
    assert fault == "says that this log does not extend what it has co-signed"


def test_a_log_that_nobody_told_the_witness_of_gets_no_line(ask):
    lines, fault = ask(UNKNOWN, 3)

    assert lines == []
    assert fault == "does not co-sign for this log; ask its operator to add the log's origin and keys"


def test_only_the_lines_of_the_log_itself_are_sent(ask):
    (line,), _ = ask(HONEST, 3, LOG_KEY, WITNESS_KEY)  # its own line would be one too many

    assert line.name == WITNESS_KEY.name
