"""Promises of `pdp log show`: any record's whole course in words, and a proof that is checked on the spot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from adapters.callers import LOCAL
from adapters.cli.log import app
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from adapters.stores.log_reader import LogReader
from pdp.errors import RequestError, UnavailableError
from pdp.log.entry import FIRST, entry_bytes, leaf_hash, record_of
from pdp.model import AccessRequest
from tests.logs.recorded import NODE, record, sign

if TYPE_CHECKING:
    from adapters.assemble import Installation

ROOT = Path(__file__).parents[3]
EXAMPLES = ("permit_deemed", "partial_fields", "deny_no_application", "indeterminate_unknown_dataset", "permit_deemed")
VISITOR = b"""{"subject": {"type": "natural_person", "id": "someone"}, "action": {"name": "read"},
"resource": {"type": "dataset", "id": "nowhere"}}"""


def questions():
    """Return the examples that are recorded."""
    bodies = [(ROOT / f"examples/ask_{name}.json").read_bytes() for name in EXAMPLES]
    return [(parse(body, LOCAL), body) for body in (*bodies, VISITOR)]


async def failures(made: Installation) -> None:
    """Let one question be too large to record, and one be refused before it is one."""
    names = tuple(f"{'x' * 110}{n}" for n in range(999))
    with pytest.raises(UnavailableError):
        await made.service.answer(AccessRequest("xicheng-jiaowei", "read", "nowhere", fields=names), b"{}")
    await made.service.reject("authzen", "bad_request", gateway=None, peer="192.0.2.1", size=3, raw=b"x", count=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a data folder in which two processes have recorded, one after the other."""
    folder = tmp_path_factory.mktemp("show") / "data"
    record(Settings(data=folder), questions(), after=failures)
    record(Settings(data=folder), questions()[:1])
    return folder


@pytest.fixture
def shown(data, monkeypatch):
    """Return a function that shows one record of a data folder."""
    monkeypatch.setenv("COLUMNS", "400")

    def run(*arguments: str, folder=data) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["show", *arguments, "--data", str(folder)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout

    return run


def entries_of(folder):
    """Return every signed entry, decoded."""
    return [json.loads(entry) for _, entry in LogReader(folder / NODE).records()]


def place_of(folder, kind, nth=0):
    """Return the index of the nth record of a kind."""
    return [entry["seq"] for entry in entries_of(folder) if entry["record"]["kind"] == kind][nth]


def test_every_kind_of_record_can_be_told_and_is_proved_to_stand_in_it(data, shown) -> None:
    entries = entries_of(data)
    assert {"decision", "error", "rejection", "log.opened", "rulebook.activated", "statements.recorded"} <= {
        entry["record"]["kind"] for entry in entries
    }
    told_of = {(entry["record"]["kind"], entry["record"].get("outcome")): entry for entry in entries}
    for entry in told_of.values():
        code, said = shown(str(entry["seq"]), "--json")
        told = json.loads(said)
        assert code == 0
        assert (told["index"], told["record"]["id"]) == (entry["seq"], entry["record"]["id"])
        assert (told["proof"]["included"], told["proof"]["holds"], told["proof"]["size"]) == (True, True, len(entries))
        assert told["told"]["conclusion"]["zh"]


def test_a_permit_is_told_with_names_statements_articles_and_who_signed(data, shown) -> None:
    code, said = shown(str(place_of(data, "decision")))

    assert code == 0
    for words in (
        "予以提供(PERMIT)",
        "北京市西城区人民政府展览路街道办事处(xicheng-zhanlanlu)(公共机构)",
        "渠道:区大数据平台(bigdata_platform)",
        "授权状态=视为同意(依据:账本第",
        "收到共享申请",
        "第二十一条第四款:「逾期未答复的,视为同意共享。」",
        "没有规则限制,share_deemed、conditional_for_duty 准许;因此予以提供(PERMIT)",
        "规则版本",
        "日志签名:pdp.local/n1-0(ml_dsa_44),签于",
        "包含证明:由哈希分片",
    ):
        assert words in said


def test_what_is_kept_back_is_told_with_the_rule_that_keeps_it_back(data, shown) -> None:
    _, said = shown(str(place_of(data, "decision", 1)))

    assert "就不提供的字段 邮编、网址:" in said
    assert "若单独请求,为 fields_outside_scope 所限,因此不提供" in said


def test_a_refusal_tells_what_gave_way_the_way_on_and_whom_to_ask(data, shown) -> None:
    _, said = shown(str(place_of(data, "decision", 2)), "--english")

    assert "Order: forbid over refer over doubt over permit; silence denies." in said
    asked = next(entry["record"]["ask"] for entry in entries_of(data) if "ask" in entry["record"])
    assert f"({asked})" in said.partition("Ask the data observer of ")[2].partition("\n")[0]


def test_a_person_stays_a_digest(data, shown) -> None:
    _, said = shown(str(place_of(data, "decision", 5)), "--json")

    assert "someone" not in said
    assert json.loads(said)["record"]["masked"] == ["/request/subject/person"]


def test_a_record_is_found_by_its_id_too_and_what_is_none_is_said(data, shown) -> None:
    wanted = entries_of(data)[place_of(data, "decision")]["record"]["id"]

    assert json.loads(shown(wanted, "--json")[1])["index"] == place_of(data, "decision")
    for stray in ("019a0000-0000-7000-8000-000000000000", "no-id", "999999"):
        with pytest.raises(RequestError):
            shown(stray)


def test_what_failed_and_what_was_rejected_is_told_without_its_content(data, shown) -> None:
    _, failed = shown(str(place_of(data, "error")))
    _, rejected = shown(str(place_of(data, "rejection")))

    assert "原因:record_too_large;由请求方处理" in failed
    assert "xxxx" not in failed
    assert "合计:2" in rejected


def test_the_revision_in_force_is_the_one_that_the_same_process_activated(data, shown) -> None:
    activated = [e["seq"] for e in entries_of(data) if e["record"]["kind"] == "rulebook.activated"]
    decisions = [e["seq"] for e in entries_of(data) if e["record"]["kind"] == "decision"]
    assert len(activated) == 2
    first, last = (json.loads(shown(str(place), "--json")[1])["activated"] for place in (decisions[0], decisions[-1]))

    assert [first["index"], last["index"]] == activated


def test_the_same_question_before_and_after_is_listed_in_its_order(data, shown) -> None:
    _, said = shown(str(place_of(data, "decision")), "--history", "--json")

    history = json.loads(said)["history"]
    assert [one["index"] for one in history] == [place_of(data, "decision", nth) for nth in (0, 4, 6)]
    assert {one["outcome"] for one in history} == {"PERMIT"}


def test_a_record_of_a_revision_whose_policies_are_gone_is_told_by_what_the_log_knows(data, shown, tmp_path) -> None:
    for part in ("policies", "rego"):
        shutil.copytree(ROOT / part, tmp_path / part)
    law = next((tmp_path / "policies" / "law").glob("*.yaml"))
    law.write_text(law.read_text() + "\n# another edition\n")
    code, said = shown(str(place_of(data, "decision")), "--policies", str(tmp_path), "--json")

    told = json.loads(said)
    assert code == 0
    assert told["policies_at_hand"] is False
    assert any(line.startswith("authority=deemed(依据:账本第") for line in told["told"]["facts"]["zh"])
    assert "share_deemed(可以提供):art_21__para_4、art_21__para_1" in told["told"]["rules"]["zh"]
    assert "规则文件不在手边" in shown(str(place_of(data, "decision")), "--policies", str(tmp_path))[1]


@pytest.fixture
def copied(data, tmp_path):
    """Return a copy of the data folder that may be damaged."""
    return Path(shutil.copytree(data, tmp_path / "copy"))


def test_missing_tiles_are_made_anew_from_the_entries(copied, shown) -> None:
    shutil.rmtree(copied / NODE / "log" / "tile")
    code, said = shown("3", "--json", folder=copied)

    assert code == 0
    assert (json.loads(said)["proof"]["from"], json.loads(said)["proof"]["holds"]) == ("journal", True)


def test_an_entry_that_the_signed_tree_does_not_have_is_found_out(copied, shown, tmp_path) -> None:
    entries = [entry for _, entry in LogReader(copied / NODE).records()]
    forged, prev = [], FIRST
    for seq, entry in enumerate(entries):
        altered = record_of(entry).replace(b'"outcome":"DENY"', b'"outcome":"REFER"')
        forged.append(entry_bytes(prev, altered, seq))
        prev = leaf_hash(forged[-1]).hex()
    other = tmp_path / "other"
    (other / NODE).mkdir(parents=True)
    shutil.copytree(copied / "keys", other / "keys")
    sign(other, f"{Settings().origin}/{NODE}", forged)
    for part in ("log", "state"):
        shutil.rmtree(copied / NODE / part)
        shutil.copytree(other / NODE / part, copied / NODE / part)
    code, said = shown(str(place_of(copied, "decision", 2)), folder=copied)

    assert code == 1
    assert "包含证明不成立" in said


def test_without_a_key_to_check_the_signature_nothing_is_proved(copied, shown) -> None:
    shutil.rmtree(copied / "keys" / NODE)
    code, said = shown("3", "--json", folder=copied)

    assert code == 1
    assert json.loads(said)["proof"]["unknown_signatures"] == [f"{Settings().origin}/{NODE}"]
