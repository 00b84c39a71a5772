"""What limits a release leaves with it, in every form: masks, row filters, and what bodies added of their own."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import jsonschema
import pytest

from adapters.exports.columns import Keeper
from adapters.exports.database import Database
from adapters.exports.delivery import Period, deliver
from adapters.exports.questions import BEGINNING, END
from adapters.stores.log_reader import LogReader
from pdp.model import Limits
from tests.adapters.exports.conftest import BASE, Story, example

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = json.loads((Path(__file__).parent / "ocsf_api_activity_1.5.0.schema.json").read_text("utf-8"))
AT = BASE.isoformat()
DATASET = "bj:90fa5e15daba4a95"
ROWS = {"type": "field", "field": "街道", "operator": "eq", "value": "展览路"}
MASK = {"field": "电话", "method": "partial", "keep_prefix": 3, "keep_suffix": 4}


class Bureau:
    """An overlay in memory: it says what the test wants next, or nothing that can be used."""

    limits = Limits("bureau", "xicheng-weijianwei", ("art_39__para_1",), "内部规定")
    answer: object = None

    async def ask(self, _: Mapping[str, object]) -> object:
        """Answer at once."""
        return self.answer


async def happen(story: Story) -> None:
    """Let B be given a part under a mask and a filter, and a body limit a field, nothing, and what nobody can read."""
    with story.running() as installation:
        service, bureau = installation.service, Bureau()
        provider = installation.service.known()[0].dataset(DATASET, BASE).provider
        await service.activate()
        question, raw = example("ask_deny_no_application")
        scope = {"fields": list(question.fields or ())}
        wish = {"id": "A-9", "applicant": question.subject, "dataset": DATASET, "scenario": question.scenario}
        story.say(installation, "application.received", str(question.subject), {**wish, "scope": scope}, AT)
        part = {"scope": {"rows": ROWS, "masks": [MASK]}, "explanation": "因", "statutory_cause": "法"}
        story.say(installation, "application.agreed_in_part", provider, {"id": "A-9", **part}, AT)
        story.pass_by(minutes=1)
        able = replace(question, enforces=("mask_fields", "filter_rows"), client="192.0.2.1")
        await service.answer(able, raw)
        service._overlays = (bureau,)  # noqa: SLF001 -- as settings would name it, without a server
        open_, raw = example("ask_permit_unconditional")
        able = replace(open_, enforces=("mask_fields",))
        for answer in (
            [{"effect": "refer", "rule": "archive", "fields": ["名称"]}, {"effect": "oblige", "rule": "purpose_bound"}],
            [],
            [{"effect": "forbid", "rule": "night"}],
            None,
        ):
            bureau.answer = answer
            await service.answer(able, raw)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The columns of that log, and a folder with each form of it."""
    folder = tmp_path_factory.mktemp("limits")
    story = Story(folder / "data")
    asyncio.run(happen(story))
    with Keeper(story.data, LogReader).up_to_date(story.log) as columns, Database([columns]) as database:
        for form in ("opa", "ocsf", "parquet"):
            deliver(columns, database, Period(BEGINNING, END), form, folder / form)
        yield folder, database


def decisions(told, columns: str) -> list[dict[str, Any]]:
    """Return some columns of the decisions, in the order of the log."""
    sql = f"SELECT {columns} FROM entries WHERE kind = 'decision' ORDER BY entry_index"  # noqa: S608 -- this file's words
    return told[1].rows(sql).members()


def events(told, form: str) -> list[dict[str, Any]]:
    """Return the decisions in a form."""
    (file,) = (told[0] / form).glob("*.gz")
    text = gzip.decompress(file.read_bytes()).decode()
    found = json.loads(text) if form == "opa" else [json.loads(line) for line in text.splitlines()]
    return [event for event in found if "result" in event or event.get("metadata", {}).get("event_code") == "decision"]


def test_columns_have_the_masks_and_the_filter_of_a_release(told):
    first, *others = decisions(told, "outcome, masks, rows_granted, client, cache_s, age_ms")

    assert first["outcome"] == "PARTIAL"
    assert first["masks"] == [{**MASK, "table": None}]
    filtered = json.loads(first["rows_granted"])
    assert (filtered["field"], filtered["operator"], filtered["value"][:3]) == ("街道", "eq", "t1.")
    assert first["client"].startswith("p1.")
    assert (first["cache_s"], first["age_ms"]) == (None, 0)
    assert all(row["masks"] is row["rows_granted"] is row["client"] is None for row in others)


def test_columns_have_what_each_overlay_said_and_of_which_fields(told):
    none, limited, nothing, forbidden, unheard = decisions(
        told, "outcome, overlays, overlays_us, fields_withheld, groups"
    )

    assert (none["overlays"], none["overlays_us"]) == (None, None)
    assert (limited["outcome"], limited["fields_withheld"]) == ("PARTIAL", ["名称"])
    (said,) = limited["overlays"]
    assert {name: said[name] for name in ("id", "body", "basis", "reason")} == {
        "id": "bureau", "body": "xicheng-weijianwei", "basis": "内部规定", "reason": None,
    }  # fmt: skip
    assert {(found["rule"], found["effect"], *(found["fields"] or ())) for found in said["findings"]} == {
        ("bureau:archive", "refer", "名称"), ("purpose_bound", "oblige"),
    }  # fmt: skip
    assert nothing["overlays"][0]["findings"] == []
    assert (forbidden["outcome"], forbidden["overlays"][0]["findings"][0]["rule"]) == ("DENY", "bureau:night")
    assert (unheard["outcome"], unheard["overlays"][0]["reason"]) == ("INDETERMINATE", "no_list")
    assert all(row["overlays_us"] >= 0 for row in (limited, nothing, forbidden, unheard))


def test_a_question_to_the_columns_finds_what_a_body_limited_by_itself(told):
    sql = """SELECT o.body, f.rule, count(*) FROM entries, unnest(overlays) AS u(o), unnest(o.findings) AS v(f)
             WHERE f.effect <> 'oblige' GROUP BY ALL ORDER BY f.rule"""

    assert told[1].rows(sql).rows == [
        ("xicheng-weijianwei", f"bureau:{rule}", 1) for rule in ("archive", "night", "overlay_unavailable")
    ]


def test_parquet_that_leaves_has_the_same_columns(told):
    with duckdb.connect() as database:
        files = str(told[0] / "parquet" / "*.parquet")
        found = database.execute(
            "SELECT masks, overlays FROM read_parquet($1) WHERE kind = 'decision'", [files]
        ).fetchall()

    assert found == [(row["masks"], row["overlays"]) for row in decisions(told, "masks, overlays")]


def test_opa_events_say_what_is_released_how_and_what_bodies_added(told):
    masked, limited, nothing, forbidden, _ = events(told, "opa")

    assert masked["result"]["granted"]["masks"] == [MASK]
    assert masked["result"]["granted"]["rows"]["field"] == "街道"
    assert "/result/granted/rows/value" in masked["masked"]
    assert "overlays" not in masked["result"]
    assert limited["result"]["withheld"][0]["fields"] == ["名称"]
    assert limited["result"]["overlays"][0]["limited"][0]["fields"] == ["名称"]
    assert nothing["result"]["overlays"][0]["findings"] == []
    assert "granted" not in forbidden["result"]
    for event in events(told, "opa"):
        for pointer in event.get("masked", ()):
            place: Any = event
            for part in pointer.split("/")[1:]:
                place = place[int(part)] if isinstance(place, list) else place[part]
            assert place[:3] in {"p1.", "t1."}


def test_ocsf_events_say_whose_rule_it_is(told):
    validator = jsonschema.Draft202012Validator(SCHEMA)
    found = events(told, "ocsf")

    for event in found:
        validator.validate(event)
    policies = {one["policy"]["uid"]: one["policy"] for one in found[3]["actor"]["authorizations"]}
    theirs = policies["bureau:night"]
    assert (theirs["group"], "version" in theirs) == ({"uid": "bureau", "name": "xicheng-weijianwei"}, False)
    assert theirs["is_applied"] is True
    ours = [policy for rule, policy in policies.items() if rule != "bureau:night"]
    assert ours
    assert all("version" in policy and "group" not in policy for policy in ours)
    assert found[0]["unmapped"]["granted"]["masks"] == [MASK]
    assert found[1]["unmapped"]["overlays"][0]["id"] == "bureau"
