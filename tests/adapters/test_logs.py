"""Promises of the operational log: one line each, in two forms, and nothing of what an exception says."""

import asyncio
import errno
import io
import json
import logging
import os
from datetime import UTC, datetime

import pytest

from adapters.logs import FLUSH_EVERY, FromLibraries, log_decision, make_log, named
from pdp.model import Answer, Decision, Effect, Finding, Inquiry, Outcome, Receipt

CANARY = "canary-110101199003074514"
DECISION = Decision(Outcome.DENY, (), (Finding("no_application", Effect.FORBID, ("art_19__para_3",)),), ())
ANSWER = Answer("019c9785", datetime(2026, 2, 26, tzinfo=UTC), DECISION, Inquiry((), 0), Receipt("pdp.local", 0, "7c"))


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


def test_a_decision_is_one_line_of_json_with_what_came_out_and_how_long_it_took():
    stream = io.StringIO()
    log, _ = make_log(stream)

    log_decision(log, ANSWER, "gateway-1", began_ns=0)

    said = json.loads(stream.getvalue())
    assert said.pop("ms") > 0
    assert said.pop("at").endswith("Z")
    assert said == {
        "event": "decision",
        "level": "info",
        "id": "019c9785",
        "outcome": "DENY",
        "grounds": ["no_application"],
        "gateway": "gateway-1",
    }


def test_people_get_colours_on_a_terminal_and_none_in_a_file():
    terminal, file = Terminal(), io.StringIO()

    for stream in (terminal, file):
        log_decision(make_log(stream, "auto" if stream is terminal else "console")[0], ANSWER, "g", 0)

    assert "\x1b[" in terminal.getvalue()
    assert "\x1b[" not in file.getvalue()
    assert "no_application" in file.getvalue()


def test_a_line_break_in_what_is_logged_makes_no_second_line():
    stream = io.StringIO()

    make_log(stream, "json")[0].error("one\ntwo", fault="\x1b[31mthree\r\nfour")

    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


def test_decisions_wait_a_moment_for_company_and_an_error_takes_them_along():
    stream = io.StringIO()
    seen = []

    async def busy() -> None:
        log, lines = make_log(stream, "json")
        for _ in range(3):
            log_decision(log, ANSWER, "g", 0)
        seen.append(len(stream.getvalue().splitlines()))
        log.error("trouble")
        seen.append(len(stream.getvalue().splitlines()))
        log_decision(log, ANSWER, "g", 0)
        lines.flush()
        seen.append(len(stream.getvalue().splitlines()))

    asyncio.run(busy())

    assert seen == [0, 4, 5]


def test_waiting_lines_are_written_without_another_line_coming():
    written = None

    class Watched(io.StringIO):
        def flush(self) -> None:
            """Tell that lines were written."""
            written.set()

    stream = Watched()

    async def idle() -> None:
        nonlocal written
        written = asyncio.Event()
        log_decision(make_log(stream, "json")[0], ANSWER, "g", 0)
        await asyncio.wait_for(written.wait(), 100 * FLUSH_EVERY)

    asyncio.run(idle())

    assert "no_application" in stream.getvalue()


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING, logging.ERROR])
def test_libraries_are_heard_but_their_exceptions_are_not_quoted(level):
    stream = io.StringIO()
    library = logging.getLogger(f"library.{level}")
    library.propagate = False
    library.setLevel(logging.INFO)
    library.addHandler(FromLibraries(make_log(stream, "json")[0]))

    try:
        int(CANARY)
    except ValueError:
        library.log(level, "something failed", exc_info=True)

    said = json.loads(stream.getvalue())
    assert (said["event"], said["error"], said["source"]) == ("something failed", "ValueError", library.name)
    assert CANARY not in stream.getvalue()


def test_an_exception_is_named_by_its_type_and_place():
    try:
        _ = {}[CANARY]
    except KeyError as fault:
        said = named(fault)

    assert said["error"] == "KeyError"
    assert said["where"].startswith("test_logs.py:")
    assert named(LookupError(CANARY)) == {"error": "LookupError", "where": "?"}


class Unread(io.StringIO):
    """A pipe whose reader has gone, until somebody reads again."""

    gone = True

    def write(self, text: str) -> int:
        """Fail as the pipe does."""
        if self.gone:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        return super().write(text)


def test_lines_that_nobody_reads_stop_nothing_and_pile_up_nowhere():
    stream = Unread()
    log, _ = make_log(stream, "json")

    log.error("no decision")
    log_decision(log, ANSWER, "gateway-1", began_ns=0)
    stream.gone = False
    log.error("read again")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["read again"]
