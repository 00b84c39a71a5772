"""Promises about items 5 and 6 of art_41: each term to the second, and what was late stays late."""

from __future__ import annotations

import pytest

from tests.pdp.supervision.conftest import article_41

# Received 2026-02-12: the 5th working day is 2026-02-26, the 10th 2026-03-04.
LAST, OVER = "2026-02-26T23:59:59+08:00", "2026-02-27"
LAST_10, OVER_10 = "2026-03-04T23:59:59+08:00", "2026-03-05"
YEAR_END = "2026-12-01"
OBJECTION = {"id": "Y1", "dataset": "R"}


def test_silence_is_found_from_the_end_of_the_fifth_working_day(told):
    told.apply()
    assert article_41(told, LAST, item=5) == []
    [found] = article_41(told, OVER, item=5)
    assert (found.subject, found.zh) == ("A", "申请 A1 应于 2026-02-26 前答复,逾期未答复")
    assert found.since.isoformat() == "2026-02-27T00:00:00+08:00"


def test_an_answer_in_the_last_second_is_in_time_and_one_at_midnight_is_late_for_good(told, scribe):
    told.apply()
    told.say("application.refused", LAST, id="A1", explanation="说明", statutory_cause="法定事因")
    assert article_41(told, YEAR_END, item=5) == []

    late = scribe().bodies().dataset().apply()
    late.say("application.agreed", OVER, id="A1")
    late.say("application.fulfilled", OVER, id="A1")
    assert [found.zh for found in article_41(late, YEAR_END, item=5)] == ["申请 A1 应于 2026-02-26 前答复,逾期未答复"]


def test_an_application_that_states_no_scope_or_was_withdrawn_is_never_late(told, scribe):
    told.apply(scope=None)
    assert article_41(told, YEAR_END, item=5) == []

    withdrawn = scribe().bodies().dataset().apply()
    withdrawn.say("application.withdrawn", LAST, id="A1")
    assert article_41(withdrawn, YEAR_END, item=5) == []


def test_a_term_beyond_the_calendar_is_not_taken_to_be_over(told):
    told.apply("2026-12-30")
    assert article_41(told, "2027-06-01", item=5) == []


def test_a_grant_not_fulfilled_by_the_tenth_working_day_is_found(told):
    told.apply()
    told.say("application.agreed", "2026-02-13", id="A1")
    assert article_41(told, LAST_10, item=5) == []
    [found] = article_41(told, OVER_10, item=5)
    assert "应于 2026-03-04 前完成共享" in found.zh


def test_fulfilment_in_the_last_second_is_in_time_and_at_midnight_is_late_for_good(told, scribe):
    told.apply()
    told.say("application.agreed", "2026-02-13", id="A1")
    told.say("application.fulfilled", LAST_10, id="A1")
    assert article_41(told, YEAR_END, item=5) == []

    late = scribe().bodies().dataset().apply()
    late.say("application.agreed", "2026-02-13", id="A1")
    late.say("application.fulfilled", OVER_10, id="A1")
    assert len(article_41(late, YEAR_END, item=5)) == 1


def test_a_refusal_without_its_statutory_cause_is_found_and_one_with_both_is_not(told, scribe):
    told.apply()
    refused = told.say("application.refused", "2026-02-13", id="A1", explanation="说明")
    [found] = article_41(told, YEAR_END, item=5)
    assert found.statements == (refused,)

    whole = scribe().bodies().dataset().apply()
    whole.say("application.refused", "2026-02-13", id="A1", explanation="说明", statutory_cause="法定事因")
    assert article_41(whole, YEAR_END, item=5) == []


def test_a_successor_stands_for_what_its_predecessor_left_unanswered_and_unfulfilled(told):
    told.apply()
    told.say("body.succeeded", "2026-04-01", id="A", successor="C")
    assert [found.subject for found in article_41(told, YEAR_END, item=5)] == ["C", "C"]


def objected(scribe, side="shared", objector="B"):
    """Object to R on 2026-02-12, and file it at once where data was shared."""
    scribe.say("objection.raised", "2026-02-12", objector=objector, side=side, **OBJECTION)
    if side == "shared":
        scribe.say("objection.filed", "2026-02-12", **OBJECTION)
    return scribe


def test_an_objection_without_feedback_is_found_from_the_end_of_the_fifth_working_day(told):
    objected(told)
    assert article_41(told, LAST, item=6) == []
    [found] = article_41(told, OVER, item=6)
    assert (found.subject, len(found.statements)) == ("A", 2)


def test_feedback_in_the_last_second_is_in_time_and_at_midnight_is_late_for_good(told, scribe):
    objected(told).say("objection.rejected", "2026-02-13", **OBJECTION)
    told.say("objection.fed_back", LAST, **OBJECTION)
    assert article_41(told, YEAR_END, item=6) == []

    late = objected(scribe().bodies().dataset())
    late.say("objection.rejected", "2026-02-13", **OBJECTION)
    late.say("objection.fed_back", OVER, **OBJECTION)
    assert len(article_41(late, YEAR_END, item=6)) == 1


def test_an_extension_moves_the_term_to_the_end_of_its_day(told):
    objected(told).say("objection.extended", "2026-02-13", until="2026-03-31", **OBJECTION)
    assert article_41(told, "2026-03-31T23:59:59+08:00", item=6) == []
    assert len(article_41(told, "2026-04-01", item=6)) == 1


@pytest.mark.parametrize("start", ["filing", "notice"])
def test_an_objection_to_open_data_has_no_clock_whatever_starts_that_of_shared_data(scribe, start):
    told = scribe(objection_clock_start=start).bodies().dataset()
    objected(told, side="open", objector="X")
    assert article_41(told, YEAR_END, item=6) == []
