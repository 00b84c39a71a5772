"""Promises about reports: made once for all who ask, used again for a while, never waited for without end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest

from adapters.stores import finding_reports
from adapters.stores.decision_leads import DecisionLeads
from adapters.stores.finding_reports import AtLeisure, FindingReports, entries_at_leisure
from adapters.stores.sqlite_ledger import SqliteLedger
from pdp.errors import UnavailableError
from pdp.ledger.admit import statement
from pdp.ledger.scope import moment
from tests.adapters.stores.test_sqlite_ledger import LAW, Clock

if TYPE_CHECKING:
    from datetime import datetime

AT = moment("2026-01-05")
NOW = moment("2026-06-01")
SINCE, EARLIER = moment("2026-03-01"), moment("2026-02-01")
BODY = {"id": "A", "name": "A", "level": "district", "basis": "administrative_organ"}


class Instants:
    """Gives the instant of a report; counts how many were made, and holds one up where it is told to."""

    def __init__(self) -> None:
        self.made = 0
        self.begun, self.let_go = Event(), Event()
        self.let_go.set()

    def __call__(self) -> datetime:
        """Return the instant, when it is let go."""
        self.made += 1
        self.begun.set()
        assert self.let_go.wait(30)
        return NOW


@pytest.fixture
def now():
    return Instants()


@pytest.fixture
def ledger(tmp_path):
    with SqliteLedger(tmp_path / "ledger.sqlite", LAW, Clock()) as opened:
        members = {"id": "R", "provider": "A", "title": "R", "fields": ["name"]}
        opened.record(
            [
                statement("body.registered", BODY, AT, "registrar"),
                statement("dataset.catalogued", members, AT, "A"),
                statement("dataset.linked", {"id": "R"}, AT, "A"),
            ]
        )
        yield opened


@pytest.fixture
def reports(ledger, tmp_path, now):
    made = FindingReports(ledger, lambda: LAW, DecisionLeads(tmp_path), now)
    yield made
    now.let_go.set()
    made.close()


def test_a_report_has_what_the_ledger_shows_as_of_its_instant(reports):
    report = reports.report(SINCE)

    assert (report.at, report.since) == (NOW, SINCE)
    assert [(found.article, found.subject) for found in report.findings] == [("art_41__para_1__item_2", "A")]


def test_within_its_while_a_report_is_used_again_and_for_another_beginning_it_is_another(reports, now, monkeypatch):
    monkeypatch.setattr(finding_reports, "AGAIN", 10**9)

    assert reports.report(SINCE) is reports.report(SINCE)
    assert reports.report(EARLIER) is not reports.report(SINCE)
    assert now.made == 2


def test_after_its_while_it_is_made_anew_and_knows_what_came_since(reports, ledger, monkeypatch):
    monkeypatch.setattr(finding_reports, "AGAIN", 0)
    before = reports.report(SINCE)
    members = {"id": "R2", "provider": "A", "title": "R2", "fields": ["name"]}
    ledger.record(
        [statement("dataset.catalogued", members, AT, "A"), statement("dataset.linked", {"id": "R2"}, AT, "A")]
    )

    assert len(reports.report(SINCE).findings) == len(before.findings) + 1


def test_many_who_ask_at_once_wait_for_one_report(reports, now, monkeypatch):
    monkeypatch.setattr(finding_reports, "AGAIN", 10**9)
    now.let_go.clear()
    with ThreadPoolExecutor(5) as askers:
        asked = [askers.submit(reports.report, SINCE) for _ in range(5)]
        assert now.begun.wait(30)
        now.let_go.set()
        assert len({id(one.result(30)) for one in asked}) == 1
    assert now.made == 1


def test_nobody_waits_without_end_for_the_first_report(reports, now, monkeypatch):
    monkeypatch.setattr(finding_reports, "PATIENCE", 0.01)
    now.let_go.clear()
    assert reports.report(SINCE) is None
    assert reports.report(SINCE) is None
    now.let_go.set()
    monkeypatch.setattr(finding_reports, "PATIENCE", 30.0)
    assert reports.report(SINCE) is not None
    assert now.made == 1


def test_while_a_new_one_takes_long_the_older_one_is_given(reports, now, monkeypatch):
    monkeypatch.setattr(finding_reports, "AGAIN", 0)
    monkeypatch.setattr(finding_reports, "_GRACE", 0.01)
    before = reports.report(SINCE)
    now.let_go.clear()

    assert reports.report(SINCE) is before


def test_a_report_that_failed_is_begun_again(reports, ledger, monkeypatch):
    def down(*_: object) -> list:
        message = "the disk is gone"
        raise UnavailableError(message)

    monkeypatch.setattr(ledger, "entities_of", down)
    with pytest.raises(UnavailableError, match="the disk is gone"):
        reports.report(SINCE)
    monkeypatch.undo()
    assert reports.report(SINCE) is not None


def test_a_ledger_at_leisure_says_what_the_ledger_says_and_ends_where_it_is_told_to(ledger):
    ending = Event()
    leisure = AtLeisure(ledger, ending)

    assert leisure.about("dataset/R") == ledger.about("dataset/R")
    assert leisure.entities_of("dataset.catalogued", 0, 5) == ledger.entities_of("dataset.catalogued", 0, 5)
    ending.set()
    with pytest.raises(UnavailableError, match="stopping"):
        [leisure.about("dataset/R") for _ in range(100)]


def test_a_log_at_leisure_gives_every_entry_and_ends_where_it_is_told_to():
    ending, entries = Event(), [(index, b"entry") for index in range(100)]

    assert list(entries_at_leisure(entries, ending)) == entries
    ending.set()
    with pytest.raises(UnavailableError, match="stopping"):
        list(entries_at_leisure(entries, ending))
