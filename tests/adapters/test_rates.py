"""Promises of a caller's limit: never more than it says, and never less for whoever waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.rates import Rates


class Time:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def test_a_second_holds_as_many_questions_as_the_rate_says():
    time = Time()
    rates = Rates({"gateway-1": 3}, time)

    waits = [rates.take("gateway-1") for _ in range(4)]

    assert waits == [0, 0, 0, pytest.approx(1 / 3)]


def test_whoever_waits_as_long_as_it_was_told_may_ask_again():
    time = Time()
    rates = Rates({"gateway-1": 4}, time)
    while not (wait := rates.take("gateway-1")):
        pass

    time.now += wait

    assert (rates.take("gateway-1"), rates.take("gateway-1") > 0) == (0, True)


def test_a_caller_without_a_limit_and_one_with_another_are_not_touched():
    rates = Rates({"gateway-1": 1, "gateway-2": 1}, Time())
    rates.take("gateway-1")

    assert rates.take("gateway-1") > 0
    assert [rates.take(caller) for caller in ("gateway-2", "somebody", "somebody")] == [0, 0, 0]


def test_a_batch_is_let_in_whole_and_waited_for_afterwards():
    time = Time()
    rates = Rates({"gateway-1": 10}, time)

    let_in = rates.take("gateway-1")
    rates.owe("gateway-1", 99)

    assert (let_in, rates.take("gateway-1")) == (0, pytest.approx(9.1))


@given(st.integers(1, 50), st.lists(st.floats(0, 0.5), max_size=300))
def test_no_stretch_of_time_holds_more_than_one_second_s_worth_and_what_time_brought(rate, pauses):
    time = Time()
    rates = Rates({"gateway-1": rate}, time)
    let_in = []
    for pause in pauses:
        time.now += pause
        if not rates.take("gateway-1"):
            let_in.append(time.now)

    for first, began in enumerate(let_in):
        for last in range(first, len(let_in)):
            assert last - first + 1 <= rate + (let_in[last] - began) * rate + 1e-6
