from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.log.note import (
    LINES,
    NOTE_LIMIT,
    Checkpoint,
    KeyKind,
    Note,
    NoteError,
    SignatureLine,
    VerifierKey,
    checkpoint_in,
    note_in,
    signature_line,
    signatures,
    signed_message,
    verifier_key,
)
from tests.logs.corpus import LATTICE_LOG
from tests.logs.published import AT, LOG_KEY, ORIGIN, WITNESS, WITNESS_KEY, note_over, small

VECTOR = """\
pdp.example.gov.cn/decisions/2026/pdp1-0
3
6E3nk749Zqe7i5Ea1Lug82/MFnGT/zgCUFlaRieC0bc=

— pdp.example.gov.cn/decisions/2026/pdp1-0 8oyLtGC4r8ON919alna8M062FDdmwWEKZnbxxZhg/35LBvHr3wTrhFCFRJDYANfMpE1qPEe7nCDx5CV2NL5Y1A6NuwI=
— a.example.gov.cn/witness WMEEeQAAAABpVbkAWH7QIrRwXIPvsAEk+56PflXYANvnnBBgW7DrHKyFETRHU96kSxM38X3rSgi5QXUm1vJsp8nfx+H9qRNC2mpcAg==
"""  # noqa: E501  # as it is published
LOG, BY_WITNESS, LATTICE = LOG_KEY.public, WITNESS_KEY.public, LATTICE_LOG.public
LENGTHS = {KeyKind.ED25519: 32, KeyKind.COSIGNATURE: 32, KeyKind.ML_DSA_44: 1312, KeyKind.NATIONAL: 65}

names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Z", "C"], exclude_characters="+"), min_size=1, max_size=60
)
checkpoints = st.builds(Checkpoint, names, st.integers(0, 10**18), st.binary(min_size=32, max_size=32))
lines = st.builds(SignatureLine, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=90))
keys = st.sampled_from(list(KeyKind)).flatmap(
    lambda kind: st.builds(VerifierKey, names, st.just(kind), st.binary(min_size=LENGTHS[kind], max_size=LENGTHS[kind]))
)


def yes(_: VerifierKey, __: bytes, ___: bytes) -> bool:
    """Take every signature for valid: what is tested here is what comes before."""
    return True


def test_the_published_vector_is_read_and_written_as_it_stands():
    note = note_in(VECTOR.encode())
    assert str(note) == VECTOR
    assert note.checkpoint == note_over(small(3)).checkpoint
    assert [line.name for line in note.lines] == [ORIGIN, WITNESS]
    assert [line.key_id for line in note.lines] == [LOG.id, BY_WITNESS.id]


@given(keys)
def test_a_key_survives_its_spelling(key: VerifierKey):
    assert verifier_key(str(key)) == key


@given(checkpoints, st.lists(lines, min_size=1, max_size=4))
def test_a_note_survives_its_spelling(checkpoint: Checkpoint, signed: list[SignatureLine]):
    note = Note(checkpoint.body, tuple(signed))
    assert note_in(str(note).encode()) == note
    assert note.checkpoint == checkpoint


@given(st.binary(max_size=300))
def test_bytes_are_a_note_or_refused_as_none(data: bytes):
    with suppress(NoteError):
        assert str(note_in(data)).encode() == data


@given(st.text(max_size=80))
def test_text_is_a_key_or_refused_as_none(text: str):
    with suppress(NoteError):
        assert str(verifier_key(text)) == text


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_key_of_another_length_or_id_is_refused(kind: KeyKind):
    for length in (0, LENGTHS[kind] - 1, LENGTHS[kind] + 1):
        with pytest.raises(NoteError):
            verifier_key(str(VerifierKey("a", kind, bytes(length))))
    spelled = str(VerifierKey("a", kind, bytes(LENGTHS[kind])))
    for other in (
        spelled.replace("a+", "b+", 1),
        spelled[:2] + "00000000" + spelled[10:],
        spelled.upper(),
        spelled[:-1],
    ):
        with pytest.raises(NoteError):
            verifier_key(other)


def test_a_key_of_an_unknown_type_or_national_suite_is_refused():
    for material in (b"\x02" + bytes(32), b"\xff" + bytes(65), b"\xffpdp-decision-log/sm2-sm3/v2\x00" + bytes(65)):
        with pytest.raises(NoteError):
            verifier_key(f"a+00000000+{base64.b64encode(material).decode()}")


def test_each_kind_of_key_signs_its_own_message():
    checkpoint = Checkpoint("o", 5, bytes(range(32)))
    body = f"o\n5\n{base64.b64encode(bytes(range(32))).decode()}\n".encode()
    lattice = VerifierKey("wit", KeyKind.ML_DSA_44, bytes(1312))
    assert signed_message(VerifierKey("o", KeyKind.ED25519, b""), checkpoint, 7) == body
    assert signed_message(VerifierKey("o", KeyKind.NATIONAL, b""), checkpoint, 7) == body
    assert signed_message(VerifierKey("w", KeyKind.COSIGNATURE, b""), checkpoint, 7) == (
        b"cosignature/v1\ntime 7\n" + body
    )
    assert signed_message(lattice, checkpoint, 7) == (
        b"subtree/v1\n\x00\x03wit" + (7).to_bytes(8) + b"\x01o" + bytes(8) + (5).to_bytes(8) + bytes(range(32))
    )


def test_only_kinds_that_sign_a_time_state_one():
    for key, bare in ((LOG, b"s" * 64), (BY_WITNESS, b"s" * 64), (LATTICE, b"s" * 2420)):
        stated = signature_line(key, bare, AT).signature.removesuffix(bare)
        assert stated == (b"" if key.kind is KeyKind.ED25519 else AT.to_bytes(8))


def test_lines_of_unknown_keys_are_ignored():
    note = note_over(small(3))
    stranger = SignatureLine("c", b"1234", b"whatever")
    more = note._replace(lines=(stranger, *note.lines, stranger))
    assert signatures(more, [LOG, BY_WITNESS], yes) == {LOG: 0, BY_WITNESS: AT}
    assert signatures(more, [LOG], yes) == {LOG: 0}
    assert signatures(more, [], yes) == {}


def test_a_wrong_line_of_a_known_key_spoils_the_whole_note():
    note = note_over(small(3))
    with pytest.raises(NoteError, match=WITNESS):
        signatures(note, [LOG, BY_WITNESS], lambda key, _, __: key == LOG)
    assert signatures(note, [LOG], lambda key, _, __: key == LOG) == {LOG: 0}


def test_a_key_signs_once():
    note = note_over(small(3))
    with pytest.raises(NoteError, match="twice"):
        signatures(note._replace(lines=(*note.lines, note.lines[0])), [LOG, BY_WITNESS], yes)


@pytest.mark.parametrize("time", [0, 1 << 63, (1 << 64) - 1])
def test_an_impossible_time_spoils_the_note(time: int):
    note = note_over(small(3))
    timed = SignatureLine(WITNESS, BY_WITNESS.id, time.to_bytes(8) + b"s" * 64)
    with pytest.raises(NoteError, match="no possible time"):
        signatures(note._replace(lines=(timed,)), [BY_WITNESS], yes)
    with pytest.raises(NoteError, match="without its time"):
        signatures(note._replace(lines=(timed._replace(signature=b"seven b"),)), [BY_WITNESS], yes)


def test_the_line_of_one_key_under_anothers_name_is_a_strangers():
    note = note_over(small(3))
    renamed = note._replace(lines=(note.lines[0]._replace(name="other"), note.lines[1]))
    assert signatures(renamed, [LOG, BY_WITNESS], yes) == {BY_WITNESS: AT}


@pytest.mark.parametrize(
    "body",
    [
        "o\n1\n",
        "o\n01\n{root}\n",
        "o\n-1\n{root}\n",
        "o\n+1\n{root}\n",
        "o\n1 \n{root}\n",
        "o\n１\n{root}\n",
        "o\n1_0\n{root}\n",
        "o\n1\n{root}\nextension\n",
        "\n1\n{root}\n",
        "o o\n1\n{root}\n",
        "o\n1\n\n",
        "o\n1\nAAAA\n",
        "o\n1\n{root}",
        "o\n1\n{loose}\n",
        "o\n99999999999999999999\n{root}\n",
        "{long}\n1\n{root}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(body: str):
    root = base64.b64encode(bytes(32)).decode()
    loose = root[:-2] + "B="  # spells the same bytes, loosely
    text = body.replace("{root}", root).replace("{loose}", loose).replace("{long}", "o" * 256)
    with pytest.raises(NoteError):
        checkpoint_in(text)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"text\n",
        b"text\n\n",
        VECTOR.encode()[:-1],
        VECTOR.encode() + b"\n",
        VECTOR.encode().replace("—".encode(), b"-"),
        VECTOR.encode().replace("— ".encode(), "—  ".encode()),
        VECTOR.encode().replace(b"A6NuwI=", b"A6NuwJ="),
        VECTOR.encode().replace(b"A6NuwI=", b"A6NuwI"),
        VECTOR.encode().replace(b"\n3\n", b"\n3\r\n"),
        VECTOR.encode().replace(b"\n", b"\r\n"),
        VECTOR.encode().replace(b"pdp1-0 8", b"pdp1-0 \x008"),
        VECTOR.encode() + b"\xff",
        "text\n\n— name AAAAAA==\n".encode(),
        "text\n\n— na+me AAAAAAA=\n".encode(),
    ],
)
def test_what_is_no_note_is_refused(note: bytes):
    with pytest.raises(NoteError):
        note_in(note)


def test_long_notes_are_read_up_to_their_limits():
    line = "— name AAAAAAA=\n"
    assert len(note_in(f"text\n\n{line * LINES}".encode()).lines) == LINES
    with pytest.raises(NoteError, match="at most 64"):
        note_in(f"text\n\n{line * (LINES + 1)}".encode())
    filled = f"\n\n{line}".encode()
    assert note_in(b"t" * (NOTE_LIMIT - len(filled)) + filled)
    with pytest.raises(NoteError, match="bytes"):
        note_in(b"t" * (NOTE_LIMIT - len(filled) + 1) + filled)


def test_an_origin_too_long_to_be_signed_is_refused_and_no_crash():
    long = Note(f"{'o' * 256}\n1\n{base64.b64encode(bytes(32)).decode()}\n", note_over(small(1), LATTICE_LOG).lines)
    with pytest.raises(NoteError, match="origin"):
        signatures(long, [LATTICE], yes)
