"""What one call of `record` keeps at hand changes nothing of what it admits and refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdp.errors import TransitionError
from pdp.ledger import draft, recording
from pdp.ledger.admit import statement
from pdp.ledger.recording import Recording
from pdp.ledger.scope import moment
from tests.pdp.ledger.test_properties import ACTS, IDS, READINGS, START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pdp.ledger.statement import Statement

TOLD = moment("2027-06-01")  # when everything is recorded: nothing that takes effect is yet to come
STEPS = st.lists(
    st.tuples(st.integers(0, len(ACTS) - 1), st.integers(-60 * 24, 60 * 24), st.sampled_from(["A1", "A2"])), max_size=25
)


class Still:
    """A clock that stands still."""

    def now(self):
        """Return the instant."""
        return TOLD

    def mono_ns(self) -> int:
        """Return no time at all: nothing here is measured."""
        return 0


class Book:
    """A store that gives each statement under its refs, anew each time, as a file does."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._statements = list(statements)

    def about(self, ref: str) -> list[Statement]:
        """Return the statements about `ref`, ordered by `(at, seq)`."""
        return sorted((one for one in self._statements if ref in one.about), key=lambda one: (one.at, one.seq))

    def head(self) -> int:
        """Return the seq of the last statement."""
        return len(self._statements)

    def changed_since(self, seq: int) -> list[str]:
        """Return every ref that a later statement is about."""
        return [ref for one in self._statements[seq:] for ref in one.about]

    def write(self, statements: Iterable[Statement]) -> None:
        """Take statements in."""
        self._statements.extend(statements)


def met(take: Callable[[Statement], Statement], said: Statement) -> object:
    """Return what came of a statement: as it stands in the ledger, with its hash, or why it was refused."""
    try:
        recorded = take(said)
    except TransitionError as refusal:
        return str(refusal)
    return recorded, recorded.hash


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS, READINGS, st.integers(1, 3), st.integers(1, 6))
def test_a_call_that_keeps_what_it_folded_admits_and_refuses_what_a_ledger_does_that_keeps_nothing(
    scribe, steps, readings, capacity, flushed
):
    told = scribe(Still(), **readings).bodies().dataset(joint_providers=["C"])
    book = Book(told.ledger.statements())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "_FOLDED", capacity * 20)
        patch.setattr(draft, "_NEW", capacity)
        patch.setattr(draft, "_KEPT", capacity)
        call = Recording(book, told.ledger.statements()[-1], told.law, Still().now)
        at = START
        for number, (act, hours, name) in enumerate(steps, 1):
            at += timedelta(hours=hours)
            kind, speaker, members = ACTS[act]
            family = kind.partition(".")[0]
            own = {"id": name if family == "application" else IDS[family]}
            said = statement(kind, own | members, at, speaker)
            assert met(lambda one: call.take(one)[0], said) == met(lambda one: told.ledger.record([one])[0], said)
            if number % flushed == 0:
                book.write(call.flush())
