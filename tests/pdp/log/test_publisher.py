"""Promises of the publisher: one story, whatever stops it; and what it signs is the tree over the entries."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.errors import UnavailableError
from pdp.log.entry import entry_bytes
from pdp.log.note import Checkpoint, Note, note_in
from pdp.log.publisher import ForkError, Publisher, Writing
from pdp.log.suite import Sha256
from pdp.log.tiles import Tile
from pdp.log.tree import check_consistency
from pdp.log.trust import trust_policy
from tests.logs.memory_store import MemoryStore
from tests.logs.published import AT, LOG_KEY, ORIGIN, WITNESS_KEY, Key, chained, note_over, policy, small, tree_of

ENTRIES = small(700)
SUITE = Sha256()
OTHER_WITNESS = Key("b.example.gov.cn/witness", bytes([7]) * 32, WITNESS_KEY.kind)


class LogSigner:
    """Signs with the log's key of the test vector."""

    key = LOG_KEY.public

    def sign(self, checkpoint: Checkpoint, time: int) -> bytes:
        """Return the signature."""
        return LOG_KEY.line(checkpoint, time).signature


SIGNERS = (LogSigner(),)


def writing(entries=ENTRIES, signers=SIGNERS):
    """Return what is published: `entries`, by the log's key."""
    return Writing(ORIGIN, SUITE, lambda _: signers, lambda since, until: entries[since:until])


def publisher(store, entries=ENTRIES, trusted=None):
    """Return a publisher of `entries` in `store`."""
    return Publisher(writing(entries), store, trust_policy(trusted) if trusted else None)


def kept(size):
    """Return what a store holds when `size` entries are published and nothing ever failed."""
    store = MemoryStore()
    publisher(store).publish(size, AT)
    return store


def forked(place):
    """Return the entries, with another one at `place` and all that follow linked to it."""
    records = [b'{"kind":"test","n":%d}' % number for number in range(len(ENTRIES))]
    records[place] = b'{"kind":"test","n":"another"}'
    return chained(records)


def test_what_is_signed_is_the_tree_over_the_entries():
    store = MemoryStore()
    note = publisher(store).publish(600, AT)
    assert note == note_over(ENTRIES[:600], LOG_KEY)
    assert store.notes == {"signed": str(note).encode(), "published": str(note).encode()}
    assert store.tiles == tree_of(ENTRIES[:600])[0]


def test_nothing_is_published_where_nothing_grew():
    store = MemoryStore()
    made = publisher(store)
    assert made.publish(0, AT) is None
    assert made.publish(3, AT) is not None
    steps = store.steps
    assert made.publish(3, AT + 1) is None
    assert store.steps == steps


@given(st.lists(st.integers(1, 300), min_size=1, max_size=5), st.sets(st.integers(0, 4)))
def test_publishing_in_any_cuts_gives_the_bytes_of_publishing_at_once(steps, restarts):
    store = MemoryStore()
    made, sizes = publisher(store), [min(size, len(ENTRIES)) for size in accumulate(steps)]
    for number, size in enumerate(sizes):
        made = publisher(store) if number in restarts else made
        made.publish(size, AT)
    whole = kept(sizes[-1])
    assert (store.tiles, store.notes) == (whole.tiles, whole.notes)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (3, 4), (250, 520), (256, 257), (511, 700)])
def test_publish_crash_each_step(first, second):
    """Stopped after any step and begun again, publishing gives the same bytes, and nothing was shown unkept."""
    whole, crashes = kept(second), 0
    while True:
        store = kept(first)
        store.fails_at = store.steps + crashes
        try:
            publisher(store).publish(second, AT)
        except UnavailableError:
            crashes += 1
        else:
            break
        one_story(store.history)
        store.fails_at = None
        publisher(store).publish(second, AT)
        assert (store.tiles, store.notes) == (whole.tiles, whole.notes)
        one_story(store.history)
    assert crashes >= 6


@given(st.data())
def test_publish_never_forks(data):
    """Whatever fails and however often, no two notes of one size have two roots, and each extends the one before."""
    store, size = MemoryStore(), 0
    for _ in range(data.draw(st.integers(1, 8))):
        size = data.draw(st.integers(size, len(ENTRIES)))
        store.fails_at = store.steps + data.draw(st.integers(0, 12))
        try:
            made = publisher(store)
            made.publish(size, AT + size)
        except UnavailableError:
            continue
    one_story(store.history)


def one_story(history):
    """Check that all notes ever kept or shown are of one growing tree, each kept before it was shown."""
    signed = dict[int, bytes]()
    for place, data in history:
        checkpoint = note_in(data).checkpoint
        if place == "signed":
            assert checkpoint.size >= max(signed, default=0)
            assert signed.setdefault(checkpoint.size, checkpoint.root) == checkpoint.root
        assert signed[checkpoint.size] == checkpoint.root == tree_of(ENTRIES[: checkpoint.size])[1]


def test_a_failed_step_is_made_good_by_the_same_publisher_without_new_entries():
    for crashes in range(4):
        store = MemoryStore()
        made = publisher(store)
        store.fails_at = 2 + crashes  # within the keeping and the showing of the note
        with pytest.raises(UnavailableError):
            made.publish(3, AT)
        store.fails_at = None
        made.publish(3, AT)
        assert store.notes == kept(3).notes
        assert made.covered == 3


def test_a_note_that_was_kept_and_not_shown_is_shown_after_a_restart():
    store = kept(3)
    del store.notes["published"]
    assert publisher(store).publish(3, AT + 99) == note_over(ENTRIES[:3], LOG_KEY)
    assert store.notes == kept(3).notes


def test_no_receipt_is_given_under_a_note_that_was_not_shown():
    store = MemoryStore()
    made = publisher(store)
    made.publish(3, AT)
    store.fails_at = store.steps + 4  # tiles, and the note is kept
    with pytest.raises(UnavailableError):
        made.publish(4, AT)
    assert made.covered == 3
    assert made.receipt(2).note.checkpoint.size == 3


@pytest.mark.parametrize("place", [0, 250, 298, 299])
def test_entries_that_differ_from_those_signed_are_never_signed(place):
    store = kept(300)
    with pytest.raises(ForkError, match="300 entries are signed"):
        publisher(store, forked(place)).publish(301, AT)
    assert store.notes == kept(300).notes or place == 299  # the last one shows when the next is linked to it
    assert len(store.history) == 2


def test_a_fork_is_found_even_where_its_tiles_were_put_there_too():
    store = kept(300)
    store.tiles = tree_of(forked(7)[:300])[0]
    with pytest.raises(ForkError, match="the entries lead to another root"):
        publisher(store, forked(7))


def test_a_journal_that_is_shorter_than_what_was_signed_is_refused():
    store = kept(300)
    with pytest.raises(ForkError, match="the journal has 299 entries"):
        publisher(store).publish(299, AT)
    store.tiles.clear()
    with pytest.raises(ForkError, match="the journal ends at entry 299"):
        publisher(store, ENTRIES[:299])


def test_a_state_older_than_what_everybody_has_seen_is_refused():
    store, newer = kept(3), kept(5)
    store.notes["published"] = newer.notes["published"]
    with pytest.raises(ForkError, match="another checkpoint of 5 entries is published"):
        publisher(store)
    store.notes["published"] = str(note_over(forked(1)[:3], LOG_KEY)).encode()
    with pytest.raises(ForkError, match="another checkpoint of 3 entries is published"):
        publisher(store)
    del store.notes["signed"]
    with pytest.raises(ForkError, match="0 entries are signed"):
        publisher(store)


@pytest.mark.parametrize("note", [b"", b"x", b"\xff\n\n", str(note_over(ENTRIES[:3])).replace("pdp1", "pdp2").encode()])
def test_a_state_that_is_no_note_of_this_log_is_never_guessed(note):
    store = kept(3)
    store.notes["signed"] = note
    with pytest.raises(UnavailableError, match="is no note of this log"):
        publisher(store)


def test_a_broken_link_between_entries_is_never_signed():
    entries = [*ENTRIES[:5], entry_bytes("0" * 64, b'{"kind":"test","n":5}', 5), *ENTRIES[6:]]
    store = kept(3)
    with pytest.raises(ForkError, match="entry 5 does not follow"):
        publisher(store, entries).publish(9, AT)
    assert len(store.history) == 2


@pytest.mark.parametrize("size", [3, 256, 300, 600])
def test_tiles_that_are_missing_or_damaged_are_made_anew_at_the_start(size):
    whole = kept(size)
    for tile in whole.tiles:
        for damage in (b"", whole.tiles[tile][:-1], whole.tiles[tile][:-1] + b"\x00"):
            store = kept(size)
            store.tiles[tile] = damage
            publisher(store).publish(size + 1, AT)
            edge = tile.width < 256 or tile.level > 0 or size == 256
            assert store.tiles == kept(size + 1).tiles or not edge
    store = kept(size)
    store.tiles.clear()
    publisher(store)
    assert store.tiles == whole.tiles


def test_tiles_that_go_bad_while_it_runs_are_made_anew():
    store = kept(300)
    made = publisher(store)
    store.tiles[Tile(0, 1, 44)] = bytes(44 * 32)
    made.publish(310, AT)
    assert store.tiles == kept(310).tiles
    del store.tiles[Tile(1, 0, 1)]
    made.publish(320, AT)
    assert store.tiles == kept(320).tiles


def test_a_receipt_finds_a_bad_tile_that_nothing_else_reads_and_has_it_made_anew():
    store = kept(600)
    made = publisher(store)
    store.tiles[Tile(0, 0)] = bytes(256 * 32)
    with pytest.raises(UnavailableError, match="made anew"):
        made.receipt(5)
    made.publish(600, AT)
    assert made.receipt(5).proves(ENTRIES[5], SUITE)
    assert store.tiles == kept(600).tiles


@given(st.integers(1, 700), st.data())
def test_a_receipt_proves_its_entry_under_the_newest_note(size, data):
    made = publisher(MemoryStore())
    made.publish(size, AT)
    index = data.draw(st.integers(0, size - 1))
    assert made.receipt(index).proves(ENTRIES[index], SUITE)
    assert made.receipt(index).note == made.note
    with pytest.raises(UnavailableError, match="ask again"):
        made.receipt(size)


def test_consistency_is_proved_from_every_smaller_tree():
    made = publisher(MemoryStore())
    prove = made.prove(made.publish(300, AT))
    for old in range(301):
        check_consistency(old, tree_root(old), 300, tree_root(300), prove(old), SUITE)


def tree_root(size):
    """Return the root over the first entries."""
    return tree_of(ENTRIES[:size])[1] if size else SUITE.empty


def test_cosignatures_are_shown_as_they_come_and_a_quorum_makes_receipts_rest_on_them():
    store = MemoryStore()
    made = publisher(store, trusted=policy(WITNESS_KEY, OTHER_WITNESS, quorum=2))
    note = made.publish(3, AT)
    one, other = (key.line(note.checkpoint) for key in (WITNESS_KEY, OTHER_WITNESS))
    assert not made.witnessed
    more = made.merge(note, [one])
    assert (store.notes["published"], store.witnessed(), made.covered) == (str(more).encode(), None, 0)
    whole = made.merge(more, [one, other])
    assert [line.name for line in whole.lines] == [ORIGIN, WITNESS_KEY.name, OTHER_WITNESS.name]
    assert store.notes["published"] == store.notes["witnessed"] == str(whole).encode()
    assert (made.covered, made.witnessed, made.receipt(2).note) == (3, True, whole)


def test_cosignatures_that_come_late_make_an_older_note_count_and_never_an_older_one_than_that():
    store = MemoryStore()
    made = publisher(store, trusted=policy(WITNESS_KEY, quorum=1))
    notes = [made.publish(size, AT) for size in (3, 4, 5)]
    made.merge(notes[1], [WITNESS_KEY.line(notes[1].checkpoint)])
    assert (made.covered, made.witnessed, store.published()) == (4, False, str(notes[2]).encode())
    made.merge(notes[0], [WITNESS_KEY.line(notes[0].checkpoint)])
    assert made.covered == 4


def test_cosignatures_outlive_a_restart():
    store = MemoryStore()
    trusted = policy(WITNESS_KEY, quorum=1)
    made = publisher(store, trusted=trusted)
    note = made.publish(3, AT)
    made.merge(note, [WITNESS_KEY.line(note.checkpoint)])
    again = publisher(store, trusted=trusted)
    assert again.publish(3, AT) is None
    assert (again.note, again.covered, again.witnessed) == (made.note, 3, True)


def test_a_log_for_which_no_key_signs_is_not_published():
    store = MemoryStore()
    made = Publisher(writing(signers=()), store)
    with pytest.raises(UnavailableError, match="no key signs"):
        made.publish(3, AT)
    assert store.notes == {}


def test_others_are_let_in_while_entries_are_hashed():
    let_in = []
    what = Writing(ORIGIN, SUITE, lambda _: (LogSigner(),), lambda a, b: ENTRIES[a:b], lambda: let_in.append(1))
    note = Publisher(what, MemoryStore()).publish(700, AT)
    assert isinstance(note, Note)
    assert len(let_in) >= 700 // 16 + 2 * 255 // 128
