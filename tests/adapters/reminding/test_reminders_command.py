"""`pdp reminders`: what falls due, for people and programs, and what became of what was sent."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from adapters.assemble import open_ledger
from adapters.cli.reminders import app
from adapters.reminding.deliveries import FILE, Deliveries
from pdp.ledger.admit import statement
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

REGISTERED = {"level": "district", "basis": "administrative_organ"}


def run(*words: str) -> Result:
    """Return how the command ended."""
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200"}, catch_exceptions=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Return a data folder in which B and C have to rectify tomorrow, and B had to yesterday."""
    folder, now = tmp_path_factory.mktemp("reminders"), datetime.now(SHANGHAI)
    tomorrow, yesterday = (str((now + timedelta(days=days)).date()) for days in (1, -1))
    told = [
        *(("body.registered", "registrar", {"id": name, "name": name, **REGISTERED}) for name in "BC"),
        ("body.registered", "registrar", {"id": "G", "name": "G", **REGISTERED, "offices": ["regulator"]}),
        ("rectification.ordered", "G", {"id": "Z1", "body": "B", "item": "item_1", "due": tomorrow}),
        ("rectification.ordered", "G", {"id": "Z2", "body": "C", "item": "item_1", "due": tomorrow}),
        ("rectification.ordered", "G", {"id": "Z3", "body": "B", "item": "item_1", "due": yesterday}),
    ]
    at = now - timedelta(days=2)
    with open_ledger(folder) as ledger:
        ledger.record([statement(kind, members, at, by) for kind, by, members in told])
    return folder


def day(ahead: int) -> str:
    """Return a day from today, as an option."""
    return str((datetime.now(SHANGHAI) + timedelta(days=ahead)).date())


def test_a_day_is_shown_with_who_must_act(data):
    shown = run("--data", str(data), "--day", day(1))

    assert shown.exit_code == 0
    rows = [line.split() for line in shown.output.splitlines() if "rectification/" in line]
    assert sorted((row[0], row[3], row[4]) for row in rows) == [
        (day(1), "rectification/Z1", "B"),
        (day(1), "rectification/Z2", "C"),
    ]
    assert "前整改" in shown.output


def test_one_body_sees_its_own(data):
    found = json.loads(run("--data", str(data), "--day", day(1), "--body", "C", "--json").stdout)

    assert [(one["bodies"], one["item"]["entity"], one["item"]["due"]) for one in found] == [
        (["C"], "rectification/Z2", day(1))
    ]


def test_today_has_what_passed_yesterday(data):
    found = json.loads(run("--data", str(data), "--json").stdout)

    assert [one["item"]["entity"] for one in found] == ["rectification/Z3"]


def test_a_day_without_anything_is_said_to_be_so(data):
    assert f"{day(9)} 没有到期的事项" in run("--data", str(data), "--day", day(9)).output


def test_what_became_of_reminders_is_shown_newest_first(tmp_path):
    assert "尚无提醒" in run("sent", "--data", str(tmp_path)).output
    now = datetime(2026, 2, 26, 9, tzinfo=SHANGHAI)
    store = Deliveries(tmp_path / FILE)
    for days in (0, 1):
        store.make((now + timedelta(days=days)).date(), now, {"A": b"{}", "[B]": b"{}"})
    delivered, given_up, *_ = store.due(now, 9)
    store.settle(delivered, "delivered", now)
    store.begin(given_up, now.timestamp())
    store.fault(given_up, "answered with status 500")
    store.settle(given_up, "failed", now)
    store.close()

    shown = run("sent", "--data", str(tmp_path))
    told = json.loads(run("sent", "--data", str(tmp_path), "--json").stdout)
    for word in ("已送达", "已放弃", "待发送", "answered with status 500", "将于 2026-02-26 09:00:00", "[B]"):
        assert word in shown.output
    assert [one["day"] for one in told] == ["2026-02-27", "2026-02-27", "2026-02-26", "2026-02-26"]
    assert {one["state"] for one in told} == {"waiting", "delivered", "failed"}
    assert len(json.loads(run("sent", "--data", str(tmp_path), "--most", "1", "--json").stdout)) == 1
