"""Statements in files: both forms read alike, and every fault names file and line."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from adapters.files.statements import read, spoken
from pdp.errors import PolicyError
from pdp.ledger.admit import Admission
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.terms import READ_HERE
from pdp.readings import Reading, Readings
from pdp.workdays import Calendar

DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
LAW = Admission(
    calendar=Calendar({day: day.isoweekday() < 6 for day in DAYS}),
    readings=Readings(
        {
            name: Reading(name, "", (), dict.fromkeys(options, ""), options[0], "", "", "")
            for name, options in READ_HERE.items()
        }
    ),
    in_force_from=date(2023, 5, 25),
    may=lambda role, kind: role == ("registrar" if kind == "body.registered" else "provider"),
)
YAML = """\
# a body and its entry
- body.registered: {id: A, name: 甲, level: district, basis: administrative_organ, at: "2026-01-05"}
- dataset.catalogued:
    id: R
    provider: A
    title: 数据
    fields: [a, b]
    at: "2026-01-06T09:00:00+08:00"
    evidence: "sha256:00"
- dataset.refreshed: {id: R, at: "2026-02-01", by: A}
"""
JSON_LINES = """\
{"kind": "body.registered", "at": "2026-01-05", "by": "registrar", "body": {"id": "A", "name": "甲", "level": "district", "basis": "administrative_organ"}}

{"kind": "dataset.catalogued", "at": "2026-01-06T01:00:00+00:00", "by": "A", "body": {"id": "R", "provider": "A", "title": "数据", "fields": ["a", "b"]}, "evidence": "sha256:00"}
{"kind": "dataset.refreshed", "at": "2026-02-01", "by": "A", "body": {"id": "R"}}
"""  # noqa: E501  # one statement a line is the format


def written(tmp_path, name: str, text: str):
    """Return the path of a file with `text`."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def statements(path, ledger=None):
    """Return the statements of a file, ready to be recorded."""
    return list(spoken(read(path, path.parent), ledger or MemoryLedger(LAW), LAW))


def test_both_forms_say_the_same_and_are_admitted(tmp_path):
    from_yaml = statements(written(tmp_path, "s.yaml", YAML))
    from_lines = statements(written(tmp_path, "s.jsonl", JSON_LINES))

    assert from_yaml == from_lines
    assert [said.by for said in from_yaml] == ["registrar", "A", "A"]
    assert from_yaml[1].at.isoformat() == "2026-01-06T09:00:00+08:00"
    assert from_yaml[2].at.isoformat() == "2026-02-01T00:00:00+08:00"
    assert MemoryLedger(LAW).record(from_yaml)[-1].seq == 3


def test_a_speaker_is_inferred_from_what_the_ledger_knows_too(tmp_path):
    ledger = MemoryLedger(LAW)
    ledger.record(statements(written(tmp_path, "s.yaml", YAML)))
    more = statements(written(tmp_path, "more.yaml", '- dataset.refreshed: {id: R, at: "2026-03-01"}\n'), ledger)

    assert more[0].by == "A"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("dataset.linked: {id: R}\n", 1, "where a list is meant"),
        ('- dataset.linked: {id: R, at: "2026-01-05"}\n  dataset.graded: {id: R}\n', 1, "more or less than one kind"),
        ('\n- dataset.linkt: {id: R, at: "2026-01-05"}\n', 2, 'did you mean "dataset.linked"?'),
        ('- dataset.linked: {idd: R, at: "2026-01-05"}\n', 1, '"idd" is no key here; did you mean "id"?'),
        ("- dataset.linked: {id: R}\n", 1, '"at" is missing'),
        ('- dataset.linked:\n    id: R\n    at: "2026-02-30"\n', 3, '"2026-02-30" is no day and no instant'),
        ('- dataset.linked:\n    id: R\n    at: "2026-02-03T10:00:00"\n', 3, "is no day and no instant"),
        ('- dataset.linked: {at: "2026-01-05", by: A}\n', 1, 'lacks the member "id"'),
        ('- dataset.linked: {id: R, at: "2026-01-05"}\n', 1, "does not know its provider"),
        ('- dataset.ban_assessed: {id: R, law: no, at: "2026-01-05", by: A}\n', 1, "put it in quotes"),
    ],
)
def test_a_fault_in_yaml_names_its_line_and_what_to_write(tmp_path, text, line, says):
    with pytest.raises(PolicyError) as fault:
        statements(written(tmp_path, "s.yaml", text))

    assert fault.value.line == line
    assert fault.value.path.endswith("s.yaml")
    assert says in str(fault.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "is no JSON object"),
        ("{", "is no JSON object"),
        ('{"kind": "dataset.linked"}', '"at" is missing'),
        ('{"kind": "dataset.linked", "at": "2026-01-05", "body": {"id": "R"}}', '"by" is missing'),
        ('{"kind": "dataset.linked", "at": "2026-01-05", "by": "A", "body": [], "by": "B"}', "stands there twice"),
        ('{"kind": "dataset.linked", "at": "2026-01-05", "by": "A", "body": []}', '"body" is missing or of the wrong'),
        ('{"kind": "dataset.linked", "at": 5, "by": "A", "body": {}}', '"at" is missing or of the wrong'),
        ('{"kind": "dataset.linked", "at": "soon", "by": "A", "body": {}}', "is no day and no instant"),
        ('{"kind": "dataset.linked", "at": "2026-01-05", "by": "A", "bodi": {}}', 'did you mean "body"?'),
        ('{"kind": "x", "at": "2026-01-05", "by": "A", "body": {"a": 1.5}}', "no single spelling"),
        ('{"kind": "x", "at": "2026-01-05", "by": "A", "body": {"a": NaN}}', "no single spelling"),
        ('{"kind": "dataset.linkt", "at": "2026-01-05", "by": "A", "body": {}}', 'did you mean "dataset.linked"?'),
    ],
)
def test_a_fault_in_json_lines_names_its_line_and_what_to_write(tmp_path, text, says):
    good = JSON_LINES.splitlines()[0]
    with pytest.raises(PolicyError) as fault:
        statements(written(tmp_path, "s.jsonl", f"{good}\n\n{text}\n"))

    assert fault.value.line == 3
    assert says in str(fault.value)


def test_other_files_and_absent_ones_are_refused(tmp_path):
    with pytest.raises(PolicyError, match="neither YAML nor JSON lines"):
        statements(written(tmp_path, "s.csv", ""))
    for name in ("absent.yaml", "absent.jsonl"):
        with pytest.raises(PolicyError, match="cannot be read"):
            statements(tmp_path / name)
