"""Every fault that a forger or a failing disk can put into a small log is found by the verifier that auditors copy."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice

import pytest

from pdp.log.verify import Policy, RefusedError, UnreadableError, policy_in, verify, verify_receipt
from tests.logs.corpus import KEYS, LATTICE_KEYS, cases, honest, policy_of, receipts, samples
from tests.logs.published import resources, small

read_policy = lru_cache(maxsize=64)(lambda text: policy_in(text.encode()))
SPARSELY = 61  # of the cases in notes of 7 KB, whose every bit is one


def judged(files, policy: Policy, since: bytes | None = None) -> Exception | None:
    """Return why a log is not accepted; None where it is."""

    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    try:
        verify(read, policy, since=since)
    except (RefusedError, UnreadableError) as why:
        return why
    return None


def missed(found) -> list[str]:
    """Return the cases that are judged otherwise than an honest verifier would."""
    return [
        case.name
        for case in found
        if (judged(case.files, read_policy(case.policy), case.since) is None) != case.must_accept
    ]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_fault_in_a_small_log_is_found_and_nothing_honest_refused(size):
    assert missed(cases(small(size))) == []


def test_every_kind_of_fault_is_found_where_post_quantum_keys_sign():
    assert missed(honest(small(2), LATTICE_KEYS)) == []
    assert missed(islice(cases(small(2), LATTICE_KEYS), 0, None, SPARSELY)) == []


@pytest.mark.parametrize("size", [20, 255, 256, 257, 700])
def test_faults_at_the_ends_of_each_level_are_found_in_larger_logs(size):
    assert missed(samples(small(size))) == []


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_every_fault_in_a_receipt_is_found_and_nothing_honest_refused(size):
    wrong = []
    for case in islice(receipts(small(size), KEYS), 0, None, max(1, size * size // 4)):
        try:
            verify_receipt(case.receipt, read_policy(case.policy), entry=case.entry)
            accepted = True
        except (RefusedError, UnreadableError):
            accepted = False
        if accepted != case.must_accept:
            wrong.append(case.name)
    assert wrong == []


def test_a_fault_within_an_entry_names_that_entry_whichever_bit_it_is():
    entries = small(260)
    files, policy = resources(entries, *KEYS), read_policy(policy_of(*KEYS))
    for path, first in (("tile/entries/000", 0), ("tile/entries/001.p/4", 256)):
        bundle, at = files[path], 0
        for index, entry in enumerate(entries[first : first + 256], first):
            end = at + 2 + len(entry)
            for place in range(at, end) if index in {0, 128, 255, 256, 259} else (at, at + 1, at + 2, end - 1):
                turned = bundle[:place] + bytes([bundle[place] ^ 1 << place % 8]) + bundle[place + 1 :]
                why = judged({**files, path: turned}, policy)
                assert isinstance(why, RefusedError)
                assert (why.index, why.place) == (index, path)
            at = end


def test_entries_that_are_missing_swapped_or_repeated_are_named_from_the_first_on():
    entries = small(5)
    files, policy = resources(entries, *KEYS), read_policy(policy_of(*KEYS))
    changes = {
        1: [entries[0], *entries[2:]],
        2: [*entries[:2], entries[3], entries[2], entries[4]],
        3: [*entries[:3], entries[2], entries[4]],
        4: entries[:4],
        5: [*entries, entries[4]],
    }
    for index, changed in changes.items():
        bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in changed)
        why = judged({**files, "tile/entries/000.p/5": bundle}, policy)
        assert isinstance(why, RefusedError)
        assert why.index == index
