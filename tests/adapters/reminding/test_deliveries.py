"""Promises of the file of reminders: a day whole or not at all, one a day and body, and what is settled stays so."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from adapters.reminding.deliveries import FILE, KEPT, Deliveries, told
from pdp.errors import UnavailableError
from pdp.workdays import SHANGHAI

NOW = datetime(2026, 2, 26, 9, tzinfo=SHANGHAI)
DAY = date(2026, 2, 26)


@pytest.fixture
def store(tmp_path):
    opened = Deliveries(tmp_path / FILE)
    yield opened
    opened.close()


def test_a_day_is_made_once_whole_or_not_at_all(store, tmp_path):
    with pytest.raises(UnavailableError, match="move the file away"):
        store.make(DAY, NOW, {"A": b"a", "B": None})
    assert not store.made(DAY)
    assert told(tmp_path, 9) == []

    store.make(DAY, NOW, {"A": b"a"})
    with pytest.raises(UnavailableError):
        store.make(DAY, NOW, {"A": b"another"})
    assert [one.document for one in store.due(NOW, 9)] == [b"a"]


def test_the_last_day_before_is_known_even_if_nobody_was_told_anything(store):
    assert store.before(DAY) is None
    store.make(DAY - timedelta(days=3), NOW, {})

    assert store.before(DAY) == DAY - timedelta(days=3)


def test_what_is_settled_stays_so(store, tmp_path):
    store.make(DAY, NOW, {"A": b"a"})
    (reminder,) = store.due(NOW, 9)
    store.settle(reminder, "delivered", NOW)
    store.fault(reminder, "late news")
    store.settle(reminder, "failed", NOW)

    assert [(one.state, one.fault) for one in told(tmp_path, 9)] == [("delivered", "")]
    assert store.due(NOW + timedelta(days=9), 9) == []
    assert store.next_at() is None


def test_what_was_settled_long_ago_is_forgotten_and_what_waits_is_not(store, tmp_path):
    store.make(DAY, NOW, {"A": b"a", "B": b"b"})
    store.settle(store.due(NOW, 1)[0], "delivered", NOW)
    store.make(DAY + KEPT + timedelta(days=1), NOW, {})

    assert [(one.body, one.state) for one in told(tmp_path, 9)] == [("B", "waiting")]


def test_a_file_that_is_none_is_told_to_whoever_can_mend_it(tmp_path):
    (tmp_path / FILE).write_bytes(b"no database, but long enough to be looked at as one" * 40)

    with pytest.raises(UnavailableError, match="reminders cannot be kept here"):
        Deliveries(tmp_path / FILE)
    with pytest.raises(UnavailableError, match="reminders cannot be kept here"):
        told(tmp_path, 9)
