"""`pdp ledger`: import, show and verify, on a real ledger under the shipped policies."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from adapters.assemble import build_service, open_ledger
from adapters.cli import ledger as ledger_command
from adapters.cli.ledger import app
from adapters.gateways.act_words import ACT_WORDS as WORDS
from adapters.settings import load_settings
from pdp.errors import PDPError, PolicyError, RequestError, TransitionError, UnavailableError
from pdp.ledger.kinds import KINDS
from pdp.ledger.statement import GENESIS, Statement, chained
from pdp.log import statements as told_statements

if TYPE_CHECKING:
    from collections.abc import Iterable

STORY = """\
- body.registered:
    {id: reg, name: 区局, level: district, basis: administrative_organ, offices: [regulator], at: "2026-01-01"}
- body.registered: {id: A, name: 甲机构, level: district, basis: administrative_organ, at: "2026-01-01"}
- body.registered: {id: B, name: 乙机构, level: district, basis: administrative_organ, at: "2026-01-01"}
- dataset.catalogued: {id: R, provider: A, title: 数据, fields: [name, code], at: "2026-01-05"}
- dataset.mapped: {id: R, resource_entry: r, data_entry: d, system_entry: s, table: t, at: "2026-01-05"}
- dataset.approved: {id: R, sharing: conditional, opening: not_openable, at: "2026-01-06"}
- application.received:
    {id: A1, applicant: B, dataset: R, scenario: sc-1, scope: {fields: [name]}, at: "2026-02-12"}
"""


@pytest.fixture
def data(tmp_path):
    """Return the folder of the ledger."""
    return tmp_path / "data"


@pytest.fixture
def story(tmp_path):
    """Return a file that tells of two bodies, an entry and an application."""
    path = tmp_path / "story.yaml"
    path.write_text(STORY, encoding="utf-8")
    return path


def run(*arguments: object) -> str:
    """Return what the command prints; raise the fault that it ends with."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "160"})
    if isinstance(result.exception, PDPError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_file_is_recorded_whole_and_summed_up_by_kind(data, story):
    shown = run("import", story, "--data", data)

    assert "已记录 7 条" in shown
    assert "登记公共机构" in shown
    assert "7 条陈述,哈希链无误" in run("verify", "--data", data)


def test_one_unlawful_statement_keeps_the_whole_file_out_and_is_named_by_its_line(data, story, tmp_path):
    path = tmp_path / "late.yaml"
    path.write_text(STORY + '- application.agreed: {id: A1, by: B, at: "2026-02-13"}\n', encoding="utf-8")

    with pytest.raises(TransitionError, match=r"late\.yaml:10: application\.agreed is for the provider to record"):
        run("import", path, "--data", data)

    run("import", story, "--data", data)
    assert "7 条陈述" in run("verify", "--data", data)


def test_the_line_that_is_named_is_the_unlawful_one_not_the_last_that_was_read(data, story):
    late = '- application.agreed: {id: A1, by: B, at: "2026-02-13"}\n'
    story.write_text(STORY + late + '- dataset.linked: {id: R, at: "2026-03-01"}\n' * 3, encoding="utf-8")

    with pytest.raises(TransitionError, match=r"story\.yaml:10: application\.agreed is for the provider to record"):
        run("import", story, "--data", data)


def lines_of(statements: Iterable[Statement]) -> str:
    """Return statements as a program writes them to a file."""
    return "".join(
        json.dumps({"kind": one.kind, "at": one.at.isoformat(), "by": one.by, "body": one.body}, ensure_ascii=False)
        + "\n"
        for one in statements
    )


def test_a_great_file_is_recorded_as_a_small_one_is_and_refused_as_one(data, story, tmp_path, monkeypatch):
    run("import", story, "--data", tmp_path / "other")
    with open_ledger(tmp_path / "other") as other:
        small = list(other.statements())
    great = tmp_path / "great.jsonl"
    great.write_text(lines_of(small), encoding="utf-8")
    late = {"kind": "application.agreed", "at": "2026-02-13", "by": "B", "body": {"id": "A1"}}
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text(f"{lines_of(small)}{json.dumps(late)}\n{lines_of(small)}", encoding="utf-8")
    monkeypatch.setattr(ledger_command, "WORTH", 1)

    with pytest.raises(TransitionError, match=r"wrong\.jsonl:8: application\.agreed is for the provider to record"):
        run("import", wrong, "--data", data)
    assert "0 条陈述" in run("verify", "--data", data)
    assert "已记录 7 条" in run("import", great, "--data", data)

    with open_ledger(data) as ledger:
        recorded = list(ledger.statements())
    told = [(one.kind, one.at, one.by, one.body, one.about, one.evidence) for one in recorded]
    assert told == [(one.kind, one.at, one.by, one.body, one.about, one.evidence) for one in small]


def test_a_malformed_file_records_nothing(data, story):
    story.write_text(STORY + "- dataset.linked: {id: R}\n", encoding="utf-8")

    with pytest.raises(PolicyError, match=r'story\.yaml:10: "at" is missing'):
        run("import", story, "--data", data)
    assert "0 条陈述" in run("verify", "--data", data)


@pytest.mark.parametrize(("at", "state"), [("2026-02-26T23:59:59+08:00", "pending"), ("2026-02-27", "deemed")])
def test_an_application_is_shown_as_it_stood_at_an_instant(data, story, at, state):
    run("import", story, "--data", data)
    shown = json.loads(run("show", "application/A1", "--at", at, "--data", data, "--json"))

    assert shown["entity"] == "application/A1"
    assert shown["state"][0]["state"] == state
    assert shown["state"][0]["said"]["authority"] == [7, 6]
    assert [(said["seq"], said["kind"], said["by"]) for said in shown["history"]] == [(7, "application.received", "B")]


def test_people_see_chinese_words_with_the_statements_they_rest_on(data, story):
    run("import", story, "--data", data)
    shown = run("show", "A1", "--at", "2026-02-27", "--data", data)

    for words in ("共享申请 A1", "视为同意", "#7、#6", "收到共享申请", "2026-02-12 00:00"):
        assert words in shown


@pytest.mark.parametrize("entity", ["dataset/R", "subject/A", "reg", "R"])
def test_every_kind_of_entity_is_found_by_ref_or_bare_id(data, story, entity):
    run("import", story, "--data", data)

    assert "记载" in run("show", entity, "--at", "2026-03-01", "--data", data)


def test_what_is_yet_to_take_effect_is_marked(data, story):
    run("import", story, "--data", data)

    assert "尚未生效" in run("show", "application/A1", "--at", "2026-02-01", "--data", data)


def test_unknown_and_ambiguous_ids_are_said_to_be_so(data, story, tmp_path):
    run("import", story, "--data", data)
    twin = tmp_path / "twin.yaml"
    twin.write_text(
        '- body.registered: {id: R, name: 丙, level: district, basis: none, at: "2026-03-01"}\n', encoding="utf-8"
    )
    run("import", twin, "--data", data)

    with pytest.raises(RequestError, match="没有关于它的记载"):
        run("show", "unheard", "--data", data)
    with pytest.raises(RequestError, match="dataset/R、subject/R"):
        run("show", "R", "--data", data)
    with pytest.raises(RequestError, match="不是时点"):
        run("show", "dataset/R", "--at", "soon", "--data", data)


def test_every_kind_of_statement_has_a_chinese_name():
    assert WORDS.keys() == KINDS.keys()


def served_once(data) -> None:
    """Run a service on `data` and stop it: its log then tells of the ledger, and is signed."""

    async def through(made) -> None:
        await made.begin()
        await made.end()

    with build_service(load_settings({"data": data}, {})) as made:
        asyncio.run(through(made))


def written_anew(data, seq: int, by: str) -> None:
    """Let another have said statement `seq`, and chain everything behind it anew, as the ledger's owner could."""
    with closing(sqlite3.connect(data / "ledger.sqlite")) as store, store:
        store.execute("DROP TRIGGER statements_never_change")
        rows = store.execute("SELECT * FROM statements ORDER BY seq").fetchall()
        previous = GENESIS
        for row in rows:
            said = by if row[0] == seq else row[3]
            body, about = json.loads(row[4]), tuple(json.loads(row[5]))
            at, told = (datetime.fromisoformat(text) for text in (row[2], row[7]))
            placed, _ = chained(Statement(row[1], at, said, body, about, row[6]), row[0], told, previous)
            previous = placed.hash
            change = "UPDATE statements SET by = ?, previous = ?, hash = ? WHERE seq = ?"
            store.execute(change, (said, placed.previous, previous, row[0]))


@pytest.mark.parametrize(("each", "named"), [(512, 5), (6, 7)])
def test_a_ledger_that_was_written_anew_with_a_sound_chain_contradicts_the_log(data, story, monkeypatch, each, named):
    monkeypatch.setattr(told_statements, "EACH", each)  # more than that are told by the hash of the last
    run("import", story, "--data", data)
    served_once(data)
    agreed = run("verify", "--data", data)
    written_anew(data, 5, "B")

    assert "与决策日志一致:已签名部分记有 7 条陈述" in agreed
    with pytest.raises(UnavailableError, match=f"tells of another statement {named} than the ledger holds"):
        run("verify", "--data", data)
