"""`pdp log key`: list, show and rotate, on real rings."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from adapters.cli.log.key import app
from adapters.signers.key_ring import KeyRing, witness_ring
from pdp.errors import PDPError, UnavailableError
from pdp.log.note import KeyKind, verifier_key

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "pdp.local/n1-0"
NOW = datetime.now(UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    KeyRing.open(tmp_path / "keys" / "n1-0", ORIGIN, NOW, create=True)
    return tmp_path


def run(*arguments: object) -> str:
    """Return what the command prints to stdout; raise the fault that it ends with."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "160"})
    if isinstance(result.exception, PDPError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def seeds(data: Path) -> set[str]:
    return {path.name for path in (data / "keys" / "n1-0").glob("[0-9]*.*")}


def test_the_list_says_what_signs_and_what_will_not(data: Path):
    assert run("list", "--data", data).count("正在签名") == 2
    run("rotate", "--data", data)
    shown = run("list", "--data", data)
    assert shown.count("正在签名") == 2
    assert shown.count("签名至") == 2
    assert ORIGIN in shown


def test_what_is_shown_goes_into_a_policy_file_as_it_stands(data: Path):
    lines = run("show", "--data", data).splitlines()
    assert [verifier_key(line).kind for line in lines] == [KeyKind.ED25519, KeyKind.ML_DSA_44]
    assert all(line.startswith(f"{ORIGIN}+") for line in lines)


def test_nothing_secret_is_ever_printed(data: Path):
    printed = "".join(run(*verb, "--data", data) for verb in (["list", "--json"], ["show", "--json"], ["rotate"]))
    for name in seeds(data):
        assert (data / "keys" / "n1-0" / name).read_bytes().hex() not in printed


def test_after_a_rotation_old_and_new_keys_sign_and_are_shown(data: Path):
    before = run("show", "--data", data).splitlines()
    made = json.loads(run("rotate", "--data", data, "--json"))["vkeys"]
    assert run("show", "--data", data).splitlines() == before + made
    listed = json.loads(run("list", "--data", data, "--json"))[0]
    assert [key["signs"] for key in listed["keys"]] == [True] * 4
    ends = {key["generation"]: key.get("retires") for key in listed["keys"]}
    assert ends[2] is None
    assert datetime.fromisoformat(ends[1]) - datetime.fromisoformat(listed["keys"][2]["added"]) == timedelta(days=7)


def test_a_leaked_key_is_gone_at_once_and_still_known(data: Path):
    before = run("show", "--data", data).splitlines()
    run("rotate", "--data", data, "--at-once")
    assert not set(before) & set(run("show", "--data", data).splitlines())
    assert set(before) < set(run("show", "--data", data, "--all").splitlines())
    assert seeds(data) == {"2.ed25519", "2.ml-dsa-44"}
    assert run("list", "--data", data).count("停用,已撤销") == 2


def test_a_rotation_keeps_the_kinds_of_keys(data: Path):
    KeyRing.open(data / "keys" / "n1-0", ORIGIN, NOW, sm2=True, create=False)
    made = json.loads(run("rotate", "--data", data, "--json"))["vkeys"]
    assert [verifier_key(vkey).kind for vkey in made] == [KeyKind.ED25519, KeyKind.ML_DSA_44, KeyKind.NATIONAL]


def test_where_several_have_keys_the_one_to_rotate_is_named(data: Path):
    witness_ring(data / "keys" / "witness", "a.example.gov.cn/witness", NOW, create=True)
    with pytest.raises(UnavailableError, match="n1-0, witness have keys here; name the one"):
        run("rotate", "--data", data)
    made = json.loads(run("rotate", "--data", data, "--log", "witness", "--json"))
    assert [verifier_key(vkey).kind for vkey in made["vkeys"]] == [KeyKind.COSIGNATURE, KeyKind.ML_DSA_44]
    assert len(run("show", "--data", data, "--log", "n1-0").splitlines()) == 2


def test_the_next_log_s_keys_are_made_ahead_and_are_the_ones_it_signs_with(tmp_path: Path):
    KeyRing.open(tmp_path / "keys" / "n1-0", ORIGIN, NOW, create=True)
    KeyRing.open(tmp_path / "keys" / "n1-0.sm3", f"{ORIGIN}/sm3", NOW, create=True)
    (tmp_path / "n1-0" / "journal").mkdir(parents=True)
    made = run("prepare", "--data", tmp_path).splitlines()

    assert made == run("prepare", "--data", tmp_path).splitlines()
    assert {verifier_key(vkey).name for vkey in made} == {"pdp.local/n1-1", "pdp.local/n1-1/sm3"}
    used = KeyRing.open(tmp_path / "keys" / "n1-1", "pdp.local/n1-1", NOW + timedelta(days=30), create=True)
    assert [str(key.key) for key in used.keys] == made[:2]


@pytest.mark.parametrize("verb", ["list", "show", "rotate"])
def test_where_no_keys_are_none_are_made(tmp_path: Path, verb: str):
    with pytest.raises(UnavailableError, match="name the data folder of a service with --data"):
        run(verb, "--data", tmp_path)
    assert list(tmp_path.iterdir()) == []
