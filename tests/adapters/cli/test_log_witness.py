"""`pdp log witness show`: who co-signed what when, what is late or wrong, and what we co-signed ourselves."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
import yaml
from typer.testing import CliRunner

from adapters.cli.log.witness import app
from adapters.publishing.witnessing import witnessing
from adapters.settings import LogSettings, Settings
from adapters.signers.key_ring import KeyRing
from pdp.errors import PDPError, UnavailableError
from pdp.log.note import Note, signature_line
from tests.adapters.witnesses.story import FORKED, HONEST, LOG_KEY, ORIGIN, WITNESS_KEY
from tests.logs.published import Key

NAME = ORIGIN.rpartition("/")[2]
NOW = int(time.time())
OTHER_KEY = Key("c.example.gov.cn/witness", bytes([5]) * 32, WITNESS_KEY.kind)


class Folder:
    """A data folder with one log, its keys, and what witnesses answered."""

    def __init__(self, data) -> None:
        self.data, self.log = data, data / NAME
        (self.log / "journal").mkdir(parents=True)
        (self.log / "state" / "witness").mkdir(parents=True)
        self._ring = KeyRing.open(data / "keys" / NAME, ORIGIN, datetime.now(UTC), create=True)
        (self.log / "state" / "checkpoint").write_text(str(self.note(9)))

    def note(self, size: int, *keys: Key, at: int = NOW) -> Note:
        """Return the checkpoint of `size` entries, signed by the log and by `keys`."""
        checkpoint = HONEST.note(size).checkpoint
        ours = [signature_line(key.key, key.sign(checkpoint, at), at) for key in self._ring.signers(datetime.now(UTC))]
        return Note(checkpoint.body, (*ours, *(key.line(checkpoint, at) for key in keys)))

    def answered(self, name: str, note: Note) -> None:
        """Keep what a witness answered."""
        (self.log / "state" / "witness" / name).write_text(str(note))

    def settings(self, **witnesses: Key) -> list[object]:
        """Write the settings that name `witnesses`; return the options of the command."""
        named = [
            {"name": name, "vkey": str(key.public), "url": "http://127.0.0.1:1"} for name, key in witnesses.items()
        ]
        path = self.data / "settings.yaml"
        path.write_text(yaml.safe_dump({"log": {"witnesses": named}}))
        return ["--data", self.data, "--config", path]


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder(tmp_path)


def run(*arguments: object, code: int = 0) -> str:
    """Return what the command prints to stdout; raise the fault that it ends with."""
    result = CliRunner().invoke(app, ["show", *map(str, arguments)], env={"COLUMNS": "160"})
    if isinstance(result.exception, PDPError):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


def row(shown: str, witness: str) -> list[str]:
    """Return the words of a witness's line."""
    (line,) = [line for line in shown.splitlines() if f" {witness} " in line]
    return line.split()


def test_a_witness_that_keeps_up_is_shown_with_size_and_time(folder):
    folder.answered("b", folder.note(9, WITNESS_KEY))
    words = row(run(*folder.settings(b=WITNESS_KEY)), "b")

    assert words[:4] == [NAME, "b", "9", "条"]
    assert words[-1] == "正常"


def test_who_is_late_who_never_came_and_who_is_not_genuine_stand_out_and_end_with_1(folder):
    folder.answered("b", folder.note(5, WITNESS_KEY, at=NOW - 2 * 3600))
    folder.answered("c", folder.note(9, WITNESS_KEY))
    shown = run(
        *folder.settings(b=WITNESS_KEY, c=OTHER_KEY, d=Key("d/witness", bytes([6]) * 32, OTHER_KEY.kind)), code=1
    )

    assert row(shown, "b")[2:6] == ["5", "条", "4", "条"]
    assert "2 小时前" in shown
    assert [row(shown, name)[-1] for name in "bcd"] == ["迟到", "不是有效的副署", "从未副署"]


def test_a_witness_that_is_behind_by_little_is_not_late(folder):
    folder.answered("b", folder.note(5, WITNESS_KEY, at=int(time.time()) - 600))

    assert row(run(*folder.settings(b=WITNESS_KEY)), "b")[-1] == "正常"


def test_a_log_at_rest_is_never_late(folder):
    folder.answered("b", folder.note(9, WITNESS_KEY, at=NOW - 90 * 86_400))

    assert row(run(*folder.settings(b=WITNESS_KEY)), "b")[-1] == "正常"


@pytest.mark.parametrize("kept", ["", "nonsense", "someone else's", "unsigned by the log"])
def test_what_is_kept_and_proves_nothing_is_shown_as_that(folder, kept):
    notes = {
        "someone else's": str(HONEST.note(9, LOG_KEY, WITNESS_KEY)),
        "unsigned by the log": str(HONEST.note(9, WITNESS_KEY)),
    }
    (folder.log / "state" / "witness" / "b").write_text(notes.get(kept, kept))

    assert row(run(*folder.settings(b=WITNESS_KEY), code=1), "b")[-1] == "不是有效的副署"


def test_without_the_settings_nothing_is_said_that_cannot_be_checked(folder):
    folder.answered("b", folder.note(9, WITNESS_KEY))

    assert "未核验" in run("--data", folder.data)


def test_programs_get_the_same(folder):
    folder.answered("b", folder.note(9, WITNESS_KEY))
    said = json.loads(run(*folder.settings(b=WITNESS_KEY), "--json"))

    (ours,) = said["cosigned_for_us"]
    assert {name: ours[name] for name in ("log", "witness", "standing", "size", "behind")} == {
        "log": NAME,
        "witness": "b",
        "standing": "current",
        "size": 9,
        "behind": 0,
    }
    assert ours["at"].startswith(datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%dT%H:%M:%S"))


def test_what_we_co_signed_for_others_is_shown_and_a_fork_with_both_its_notes(tmp_path):
    witnessed = [{"origin": ORIGIN, "vkeys": [str(LOG_KEY.public)]}]
    log = LogSettings.model_validate({"witness_name": WITNESS_KEY.name, "witness_for": witnessed})
    with witnessing(Settings(data=tmp_path, log=log), print) as witness:
        witness.add(HONEST.sent(0, 8))
        assert f"{ORIGIN}  8 条" in run("--data", tmp_path)
        witness.add(FORKED.sent(8, 8))
        shown = run("--data", tmp_path, code=1)
        said = json.loads(run("--data", tmp_path, "--json", code=1))

    assert "疑似分叉" in shown
    assert said["cosigned_by_us"][0]["size"] == 8
    (found,) = said["evidence"]
    assert HONEST.note(8).body in found["cosigned"]
    assert found["sent"].encode() == FORKED.sent(8, 8)


def test_where_nobody_co_signs_that_is_told(tmp_path):
    with pytest.raises(UnavailableError, match="nobody co-signs here"):
        run("--data", tmp_path)
