"""Promises of `pdp log replay`: equal as recorded; what later statements, other rules or other hands do is found."""

from __future__ import annotations

import json
import shutil
from contextlib import closing, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.assemble import open_ledger
from adapters.callers import LOCAL
from adapters.cli.log import app
from adapters.cli.log.replay_jobs import AsRecorded, Loaded
from adapters.cli.log.replaying import Period, ranges, run
from adapters.device.clock import SystemClock
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from adapters.stores.log_reader import LogReader
from adapters.stores.person_keys import SqlitePersonKeys
from pdp.errors import RequestError, UnavailableError
from pdp.ledger.admit import statement
from pdp.log.entry import record_of
from tests.logs.recorded import NODE, record, write

ROOT = Path(__file__).parents[3]
ORIGIN = f"{Settings().origin}/{NODE}"
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("ask_*.json"))
BODIES = {name: (ROOT / "examples" / name).read_bytes() for name in EXAMPLES}
VISITOR = b"""{"subject": {"type": "natural_person", "id": "someone"}, "action": {"name": "read"},
"resource": {"type": "dataset", "id": "nowhere"}}"""
OFFICER = b"""{"subject": {"type": "public_body", "id": "xicheng-jiaowei", "properties":
{"staff": {"id": "officer-1"}}}, "action": {"name": "read"}, "resource": {"type": "dataset", "id": "nowhere"}}"""

_FACT = """  zz_new:
    label: 新事实
    definition: "后来才问的事?"
    articles: [art_1__para_1]
    values:
      known: {label: 已知}
      unknown: {label: 不明, floor: true}
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a data folder with every example and two questions by people."""
    folder = tmp_path_factory.mktemp("replay") / "data"
    asked = [*BODIES.values(), VISITOR, OFFICER]
    record(Settings(data=folder), [(parse(body, LOCAL), body) for body in asked])
    return folder


def replayed(folder, *arguments: str):
    """Return the exit code and what is said to programs."""
    done = CliRunner().invoke(app, ["replay", "--json", "--data", str(folder), *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, json.loads(done.stdout)


def decisions_of(folder):
    """Return every decision by its id."""
    records = [json.loads(record_of(entry)) for _, entry in LogReader(folder / NODE).records()]
    return {one["id"]: one for one in records if one["kind"] == "decision"}


@pytest.fixture
def copied(data, tmp_path):
    """Return a copy of the data folder that may be altered."""
    return Path(shutil.copytree(data, tmp_path / "copy"))


@pytest.fixture
def policies(tmp_path):
    """Return a copy of the policies that may be changed."""
    for part in ("policies", "rego"):
        shutil.copytree(ROOT / part, tmp_path / "root" / part)
    return tmp_path / "root"


def changed(root, path, old, new):
    """Change a policy file."""
    file = root / path
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


@pytest.mark.parametrize("mode", ["recorded", "today"])
def test_what_was_recorded_comes_out_again(mode, data) -> None:
    code, said = replayed(data, "--as", mode)

    assert code == 0
    assert (said["decisions"], said["equal"], said["differing"]) == (len(EXAMPLES) + 2, len(EXAMPLES) + 2, 0)


def test_what_cannot_be_recovered_is_named_as_kept(data) -> None:
    _, said = replayed(data, "--as", "today")

    subjects = [one["request"].get("subject", {}) for one in decisions_of(data).values()]
    people = sum("person" in subject for subject in subjects)
    assert people >= 1
    assert said["kept"] == {"/request/subject/person": people, "/request/subject/staff": 1}


def test_who_is_on_record_is_recovered_from_the_digest(copied) -> None:
    at = SystemClock().now()
    with open_ledger(copied) as ledger:
        ledger.record([
            statement("person.registered", {"id": "someone"}, at, "registrar"),
            statement("staff.mapped", {"id": "officer-1", "body": "xicheng-jiaowei", "duties": []}, at, "registrar"),
        ])  # fmt: skip
    code, said = replayed(copied, "--as", "today")

    before = replayed(copied, "--as", "recorded")[1]["decisions"]
    assert (code, said["equal"]) == (0, before)  # they took effect after the questions
    people = [one for one in decisions_of(copied).values() if "person" in one["request"].get("subject", {})]
    assert said["kept"] == {"/request/subject/person": len(people) - 1}


def test_one_decision_is_replayed_by_its_id_and_a_period_by_its_ends(data) -> None:
    wanted, *_ = decisions_of(data)

    assert replayed(data, wanted)[1]["decisions"] == 1
    assert replayed(data, "--since", "2999-01-01")[1]["decisions"] == 0
    assert replayed(data, "--until", "2999-01-01")[1]["decisions"] == len(EXAMPLES) + 2
    with pytest.raises(RequestError, match="--since"):
        replayed(data, "--since", "yesterday")
    with pytest.raises(RequestError, match="is the id of no signed"):
        replayed(data, "019a0000-0000-7000-8000-000000000000")


def test_several_processes_find_what_one_finds(data) -> None:
    job, readers, passed = AsRecorded([Loaded.of(ROOT)]), [LogReader(data / NODE)], []
    alone = run(job, ranges(readers), Period(), nullcontext(passed.append), processes=1)
    together = run(job, ranges(readers, each=3), Period(), nullcontext(passed.append), processes=2)

    assert alone == together
    assert sum(passed) == 2 * readers[0].checkpoint.size


def test_a_forged_record_in_a_log_that_is_whole_is_found_with_its_pointer(data, tmp_path) -> None:
    records = [record_of(entry) for _, entry in LogReader(data / NODE).records()]
    refused = next(place for place, one in enumerate(records) if b'"outcome":"DENY"' in one)
    records[refused] = records[refused].replace(b'"outcome":"DENY"', b'"outcome":"PERMIT"')
    write(tmp_path / "forged", records[1:], ORIGIN)
    code, said = replayed(tmp_path / "forged")

    (found,) = said["findings"]
    assert (code, said["differing"]) == (1, 1)
    assert (found["index"], found["pointer"]) == (refused, "/outcome")
    assert (found["recorded"], found["replayed"]) == ('"PERMIT"', "DENY")


def test_records_of_another_revision_are_counted_apart_and_replayed_where_it_is_given(data, policies) -> None:
    changed(policies, "policies/duties.yaml", "en: Contact the provider's data observer", "en: Ask the observer")
    settings = ["--as", "recorded"]
    (revision,) = {one["revision"]["set"] for one in decisions_of(data).values()}
    other = CliRunner(env={"PDP_POLICIES": str(policies)})
    done = other.invoke(app, ["replay", "--json", "--data", str(data), *settings])
    given = other.invoke(app, ["replay", "--json", "--data", str(data), *settings, "--policies", str(ROOT)])

    assert json.loads(done.stdout)["not_loaded"] == {revision: len(EXAMPLES) + 2}
    assert (json.loads(given.stdout)["equal"], json.loads(given.stdout)["not_loaded"]) == (len(EXAMPLES) + 2, {})


def test_a_statement_recorded_later_flips_what_it_takes_effect_before(copied) -> None:
    (permitted,) = (
        one
        for one in decisions_of(copied).values()
        if one["request"]["dataset"] == json.loads(BODIES["ask_permit_deemed.json"])["resource"]["id"]
        and one["outcome"] == "PERMIT"
    )
    at = SystemClock().now() - timedelta(days=1)
    graded = {"id": permitted["request"]["dataset"], "grade": "core"}
    with open_ledger(copied) as ledger:
        provider = ledger.world.dataset(graded["id"], at).provider
        (late,) = ledger.record([statement("dataset.graded", graded, at, provider)])
    code, said = replayed(copied, "--as", "today")

    assert code == 1
    found = {one["id"]: one for one in said["findings"]}
    flipped = found[permitted["id"]]
    assert {decisions_of(copied)[id_]["request"]["dataset"] for id_ in found} == {graded["id"]}
    assert (flipped["why"], flipped["flips"]) == ("late_statements", True)
    assert [(one["fact"], one["then"], one["now"]) for one in flipped["facts"]] == [("grade", "general", "core")]
    assert [(one["seq"], one["kind"], one["by"]) for one in flipped["statements"]] == [
        (late.seq, "dataset.graded", provider)
    ]
    assert replayed(copied)[0] == 0  # what was recorded stays what was known then


def test_of_somebody_who_was_erased_nothing_is_said(tmp_path) -> None:
    asked = json.loads(BODIES["ask_permit_deemed.json"])
    body = asked["subject"]["id"]
    asked["subject"]["properties"] = {"staff": {"id": "officer-1"}}
    raw, settings = json.dumps(asked).encode(), Settings(data=tmp_path / "data")
    record(settings, [])
    with open_ledger(settings.data) as ledger:
        duties = [said.body["id"] for said in ledger.about(f"subject/{body}") if said.kind == "duty.registered"]
        mapped = {"id": "officer-1", "body": body, "duties": duties}
        ledger.record([statement("staff.mapped", mapped, SystemClock().now(), "registrar")])
    record(settings, [(parse(raw, LOCAL), raw)])
    before = replayed(settings.data, "--as", "today")[1]
    with closing(SqlitePersonKeys(settings.data / "keys" / "persons.sqlite")) as keys:
        assert keys.delete("account", "officer-1")
    code, after = replayed(settings.data, "--as", "today")

    assert (before["equal"], before["kept"]) == (1, {})
    assert (code, after["equal"], after["not_recovered"], after["differing"]) == (0, 0, 1, 0)


def test_a_row_that_goes_flips_exactly_the_decisions_that_rested_on_it(data, policies) -> None:
    row = "p  , sharing , conditional  , *            , deemed        , within , bigdata_platform  , share_deemed\n"
    other = row.replace("deemed        , within", "deemed        , unknown")
    changed(policies, "policies/tables/permissions.csv", row, other)
    code, said = replayed(data, "--as", "revision", "--policies", str(policies))

    resting = [id_ for id_, one in decisions_of(data).items() if "share_deemed" in one["findings"].get("permit", "")]
    flips = [group for group in said["groups"] if group["flips"]]
    assert (code, said["differing"]) == (1, len(resting))
    assert [id_ for group in flips for id_ in group["examples"]] == resting
    assert {(group["then"]["outcome"], group["now"]["outcome"]) for group in flips} == {("PERMIT", "DENY")}


def test_the_revision_in_force_flips_nothing(data) -> None:
    code, said = replayed(data, "--as", "revision", "--policies", str(ROOT))

    assert (code, said["differing"], said["groups"]) == (0, 0, [])


def test_another_revision_must_be_named(data) -> None:
    with pytest.raises(RequestError, match="--policies"):
        replayed(data, "--as", "revision")


def test_a_log_that_nobody_signed_is_not_replayed(copied) -> None:
    shutil.rmtree(copied / NODE / "state")
    with pytest.raises(UnavailableError, match="signed"):
        replayed(copied)


def test_people_get_tables(data, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for mode, title in (("recorded", "按记录的事实与版本重放"), ("today", "按账本今天所知重放")):
        done = CliRunner().invoke(app, ["replay", "--as", mode, "--data", str(data)])
        assert (done.exit_code, title in done.stdout) == (0, True)


def test_people_see_how_each_group_of_decisions_would_end(data, policies, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    row = "deemed        , within , bigdata_platform  , share_deemed\n"
    changed(policies, "policies/tables/permissions.csv", row, row.replace("within ", "unknown"))
    changed(policies, "policies/facts.yaml", "  grade:\n", _FACT + "  grade:\n")
    done = CliRunner().invoke(
        app, ["replay", "--as", "revision", "--data", str(data), "--policies", str(policies)]
    )  # fmt: skip

    assert done.exit_code == 1
    assert "新增事实:zz_new" in done.stdout
    assert "share_deemed" in done.stdout
