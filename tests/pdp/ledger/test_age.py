"""How old a copy of the ledger may be: the limit itself is still good, a millisecond more is not."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pdp.ledger.age import LEVEL, LedgerAge, OnThisMachine
from pdp.workdays import SHANGHAI

NOW = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
LIMIT = timedelta(minutes=15)
spans = st.timedeltas(timedelta(), timedelta(days=2))


def test_a_ledger_on_this_machine_is_level_and_will_stay_so():
    assert OnThisMachine().staleness() == LEVEL.age == timedelta()
    assert (LEVEL.stale, LEVEL.ms, LEVEL.until(NOW)) == (False, 0, None)


def test_a_copy_is_stale_from_the_first_millisecond_past_its_limit():
    assert not LedgerAge(LIMIT, LIMIT).stale
    assert not LedgerAge(LIMIT + timedelta(microseconds=999), LIMIT).stale
    assert LedgerAge(LIMIT + timedelta(milliseconds=1), LIMIT).stale


@given(spans, spans)
def test_what_a_record_can_say_tells_whether_the_copy_was_stale(age, limit):
    assert LedgerAge(age, limit).stale == (LedgerAge(age, limit).ms > LedgerAge(limit).ms)


@given(spans, spans)
def test_no_copy_is_stale_before_the_instant_until_which_it_holds(age, limit):
    known = LedgerAge(age, limit)
    until = known.until(NOW)
    if until is not None:
        assert not LedgerAge(age + (until - NOW), limit).stale
        assert LedgerAge(age + (until - NOW) + timedelta(milliseconds=1), limit).stale
    else:
        assert known.stale or not age
