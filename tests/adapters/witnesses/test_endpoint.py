"""Promises of our witness: one history a log, remembered before it is said, whoever asks and however many at once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.signers.ed25519 import Ed25519Signer
from adapters.signers.ml_dsa_44 import MlDsa44Signer
from adapters.witnesses.endpoint import Trust, WitnessEndpoint
from adapters.witnesses.state import KEPT, WitnessState
from pdp.errors import UnavailableError
from pdp.log.note import KeyKind, note_in, signatures
from pdp.log.witness import place_of
from tests.adapters.witnesses.conftest import NOW, Ours
from tests.adapters.witnesses.story import (
    FORKED,
    HONEST,
    LOG_KEY,
    LOGS,
    ORIGIN,
    STRANGER,
    SUITE,
    WITNESS_KEY,
    Story,
    verify,
)
from tests.adapters.witnesses.table import BAD

PLACE = place_of(ORIGIN)


def cosigned(ours: Ours, body: bytes) -> bool:
    return ours.endpoint.add(body).status == 200


def test_the_answer_is_a_line_that_states_the_time_and_the_note_is_shown_with_both_signatures(ours):
    answer = ours.endpoint.add(HONEST.sent(0, 5, STRANGER, LOG_KEY))

    note = HONEST.note(5)
    said = note_in(str(note).encode() + answer.body)
    assert signatures(said, [LOG_KEY.public, WITNESS_KEY.public], verify) == {
        LOG_KEY.public: 0,
        WITNESS_KEY.public: NOW,
    }
    assert ours.endpoint.checkpoint(PLACE) == str(said).encode()  # the stranger's line is not there


def test_every_key_of_the_witness_adds_a_line(ours, tmp_path):
    signers = [
        Ed25519Signer(WITNESS_KEY.name, WITNESS_KEY.seed, KeyKind.COSIGNATURE),
        MlDsa44Signer(WITNESS_KEY.name, bytes([6]) * 32),
    ]
    state = WitnessState(tmp_path / "other.sqlite", create=True)
    endpoint = WitnessEndpoint(
        state, Trust(LOGS, verify, SUITE), lambda _: signers, now=lambda: NOW, alarm=ours.alarms.append
    )
    answer = endpoint.add(HONEST.sent(0, 5))
    state.close()

    keys = [signer.key for signer in signers]
    said = note_in(str(HONEST.note(5)).encode() + answer.body)
    assert signatures(said, keys, verify) == dict.fromkeys(keys, NOW)


def test_nothing_is_shown_for_a_log_that_was_never_co_signed(ours):
    ours.endpoint.add(HONEST.sent(0, 5, STRANGER))

    assert ours.endpoint.checkpoint(PLACE) is None


def test_what_was_co_signed_survives_the_process(ours, tmp_path):
    ours.endpoint.add(HONEST.sent(0, 5))
    ours.state.close()
    again = Ours(tmp_path / "witness" / "state.sqlite", create=False)

    assert again.endpoint.add(HONEST.sent(0, 5)).body == b"5\n"
    assert cosigned(again, HONEST.sent(5, 9))
    again.state.close()


def test_keys_that_have_co_signed_do_not_go_on_without_what_they_co_signed(tmp_path):
    with pytest.raises(UnavailableError, match="rotate the witness's keys"):
        WitnessState(tmp_path / "gone.sqlite", create=False)

    assert not (tmp_path / "gone.sqlite").exists()


def test_others_cannot_read_the_state(ours, tmp_path):
    ours.endpoint.add(HONEST.sent(0, 5))

    for path in (tmp_path / "witness").iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_a_fork_is_kept_with_what_it_contradicts_and_the_operator_is_told_once(ours):
    ours.endpoint.add(HONEST.sent(0, 8))
    for _ in range(3):
        assert ours.endpoint.add(FORKED.sent(8, 8)).status == 422

    (kept,) = ours.state.evidence()
    assert note_in(kept.cosigned).body == HONEST.note(8).body
    assert kept.sent == FORKED.sent(8, 8)
    (alarm,) = ours.alarms
    assert alarm.startswith(f"{ORIGIN}: the log signed two roots over as many entries (8); both are kept")
    assert ours.endpoint.add(HONEST.sent(8, 9)).status == 200  # the first story goes on


def test_a_checkpoint_that_came_with_a_wrong_proof_is_no_second_story_once_it_was_proved(ours):
    ours.endpoint.add(HONEST.sent(0, 8))
    ours.endpoint.add(HONEST.sent(8, 12, proof=[BAD]))
    assert len(ours.state.evidence()) == 1
    ours.endpoint.add(HONEST.sent(8, 12))

    assert ours.state.evidence() == []


def test_whoever_floods_with_wrong_proofs_fills_no_disk_and_hides_no_fork(ours):
    ours.endpoint.add(HONEST.sent(0, 8))
    for size in range(9, 9 + 2 * KEPT):
        ours.endpoint.add(HONEST.sent(8, size, proof=[BAD]))
    ours.endpoint.add(FORKED.sent(8, 8))

    kept = [evidence.why for evidence in ours.state.evidence()]
    assert (len(kept), len(ours.alarms)) == (KEPT + 1, KEPT + 1)
    assert "the log signed two roots over as many entries" in kept


def test_logs_do_not_touch_one_another(tmp_path):
    other = Story(origin="other.example/log")
    logs = {ORIGIN: (LOG_KEY.public,), other.origin: (LOG_KEY.public,)}
    state = WitnessState(tmp_path / "s.sqlite", create=True)
    endpoint = WitnessEndpoint(state, Trust(logs, verify, SUITE), lambda _: [], now=lambda: NOW, alarm=print)

    assert endpoint.add(HONEST.sent(0, 8)).status == 200
    assert endpoint.add(other.sent(0, 3)).status == 200
    assert [note.checkpoint.size for note in state.last_of_each()] == [3, 8]
    state.close()


class FailingKey:
    """A card on a bus that has been pulled out."""

    key = WITNESS_KEY.public

    def sign(self, *_: object) -> bytes:
        """Fail."""
        message = "the card is gone"
        raise UnavailableError(message)


def test_a_key_that_fails_leaves_what_was_co_signed_as_it_was(tmp_path):
    state = WitnessState(tmp_path / "s.sqlite", create=True)
    signers = [[], [FailingKey()], []]
    endpoint = WitnessEndpoint(
        state, Trust(LOGS, verify, SUITE), lambda _: signers.pop(0), now=lambda: NOW, alarm=print
    )
    endpoint.add(HONEST.sent(0, 5))
    with pytest.raises(UnavailableError, match="the card is gone"):
        endpoint.add(HONEST.sent(5, 9))

    assert endpoint.add(HONEST.sent(5, 7)).status == 200
    state.close()


def test_after_a_fault_of_the_store_nothing_is_co_signed_any_more(ours, tmp_path):
    ours.endpoint.add(HONEST.sent(0, 5))
    path = tmp_path / "witness" / "state.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE evidence")
    other.close()
    with pytest.raises(UnavailableError, match="no such table"):
        ours.endpoint.add(FORKED.sent(5, 5))
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE evidence (origin, body, cosigned, sent, why, at)")
    other.close()

    with pytest.raises(UnavailableError, match="mend it, then start anew"):
        ours.endpoint.add(HONEST.sent(5, 9))


def test_a_state_that_another_process_holds_is_busy_and_nothing_worse(ours, tmp_path, monkeypatch):
    monkeypatch.setattr("adapters.witnesses.state.PATIENCE", 0.01)
    second = Ours(tmp_path / "witness" / "state.sqlite")
    with ours.state.transaction(), pytest.raises(UnavailableError, match="locked"):
        second.endpoint.add(HONEST.sent(0, 5))

    assert cosigned(second, HONEST.sent(0, 5))
    second.state.close()


def test_what_cannot_be_opened_is_told(tmp_path):
    (tmp_path / "s.sqlite").write_bytes(b"something else entirely" * 100)

    with pytest.raises(UnavailableError, match="cannot be used"):
        WitnessState(tmp_path / "s.sqlite", create=True)


def one_history(stories, accepted) -> bool:
    """Return whether all accepted checkpoints are of one of `stories`."""
    return any(all(story.root(size) == root for size, root in accepted) for story in stories)


@pytest.mark.parametrize("states", [1, 2], ids=["one process", "two on one file"])
def test_two_clients_that_race_for_one_log_never_get_two_stories_co_signed(ours, tmp_path, states):
    witnesses = [ours, Ours(tmp_path / "witness" / "state.sqlite")][:states] * (3 - states)
    accepted: list[tuple[int, bytes]] = []
    together = threading.Barrier(2)

    def client(place: int) -> None:
        story, random, old = (HONEST, FORKED)[place], Random(place), 0  # noqa: S311  # the same rounds each time
        for _ in range(100):
            size = old + random.randrange(1, 5)
            together.wait()
            answer = witnesses[place].endpoint.add(story.sent(old, size))
            if answer.status == 200:
                accepted.append((size, story.root(size)))
                old = size
            elif answer.status == 409:
                old = int(answer.body)

    with ThreadPoolExecutor(2) as both:
        list(both.map(client, range(2)))
    if states == 2:
        witnesses[1].state.close()

    assert one_history((HONEST, FORKED), accepted)
    assert len(accepted) >= 90
    assert len({size for size, _ in accepted}) == len(accepted)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from((HONEST, FORKED)), st.none() | st.integers(0, 9), st.integers(0, 9))))
def test_whatever_is_sent_all_that_was_co_signed_is_one_history_and_the_last_of_it_is_shown(requests):
    with tempfile.TemporaryDirectory() as folder:
        ours, accepted = Ours(Path(folder) / "state.sqlite"), [(0, SUITE.empty)]
        for story, old, size in requests:
            answer = ours.endpoint.add(story.sent(accepted[-1][0] if old is None else old, size))
            if answer.status == 200:
                accepted.append((size, story.root(size)))
        shown = ours.endpoint.checkpoint(PLACE)
        ours.state.close()

    assert one_history((HONEST, FORKED), accepted)
    assert accepted == sorted(accepted, key=lambda each: each[0])
    assert shown is None or note_in(shown).checkpoint[1:] == accepted[-1]


_ASKED = """
import sys
from pathlib import Path
from tests.adapters.witnesses.conftest import Ours
from tests.adapters.witnesses.story import HONEST
ours = Ours(Path(sys.argv[1]))
old = 0
while True:
    size = old + 1
    answer = ours.endpoint.add(HONEST.sent(old, size))
    assert answer.status == 200, answer
    print(size, flush=True)
    old = size
"""


def test_whatever_was_answered_is_remembered_after_kill_9(tmp_path):
    path = tmp_path / "s.sqlite"
    command = [sys.executable, "-c", _ASKED, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as process:
        answered = [int(process.stdout.readline()) for _ in range(20)][-1]
        process.kill()
        answered = max([answered, *map(int, process.stdout.read().split())])
    state = WitnessState(path, create=False)

    assert note_in(state.cosigned(PLACE)).checkpoint.size in {answered, answered + 1}
    state.close()
