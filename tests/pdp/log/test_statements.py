"""What the log tells of the ledger: every statement, by a hash that no other history of the ledger has."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pdp.log.canonical import decode, encode
from pdp.log.entry import ENTRY_LIMIT, FIRST, entry_bytes, record_of
from pdp.log.statements import EACH, StatementTeller, last_told, told_in

if TYPE_CHECKING:
    from collections.abc import Mapping


class Chain:
    """The hashes of a ledger without end."""

    def hash(self, seq: int) -> str:
        """Return the hash of one statement."""
        return sha256(f"statement {seq}".encode()).hexdigest()

    def hashes(self, after: int, count: int) -> list[str]:
        """Return those of the `count` statements that follow `after`."""
        return [self.hash(seq) for seq in range(after + 1, after + 1 + count)]


def log_of(heads: list[int]) -> list[tuple[int, bytes]]:
    """Return the entries of a log that is told at each of `heads` of all statements up to there."""
    entries: list[tuple[int, bytes]] = []

    def append(members: Mapping[str, object]) -> None:
        record = encode({"kind": "statements.recorded", **members})
        entries.append((len(entries), entry_bytes(FIRST, record, len(entries))))

    teller = StatementTeller(Chain())
    for head in heads:
        teller.tell(head, append)
    return entries


@given(st.lists(st.integers(0, 3 * EACH), max_size=8).map(sorted))
def test_every_statement_is_told_once_and_the_hash_of_the_last_each_time(heads):
    records = [decode(record_of(entry)) for _, entry in log_of(heads)]

    assert [record["first"] for record in records] == [1, *(last_told(record) + 1 for record in records[:-1])][
        : len(records)
    ]
    assert [last_told(record) for record in records] == sorted({*heads} - {0})
    told = {(seq, spelled) for _, seq, spelled in told_in(log_of(heads))}
    assert told <= {(seq, Chain().hash(seq)) for seq in range(1, 3 * EACH + 1)}
    assert {*heads} - {0} <= {seq for seq, _ in told}


def test_as_many_as_fit_a_record_are_told_each_by_its_own_hash():
    ((_, few),) = log_of([EACH])
    ((_, many),) = log_of([EACH + 1])

    assert [seq for _, seq, _ in told_in([(0, few)])] == [*range(1, EACH + 1)]
    assert list(told_in([(7, many)])) == [(7, EACH + 1, Chain().hash(EACH + 1))]
    assert len(many) < len(few) < ENTRY_LIMIT
