from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.log.note import KeyKind, NoteError, VerifierKey
from pdp.log.trust import MOST, Group, Log, TrustPolicy, Witness, trust_policy

LOG = VerifierKey("o/n1-0", KeyKind.ED25519, b"L" * 32)


def witness(place: int) -> VerifierKey:
    """Return the key of one of many witnesses."""
    return VerifierKey(f"w{place}.example.gov.cn", KeyKind.COSIGNATURE, place.to_bytes(32))


A, B, C, D = map(witness, range(4))
BEGIN = f"log {LOG}\n"
DEPARTMENTS = f"""\
# whom the office of audit trusts
log {LOG} https://pdp.example.gov.cn/log/n1-0

witness bigdata {A} https://a.example.gov.cn/
witness audit\t{B}
witness  cyberspace {C}
group departments 2 bigdata audit cyberspace
quorum departments
"""


def test_a_policy_is_read_line_by_line():
    policy = trust_policy(DEPARTMENTS)
    assert policy == TrustPolicy(
        (Log(LOG, "https://pdp.example.gov.cn/log/n1-0"),),
        {"bigdata": Witness(A, "https://a.example.gov.cn/"), "audit": Witness(B), "cyberspace": Witness(C)},
        {"departments": Group(2, ("bigdata", "audit", "cyberspace"))},
        "departments",
    )


@pytest.mark.parametrize(
    ("signed", "enough"),
    [((), False), ((A,), False), ((A, A), False), ((A, LOG), False), ((A, C), True), ((B, C), True), ((A, B, C), True)],
)
def test_two_of_three_departments_must_agree(signed, enough):
    assert trust_policy(DEPARTMENTS).satisfied(signed) is enough


@pytest.mark.parametrize(
    ("quorum", "signed", "enough"),
    [
        ("none", (), True),
        ("a", (A,), True),
        ("a", (B,), False),
        ("one", (D,), False),
        ("one", (B,), True),
        ("every", (A, B), False),
        ("every", (A, C, D), True),
        ("every", (B, C, D), True),
    ],
)
def test_groups_hold_groups(quorum, signed, enough):
    text = BEGIN + "".join(f"witness {name} {key}\n" for name, key in zip("abcd", (A, B, C, D), strict=True))
    text += f"group one any a b\ngroup both all c d\ngroup every all one both\nquorum {quorum}\n"
    assert trust_policy(text).satisfied(signed) is enough


counts = st.integers(1, 8)


@given(counts, st.data())
def test_a_group_agrees_when_as_many_members_do_as_it_needs(members: int, data: st.DataObject):
    need = data.draw(st.integers(1, members))
    signed = data.draw(st.sets(st.integers(0, members - 1)))
    text = BEGIN + "".join(f"witness w{place} {witness(place)}\n" for place in range(members))
    text += f"group g {need} {' '.join(f'w{place}' for place in range(members))}\nquorum g\n"
    policy = trust_policy(text)
    assert policy.satisfied([witness(place) for place in signed]) is (len(signed) >= need)
    assert str(policy) == text


def test_a_policy_survives_its_spelling():
    policy = trust_policy(DEPARTMENTS)
    assert trust_policy(str(policy)) == policy


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "exactly one quorum line"),
        (BEGIN, "exactly one quorum line"),
        ("quorum none\n", "has a log line"),
        (BEGIN + "quorum none\nquorum none\n", "line 3"),
        (BEGIN + "quorum a\n", 'line 2: "a" is not defined above'),
        (BEGIN + f"quorum a\nwitness a {A}\n", "line 2"),
        (BEGIN + "group g 1 a\nquorum g\n", 'line 2: "a" is not defined above'),
        (BEGIN + "group g 1 g\nquorum g\n", 'line 2: "g" is not defined above'),
        (BEGIN + f"witness a {A}\ngroup g 2 a\nquorum g\n", "line 3: 2 of 1 cannot agree"),
        (BEGIN + f"witness a {A}\ngroup g 0 a\nquorum g\n", "line 3: 0 of 1 cannot agree"),
        (BEGIN + f"witness a {A}\ngroup g １ a\nquorum g\n", "line 3: １ of 1 cannot agree"),
        (BEGIN + f"witness a {A}\ngroup g +1 a\nquorum g\n", "line 3"),
        (BEGIN + f"witness a {A}\ngroup g some a\nquorum g\n", "line 3: some of 1 cannot agree"),
        (BEGIN + f"witness a {A}\ngroup g 2 a a\nquorum g\n", "line 3: a member stands in a group twice"),
        (BEGIN + f"witness a {A}\nwitness a {B}\nquorum a\n", 'line 3: "a" is defined already'),
        (BEGIN + f"witness none {A}\nquorum none\n", 'line 2: "none" is defined already'),
        (BEGIN + f"witness a {A} u v\nquorum a\n", 'line 2: "witness" begins no line'),
        (BEGIN + "wittness a b\nquorum none\n", 'line 2: "wittness" begins no line'),
        (BEGIN + f"witness a {A.name}\nquorum a\n", "line 2: a verifier key is name"),
        (BEGIN + "group g 1\nquorum g\n", "line 2"),
    ],
)
def test_a_line_that_cannot_stand_is_named_with_its_number(text: str, fault: str):
    with pytest.raises(NoteError) as refused:
        trust_policy(text)
    assert fault in str(refused.value)


def test_nobody_counts_twice():
    twice = VerifierKey("other.example.gov.cn", KeyKind.COSIGNATURE, A.public)
    renamed = VerifierKey(A.name, KeyKind.COSIGNATURE, b"x" * 32)
    for second in (A, twice, renamed):
        with pytest.raises(NoteError, match="counts once"):
            trust_policy(BEGIN + f"witness a {A}\nwitness b {second}\ngroup g 2 a b\nquorum g\n")
    in_two_groups = f"witness a {A}\ngroup g 1 a\ngroup h 1 a\ngroup i 2 g h\nquorum i\n"
    with pytest.raises(NoteError, match="counts once"):
        trust_policy(BEGIN + in_two_groups)


def test_a_log_does_not_witness_itself():
    with pytest.raises(NoteError, match="type 01"):
        trust_policy(BEGIN + f"witness a {VerifierKey('w', KeyKind.ED25519, b'w' * 32)}\nquorum a\n")
    with pytest.raises(NoteError, match="type 04"):
        trust_policy(f"log {A}\nquorum none\n")
    with pytest.raises(NoteError, match="counts once"):
        trust_policy(BEGIN + f"witness a {VerifierKey('w', KeyKind.COSIGNATURE, LOG.public)}\nquorum a\n")


def test_there_is_room_for_32_of_each():
    logs = "".join(f"log {VerifierKey('o', KeyKind.ED25519, place.to_bytes(32))}\n" for place in range(MOST))
    assert len(trust_policy(f"{logs}quorum none\n").logs) == MOST
    with pytest.raises(NoteError, match=f"line {MOST + 1}"):
        trust_policy(f"{logs}{BEGIN}quorum none\n")
    many = "".join(f"witness w{place} {witness(place)}\ngroup g{place} 1 w{place}\n" for place in range(MOST))
    assert len(trust_policy(f"{BEGIN}{many}quorum g7\n").groups) == MOST
