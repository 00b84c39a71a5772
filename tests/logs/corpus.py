"""Published logs with every fault that a forger or a failing disk can put into them, for the verifiers to find.

Each case is a whole log in memory with the policy to hold it to. The policy needs every signature line, so that no
change of a line can be harmless: turning a key's name into another one leaves the quorum one short.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from pdp.log.note import Checkpoint, KeyKind, Note
from pdp.log.receipt import ProofOfInclusion
from pdp.log.suite import HASH, Sha256
from pdp.log.tiles import nodes
from pdp.log.tree import inclusion
from tests.logs.damage import CHECKPOINT, cut, disordered, ends, exchanged, flipped, lost, swollen, without
from tests.logs.published import LOG_KEY, ORIGIN, WITNESS_KEY, Key, note_over, resources, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Files = Mapping[str, bytes]


LATTICE_LOG = Key(ORIGIN, bytes([3]) * 32, KeyKind.ML_DSA_44)
LATTICE_WITNESS = Key("b.example.gov.cn/witness", bytes([4]) * 32, KeyKind.ML_DSA_44)
STRANGER = Key("c.example.gov.cn/witness", bytes([5]) * 32, KeyKind.COSIGNATURE)
KEYS = (LOG_KEY, WITNESS_KEY)
LATTICE_KEYS = (LATTICE_LOG, LATTICE_WITNESS)


class Case(NamedTuple):
    """A log, whom to trust, an older note that it must extend, and what an honest verifier says of it."""

    name: str
    files: Mapping[str, bytes]  # by path below the log's prefix
    policy: str
    since: bytes | None
    must_accept: bool


class ReceiptCase(NamedTuple):
    """A receipt, the entry it is said to prove, whom to trust, and what an honest verifier says of it."""

    name: str
    receipt: bytes
    entry: bytes
    policy: str
    must_accept: bool


def policy_of(*keys: Key) -> str:
    """Return the policy that asks for the signature of every one of `keys`, the log's first."""
    log, *witnesses = keys
    names = [f"w{place}" for place in range(len(witnesses))]
    lines = [f"log {log.public}"]
    lines += [f"witness {name} {key.public}" for name, key in zip(names, witnesses, strict=True)]
    lines += [f"group g all {' '.join(names)}", "quorum g"] if names else ["quorum none"]
    return "\n".join([*lines, ""])


def cases(entries: list[bytes], keys: Sequence[Key] = KEYS) -> Iterator[Case]:
    """Yield every case of a small log of `entries`, one or more, signed by `keys`, the log's own first."""
    yield from honest(entries, keys)
    yield from unsigned(entries, keys)
    files, policy = resources(entries, *keys), policy_of(*keys)
    for damage in (flipped, cut, lost, disordered, swollen):
        for name, damaged in damage(files):
            yield Case(name, damaged, policy, None, must_accept=False)
    yield from histories(entries, keys)


def samples(entries: list[bytes], keys: Sequence[Key] = KEYS) -> Iterator[Case]:
    """Yield a few cases of each fault in a log of any size: in the checkpoint, and in the ends of each level."""
    files, policy = resources(entries, *keys), policy_of(*keys)
    yield Case("honest", files, policy, None, must_accept=True)
    for path in ends(files):
        data = files[path]
        middle = len(data) // 2
        turned = data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :]
        yield Case(f"{path}: one bit flipped", {**files, path: turned}, policy, None, must_accept=False)
        yield Case(f"{path}: its end cut off", {**files, path: data[:-1]}, policy, None, must_accept=False)
        yield Case(f"{path}: deleted", without(files, path), policy, None, must_accept=False)
    for name, damaged in exchanged(files):
        yield Case(name, damaged, policy, None, must_accept=False)


def honest(entries: list[bytes], keys: Sequence[Key] = KEYS) -> Iterator[Case]:
    """Yield logs that nothing is wrong with."""
    files, policy, note = resources(entries, *keys), policy_of(*keys), note_over(entries, *keys)
    yield Case("honest", files, policy, None, must_accept=True)
    more = note._replace(lines=(STRANGER.line(note.checkpoint), *note.lines))
    yield Case("a line of an unknown key", _noted(files, more), policy, None, must_accept=True)
    again = Note(note.body, note.lines[::-1])
    yield Case("lines in another order", _noted(files, again), policy, None, must_accept=True)
    for size in range(1, len(entries) + 1):
        older = str(note_over(entries[:size], *keys)).encode()
        yield Case(f"grown from {size}", files, policy, older, must_accept=True)


def unsigned(entries: list[bytes], keys: Sequence[Key] = KEYS) -> Iterator[Case]:
    """Yield logs whose note is not signed as the policy asks, or not for them."""
    files, policy, note = resources(entries, *keys), policy_of(*keys), note_over(entries, *keys)
    for place, line in enumerate(note.lines):
        others = note.lines[:place] + note.lines[place + 1 :]
        if others:
            missing = Note(note.body, others)
            yield Case(f"{line.name}: line missing", _noted(files, missing), policy, None, must_accept=False)
        twice = Note(note.body, (*others, line, line))
        yield Case(f"{line.name}: line twice", _noted(files, twice), policy, None, must_accept=False)
        if others:
            instead = Note(note.body, (line,) * len(note.lines))
            yield Case(f"{line.name}: in place of all", _noted(files, instead), policy, None, must_accept=False)
    other = note.checkpoint._replace(origin="other.example.gov.cn/decisions/2026/pdp1-0")
    elsewhere = Note(other.body, tuple(key.line(other) for key in keys))
    yield Case("the note of another origin", _noted(files, elsewhere), policy, None, must_accept=False)
    longer = note.checkpoint._replace(size=len(entries) + 1)
    borrowed = Note(longer.body, note.lines)
    yield Case("lines from another note", _noted(files, borrowed), policy, None, must_accept=False)
    wrong = [Key(key.name, bytes([9]) * 32, key.kind) for key in keys]
    for place, (key, forger) in enumerate(zip(keys, wrong, strict=True)):
        forged = forger.line(note.checkpoint)._replace(key_id=key.public.id)  # the id collides
        lines = (*note.lines[:place], forged, *note.lines[place + 1 :])
        yield Case(f"{key.name}: forged", _noted(files, Note(note.body, lines)), policy, None, must_accept=False)
    yield from _claimed(entries, keys)


def _claimed(entries: list[bytes], keys: Sequence[Key]) -> Iterator[Case]:
    """Yield logs whose note says, well signed, what the entries do not bear out."""
    files, policy, root = resources(entries, *keys), policy_of(*keys), tree_of(entries)[1]
    size = len(entries)
    claims = {
        "one entry more": Checkpoint(ORIGIN, size + 1, root),
        "one entry less": Checkpoint(ORIGIN, size - 1, root),
        "another root": Checkpoint(ORIGIN, size, Sha256().leaf(root)),
        "no entries and a root": Checkpoint(ORIGIN, 0, root),
        "more entries than can be": Checkpoint(ORIGIN, 10**18, root),
    }
    for name, claim in claims.items():
        note = Note(claim.body, tuple(key.line(claim) for key in keys))
        yield Case(f"signed for {name}", _noted(files, note), policy, None, must_accept=False)


def histories(entries: list[bytes], keys: Sequence[Key] = KEYS) -> Iterator[Case]:
    """Yield logs that do not extend an older note, each in itself without fault: rolled back, or forked."""
    policy, size = policy_of(*keys), len(entries)
    files, note = resources(entries, *keys), str(note_over(entries, *keys)).encode()
    for shorter in range(1, size):
        old = resources(entries[:shorter], *keys)
        yield Case(f"rolled back to {shorter}", old, policy, note, must_accept=False)
    for fork in range(1, size + 1):
        for place in range(fork):
            other = list(entries[:fork])
            other[place] = other[place].replace(b"test", b"fork")
            theirs = str(note_over(other, *keys)).encode()
            yield Case(f"forked from {fork} at {place}", files, policy, theirs, must_accept=False)
    elsewhere = Checkpoint("other.example.gov.cn/decisions/2026/pdp1-0", 1, tree_of(entries[:1])[1])
    theirs = str(Note(elsewhere.body, tuple(key.line(elsewhere) for key in keys))).encode()
    yield Case("said to extend another log", files, policy, theirs, must_accept=False)


def receipts(entries: list[bytes], keys: Sequence[Key] = KEYS) -> Iterator[ReceiptCase]:
    """Yield the receipt of each of `entries`, honest, and with every fault it can have."""
    policy = policy_of(*keys)
    for index, entry in enumerate(entries):
        receipt = receipt_for(entries, index, *keys)
        yield ReceiptCase(f"entry {index}", str(receipt).encode(), entry, policy, must_accept=True)
        for name, forged in _forged(receipt, len(entries)):
            yield ReceiptCase(f"entry {index}: {name}", forged, entry, policy, must_accept=False)
        for other in range(len(entries)):
            if other != index:
                name = f"entry {index}: for entry {other}"
                yield ReceiptCase(name, str(receipt).encode(), entries[other], policy, must_accept=False)


def receipt_for(entries: list[bytes], index: int, *keys: Key) -> ProofOfInclusion:
    """Return the receipt of one of `entries`, its note signed by `keys`; by default by the log and one witness."""
    tiles, _ = tree_of(entries)
    suite = Sha256()
    hashes = inclusion(index, len(entries), nodes(len(entries), tiles.__getitem__, suite), suite)
    return ProofOfInclusion(index, tuple(hashes), note_over(entries, *keys))


def _forged(receipt: ProofOfInclusion, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield the receipt with hashes missing, too many or swapped, another index, bits flipped, ends cut."""
    hashes = receipt.hashes

    def with_hashes(changed: Sequence[bytes]) -> bytes:
        return str(ProofOfInclusion(receipt.index, tuple(changed), receipt.note)).encode()

    for place in range(len(hashes)):
        yield f"hash {place} missing", with_hashes(hashes[:place] + hashes[place + 1 :])
    for one, two in combinations(range(len(hashes)), 2):
        swapped = list(hashes)
        swapped[one], swapped[two] = hashes[two], hashes[one]
        yield f"hashes {one} and {two} swapped", with_hashes(swapped)
    yield "a hash more", with_hashes([*hashes, bytes(HASH)])
    for other in range(size + 2):
        if other != receipt.index:
            yield f"said to be entry {other}", str(ProofOfInclusion(other, hashes, receipt.note)).encode()
    files = {"receipt": str(receipt).encode()}
    for damage in (flipped, cut):
        for name, damaged in damage(files):
            yield name, damaged["receipt"]


def _noted(files: Files, note: Note) -> Files:
    return {**files, CHECKPOINT: str(note).encode()}
