"""What leaves the house: each format says what the log says, is bounded, signed, complete up to an index, and whole."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest

from adapters.exports import delivery, forms
from adapters.exports.columns import Columns
from adapters.exports.database import Database
from adapters.exports.delivery import Period, deliver
from adapters.exports.opa import opa_event
from adapters.exports.questions import BEGINNING, END
from adapters.exports.told import Told
from pdp.errors import RequestError, UnavailableError
from pdp.log.entry import leaf_hash, record_of
from pdp.log.note import note_in

WHOLE = Period(BEGINNING, END)
SCHEMA = json.loads((Path(__file__).parent / "ocsf_api_activity_1.5.0.schema.json").read_text(encoding="utf-8"))
OPA_MEMBERS = {  # of EventV1 in OPA 1.22.2 that may stand here, with their types
    "labels": dict,
    "decision_id": str,
    "trace_id": str,
    "span_id": str,
    "bundles": dict,
    "path": str,
    "input": dict,
    "result": dict,
    "masked": list,
    "error": dict,
    "requested_by": str,
    "timestamp": str,
    "metrics": dict,
    "req_id": int,
    "custom": dict,
}


def events(folder):
    """Return everything in the files that a manifest names, in their order."""
    manifest = json.loads((folder / "manifest.json").read_text())
    found = []
    for file in manifest["files"]:
        data = gzip.decompress((folder / file["name"]).read_bytes()).decode()
        found += json.loads(data) if ".json.gz" in file["name"] else [json.loads(line) for line in data.splitlines()]
    return found


@pytest.fixture
def delivered(columns, database, tmp_path):
    """Return what delivers the whole log in a form, and the folder."""

    def deliver_as(form, period=WHOLE) -> tuple[dict[str, Any], Path]:
        return deliver(columns, database, period, form, tmp_path / form), tmp_path / form

    return deliver_as


def kinds(columns):
    return Counter(json.loads(record_of(entry))["kind"] for _, entry in columns.log.records())


@pytest.mark.parametrize("form", ["opa", "ocsf", "jsonl", "parquet"])
def test_each_folder_has_the_signed_checkpoint_and_says_up_to_where_it_is_complete(delivered, columns, form):
    manifest, folder = delivered(form)

    assert note_in((folder / "checkpoint").read_bytes()) == columns.note
    assert manifest == json.loads((folder / "manifest.json").read_text())
    assert (manifest["complete_to"], manifest["size"]) == (columns.checkpoint.size - 1, columns.checkpoint.size)
    assert manifest["root"] == columns.checkpoint.root.hex()
    assert manifest["entries"] + sum(manifest["left_out"].values()) == columns.checkpoint.size
    for file in manifest["files"]:
        assert hashlib.sha256((folder / file["name"]).read_bytes()).hexdigest() == file["sha256"]


def test_opa_events_have_the_members_that_opa_knows_with_their_types(delivered, columns):
    _, folder = delivered("opa")

    found = events(folder)

    assert len(found) == kinds(columns)["decision"] + kinds(columns)["error"]
    for event in found:
        assert event.keys() <= OPA_MEMBERS.keys()
        assert all(isinstance(value, OPA_MEMBERS[name]) for name, value in event.items())
        assert all(isinstance(value, str) for value in event["labels"].values())
        assert datetime.fromisoformat(event["timestamp"]).tzinfo


def test_opa_events_say_what_the_records_say(delivered, columns):
    _, folder = delivered("opa")
    records = {index: json.loads(record_of(entry)) for index, entry in columns.log.records()}

    for event in events(folder):
        record = records[int(event["labels"]["index"])]
        assert (event["decision_id"], event["timestamp"]) == (record["id"], record["at"])
        assert event["labels"]["log"] == columns.checkpoint.origin
        assert event["labels"]["id"] == "n1"
        assert event["input"]["request"] == record["request"]
        assert event["requested_by"] == record["request"]["gateway"]
        assert event["custom"].get("request_id") == record["request"].get("request_id")
        if record["kind"] == "error":
            assert event["error"]["code"] == record["error"]["code"]
            continue
        assert event["path"] == "access/main/decision"
        assert event["result"]["outcome"] == record["outcome"]
        assert event["result"]["decision"] == (record["outcome"] in {"PERMIT", "PARTIAL"})
        assert {found["effect"] for found in event["result"]["findings"]} == {
            effect for group in record.get("groups", [record]) for effect in group["findings"]
        }
        assert {"policy", "rego", "law", "readings", "calendar", "rulebook", "ledger"} == event["bundles"].keys()
        assert event["bundles"]["ledger"] == {"revision": str(record["revision"]["ledger"])}
        assert event["metrics"]["timer_facts_ns"] == record["cost_us"][0] * 1000


def test_masking_pointers_point_into_the_event(delivered):
    _, folder = delivered("opa")
    masked = 0

    for event in events(folder):
        for pointer in event.get("masked", ()):
            value = event
            for step in pointer.removeprefix("/").split("/"):
                value = value[int(step)] if isinstance(value, list) else value[step]
            assert value.startswith(("p1.", "t1."))
            masked += 1

    assert masked


@pytest.mark.parametrize(
    ("request_id", "number"),
    [("17", 17), ("18446744073709551615", (1 << 64) - 1), ("18446744073709551616", None), ("a", None)],
)
def test_an_id_of_a_request_is_a_number_only_where_opa_can_hold_it(request_id, number):
    record = {
        "kind": "error", "id": "x", "at": "y", "error": {"code": "c", "who_must_act": "operator"},
        "request": {"gateway": "g", "request_id": request_id},
    }  # fmt: skip

    event = opa_event(Told("log", 0, "00", record, {}, {}))

    assert event.get("req_id") == number
    assert event["custom"]["request_id"] == request_id


def test_a_trace_that_a_record_has_is_the_event_s_too():
    trace = {"trace_id": "a" * 32, "span_id": "b" * 16}
    record = {
        "kind": "error", "id": "x", "at": "y", "error": {"code": "c", "who_must_act": "operator"}, "trace": trace,
        "request": {"gateway": "g"},
    }  # fmt: skip

    event = opa_event(Told("log", 0, "00", record, {}, {}))

    assert {name: event[name] for name in trace} == trace


def test_ocsf_events_are_of_their_class(delivered, columns):
    _, folder = delivered("ocsf")
    validator = jsonschema.Draft202012Validator(SCHEMA)

    found = events(folder)

    assert len(found) == sum(kinds(columns)[kind] for kind in ("decision", "error", "rejection"))
    for event in found:
        validator.validate(event)


def test_the_class_refuses_what_is_not_of_it(delivered):
    _, folder = delivered("ocsf")
    validator = jsonschema.Draft202012Validator(SCHEMA)
    event = events(folder)[0]

    for name in SCHEMA["required"]:
        assert not validator.is_valid({key: value for key, value in event.items() if key != name})
    assert not validator.is_valid({**event, "type_uid": 600301})
    assert not validator.is_valid({**event, "outcome": "PERMIT"})
    assert not validator.is_valid({**event, "src_endpoint": {}})
    assert not validator.is_valid({**event, "time": "2026"})


def test_ocsf_events_say_what_the_records_say(delivered, columns):
    _, folder = delivered("ocsf")
    records = {index: json.loads(record_of(entry)) for index, entry in columns.log.records()}

    for event in events(folder):
        record = records[event["metadata"]["sequence"]]
        assert event["metadata"]["uid"] == record["id"]
        assert event["metadata"]["log_name"] == columns.checkpoint.origin
        assert event["time"] == int(datetime.fromisoformat(record["at"]).timestamp() * 1_000_000) // 1000
        if record["kind"] != "decision":
            assert event["action_id"] == 2
            continue
        subject = record["request"].get("subject", {})
        released = record["outcome"] in {"PERMIT", "PARTIAL"}
        assert event["activity_id"] == (2 if record["request"]["action"] == "read" else 99)
        assert event["action_id"] == (1 if released else 2)
        assert event["resources"][0]["uid"] == record["request"]["dataset"]
        assert event["actor"]["user"].get("org", {}).get("uid") == subject.get("body")
        applied = {one["decision"] for one in event["actor"]["authorizations"] if one["policy"]["is_applied"]}
        assert applied <= ({"permit", "oblige"} if released else {"forbid", "refer", "doubt"})
        assert applied


def test_lines_are_entries_spelled_out_with_their_leaves(delivered, columns):
    _, folder = delivered("jsonl")
    entries = dict(columns.log.records())

    found = events(folder)

    assert [line["index"] for line in found] == [*entries]
    for line in found:
        record = json.loads(record_of(entries[line["index"]]))
        assert line["leaf"] == leaf_hash(entries[line["index"]]).hex()
        assert line["record"]["id"] == record["id"]
        if record["kind"] == "decision" and "groups" not in record:
            assert isinstance(line["record"]["facts"], dict)
        elif record["kind"] != "decision":
            assert line["record"] == record


def test_parquet_is_a_copy_of_the_columns_that_duckdb_reads(delivered, columns):
    _, folder = delivered("parquet")
    read = duckdb.execute("SELECT count(*) FROM read_parquet($files)", {"files": str(folder / "*.parquet")}).fetchall()

    assert read == [(columns.checkpoint.size,)]
    assert [path.read_bytes() for path in folder.glob("*.parquet")] == [
        part.path.read_bytes() for part in columns.parts
    ]


@pytest.mark.parametrize("form", ["opa", "ocsf", "jsonl", "parquet"])
def test_a_period_counts_its_beginning_and_not_its_end(delivered, database, form):
    at = [row[0] for row in database.rows("SELECT \"at\" FROM entries WHERE kind = 'decision' ORDER BY 1").rows]
    period = Period(at[2], at[6])
    wanted = database.rows('SELECT count(*) FROM entries WHERE "at" >= $a AND "at" < $b', {"a": at[2], "b": at[6]}).rows

    manifest, _ = delivered(form, period)

    assert manifest["entries"] + sum(manifest["left_out"].values()) == wanted[0][0]
    assert manifest["entries"] >= 4


@pytest.mark.parametrize("form", ["opa", "parquet"])
def test_a_period_in_which_nothing_happened_gives_an_empty_folder_that_says_so(delivered, form):
    manifest, folder = delivered(form, Period(BEGINNING, BEGINNING))

    assert (manifest["entries"], manifest["files"]) == (0, [])
    assert (folder / "checkpoint").exists()


def test_files_have_a_bounded_size(delivered, monkeypatch):
    monkeypatch.setattr(delivery, "EVENTS", 12)
    monkeypatch.setattr(forms, "EVENTS", 5)

    manifest, folder = delivered("opa")

    assert all(file["entries"] <= 5 for file in manifest["files"])
    assert len(manifest["files"]) > 2
    assert len(events(folder)) == manifest["entries"]


@pytest.mark.parametrize("form", ["opa", "ocsf", "jsonl", "parquet"])
def test_nothing_beyond_the_checkpoint_leaves(columns, story, tmp_path, form):
    there = type(story)(tmp_path / "data")
    (there.data / "n1-0").mkdir(parents=True)
    there.sign(columns.checkpoint.origin, [entry for _, entry in columns.log.records(0, 10)])
    older = Columns(columns.log, there.log.note, columns.parts)

    with Database([older]) as database:
        manifest = deliver(older, database, WHOLE, form, tmp_path / form)

    assert manifest["complete_to"] == 9
    assert max(file["last"] for file in manifest["files"]) <= 9
    assert manifest["entries"] + sum(manifest["left_out"].values()) == 10


def test_processes_write_the_same_files_as_one(columns, database, tmp_path, monkeypatch):
    monkeypatch.setattr(delivery, "EVENTS", 12)
    alone = deliver(columns, database, WHOLE, "ocsf", tmp_path / "alone")
    monkeypatch.setattr(delivery, "WORTH", 1)

    together = deliver(columns, database, WHOLE, "ocsf", tmp_path / "together")

    assert together == alone
    assert len(alone["files"]) > 1


def test_a_folder_that_is_in_use_is_left_alone(columns, database, tmp_path):
    (tmp_path / "theirs").write_text("x")

    with pytest.raises(RequestError, match="不是空的"):
        deliver(columns, database, WHOLE, "opa", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]


def test_a_folder_without_a_manifest_was_not_finished(columns, database, tmp_path, monkeypatch):
    monkeypatch.setitem(forms.FORMS, "opa", forms.FORMS["opa"].__class__(
        "opa", None, lambda told: {"cost": told.record["cost"]}, "decisions", ".json.gz", (b"", b"", b""),
    ))  # fmt: skip

    with pytest.raises(KeyError):
        deliver(columns, database, WHOLE, "opa", tmp_path / "opa")

    assert not (tmp_path / "opa" / "manifest.json").exists()


@pytest.mark.parametrize("form", ["opa", "ocsf", "jsonl", "parquet"])
def test_nobody_is_named_in_what_leaves(delivered, form):
    _, folder = delivered(form)

    if form == "parquet":
        rows = duckdb.execute("SELECT whole FROM read_parquet($files) AS whole", {"files": str(folder / "*.parquet")})
        said = repr(rows.fetchall())
    else:
        said = json.dumps(events(folder))

    assert "xicheng-weijianwei" in said  # a body is
    for canary in ("some-account", "visitor", "192.0.2.7", "字" * 90):
        assert canary not in said


def test_a_device_that_fails_is_told_of_with_the_folder(columns, database, tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(UnavailableError, match="cannot be written"):
        deliver(columns, database, WHOLE, "opa", tmp_path / "file" / "out")
