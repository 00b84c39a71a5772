"""Promises of the rollback guard: what a witness has seen is what the log leads to, or the log must not go on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.log.rollback import OurLog, RollbackDetectedError, Sighting, check_sightings, root_over
from tests.adapters.witnesses.story import FORKED, HONEST, LOG_KEY, ORIGIN, STRANGER, SUITE, WITNESS_KEY, Story, verify
from tests.logs.published import Key, small, tree_of

OLDER_KEY = Key(ORIGIN, bytes([8]) * 32)


def ours(size: int, story: Story = HONEST) -> OurLog:
    return OurLog(ORIGIN, lambda: (LOG_KEY.public, OLDER_KEY.public), lambda: size, story.root)


@pytest.mark.parametrize("seen", [0, 1, 4, 9], ids=str)
def test_a_log_that_leads_to_what_a_witness_has_seen_goes_on(seen):
    assert check_sightings([Sighting("b", HONEST.note(seen, LOG_KEY, WITNESS_KEY))], ours(9), verify) == ["b"]


def test_a_log_that_a_witness_has_never_seen_goes_on():
    assert check_sightings([Sighting("b", None), Sighting("c", HONEST.note(3))], ours(9), verify) == ["b", "c"]


def test_nobody_who_answers_is_nobody_to_rely_on():
    assert check_sightings([], ours(9), verify) == []


def test_a_witness_that_has_seen_more_stops_the_log_and_both_sizes_are_told():
    with pytest.raises(RollbackDetectedError) as told:
        check_sightings([Sighting("a", None), Sighting("b", HONEST.note(12))], ours(9), verify)

    assert str(told.value) == (
        f"{ORIGIN}: b has co-signed 12 entries of this log, and here are 9, with no more than these: the folder was "
        "restored from a backup, copied, or runs twice; keep it untouched, stop every other copy, and go on with a "
        "new log (the next number after the node's name)"
    )
    assert (told.value.witness, told.value.seen.size, told.value.size) == ("b", 12, 9)


@pytest.mark.parametrize("seen", [4, 9], ids=["smaller", "equal"])
def test_a_witness_that_has_seen_something_else_stops_the_log(seen):
    with pytest.raises(RollbackDetectedError, match="another root over them"):
        check_sightings([Sighting("b", HONEST.note(seen))], ours(9, FORKED), verify)


def test_a_key_that_was_retired_still_tells_what_the_log_signed():
    with pytest.raises(RollbackDetectedError):
        check_sightings([Sighting("b", HONEST.note(12, OLDER_KEY))], ours(9), verify)


@pytest.mark.parametrize(
    "note",
    [
        HONEST.note(12, STRANGER),
        HONEST.note(12, WITNESS_KEY),
        Story(origin="other.example/log").note(12),
        HONEST.note(12)._replace(body="no checkpoint\n"),
        HONEST.note(12)._replace(body=HONEST.note(13).body),
    ],
    ids=["stranger", "witness alone", "another log", "no checkpoint", "wrong signature"],
)
def test_a_witness_that_shows_what_the_log_did_not_sign_proves_nothing_and_counts_for_nothing(note):
    assert check_sightings([Sighting("b", note)], ours(9), verify) == []


def test_the_size_is_asked_after_the_witness_was():
    grown = iter([12])

    assert check_sightings([Sighting("b", HONEST.note(12))], ours(9)._replace(size=lambda: next(grown)), verify)


@given(st.integers(0, 70))
def test_the_root_over_entries_is_the_tree_s(size):
    entries = small(size)

    assert root_over(entries, SUITE) == tree_of(entries)[1]
