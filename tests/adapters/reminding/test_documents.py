"""Promises of the documents: each body's own, whole in number, and readable by themselves."""

from __future__ import annotations

import json
from datetime import date

import pytest

from adapters.reminding import documents as of
from pdp.errors import UnavailableError
from pdp.ledger.scope import moment
from tests.adapters.reminding.conftest import DUE, Own, district

DAY = date.fromisoformat(DUE)
NOW = moment(f"{DUE}T08:30:00+08:00")


def test_a_document_says_what_is_to_be_done_until_when_and_on_what_it_rests():
    said = json.loads(of.documents(Own(district()), NOW, DAY, lambda: False)["X"])

    seqs = said["due_today"]["items"][0].pop("statements")
    assert len(seqs) == 1
    assert said == {
        "format": "pdp.reminders.v1",
        "day": DUE,
        "body": "X",
        "made_at": f"{DUE}T08:30:00+08:00",
        "overdue_since": DUE,
        "due_today": {
            "count": 1,
            "items": [
                {
                    "entity": "sanction/S1",
                    "subject": "X",
                    "dataset": "R",
                    "state": "suspended",
                    "zh": "已暂停访问,应于 2026-02-26 前改正,今日到期",
                    "due": DUE,
                    "days_left": 0,
                    "since": "2026-02-12T00:00:00+08:00",
                }
            ],
        },
        "overdue": {"count": 0, "items": []},
    }


def test_the_same_day_makes_the_same_documents():
    first, again = (of.documents(Own(district()), NOW, DAY, lambda: False) for _ in range(2))

    assert first == again


def test_of_very_many_matters_some_are_named_and_all_are_counted(monkeypatch):
    monkeypatch.setattr(of, "MOST", 1)
    due = json.loads(of.documents(Own(district()), NOW, DAY, lambda: False)["A"])["due_today"]

    assert due["count"] == 2
    assert len(due["items"]) == 1


def test_a_day_on_which_nobody_must_act_has_no_documents():
    assert of.documents(Own(district()), moment("2026-02-24"), date(2026, 2, 23), lambda: False) == {}


def test_reading_ends_when_the_service_stops():
    with pytest.raises(UnavailableError, match="made at the next start"):
        of.documents(Own(district()), NOW, DAY, lambda: True)
