"""The verifier that auditors copy: what it accepts, what it refuses, and that it names the right entry."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tongsuopy.crypto import hashes as national_sums
from tongsuopy.crypto.asymciphers import ec as national

from pdp.log import verify as verifier
from pdp.log.canonical import NotCanonicalError, decode, encode
from pdp.log.note import Checkpoint, KeyKind, Note, VerifierKey, signature_line
from pdp.log.suite import Sha256
from pdp.log.tiles import bundled, bundles_of, grown, nodes
from pdp.log.tree import root
from pdp.log.verify import RefusedError, UnreadableError, policy_in, verify, verify_receipt
from tests.logs.corpus import LATTICE_LOG, LATTICE_WITNESS, policy_of, receipt_for
from tests.logs.published import (
    LOG_KEY,
    ORIGIN,
    WITNESS_KEY,
    Key,
    chained,
    note_over,
    policy,
    resources,
    small,
    tree_of,
)

# The vector of the log's format, accepted unchanged by a verifier that others wrote.
LOG_VKEY = "pdp.example.gov.cn/decisions/2026/pdp1-0+f28c8bb4+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
WITNESS_VKEY = "a.example.gov.cn/witness+58c10479+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
NOTE = (
    "pdp.example.gov.cn/decisions/2026/pdp1-0\n3\n6E3nk749Zqe7i5Ea1Lug82/MFnGT/zgCUFlaRieC0bc=\n\n"
    "— pdp.example.gov.cn/decisions/2026/pdp1-0 8oyLtGC4r8ON919alna8M062FDdmwWEKZnbxxZhg/35LBvHr3wTrhFCFRJDY"
    "ANfMpE1qPEe7nCDx5CV2NL5Y1A6NuwI=\n"
    "— a.example.gov.cn/witness WMEEeQAAAABpVbkAWH7QIrRwXIPvsAEk+56PflXYANvnnBBgW7DrHKyFETRHU96kSxM38X3rSgi5"
    "QXUm1vJsp8nfx+H9qRNC2mpcAg==\n"
)
POLICY = f"log {LOG_VKEY}\nwitness a {WITNESS_VKEY}\nquorum a\n"
LEAVES = (
    "664651d885c00c486a217b5bba2a04454e715e6c81ed796b150eee0761f0af78",
    "1cc23608e81f2fde4124aade4e150cc74241d597a57f3c3666f00e91cc68082a",
    "cd288be63536cf52b082b07a6d39134e5e9d6e44917f4336d26c53d501ddcea5",
)


def reader(files):
    """Return the function that reads `files`."""

    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    return read


def checked(files, text: str | None = None, **asked: object) -> verifier.Verified:
    """Return what the verifier says of `files`."""
    return verify(reader(files), policy_in((text or policy()).encode()), **asked)


def record(number: int, at: str = "2026-01-01T00:00:00.000000Z", **members: object) -> bytes:
    """Return the smallest record that a log may hold."""
    made = {"at": at, "id": f"019b76da-a800-7000-8000-{number:012x}", "kind": "error", **members}
    return encode(made)


def refused(entries: list[bytes], **asked: object) -> RefusedError:
    """Return why a log of `entries`, well signed, is refused when it is looked into."""
    with pytest.raises(RefusedError) as caught:
        checked(resources(entries, LOG_KEY), level="chain", **asked)
    return caught.value


# --------------------------------------------------------------------------------------------- golden vectors


def test_the_published_vector_is_accepted_as_it_stands():
    leaves = [bytes.fromhex(leaf) for leaf in LEAVES]
    files = {"checkpoint": NOTE.encode(), "tile/0/000.p/3": b"".join(leaves), "tile/entries/000.p/3": bundled(small(3))}

    said = checked(files, POLICY)

    assert hashlib.sha256(files["tile/entries/000.p/3"]).hexdigest().startswith("609560bd2f1a134f")
    assert (said.origin, said.size, said.witnessed) == (ORIGIN, 3, True)
    assert said.root.hex() == "e84de793be3d66a7bb8b911ad4bba0f36fcc167193ff380250595a462782d1b7"
    assert [(found.key.name, found.time) for found in said.signatures] == [
        (ORIGIN, 0),
        ("a.example.gov.cn/witness", 1767225600),
    ]


def test_the_vector_of_ml_dsa_44_has_its_key_id_and_signs_what_the_format_says():
    key = verifier.key_in(str(LATTICE_LOG.public))
    said = (ORIGIN, 3, bytes.fromhex("e84de793be3d66a7bb8b911ad4bba0f36fcc167193ff380250595a462782d1b7"))
    message = verifier._signed_message(key, 1767225600, "", said)  # noqa: SLF001  # the vector is about these bytes

    assert key.id.hex() == "bc9004cf"
    assert len(message) == 150
    assert hashlib.sha256(message).hexdigest().startswith("df179c64ece8d89c302ca7224dd29a69ffb6e42c3b704e4f")


def test_ml_dsa_44_signs_for_logs_and_for_witnesses():
    files = resources(small(3), LATTICE_LOG, LATTICE_WITNESS)

    said = checked(files, policy_of(LATTICE_LOG, LATTICE_WITNESS))

    assert {found.key.kind for found in said.signatures} == {verifier.LATTICE}
    assert said.witnessed


# ---------------------------------------------------------------------------------------------- national suites


def national_key() -> tuple[national.EllipticCurvePrivateKey, VerifierKey]:
    private = national.derive_private_key(int.from_bytes(bytes([6]) * 32, "big"), national.SM2())
    point = private.public_key().public_numbers()
    public = b"\x04" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    return private, VerifierKey(ORIGIN, KeyKind.NATIONAL, public)


def national_line(body: str, turned: int = 0):
    """Return the SM2 line on `body`, with one bit flipped if `turned`."""
    private, key = national_key()
    der = private.sign(body.encode(), national.ECDSA(national_sums.SM3()))
    numbers, at = [], 2
    while at < len(der):
        length = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2 : at + 2 + length], "big").to_bytes(32, "big"))
        at += 2 + length
    bare = b"".join(numbers)
    return signature_line(key, bytes([bare[0] ^ turned]) + bare[1:], 0)


def test_an_sm2_line_is_verified_where_a_library_for_it_is_here():
    note = note_over(small(2), LOG_KEY)
    files = resources(small(2), LOG_KEY)
    text = f"log {LOG_KEY.public}\nlog {national_key()[1]}\nquorum none\n"

    files["checkpoint"] = str(note._replace(lines=(*note.lines, national_line(note.body)))).encode()
    assert [found.key.kind for found in checked(files, text).signatures] == [verifier.ED25519, verifier.NATIONAL]

    files["checkpoint"] = str(note._replace(lines=(*note.lines, national_line(note.body, turned=1)))).encode()
    with pytest.raises(RefusedError, match="SM2 signature"):
        checked(files, text)


def test_without_that_library_an_sm2_line_is_reported_and_proves_nothing(monkeypatch):
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(verifier.importlib, "import_module", missing)
    note = note_over(small(2), LOG_KEY)
    files = resources(small(2), LOG_KEY)
    files["checkpoint"] = str(note._replace(lines=(*note.lines, national_line(note.body)))).encode()

    said = checked(files, f"log {LOG_KEY.public}\nlog {national_key()[1]}\nquorum none\n")
    assert said.not_checked == [f"SM2 signature of {ORIGIN}: needs tongsuopy"]
    with pytest.raises(UnreadableError, match="cannot be checked here"):
        checked(files, f"log {national_key()[1]}\nquorum none\n")


@given(st.binary(min_size=64, max_size=64), st.binary(min_size=64, max_size=64))
@settings(max_examples=50, deadline=None)
def test_no_bytes_that_are_said_to_be_keys_and_signatures_break_anything(public, signature):
    for kind, point in ((verifier.NATIONAL, b"\x04" + public), (verifier.ED25519, public[:32])):
        assert verifier.is_valid(verifier.Key("any", kind, point, b"0000"), b"message", signature) is False
    lattice = verifier.Key("any", verifier.LATTICE, (public * 21)[:1312], b"0000")
    assert verifier.is_valid(lattice, b"message", (signature * 38)[:2420]) is False


class Sm3:
    """The suite of a twin log."""

    name = "sm3"
    empty = hashlib.new("sm3", b"").digest()

    def leaf(self, entry: bytes) -> bytes:
        """Return the hash of a leaf."""
        return hashlib.new("sm3", b"\x00" + entry).digest()

    def node(self, left: bytes, right: bytes) -> bytes:
        """Return the hash of an inner node."""
        return hashlib.new("sm3", b"\x01" + left + right).digest()


def twin(entries: list[bytes], key: Key) -> dict[str, bytes]:
    """Return the resources of the SM3 twin of a log."""
    tiles = grown(0, [Sm3().leaf(entry) for entry in entries], lambda _: b"", Sm3())
    made = root(len(entries), nodes(len(entries), tiles.__getitem__, Sm3()), Sm3())
    checkpoint = Checkpoint(key.name, len(entries), made)
    files = {tile.path: data for tile, data in tiles.items()}
    for tile in bundles_of(len(entries)):
        files[tile.path] = bundled(entries[tile.number * 256 :][: tile.width])
    return {**files, "checkpoint": str(Note(checkpoint.body, (key.line(checkpoint),))).encode()}


def test_an_sm3_twin_is_read_with_sm3_and_its_entries_link_by_sha_256():
    key = Key(ORIGIN + "/sm3", bytes([7]) * 32)
    entries = chained(record(number) for number in range(300))
    files = twin(entries, key)
    older = twin(entries[:40], key)["checkpoint"]
    text = f"log {key.public}\nquorum none\n"

    assert checked(files, text, level="chain").size == 300
    assert checked(files, text, level="chain", since=older).since == 40
    files["tile/entries/000"] = files["tile/entries/000"].replace(b"error", b"errer", 1)
    with pytest.raises(RefusedError) as caught:
        checked(files, text)
    assert caught.value.index == 0


def test_both_libraries_of_sm3_agree(monkeypatch):
    here = verifier._sm3()  # noqa: SLF001  # the choice is made inside
    monkeypatch.setattr(verifier.hashlib, "algorithms_available", set())
    there = verifier._sm3()  # noqa: SLF001  # likewise

    assert here(b"abc") == there(b"abc")
    assert here(b"abc").hex().startswith("66c7f0f462eeedd9d1f2d46bdc10e4e2")  # GB/T 32905-2016, appendix A


# -------------------------------------------------------------------------------------------------------- trees


@given(size=st.integers(0, 700))
@settings(max_examples=40, deadline=None)
def test_logs_of_any_size_are_accepted_and_bear_out_every_older_checkpoint(size):
    entries = small(size)
    files = resources(entries, LOG_KEY)
    tree = verifier.Tree(reader(files), verifier.checkpoint_in(files["checkpoint"], policy_in(policy().encode())))

    assert checked(files).size == size
    for older in range(0, size + 1, 1 + size // 20):
        assert tree.root_of(older) == tree_of(entries[:older])[1]


def test_a_log_of_three_levels_is_read_through_all_of_them():
    entries = small(256 * 256 + 300)
    files = resources(entries, LOG_KEY)
    older = str(note_over(entries[:65_000], LOG_KEY)).encode()
    seen: list[tuple[int, int]] = []

    said = checked(files, since=older, seen=lambda done, of: seen.append((done, of)))

    assert said.size == 65_836
    assert seen[-1] == (836, 836)
    for path in ("tile/1/000", "tile/0/100", "tile/2/000.p/1", "tile/entries/256"):
        damaged = {**files, path: files[path][:-1] + bytes([files[path][-1] ^ 1])}
        with pytest.raises(RefusedError) as caught:
            checked(damaged)
        index = {"tile/1/000": 65_280, "tile/0/100": 25_855, "tile/2/000.p/1": 0, "tile/entries/256": 65_791}[path]
        assert caught.value.index == index


@given(size=st.integers(1, 600), data=st.data())
@settings(max_examples=40, deadline=None)
def test_the_first_altered_entry_is_named_whatever_comes_after(size, data):
    entries = small(size)
    files = resources(entries, LOG_KEY)
    wrong = sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=3)))
    altered = [entry.replace(b"test", b"tost") if index in wrong else entry for index, entry in enumerate(entries)]
    for tile in bundles_of(size):
        files[tile.path] = bundled(altered[tile.number * 256 :][: tile.width])

    with pytest.raises(RefusedError) as caught:
        checked(files)

    assert caught.value.index == wrong[0]
    assert "its leaf hash is" in caught.value.fault


@given(size=st.integers(1, 600), data=st.data())
@settings(max_examples=40, deadline=None)
def test_an_altered_hash_is_never_believed_and_the_entry_below_it_is_named(size, data):
    files = resources(small(size), LOG_KEY)
    path = data.draw(st.sampled_from([path for path in files if path.startswith("tile/0/")]))
    at = data.draw(st.integers(0, len(files[path]) - 1))
    turned = files[path][:at] + bytes([files[path][at] ^ 32]) + files[path][at + 1 :]
    number = int(path.split("/")[2][:3])

    with pytest.raises(RefusedError) as caught:
        checked({**files, path: turned})

    assert caught.value.index == number * 256 + at // 32
    assert caught.value.place == path


def test_a_hash_altered_with_all_that_stands_below_it_is_refused_by_the_tile_above():
    entries = small(600)
    files = resources(entries, LOG_KEY)
    forged = [entry.replace(b"test", b"tost") if index == 300 else entry for index, entry in enumerate(entries)]
    theirs = resources(forged, LOG_KEY)
    for path in ("tile/0/001", "tile/entries/001"):
        files[path] = theirs[path]

    with pytest.raises(RefusedError, match="the tile above it has") as caught:
        checked(files)

    assert caught.value.index == 256  # the tile as a whole is not proved, from its first entry on


def test_a_log_rewritten_whole_under_an_old_note_has_another_root():
    files = resources(small(5), LOG_KEY)
    files = {**resources(chained([b'{"kind":"test"}'] * 5), LOG_KEY), "checkpoint": files["checkpoint"]}

    with pytest.raises(RefusedError, match="signed is") as caught:
        checked(files)

    assert caught.value.index is None


def test_a_partial_tile_that_has_become_full_since_is_cut_from_the_full_one():
    entries = small(600)
    files = resources(entries, LOG_KEY)
    older = resources(entries[:300], LOG_KEY)
    files["checkpoint"], files["tile/1/000.p/1"] = older["checkpoint"], older["tile/1/000.p/1"]

    assert checked(files).size == 300
    for path in ("tile/0/001", "tile/entries/001"):
        with pytest.raises(RefusedError):
            checked({**files, path: files[path] + b"\x00"})
        with pytest.raises(RefusedError):
            checked({**files, path: files[path][:-1]})


def test_what_is_missing_is_said_to_be_unreadable_and_from_which_entry_on():
    files = resources(small(600), LOG_KEY)
    for path, index in (("tile/entries/001", 256), ("tile/0/000", 0), ("tile/entries/002.p/88", 512)):
        with pytest.raises(UnreadableError) as caught:
            checked({kept: data for kept, data in files.items() if kept != path})
        assert (caught.value.place, caught.value.index) == (path, index)


def test_a_size_that_is_only_claimed_costs_nothing():
    """A log may sign any size; whoever verifies it must find the first missing entry before the memory is full."""
    level, size = 7, 1 << 56
    row = bytes(32)
    checkpoint = Checkpoint(ORIGIN, size, row)
    files = {"checkpoint": str(Note(checkpoint.body, (LOG_KEY.line(checkpoint),))).encode()}
    files[f"tile/{level}/000.p/1"] = row

    with pytest.raises(UnreadableError) as caught:
        checked(files)

    assert caught.value.place == "tile/entries/000"


def test_a_source_that_fails_is_unreadable_and_never_an_empty_log():
    def read(path: str) -> bytes:
        fault = f"input/output error at {path}"
        raise OSError(fault)

    with pytest.raises(UnreadableError, match="input/output error"):
        verify(read, policy_in(policy().encode()))


# ------------------------------------------------------------------------------------------------ older checkpoints


def test_only_the_entries_after_an_older_checkpoint_are_looked_at():
    entries = small(600)
    files = resources(entries, LOG_KEY)
    older = str(note_over(entries[:520], LOG_KEY)).encode()
    del files["tile/entries/000"]

    assert checked(files, since=older).since == 520
    with pytest.raises(UnreadableError):
        checked(files)


def test_the_newest_checkpoint_may_wait_for_its_witnesses_while_an_older_one_has_them():
    entries = small(300)
    files = resources(entries, LOG_KEY)
    text = policy(WITNESS_KEY, quorum=1)
    with pytest.raises(RefusedError, match="no quorum"):
        checked(files, text)

    files["witnessed-checkpoint"] = str(note_over(entries[:290])).encode()
    said = checked(files, text)
    assert (said.size, said.witnessed, said.newest) == (290, True, 300)
    assert said.root == tree_of(entries[:290])[1]
    assert said.notices == ["entries 290 to 299 are not counted: signed by the log alone, not yet witnessed"]
    damaged = {**files, "tile/entries/001.p/44": files["tile/entries/001.p/44"].replace(b'"n":299', b'"n":298')}
    with pytest.raises(RefusedError) as caught:
        checked(damaged, text)
    assert caught.value.index == 299

    files["witnessed-checkpoint"] = str(note_over(small(1) * 290)).encode()
    with pytest.raises(RefusedError, match="two stories"):
        checked(files, text)
    files["witnessed-checkpoint"] = str(note_over(small(301))).encode()
    with pytest.raises(RefusedError, match="more were witnessed"):
        checked(files, text)
    files["witnessed-checkpoint"] = files["checkpoint"]
    with pytest.raises(RefusedError, match="no quorum"):
        checked(files, text)


def test_a_log_that_grows_while_it_is_read_is_not_taken_for_one_rolled_back():
    entries = small(300)
    before, after = resources(entries[:290]), resources(entries, LOG_KEY)
    before["witnessed-checkpoint"], after["witnessed-checkpoint"] = (
        before["checkpoint"],
        str(note_over(entries)).encode(),
    )
    before["checkpoint"] = str(note_over(entries[:290], LOG_KEY)).encode()
    shown = [before]

    def read(path: str) -> bytes:
        files = shown[0]
        shown[0] = after  # from the second look on
        return reader({**before, **files} if path != "checkpoint" else files)(path)

    said = verify(read, policy_in(policy(WITNESS_KEY, quorum=1).encode()))
    assert (said.size, said.newest) == (290, 300)


# ------------------------------------------------------------------------------------------------------ policies

SECOND = Key("b.example.gov.cn/witness", bytes([8]) * 32, KeyKind.COSIGNATURE)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("quorum none", "needs a log line"),
        (f"log {LOG_VKEY}", "exactly one quorum"),
        (f"log {LOG_VKEY}\nquorum none\nquorum none", "line 3"),
        (f"log {LOG_VKEY}\nlog {LOG_VKEY}\nquorum none", "line 2: .*already"),
        (f"log {LOG_VKEY[:-1]}\nquorum none", "line 1"),
        (f"log {LOG_VKEY.replace('f28c8bb4', 'f28c8bb5')}\nquorum none", "the key id is f28c8bb4"),
        (f"log {WITNESS_VKEY}\nquorum none", "type 04 does not sign here"),
        (f"log {LOG_VKEY}\nwitness a {LOG_VKEY}\nquorum a", "type 01 does not sign here"),
        (f"log {LOG_VKEY}\nquorum a\nwitness a {WITNESS_VKEY}", "line 2: .*not defined"),
        (f"log {LOG_VKEY}\nwitness none {WITNESS_VKEY}\nquorum none", "defined already"),
        (f"log {LOG_VKEY}\nwitness a {WITNESS_VKEY}\nwitness b {WITNESS_VKEY}\nquorum a", "line 3"),
        (f"log {LOG_VKEY}\nwitness a {WITNESS_VKEY}\ngroup g 2 a a\nquorum g", "twice"),
        (f"log {LOG_VKEY}\nwitness a {WITNESS_VKEY}\ngroup g 2 a\nquorum g", "2 of 1 cannot agree"),
        (f"log {LOG_VKEY}\nwitness a {WITNESS_VKEY}\ngroup g 0 a\nquorum g", "0 of 1 cannot agree"),
        (f"log {LOG_VKEY}\nwitness a {WITNESS_VKEY}\ngroup g 1 a\ngroup h 1 a\ngroup i all g h\nquorum i", "twice"),
        (f"log {LOG_VKEY}\nwitness a {WITNESS_VKEY}\ngroup g all\nquorum g", "no line that can stand here"),
        (f"log {LOG_VKEY}\r\nquorum none", "line 1: a control character"),
        (f"trust {LOG_VKEY}\nquorum none", "no line that can stand here"),
    ],
)
def test_a_policy_that_says_less_or_more_than_it_should_is_not_used(lines, fault):
    with pytest.raises(UnreadableError, match=fault):
        policy_in(lines.encode() + b"\n")


def test_one_public_key_under_two_names_is_refused():
    other = VerifierKey("b.example.gov.cn/witness", KeyKind.COSIGNATURE, WITNESS_KEY.public.public)
    text = f"log {LOG_VKEY}\nwitness a {WITNESS_VKEY}\nwitness b {other}\ngroup g all a b\nquorum g\n"

    with pytest.raises(UnreadableError, match="line 3"):
        policy_in(text.encode())


def test_comments_tabs_and_groups_within_groups_are_read():
    text = f"# whom we trust\n\n\tlog\t{LOG_VKEY} https://pdp.example.gov.cn/log \n  # and\nwitness a {WITNESS_VKEY}\n"
    text += f"witness b {SECOND.public}\ngroup inner any a\ngroup outer all inner b\nquorum outer\n"
    files = resources(small(2), LOG_KEY, WITNESS_KEY, SECOND)

    assert checked(files, text).witnessed
    with pytest.raises(RefusedError, match="a signed"):
        checked(resources(small(2), LOG_KEY, WITNESS_KEY), text)


def test_a_log_may_have_several_keys_and_needs_one_of_them_of_its_own_name():
    later = Key(ORIGIN, bytes([9]) * 32)
    text = f"log {LOG_VKEY}\nlog {later.public}\nquorum none\n"

    assert checked(resources(small(2), later), text).size == 2
    stranger = Key("other.example.gov.cn/decisions/2026/pdp1-0", bytes([10]) * 32)
    with pytest.raises(RefusedError, match="no key that the policy has"):
        checked(resources(small(2), stranger), f"log {LOG_VKEY}\nlog {stranger.public}\nquorum none\n")


# --------------------------------------------------------------------------------------------------------- chain


def test_entries_that_are_what_they_should_be_are_accepted_from_any_place_on():
    entries = chained(record(number) for number in range(300))
    older = str(note_over(entries[:77], LOG_KEY)).encode()

    assert checked(resources(entries, LOG_KEY), level="chain").notices[1:] == []
    assert checked(resources(entries, LOG_KEY), level="chain", since=older).since == 77


def test_a_clock_that_goes_back_is_told_and_is_no_fault():
    times = ("2026-01-01T00:00:01.000000Z", "2026-01-01T00:00:00.999999Z", "2026-01-01T00:00:02.000000Z")
    entries = chained(record(number, at) for number, at in enumerate(times))

    notices = checked(resources(entries, LOG_KEY), level="chain").notices
    assert notices[-1] == "time goes back at 1 entries, first at entry 1: the clock was set"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ((b'"seq":270', b'"seq":271'), "says to be number 271"),
        ((b'"v":1', b'"v":2'), "is of version 2"),
        ((b'"v":1', b'"v":true'), "is of version True"),
        ((b'{"prev":"', b'{"prev":"0'), "as the leaf before it"),
        ((b'"kind":"error"', b'"kind":"joke"'), '"joke" is no kind of record'),
        ((b'"kind":"error"', b'"kind":[1]'), "is no kind of record"),
        ((b'"kind":"error"', b'"kind":"error","n":1.5'), "1.5 is no integer"),
        ((b'"kind":"error"', b'"kind":"error","n":NaN'), "NaN is no integer"),
        ((b'"kind":"error"', b'"kind":"error","n":9007199254740992'), "is beyond"),
        ((b'"kind":"error"', b'"kind":"error","n":-0'), "another spelling"),
        ((b'"kind":"error"', b'"kind":"error","n":null'), "a null"),
        ((b'"kind":"error"', b'"kind":"error","kind":"error"'), "another spelling"),
        ((b'"kind":"error"', b'"kind": "error"'), "another spelling"),
        ((b'"kind":"error"', b'"kind":"error","n":"\\u0041"'), "another spelling"),
        ((b'"kind":"error"', b'"kind":"error","n":"\\n"'), "a control character"),
        ((b'"kind":"error"', '"kind":"error","n":"\u202e"'.encode()), "a control character"),
        ((b'"kind":"error"', '"kind":"error","n":"\u0085"'.encode()), "a control character"),
        ((b'"kind":"error"', b'"kind":"error","n":"\x7f"'), "a control character"),
        ((b'"kind":"error"', b'"kind":"error","n":"\n"'), "is no JSON"),
        ((b'"kind":"error"', '"kind":"error","n":"e\u0301"'.encode()), "not in NFC"),
        ((b'"kind":"error"', '"kind":"error","法":"n"'.encode()), "not ASCII"),
        ((b'"kind":"error"', '"kind":"error","法\\"":"n"'.encode()), "not ASCII"),
        ((b'"kind":"error"', b'"kind":"error","n":"\xff"'), "is no JSON"),
        ((b'"kind":"error"', b'"kind":"error","n":' + b"[" * 20_000), "is no JSON"),
        ((b'"kind":"error"', b'"kind":"error","n":' + b"[" * 120 + b"]" * 120), "nested deeper than 100"),
        ((b'"id":"019b76da-a800-7', b'"id":"019b76da-a800-4'), "is no id"),
        ((b"00:00.000000Z", b"00:00.000Z"), "is no time in UTC"),
        ((b'"record":{', b'"record":[{'), "is no JSON"),
        ((b',"v":1}', b',"v":1,"w":1}'), "is no entry"),
    ],
)
def test_an_entry_that_is_not_what_it_should_be_is_named_although_all_is_well_signed(change, fault):
    entries = chained(record(number) for number in range(280))
    entries[270] = entries[270].replace(*change)

    why = refused(entries)

    assert why.index == 270
    assert fault in why.fault


def test_an_id_that_comes_again_is_named_at_its_second_place():
    records = [record(number) for number in range(300)]
    records[290] = records[200] = records[10]

    why = refused(chained(records))

    assert (why.index, why.fault) == (200, "has the id of entry 10")


def test_a_repeated_id_is_named_before_a_later_fault_and_after_an_earlier_one():
    records = [record(number) for number in range(300)]
    records[200] = records[10]
    entries = chained(records)
    later, earlier = list(entries), list(entries)
    later[280] = later[280].replace(b'"v":1', b'"v":2')
    earlier[100] = earlier[100].replace(b'"v":1', b'"v":2')

    assert refused(later).index == 200
    assert refused(earlier).index == 100


ANY_TEXT = st.text(alphabet=st.sampled_from('abé"\\共\u0301\u202e\n\x7f\x80\x00 null:'), max_size=6)
LEAF = st.one_of(
    ANY_TEXT, st.booleans(), st.none(), st.integers(-(2**54), 2**54), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3))


@given(VALUES, st.booleans(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_both_readings_of_canonical_json_accept_the_same_bytes(value, ordered, plain):
    data = json.dumps(value, sort_keys=ordered, ensure_ascii=not plain, separators=(",", ":")).encode()

    def accepted(read, faults) -> bool:
        try:
            return read(data) == value
        except faults:
            return False

    assert accepted(verifier.canonical, ValueError) == accepted(decode, NotCanonicalError)


# ------------------------------------------------------------------------------------------------------ receipts


@given(size=st.integers(1, 300), data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_receipt_proves_its_entry_and_no_other(size, data):
    entries = small(size)
    index = data.draw(st.integers(0, size - 1))
    receipt = str(receipt_for(entries, index)).encode()
    trusted = policy_in(policy(WITNESS_KEY, quorum=1).encode())

    said = verify_receipt(receipt, trusted, entry=entries[index])
    assert (said.index, said.size, said.witnessed) == (index, size, True)
    assert verify_receipt(receipt, trusted, leaf=Sha256().leaf(entries[index])).index == index
    with pytest.raises(RefusedError):
        verify_receipt(receipt, trusted, entry=entries[index] + b"\n")


def test_a_receipt_alone_is_not_said_to_prove_anything():
    with pytest.raises(UnreadableError, match="--entry"):
        verify_receipt(str(receipt_for(small(3), 1)).encode(), policy_in(POLICY.encode()))


def test_extra_data_in_a_receipt_is_passed_over_and_proves_nothing():
    receipt = str(receipt_for(small(3), 1)).encode().replace(b"\nindex", b"\nextra YWJj\nindex")

    assert verify_receipt(receipt, policy_in(POLICY.encode()), entry=small(3)[1]).index == 1


# --------------------------------------------------------------------------------------------- hostile bytes


@given(data=st.binary(max_size=400), text=st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_whatever_bytes_stand_somewhere_the_verifier_says_so_and_does_not_break(data, text):
    trusted = policy_in(policy().encode())
    hostile = (RefusedError, UnreadableError)
    for made in (data, text.encode(), NOTE.encode()[: len(data)] + data, verifier.RECEIPT + b"index 0\n\n" + data):
        with pytest.raises(UnreadableError):
            policy_in(made)
        with pytest.raises(hostile):
            verifier.checkpoint_in(made, trusted)
        with pytest.raises(hostile):
            verify_receipt(made, trusted, entry=data)
        with pytest.raises(hostile):
            checked({**resources(small(2), LOG_KEY), "tile/entries/000.p/2": made})


@pytest.mark.parametrize("many", [0, 1, 15, 16, 17, 100])
def test_reading_ahead_gives_everything_once_and_in_order(many):
    wanted = [verifier.Resource(verifier.ENTRIES, number, 256) for number in range(many)]

    assert list(verifier.ahead(lambda one: one.path.encode(), iter(wanted))) == [one.path.encode() for one in wanted]


def test_a_fault_met_while_reading_ahead_is_met_in_its_place():
    def make(one: verifier.Resource) -> bytes:
        if one.number >= 20:
            raise UnreadableError(one.path, "is not there", one.first)
        return one.path.encode()

    coming = verifier.ahead(make, (verifier.Resource(verifier.ENTRIES, number, 256) for number in range(100)))

    assert [next(coming) for _ in range(20)][-1] == b"tile/entries/019"
    with pytest.raises(UnreadableError) as caught:
        next(coming)
    assert caught.value.index == 20 * 256


def test_the_file_imports_nothing_of_ours():
    source = Path(verifier.__file__).read_text("utf-8")
    imported = {line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import ", "from "))}

    assert imported.isdisjoint({"pdp", "adapters"})


def kinds_in(schema: object) -> set[str]:
    """Return every kind of record that a part of the schema allows."""
    if isinstance(schema, list):
        return set().union(*map(kinds_in, schema))
    if not isinstance(schema, dict):
        return set()
    properties = schema.get("properties", {})
    kind = properties.get("kind", {}) if isinstance(properties, dict) else {}
    own = {*kind.get("enum", ()), *([kind["const"]] if "const" in kind else ())}
    return own.union(*map(kinds_in, schema.values()))


def test_every_kind_of_record_that_the_schema_has_is_known():
    schema = json.loads(Path(verifier.__file__).with_name("record.schema.json").read_text("utf-8"))
    records = {name: part for name, part in schema["$defs"].items() if {"$ref": f"#/$defs/{name}"} in schema["oneOf"]}

    assert kinds_in(records) == verifier.KINDS
