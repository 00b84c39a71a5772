"""Promises about leads: real decisions under the rules that are looked for, once each, as late as was asked for."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.callers import LOCAL
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from adapters.stores import decision_leads
from adapters.stores.decision_leads import DecisionLeads
from adapters.stores.log_reader import LogReader
from pdp.ledger.scope import moment
from pdp.log.entry import record_of
from pdp.supervision.decided import decided
from tests.logs.recorded import NODE, record, write

ROOT = Path(__file__).parents[3]
START = moment("2026-04-01T09:00:00+08:00")
EVER = moment("2026-01-01")
LATER = moment("2027-01-01")
ASKED = ("read", "outside", "read", "outside", "onward", "read", "outside", "read")


class Clock:
    """A clock that goes on by a minute whenever it is read."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        """Return the instant."""
        self.time += timedelta(minutes=1)
        return self.time

    def mono_ns(self) -> int:
        """Return no time at all: nothing here is measured."""
        return 7


def question(how: str):
    """Return the question of a body that holds a grant: within it, for another scenario, or to supply others."""
    told = json.loads((ROOT / "examples" / "ask_permit_deemed.json").read_bytes())
    if how == "outside":
        told["context"]["scenario"] = "sc-xuewei"
    if how == "onward":
        told["action"] = {"name": "onward_supply"}
    raw = json.dumps(told).encode()
    return parse(raw, LOCAL), raw


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return a data folder with eight decisions, half of them under rules that are looked for."""
    folder = tmp_path_factory.mktemp("leads") / "data"
    record(Settings(data=folder), map(question, ASKED), Clock())
    return folder


def entries(data: Path) -> list[bytes]:
    return [entry for _, entry in LogReader(data / NODE).records()]


def decisions(data: Path) -> list[dict]:
    told = [json.loads(record_of(entry)) for entry in entries(data)]
    return [one for one in told if one["kind"] == "decision"]


def wanted(data: Path) -> list[str]:
    return [one["id"] for one, how in zip(decisions(data), ASKED, strict=True) if how != "read"]


def ids(leads) -> list[str]:
    return [one["id"] for one in leads.records]


def test_exactly_the_decisions_under_the_rules_that_are_looked_for_are_read(recorded):
    leads = DecisionLeads(recorded).since(EVER)

    assert ids(leads) == wanted(recorded)
    assert (leads.left_out, leads.unreadable) == (0, 0)


def test_what_is_cut_is_read_by_supervision_as_the_whole_record_is(recorded):
    leads = DecisionLeads(recorded).since(EVER)

    groups = decided(leads.records, LATER)
    assert {group.relation for group in groups} == {"sharing"}
    assert {group.outcome for group in groups} == {"DENY"}
    assert [sorted(group.rules) for group in groups] == [
        ["purpose_outside"], ["purpose_outside"], ["onward_supply"], ["purpose_outside"]
    ]  # fmt: skip
    assert {group.subject for group in groups} == {"xicheng-zhanlanlu"}


def test_a_decision_counts_from_its_instant_on(recorded):
    third = decisions(recorded)[3]
    at = datetime.fromisoformat(third["at"])

    assert ids(DecisionLeads(recorded).since(at)) == wanted(recorded)[1:]
    assert ids(DecisionLeads(recorded).since(at + timedelta(microseconds=1))) == wanted(recorded)[2:]


def test_asked_for_later_and_earlier_ones_it_gives_each_what_is_theirs(recorded):
    leads, at = DecisionLeads(recorded), datetime.fromisoformat(decisions(recorded)[3]["at"])

    assert ids(leads.since(at)) == wanted(recorded)[1:]
    assert ids(leads.since(EVER)) == wanted(recorded)
    assert ids(leads.since(at)) == wanted(recorded)[1:]


def test_each_entry_is_read_once_and_what_comes_next_is_read_then(recorded, tmp_path):
    data, read = tmp_path / "data", []
    shutil.copytree(recorded, data)
    leads = DecisionLeads(data, lambda each, size: (read.append(size), each)[1])
    before = ids(leads.since(EVER))
    leads.since(EVER)
    record(Settings(data=data), [question("outside")])

    assert len(ids(leads.since(EVER))) == len(before) + 1
    assert read[:2] == [len(entries(recorded)), 0]
    assert sum(read) == len(entries(data))


def test_what_is_not_signed_is_not_read(recorded, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(recorded, data)
    (data / NODE / "state" / "checkpoint").unlink()

    assert ids(DecisionLeads(data).since(EVER)) == []


def test_a_folder_without_a_log_has_no_decisions(tmp_path):
    assert DecisionLeads(tmp_path).since(EVER).records == ()


def test_of_more_than_are_held_the_latest_stay_and_the_others_are_counted(recorded):
    leads = DecisionLeads(recorded, held=3).since(EVER)

    assert ids(leads) == wanted(recorded)[1:]
    assert leads.left_out == 1


def test_a_record_that_no_service_wrote_is_counted_and_hides_no_other(recorded, tmp_path):
    records = [record_of(entry) for entry in entries(recorded)]
    forged = json.loads(next(one for one in records if b"purpose_outside" in one))
    forged["revision"]["set"] = "0" * 64
    write(tmp_path, [*records[1:], json.dumps(forged, separators=(",", ":"), sort_keys=True).encode()], "pdp.local")

    leads = DecisionLeads(tmp_path).since(EVER)
    assert ids(leads) == wanted(recorded)
    assert leads.unreadable == 1


def test_rules_are_looked_for_by_as_few_words_as_find_them_all():
    words = [word.decode() for word in decision_leads._WANTED]  # noqa: SLF001 -- the promise is about these

    assert all(any(word in rule for word in words) for rule in decision_leads.RULES)
    assert not any(one != other and one in other for one in words for other in words)
