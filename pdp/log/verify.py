"""Verify a published decision log, or a receipt from one, without trusting whoever runs it.

Copy this one file and run it; it needs Python 3.11, the library `cryptography` and nothing of the service:

    python verify.py --policy policy.txt DIR|URL [--level tree|chain|tiles] [--since NOTE] [--json]
    python verify.py --policy policy.txt FILE.tlog-proof --entry FILE|- [--json]

Exit code 0: everything the level asks for was checked and holds. 1: something is not as it was signed; the first bad
entry is named. 2: something could not be read or checked, so nothing is said.

It is a second reading of the formats and shares no code with the writer, so that one mistake does not hide in both.
Only `main` and what stands below it reads files and addresses; all else takes a function `read(path) -> bytes`, where
paths are those below the log's prefix and a missing resource is a FileNotFoundError. Sources: RFC 6962; C2SP
tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature, tlog-policy, tlog-proof; docs/decision-log.md.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import http.client
import importlib
import json
import re
import struct
import sys
import threading
import time
import unicodedata
import urllib.parse
import zlib
from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes as digests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    Read = Callable[[str], bytes]
    Fetched = tuple[bytes, bytes | None]  # a bundle, and the lowest tile over it if that is full
    Each = Callable[[Callable[["Resource"], Fetched], Iterable["Resource"]], Iterator[Fetched]]  # map, or quicker
    Seen = Callable[[int, int], None]  # (entries checked so far, of how many)

TREE, CHAIN, TILES = "tree", "chain", "tiles"
LEVELS: Final = (TREE, CHAIN, TILES)

# ---------------------------------------------------------------------------------------------- what can go wrong


class RefusedError(Exception):
    """Something is not as it was signed. `index`: the first entry that is not proved; None: no single one is meant."""

    def __init__(self, index: int | None, place: str, fault: str) -> None:
        super().__init__(f"{place}: {fault}" if index is None else f"entry {index}: {place}: {fault}")
        self.index = index
        self.place = place
        self.fault = fault


class UnreadableError(Exception):
    """Something could not be read, or not be checked here; nothing is said about the log."""

    def __init__(self, place: str, fault: str, index: int | None = None) -> None:
        super().__init__(f"{place}: {fault}")
        self.index = index
        self.place = place
        self.fault = fault


class _MalformedError(ValueError):
    """Text that spells nothing of the kind expected; whoever knows its place says where it stands."""


def _malformed(fault: str) -> NoReturn:
    raise _MalformedError(fault)


# ------------------------------------------------------------------------------------------------------- hashing

HASH: Final = 32  # bytes
WIDTH: Final = 256  # hashes of a full tile, entries of a full bundle
LONGEST: Final = 65_535  # bytes of an entry


class Hashing:
    """RFC 6962 § 2.1 over SHA-256, or over SM3 in a log whose origin ends in /sm3."""

    def __init__(self, origin: str) -> None:
        self.digest = _sm3() if origin.endswith("/sm3") else _sha256
        self.empty = self.digest(b"")

    def leaf(self, entry: bytes) -> bytes:
        """Return the hash of a leaf."""
        return self.digest(b"\x00" + entry)

    def node(self, left: bytes, right: bytes) -> bytes:
        """Return the hash of an inner node."""
        return self.digest(b"\x01" + left + right)

    def complete(self, row: bytes) -> bytes:
        """Return the root over the hashes in `row`, of which there are 1, 2, 4, … 256."""
        digest = self.digest
        while len(row) > HASH:
            row = b"".join([digest(b"\x01" + row[at : at + 2 * HASH]) for at in range(0, len(row), 2 * HASH)])
        return row

    def root(self, peaks: list[bytes]) -> bytes:
        """Return the root over neighbouring complete subtrees, largest first."""
        joined = peaks[-1]
        for peak in reversed(peaks[:-1]):
            joined = self.node(peak, joined)
        return joined


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _sm3() -> Callable[[bytes], bytes]:
    """Return SM3 of the standard library where its OpenSSL has it, else that of `cryptography`."""
    if "sm3" in hashlib.algorithms_available:
        return lambda data: hashlib.new("sm3", data).digest()

    def sm3(data: bytes) -> bytes:
        made = digests.Hash(digests.SM3())
        made.update(data)
        return made.finalize()

    try:
        sm3(b"")
    except UnsupportedAlgorithm as missing:
        place = "SM3"
        raise UnreadableError(place, "this log is hashed with SM3, which neither library here has") from missing
    return sm3


# --------------------------------------------------------------------------------------------- keys and signatures

ED25519, COSIGNATURE, LATTICE, NATIONAL = 0x01, 0x04, 0x06, 0xFF
KINDS_OF_KEYS: Final = {ED25519: "Ed25519", COSIGNATURE: "Ed25519", LATTICE: "ML-DSA-44", NATIONAL: "SM2"}
TIMED: Final = (COSIGNATURE, LATTICE)  # a signature of these begins with a time

_SM2_NAME = b"pdp-decision-log/sm2-sm3/v1\x00"
_KEY_BYTES = {ED25519: 32, COSIGNATURE: 32, LATTICE: 1312, NATIONAL: 65}
_SIGNATURE_BYTES = {ED25519: 64, COSIGNATURE: 64, LATTICE: 2420, NATIONAL: 64}
_U64 = struct.Struct(">Q")


class Key(NamedTuple):
    """A public key under the one name it signs for."""

    name: str
    kind: int
    public: bytes
    id: bytes


def key_in(vkey: str) -> Key:
    """Return the key that `vkey`, name+id+key, spells."""
    name, id_, *encoded = [*vkey.split("+", 2), "", ""]
    material = _base64(encoded[0])
    kind = material[0] if material else -1
    if kind not in _KEY_BYTES or not _is_name(name):
        _malformed(f'"{vkey[:40]}" is no verifier key of a kind known here')
    lead = b"\xff" + _SM2_NAME if kind == NATIONAL else bytes([kind])
    public = material[len(lead) :]
    if not material.startswith(lead) or len(public) != _KEY_BYTES[kind] or (kind == NATIONAL and public[0] != 4):  # noqa: PLR2004  # an uncompressed point
        _malformed(f"{name}: not the bytes of a {KINDS_OF_KEYS[kind]} key")
    expected = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    if id_ != expected.hex():
        _malformed(f"{name}: the key id is {expected.hex()}, not {id_[:16]}")
    return Key(name, kind, public, expected)


def _base64(text: str) -> bytes:
    """Return the bytes that `text` spells in the one way there is; none where it spells none."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if base64.b64encode(data).decode() == text else b""


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(sign.isspace() or sign < " " for sign in name)


def is_valid(key: Key, message: bytes, signature: bytes) -> bool | None:
    """Return whether `signature` is that of `key` on `message`; None: no library here can tell."""
    if len(signature) != _SIGNATURE_BYTES[key.kind]:
        return False
    if key.kind == NATIONAL:
        return _sm2_is_valid(key.public, message, signature)
    try:
        _public(key).verify(signature, message)
    except InvalidSignature:
        return False
    except (ImportError, UnsupportedAlgorithm):
        return None
    except ValueError:  # bytes that are no point of the curve
        return False
    return True


def _public(key: Key) -> Any:  # noqa: ANN401  # one of two classes of the library, both with `verify`
    if key.kind != LATTICE:
        return Ed25519PublicKey.from_public_bytes(key.public)
    lattice = importlib.import_module("cryptography.hazmat.primitives.asymmetric.mldsa")  # not in older releases
    return lattice.MLDSA44PublicKey.from_public_bytes(key.public)


def _sm2_is_valid(public: bytes, message: bytes, signature: bytes) -> bool | None:
    try:
        curves = importlib.import_module("tongsuopy.crypto.asymciphers.ec")
        sums = importlib.import_module("tongsuopy.crypto.hashes")
        wrong = importlib.import_module("tongsuopy.crypto.exceptions").InvalidSignature
    except ImportError:
        return None
    try:
        point = curves.EllipticCurvePublicKey.from_encoded_point(curves.SM2(), public)
        point.verify(_der(signature), message, curves.ECDSA(sums.SM3()))
    except (wrong, ValueError):
        return False
    return True


def _der(signature: bytes) -> bytes:
    """Return r ‖ s as the library wants it: a sequence of two integers."""
    parts = b""
    for half in (signature[:32], signature[32:]):
        number = half.lstrip(b"\x00") or b"\x00"
        number = b"\x00" + number if number[0] & 0x80 else number
        parts += bytes([2, len(number)]) + number
    return bytes([0x30, len(parts)]) + parts


# ---------------------------------------------------------------------------------------------- whom to trust

MOST: Final = 32  # logs, witnesses, groups


@dataclass
class Policy:
    """Which keys sign for a log, which witnesses there are, and how many must agree."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = ""

    def agreed(self, signed: Collection[Key], name: str = "") -> bool:
        """Return whether the witnesses among `signed` are a quorum."""
        name = name or self.quorum
        if name == "none":
            return True
        if name in self.witnesses:
            return self.witnesses[name] in signed
        need, members = self.groups[name]
        return sum(self.agreed(signed, member) for member in members) >= need

    def known(self) -> list[Key]:
        """Return the keys of all logs and witnesses."""
        return [*self.logs, *self.witnesses.values()]


def policy_in(data: bytes) -> Policy:
    """Return the policy in a tlog-policy file; raise UnreadableError that names the line that spells none."""
    policy = Policy()
    place = "policy"
    for number, line in enumerate(data.split(b"\n"), 1):
        place = f"policy: line {number}"
        try:
            words = [word.decode() for word in re.split(rb"[ \t]+", line.strip(b" \t"))]
            if words[0] and not words[0].startswith("#"):
                _take(policy, words)
        except ValueError as fault:
            raise UnreadableError(place, str(fault)) from fault
    if not policy.logs or not policy.quorum:
        place = "policy"
        raise UnreadableError(place, "needs a log line and exactly one quorum line")
    return policy


def _take(policy: Policy, words: list[str]) -> None:
    """Take one line into `policy`."""
    if any(sign < " " or sign == "\x7f" for word in words for sign in word):
        _malformed("a control character; only tabs and line ends are allowed")
    match words:
        case ["log", vkey] | ["log", vkey, _]:
            policy.logs.append(_new_key(policy, vkey, (ED25519, LATTICE, NATIONAL)))
        case ["witness", name, vkey] | ["witness", name, vkey, _]:
            key = _new_key(policy, vkey, (COSIGNATURE, LATTICE))
            if any(key.name == known.name for known in policy.witnesses.values()):
                _malformed(f"{key.name} is a witness already; it would count twice")
            policy.witnesses[_new_name(policy, name)] = key
        case ["group", name, need, *members] if members:
            group = _threshold(need, len(members)), [_usable(policy, member) for member in members]
            if len(set(members)) < len(members):
                _malformed("a member stands in the group twice and would count twice")
            policy.groups[_new_name(policy, name)] = group
        case ["quorum", name] if not policy.quorum:
            policy.quorum = name if name == "none" else _defined(policy, name)
        case _:
            _malformed(f'"{" ".join(words)[:40]}" is no line that can stand here')
    if max(len(policy.logs), len(policy.witnesses), len(policy.groups)) > MOST:
        _malformed(f"more than {MOST} logs, witnesses or groups")


def _new_key(policy: Policy, vkey: str, kinds: tuple[int, ...]) -> Key:
    key = key_in(vkey)
    if key.kind not in kinds:
        _malformed(f"{key.name}: a key of type {key.kind:02x} does not sign here")
    for known in policy.known():
        if key.public == known.public or (key.name, key.id) == (known.name, known.id):
            _malformed(f"{key.name}: the key stands in the policy already, or cannot be told from one that does")
    return key


def _new_name(policy: Policy, name: str) -> str:
    if name == "none" or name in policy.witnesses or name in policy.groups:
        _malformed(f'"{name}" is defined already')
    return name


def _defined(policy: Policy, name: str) -> str:
    if name not in policy.witnesses and name not in policy.groups:
        _malformed(f'"{name}" is not defined above')
    return name


def _usable(policy: Policy, member: str) -> str:
    if any(member in members for _, members in policy.groups.values()):
        _malformed(f'"{member}" stands in another group and would count twice')
    return _defined(policy, member)


def _threshold(need: str, members: int) -> int:
    least = {"any": 1, "all": members}.get(need) or (int(need) if re.fullmatch("[1-9][0-9]?", need) else 0)
    if not 1 <= least <= members:
        _malformed(f"{need} of {members} cannot agree")
    return least


# ------------------------------------------------------------------------------------------------- signed notes

NOTE_LIMIT: Final = 256 * 1024  # bytes
LINES: Final = 64
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class Signature(NamedTuple):
    """A valid signature, and the time it states; 0: none."""

    key: Key
    time: int


class Checkpoint(NamedTuple):
    """What a log's own key signed: origin, number of entries, root; with every valid signature under it."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...]
    witnessed: bool  # by the policy's quorum
    unchecked: tuple[Key, ...]  # whose lines no library here can check


def checkpoint_in(data: bytes, policy: Policy, place: str = "checkpoint") -> Checkpoint:
    """Return the checkpoint in a note; raise RefusedError where no log of `policy` signed it, or a known line is wrong.

    Whether a quorum of witnesses signed is told, not asked for.
    """
    try:
        body, lines = _parted(data)
        origin, size, root = _checkpoint_body(body)
        signed, unchecked = _signatures(policy, body, (origin, size, root), lines)
    except _MalformedError as fault:
        raise RefusedError(None, place, str(fault)) from fault
    if not any(signature.key in policy.logs and signature.key.name == origin for signature in signed):
        missing = [key.name for key in unchecked if key in policy.logs]
        if missing:
            raise UnreadableError(place, f"the only signature of {missing[0]} cannot be checked here; see not_checked")
        raise RefusedError(None, place, f"no key that the policy has for a log signed for {origin}")
    witnessed = policy.agreed([signature.key for signature in signed])
    return Checkpoint(origin, size, root, tuple(signed), witnessed, tuple(unchecked))


def _parted(data: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return the text of a note, and name, key id and signature of each line under it."""
    if len(data) > NOTE_LIMIT:
        _malformed(f"a note of more than {NOTE_LIMIT} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        _malformed("a note that is no UTF-8")
    body, gap, signed = text.rpartition("\n\n")
    if not gap or not signed.endswith("\n") or re.search("[\x00-\x09\x0b-\x1f]", text):
        _malformed("no note: a text, an empty line and signature lines, each ended by a line end, no control character")
    lines = signed[:-1].split("\n")
    if len(lines) > LINES:
        _malformed(f"a note of more than {LINES} signature lines")
    return body + "\n", [_signature_line(line) for line in lines]


def _signature_line(line: str) -> tuple[str, bytes, bytes]:
    dash, name, encoded, *more = [*line.split(" "), "", ""]
    data = _base64(encoded)
    if dash != "—" or any(more) or len(more) != 2 or not _is_name(name) or len(data) < 5:  # noqa: PLR2004  # the two blanks put on; an id and a byte
        _malformed(f'"{line[:60]}" is no signature line')
    return name, data[:4], data[4:]


def _checkpoint_body(body: str) -> tuple[str, int, bytes]:
    lines = body.split("\n")
    if len(lines) != 4:  # noqa: PLR2004  # three lines, each with its end
        _malformed(f"{len(lines) - 1} lines above the signatures; a checkpoint has origin, size and root")
    origin, size, encoded, _ = lines
    root = _base64(encoded)
    if not _is_name(origin) or not _SIZE.fullmatch(size) or len(root) != HASH or int(size) >> 63:
        _malformed("no checkpoint: an origin, a size in decimal, a root of 32 bytes in base64")
    return origin, int(size), root


def _signatures(
    policy: Policy, body: str, said: tuple[str, int, bytes], lines: list[tuple[str, bytes, bytes]]
) -> tuple[list[Signature], list[Key]]:
    """Return the valid signatures of known keys, and the keys whose lines cannot be checked; others are ignored."""
    known = {(key.name, key.id): key for key in policy.known()}
    found: dict[Key, int | None] = {}
    for name, id_, signed in lines:
        key = known.get((name, id_))
        if key is None:
            continue
        if key in found:
            _malformed(f"{name}: two lines of one key")
        seconds, signature = _timed(key, signed)
        valid = is_valid(key, _signed_message(key, seconds, body, said), signature)
        if valid is False:
            _malformed(f"{name}: the {KINDS_OF_KEYS[key.kind]} signature of key {key.id.hex()} is wrong")
        found[key] = seconds if valid else None
    signatures = [Signature(key, seconds) for key, seconds in found.items() if seconds is not None]
    return signatures, [key for key, seconds in found.items() if seconds is None]


def _timed(key: Key, signed: bytes) -> tuple[int, bytes]:
    """Return the time that a signature states, and the rest of it."""
    if key.kind not in TIMED:
        return 0, signed
    seconds = int.from_bytes(signed[:8], "big")
    if not 0 < seconds < 1 << 63:
        _malformed(f"{key.name}: a signature of no possible time")
    return seconds, signed[8:]


def _signed_message(key: Key, seconds: int, body: str, said: tuple[str, int, bytes]) -> bytes:
    if key.kind == COSIGNATURE:
        return f"cosignature/v1\ntime {seconds}\n{body}".encode()
    if key.kind != LATTICE:
        return body.encode()
    origin, size, root = said
    words = [word.encode() for word in (key.name, origin)]
    if any(len(word) > 255 for word in words):  # noqa: PLR2004  # a length of one byte
        _malformed("a name of more than 255 bytes, which ML-DSA-44 cannot sign")
    name, log = [bytes([len(word)]) + word for word in words]
    return b"subtree/v1\n\x00" + name + _U64.pack(seconds) + log + _U64.pack(0) + _U64.pack(size) + root


# --------------------------------------------------------------------------------------------------- the tree

ENTRIES: Final = -1


class Resource(NamedTuple):
    """A hash tile, or with level ENTRIES an entry bundle; which one, and how many hashes or entries it holds."""

    level: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """Return its path below the log's prefix."""
        digits = str(self.number)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{level}/{'/'.join([f'x{group}' for group in groups[:-1]] + groups[-1:])}{partial}"

    @property
    def first(self) -> int:
        """Return the index of the first entry below it."""
        return self.number * WIDTH << 8 * max(self.level, 0)


class Tree:
    """The tree that a checkpoint signs. A hash in it is used only after its tile is proved by the one above it.

    The tiles at the right edge, one a level, are proved together by the signed root; every other by its parent.
    """

    def __init__(self, read: Read, checkpoint: Checkpoint) -> None:
        self._read = read
        self.size = checkpoint.size
        self.hashing = Hashing(checkpoint.origin)
        self._signed = checkpoint.root
        self._proved: dict[int, tuple[int, bytes]] = {}  # level -> number and bytes of the tile used last
        self._edge: dict[int, bytes] = {}
        self._prove_edge()

    def resource(self, wanted: Resource) -> bytes:
        """Return the bytes published as `wanted`, not proved by anything; a partial one may have become full since."""
        try:
            return self._fetch(wanted)
        except FileNotFoundError as missing:
            if wanted.width == WIDTH:
                raise UnreadableError(wanted.path, "is not there", wanted.first) from missing
        full = wanted._replace(width=WIDTH)
        try:
            data = self._fetch(full)
        except FileNotFoundError as missing:
            raise UnreadableError(wanted.path, "is not there, nor the full one", wanted.first) from missing
        return _cut(full, data, wanted.width)

    def _fetch(self, wanted: Resource) -> bytes:
        try:
            return self._read(wanted.path)
        except FileNotFoundError:
            raise
        except OSError as fault:
            raise UnreadableError(wanted.path, f"cannot be read: {fault}", wanted.first) from fault

    def with_tile(self, bundle: Resource) -> Fetched:
        """Return a bundle and, if it is full, the lowest tile over it: neither is proved yet."""
        return self.resource(bundle), self.tile_over(bundle)[1]

    def tile_over(self, bundle: Resource) -> Fetched:
        """Return the lowest tile over a bundle, if it is full; the partial one is at the edge, and known."""
        return b"", self.resource(bundle._replace(level=0)) if bundle.width == WIDTH else None

    def tile(self, level: int, number: int, fetched: bytes | None = None) -> bytes:
        """Return the hashes of a tile, proved; `fetched`: what was read of it already."""
        width = (self.size >> 8 * level) - number * WIDTH
        if width < WIDTH:
            return self._edge[level]
        known, row = self._proved.get(level, (-1, b""))
        if known != number:
            row = self._prove(Resource(level, number, WIDTH), fetched)
            self._proved[level] = number, row
        return row

    def leaf(self, index: int) -> bytes:
        """Return the hash of an entry, proved."""
        at = index % WIDTH * HASH
        return self.tile(0, index // WIDTH)[at : at + HASH]

    def root_of(self, size: int) -> bytes:
        """Return the root of the tree when it had `size` entries, from proved hashes."""
        rows = {}
        for level, number, width in _partials(size):
            rows[level] = self.tile(level, number)[: width * HASH]
        return self._folded(rows) if size else self.hashing.empty

    def _prove(self, wanted: Resource, fetched: bytes | None) -> bytes:
        row = self._whole(wanted, fetched)
        at = wanted.number % WIDTH * HASH
        expected = self.tile(wanted.level + 1, wanted.number // WIDTH)[at : at + HASH]
        found = self.hashing.complete(row)
        if found != expected:
            fault = f"its hashes lead to {found.hex()}; the tile above it has {expected.hex()}"
            raise RefusedError(self._blamed(wanted, row), wanted.path, fault)
        return row

    def _whole(self, wanted: Resource, fetched: bytes | None = None) -> bytes:
        row = self.resource(wanted) if fetched is None else fetched
        if len(row) != wanted.width * HASH:
            fault = f"{len(row)} bytes; {wanted.width} hashes have {wanted.width * HASH}"
            raise RefusedError(wanted.first, wanted.path, fault)
        return row

    def _prove_edge(self) -> None:
        for level, number, width in _partials(self.size):
            self._edge[level] = self._whole(Resource(level, number, width))
        found = self._folded(self._edge) if self.size else self.hashing.empty
        if found != self._signed:
            fault = f"the tiles at the right edge lead to root {found.hex()}; signed is {self._signed.hex()}"
            raise RefusedError(*self._edge_blamed(), fault)

    def _folded(self, rows: Mapping[int, bytes]) -> bytes:
        """Return the root over the rows of hashes at the right edge of a tree, by level."""
        peaks = []
        for level in sorted(rows, reverse=True):
            row = rows[level]
            while row:
                span = HASH << (len(row) // HASH).bit_length() - 1
                peaks.append(self.hashing.complete(row[:span]))
                row = row[span:]
        return self.hashing.root(peaks)

    # Where a tile is wrong, what stands below it tells which of its hashes are: for the message only.

    def _edge_blamed(self) -> tuple[int | None, str]:
        """Return the first entry whose hash at the right edge is wrong, as far as what stands below can tell."""
        for level, number, width in _partials(self.size):
            wanted = Resource(level, number, width)
            below = self._from_below(wanted)
            if below != self._edge[level] and self._folded({**self._edge, level: below}) == self._signed:
                return _first_difference(wanted, self._edge[level], below), wanted.path
        return None, "checkpoint"

    def _blamed(self, wanted: Resource, row: bytes) -> int:
        return _first_difference(wanted, row, self._from_below(wanted))

    def _from_below(self, wanted: Resource) -> bytes:
        """Return the hashes that a tile should have by what stands below it; as many as can be made."""
        try:
            if wanted.level == 0:
                bundle = self.resource(wanted._replace(level=ENTRIES))
                return b"".join(map(self.hashing.leaf, entries_in(bundle, wanted.width)[0]))
            children = range(wanted.number * WIDTH, wanted.number * WIDTH + wanted.width)
            rows = [self.resource(Resource(wanted.level - 1, child, WIDTH)) for child in children]
        except (UnreadableError, RefusedError):
            return b""
        return b"".join(self.hashing.complete(row) for row in rows if len(row) == WIDTH * HASH)


def _partials(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield level, number and width of the partial tiles of a tree of `size`."""
    level = 0
    while size >> 8 * level:
        number, width = divmod(size >> 8 * level, WIDTH)
        if width:
            yield level, number, width
        level += 1


def _first_difference(wanted: Resource, row: bytes, below: bytes) -> int:
    """Return the index of the first entry below `wanted` whose hash differs; its first entry where none does."""
    for at in range(0, min(len(row), len(below)), HASH):
        if row[at : at + HASH] != below[at : at + HASH]:
            return wanted.first + (at // HASH << 8 * wanted.level)
    return wanted.first


def _cut(full: Resource, data: bytes, width: int) -> bytes:
    """Return what a partial tile or bundle held, out of the full one that took its place."""
    if full.level != ENTRIES:
        if len(data) != WIDTH * HASH:
            raise RefusedError(full.first, full.path, f"{len(data)} bytes; a full tile has {WIDTH * HASH}")
        return data[: width * HASH]
    entries, rest = entries_in(data, WIDTH)
    if len(entries) != WIDTH or rest:
        raise RefusedError(full.first + len(entries), full.path, f"is no bundle of {WIDTH} entries")
    return data[: sum(map(len, entries[:width])) + 2 * width]


def entries_in(bundle: bytes, width: int) -> tuple[list[bytes], int]:
    """Return the first `width` entries in a bundle, or fewer where it breaks off, and the number of bytes left."""
    entries: list[bytes] = []
    at, end = 0, len(bundle)
    while at + 2 <= end and len(entries) < width:
        begin = at + 2
        until = begin + (bundle[at] << 8 | bundle[at + 1])
        if until > end:
            break
        entries.append(bundle[begin:until])
        at = until
    return entries, end - at


# ------------------------------------------------------------------------------------------------- the entries


def check_entries(tree: Tree, since: int, each: Each, check: Callable[[int, list[bytes]], None], seen: Seen) -> None:
    """Prove every entry from index `since` on by the tiles, and hand whole bundles to `check`."""
    digest = tree.hashing.digest
    for wanted, (bundle, tile) in _fetched(tree, since, each, tree.with_tile):
        entries, rest = entries_in(bundle, wanted.width)
        row = tree.tile(0, wanted.number, tile)
        if b"".join([digest(b"\x00" + entry) for entry in entries]) != row or rest:
            _refuse_bundle(tree, wanted, entries, rest)
        check(wanted.first, entries)
        seen(wanted.first + wanted.width - since, tree.size - since)


def _check_tiles(tree: Tree, since: int, each: Each, seen: Seen) -> None:
    """Prove every tile with a hash of an entry from index `since` on."""
    for wanted, (_, tile) in _fetched(tree, since, each, tree.tile_over):
        tree.tile(0, wanted.number, tile)
        seen(wanted.first + wanted.width - since, tree.size - since)


def _fetched(
    tree: Tree, since: int, each: Each, fetch: Callable[[Resource], Fetched]
) -> Iterator[tuple[Resource, Fetched]]:
    """Yield the bundles with entries from index `since` on, with what `fetch` gives for each."""
    coming = each(fetch, _bundles(tree.size, since))
    try:
        yield from zip(_bundles(tree.size, since), coming, strict=True)
    finally:
        if isinstance(coming, Generator):
            coming.close()  # nothing is read any more once something is refused


def _bundles(size: int, since: int) -> Iterator[Resource]:
    """Yield the bundles with entries from index `since` on; a size that is only claimed must cost nothing."""
    for number in range(since // WIDTH, -(-size // WIDTH)):
        yield Resource(ENTRIES, number, min(WIDTH, size - number * WIDTH))


def _refuse_bundle(tree: Tree, wanted: Resource, entries: list[bytes], rest: int) -> NoReturn:
    for index, entry in enumerate(entries, wanted.first):
        found, expected = tree.hashing.leaf(entry), tree.leaf(index)
        if found != expected:
            fault = f"its leaf hash is {found.hex()}; in the tree stands {expected.hex()}"
            raise RefusedError(index, wanted.path, fault)
    fault = f"{len(entries)} whole entries and {rest} bytes more; {wanted.width} entries were signed"
    raise RefusedError(wanted.first + len(entries), wanted.path, fault)


# --------------------------------------------------------------------------------------------------- the chain

KINDS: Final = frozenset({
    "decision", "error", "rejection", "log.opened", "log.recovered", "log.closed", "log.pruned", "statements.recorded",
    "rulebook.activated", "rulebook.refused", "key.added", "key.retired", "clock.stepped", "anchor.late",
    "anchor.restored", "person.locked", "person.erased", "store.stale", "batch", "search",
})  # fmt: skip
DEEPEST: Final = 100  # levels; records have a dozen
_LARGEST = 2**53 - 1
_INVISIBLE = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_FOREIGN_KEY = re.compile('[^\x00-\x7f][^"]*":')  # where no quotation mark is escaped
_PLAIN_ESCAPES = re.compile(r'\\["\\]')
_AT = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def _fraction(spelled: str) -> NoReturn:
    _malformed(f"{spelled[:20]} is no integer")


def _integer(spelled: str) -> int:
    if len(spelled) > 17 or not -_LARGEST <= int(spelled) <= _LARGEST:  # noqa: PLR2004  # digits and sign of the largest
        _malformed(f"{spelled[:20]} is beyond ±(2^53-1)")
    return int(spelled)


_DECODE = json.JSONDecoder(parse_float=_fraction, parse_int=_integer, parse_constant=_fraction).decode
_ENCODE = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


def canonical(entry: bytes) -> object:
    """Return the value whose one canonical spelling is `entry`; raise a ValueError that says why it is none."""
    try:
        text = entry.decode()
        value: object = _DECODE(text)
        if _ENCODE(value) != text:
            _malformed("another spelling than the canonical one: order, white space, escapes or a doubled key")
        _check_text(entry, text, value)
    except _MalformedError:
        raise
    except (ValueError, RecursionError) as broken:
        fault = "is no JSON"
        raise _MalformedError(fault) from broken
    return value


def _check_text(entry: bytes, text: str, value: object) -> None:
    """Look through the whole text for what no string may have; its spelling is known, and has no bare control."""
    escaped, foreign = "\\" in text, not text.isascii()
    suspect = foreign and (b"\xc2" in entry or b"\xe2" in entry)  # how the invisible characters begin in UTF-8
    if "\x7f" in text or (escaped and "\\" in _PLAIN_ESCAPES.sub("", text)) or (suspect and _INVISIBLE.search(text)):
        _malformed("a control character in a text")
    if foreign and not unicodedata.is_normalized("NFC", text):
        _malformed("text that is not in NFC")
    deep = text.count("{") + text.count("[") > DEEPEST
    if escaped or deep or "null" in text or (foreign and _FOREIGN_KEY.search(text)):
        _check_parts(value, 0)


def _check_parts(value: object, depth: int) -> None:
    """Refuse `null`, keys that are not ASCII, and what is nested so deeply that readers differ on it."""
    if value is None:
        _malformed("a null; what is absent is left out")
    if depth > DEEPEST:
        _malformed(f"nested deeper than {DEEPEST}")
    if isinstance(value, dict):
        if not all(key.isascii() for key in value):
            _malformed("a key that is not ASCII")
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        _check_parts(part, depth + 1)


class Chain:
    """Entries one after the other: each canonical, numbered, linked to the one before, of a known kind, with its id."""

    def __init__(self, first: int, prev: str) -> None:
        self._next = first
        self._prev = prev  # hex SHA-256 leaf hash of the entry before, in an SM3 twin too; empty: not known
        self._latest = ""
        self.back: list[int] = []  # entries whose time is before that of the one before them
        self._ids = [bytearray() for _ in range(256)]  # by last byte: ids and indexes, 24 bytes each

    def check(self, first: int, entries: list[bytes]) -> None:
        """Accept the entries of a bundle that begins with index `first`; raise RefusedError at the first bad one."""
        for index, entry in enumerate(entries, first):
            if index >= self._next:
                try:
                    self._accept(index, entry)
                except _MalformedError as fault:
                    raise RefusedError(index, "entry", str(fault)) from fault
                self._next = index + 1
            self._prev = hashlib.sha256(b"\x00" + entry).hexdigest()

    def _accept(self, index: int, entry: bytes) -> None:
        value: Any = canonical(entry)
        if type(value) is not dict or value.keys() != {"prev", "record", "seq", "v"}:
            _malformed("is no entry: prev, record, seq, v")
        prev, record, seq, version = value["prev"], value["record"], value["seq"], value["v"]
        if type(seq) is not int or seq != index:
            _malformed(f"says to be number {seq}")
        if type(version) is not int or version != 1:
            _malformed(f"is of version {version}; this verifier reads 1")
        if prev != self._prev and self._prev:
            _malformed(f"names {str(prev)[:64]} as the leaf before it, which is {self._prev}")
        self._accept_record(index, record)

    def _accept_record(self, index: int, record: Any) -> None:  # noqa: ANN401  # whatever JSON holds
        kind, id_, at = (record.get(name) for name in ("kind", "id", "at")) if type(record) is dict else ("",) * 3
        if type(kind) is not str or kind not in KINDS:
            _malformed(f'"{str(kind)[:40]}" is no kind of record known here')
        if type(id_) is not str or not _ID.fullmatch(id_):
            _malformed(f'"{str(id_)[:40]}" is no id (UUIDv7)')
        if type(at) is not str or not _AT.fullmatch(at):
            _malformed(f'"{str(at)[:40]}" is no time in UTC with six digits')
        spelled = bytes.fromhex(id_.replace("-", ""))
        self._ids[spelled[-1]] += spelled + _U64.pack(index)
        if at < self._latest:
            self.back.append(index)
        self._latest = at

    def check_ids(self) -> None:
        """Raise RefusedError at the first entry whose id another one before it has."""
        repeated: list[tuple[int, int]] = []
        for bucket in self._ids:
            found: dict[bytes, int] = {}
            for at in range(0, len(bucket), 24):
                id_, (index,) = bytes(bucket[at : at + 16]), _U64.unpack_from(bucket, at + 16)
                if found.setdefault(id_, index) != index:
                    repeated.append((index, found[id_]))
        if repeated:
            index, other = min(repeated)
            raise RefusedError(index, "entry", f"has the id of entry {other}")


# -------------------------------------------------------------------------------------------------- whole logs


@dataclass
class Verified:
    """What was checked and holds."""

    level: str
    origin: str
    size: int  # of the newest checkpoint that counts by the policy
    root: bytes
    signatures: tuple[Signature, ...]
    witnessed: bool  # whether a quorum signed it; where the policy asks for none, the log itself is enough
    newest: int  # entries that the log itself has signed, all of them checked; some may wait for their witnesses
    since: int = 0  # entries below this were proved by an older checkpoint
    index: int | None = None  # of the entry that a receipt proves
    not_checked: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def _unseen(_: int, __: int) -> None:
    """Tell nobody."""


def verify(  # noqa: PLR0913  # each is a thing an auditor chooses
    read: Read, policy: Policy, *, level: str = TREE, since: bytes | None = None, each: Each = map, seen: Seen = _unseen
) -> Verified:
    """Verify a published log.

    Args:
        read: gives the bytes at a path below the log's prefix; FileNotFoundError where there are none.
        policy: whom to trust.
        level: `tree`; `chain`, which looks into every entry too; or `tiles`, for a log whose entries were deleted when
            their time was over.
        since: an older note that the log must extend; entries it covers are not looked at again.
        each: like `map`, perhaps reading ahead.
        seen: told of each bundle.

    Raises:
        RefusedError: something is not as it was signed.
        UnreadableError: something could not be read or checked.
    """
    checkpoint, witnessed = _newest(read, policy)
    old = checkpoint_in(since, policy, "--since") if since is not None else None
    if old and old.origin != checkpoint.origin:
        raise RefusedError(None, "--since", f"is of {old.origin}, not of {checkpoint.origin}")
    if old and old.size > checkpoint.size:
        raise RefusedError(checkpoint.size, "checkpoint", f"had {old.size} entries, now {checkpoint.size}: rolled back")
    tree = Tree(read, checkpoint)
    for earlier, place in ((witnessed, "witnessed-checkpoint"), (old, "--since")):
        if earlier and tree.root_of(earlier.size) != earlier.root:
            fault = f"with {earlier.size} entries the tree had another root, {earlier.root.hex()}: two stories are told"
            raise RefusedError(None, place, fault)
    start = old.size if old else 0
    verified = _said(policy, level, witnessed, checkpoint.size)
    verified.since = start
    if level == TILES:
        _check_tiles(tree, start, each, seen)
        verified.notices.append("no entry was looked at: the hashes are proved, not that anybody still has the entries")
    elif level == CHAIN:
        verified.notices += _check_chain(tree, start, each, seen)
    else:
        check_entries(tree, start, each, lambda _, __: None, seen)
    return verified


def _newest(read: Read, policy: Policy) -> tuple[Checkpoint, Checkpoint]:
    """Return the newest checkpoint, and the newest that a quorum signed, which may be an older one.

    The witnessed one is read first, for a log that grows meanwhile.
    """
    try:
        older = read("witnessed-checkpoint") if policy.quorum != "none" else None
    except FileNotFoundError:
        older = None
    except OSError as fault:
        place = "witnessed-checkpoint"
        raise UnreadableError(place, f"cannot be read: {fault}") from fault
    newest = checkpoint_in(note(read, "checkpoint"), policy)
    if newest.witnessed:
        return newest, newest
    if older is None:
        raise RefusedError(None, "checkpoint", _short_of_quorum(policy, newest))
    witnessed = checkpoint_in(older, policy, "witnessed-checkpoint")
    if not witnessed.witnessed:
        raise RefusedError(None, "witnessed-checkpoint", _short_of_quorum(policy, witnessed))
    if witnessed.origin != newest.origin or witnessed.size > newest.size:
        raise RefusedError(None, "checkpoint", f"of {newest.origin} with {newest.size} entries; more were witnessed")
    return newest, witnessed


def note(read: Read, path: str) -> bytes:
    """Return the bytes at `path`; raise UnreadableError where there are none."""
    try:
        return read(path)
    except OSError as fault:
        raise UnreadableError(path, f"cannot be read: {fault}") from fault


def _short_of_quorum(policy: Policy, checkpoint: Checkpoint) -> str:
    keys = {signature.key for signature in checkpoint.signatures}
    names = [name for name, key in policy.witnesses.items() if key in keys]
    return f'no quorum: "{policy.quorum}" does not agree; {", ".join(names) or "no witness"} signed'


def _said(policy: Policy, level: str, checkpoint: Checkpoint, newest: int) -> Verified:
    """Return what the checkpoint that counts says; entries are still to be checked."""
    origin, size, root, signatures = checkpoint[:4]
    alone = policy.quorum == "none"
    said = Verified(level, origin, size, root, signatures, not alone, newest)
    for key in checkpoint.unchecked:
        library = "tongsuopy" if key.kind == NATIONAL else "a newer cryptography"
        said.not_checked.append(f"{KINDS_OF_KEYS[key.kind]} signature of {key.name}: needs {library}")
    if alone:
        said.notices.append("the policy asks for no witness: only the log itself says that it shows everybody the same")
    if size < newest:
        said.notices.append(
            f"entries {size} to {newest - 1} are not counted: signed by the log alone, not yet witnessed"
        )
    return said


def _check_chain(tree: Tree, since: int, each: Each, seen: Seen) -> list[str]:
    """Prove and look into every entry from `since` on; return what an auditor should know."""
    twin = tree.hashing.digest is not _sha256
    before = "0" * 64 if not since else "" if twin else tree.leaf(since - 1).hex()
    chain = Chain(since, before)
    try:
        check_entries(tree, since, each, chain.check, seen)
    except RefusedError as first:
        _refuse_earlier(chain, first)
        raise
    chain.check_ids()
    if not chain.back:
        return []
    return [f"time goes back at {len(chain.back)} entries, first at entry {chain.back[0]}: the clock was set"]


def _refuse_earlier(chain: Chain, first: RefusedError) -> None:
    """Raise a repeated id if one stands before what was found first."""
    try:
        chain.check_ids()
    except RefusedError as repeated:
        if first.index is not None and repeated.index is not None and repeated.index < first.index:
            raise repeated from first


# --------------------------------------------------------------------------------------------------- receipts

RECEIPT: Final = b"c2sp.org/tlog-proof@v1\n"


def verify_receipt(data: bytes, policy: Policy, *, entry: bytes | None = None, leaf: bytes | None = None) -> Verified:
    """Verify that the log of `policy` holds `entry`, or the entry with hash `leaf`, at the index that a receipt says.

    Raises:
        RefusedError: it does not follow.
        UnreadableError: neither is given, or a signature cannot be checked here.
    """
    try:
        index, proof, note = _receipt_parts(data)
    except _MalformedError as malformed:
        raise RefusedError(None, "receipt", str(malformed)) from malformed
    checkpoint = checkpoint_in(note, policy, "receipt")
    if not checkpoint.witnessed:
        raise RefusedError(None, "receipt", _short_of_quorum(policy, checkpoint))
    hashing = Hashing(checkpoint.origin)
    if entry is None and leaf is None:
        place = "receipt"
        raise UnreadableError(place, "proves something of an entry only: name it with --entry or --leaf")
    made = hashing.leaf(entry) if entry is not None else leaf or b""
    if leaf is not None and made != leaf:
        raise RefusedError(index, "entry", f"its leaf hash is {made.hex()}, not {leaf.hex()}")
    found = _led_to(hashing, index, checkpoint.size, made, proof)
    if found != checkpoint.root:
        fault = f"leaf {made.hex()} and the proof lead to root {found.hex()}; signed is {checkpoint.root.hex()}"
        raise RefusedError(index, "receipt", fault)
    verified = _said(policy, "receipt", checkpoint, checkpoint.size)
    verified.index = index
    return verified


def _receipt_parts(data: bytes) -> tuple[int, list[bytes], bytes]:
    """Return index, hashes and note of a receipt."""
    head, gap, note = data.partition(b"\n\n")
    lines = (head + b"\n").removeprefix(RECEIPT).decode("ascii", "replace").split("\n")[:-1]
    if not data.startswith(RECEIPT) or not gap or not lines:
        _malformed(f"does not begin with {RECEIPT.decode().strip()} and an index")
    if lines[0].startswith("extra "):
        del lines[0]
    word, _, index = lines[0].partition(" ") if lines else ("", "", "")
    if word != "index" or not _SIZE.fullmatch(index):
        _malformed("no index line")
    proof = [_base64(line) for line in lines[1:]]
    if any(len(hashed) != HASH for hashed in proof):
        _malformed("a line that is no hash of 32 bytes in base64")
    return int(index), proof, note


def _led_to(hashing: Hashing, index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes:
    """Return the root that a proof leads to from a leaf: at each level, its neighbour stands left or right, if any."""
    if index >= size:
        raise RefusedError(index, "receipt", f"the log had {size} entries then")
    hashed, at, last, steps = leaf, index, size - 1, iter(proof)
    needed = sum(1 for level in range(last.bit_length()) if _has_neighbour(index, last, level))
    if len(proof) != needed:
        raise RefusedError(index, "receipt", f"{len(proof)} hashes; entry {index} of {size} needs {needed}")
    while last:
        if at % 2:
            hashed = hashing.node(next(steps), hashed)
        elif at < last:
            hashed = hashing.node(hashed, next(steps))
        at, last = at // 2, last // 2
    return hashed


def _has_neighbour(index: int, last: int, level: int) -> bool:
    """Return whether the subtree of `index` has a neighbour at `level`: a left one, or a right one that exists."""
    at = index >> level
    return at % 2 == 1 or at < last >> level


# ------------------------------------------------------------------------- below here: files, addresses, terminal

LARGEST: Final = WIDTH * (LONGEST + 2)  # bytes of any resource
CONNECTIONS: Final = 8
_TIMEOUT = 30  # seconds


def folder(top: Path) -> Read:
    """Return the function that reads the resources of a log in a folder."""
    return lambda path: (top / path).read_bytes()


class Address:
    """Reads the resources of a log over HTTP, a connection a thread, kept open. Follows no redirection."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        try:
            parts = urllib.parse.urlsplit(url)
        except ValueError as fault:
            raise UnreadableError(url, f"is no address: {fault}") from fault
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host = parts.netloc.rpartition("@")[2]
        self._prefix = parts.path.rstrip("/")
        self._headers = {"Accept-Encoding": "gzip", **headers}
        self._mine = threading.local()
        self._made: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Close every connection."""
        for connection in self._made:
            connection.close()

    def read(self, path: str, *, again: bool = True) -> bytes:
        """Return what stands at `path` below the prefix."""
        try:
            return self._ask(path)
        except FileNotFoundError:
            raise
        except (http.client.HTTPException, OSError) as broken:
            self._dropped()
            if again and isinstance(broken, (ConnectionError, http.client.BadStatusLine)):
                return self.read(path, again=False)  # the other side had closed it after a while: once more
            fault = str(broken) or type(broken).__name__
            raise OSError(fault) from broken

    def _ask(self, path: str) -> bytes:
        connection = getattr(self._mine, "open", None)
        if connection is None:
            connection = self._mine.open = self._kind(self._host, timeout=_TIMEOUT)
            self._made.append(connection)
        connection.request("GET", f"{self._prefix}/{path}", headers=self._headers)
        answer = connection.getresponse()
        data = answer.read(LARGEST + 1)
        if answer.status == 404:  # noqa: PLR2004  # not found
            raise FileNotFoundError(path)
        if answer.status != 200 or len(data) > LARGEST:  # noqa: PLR2004  # OK
            fault = f"status {answer.status}, {len(data)} bytes"
            raise OSError(fault)
        return _unzipped(data) if answer.getheader("Content-Encoding") == "gzip" else data

    def _dropped(self) -> None:
        """Close this thread's connection, on which nothing can be asked any more."""
        connection = getattr(self._mine, "open", None)
        if connection is not None:
            connection.close()
            self._mine.open = None


def _unzipped(data: bytes) -> bytes:
    opened = zlib.decompressobj(31)
    try:
        plain = opened.decompress(data, LARGEST + 1)
    except zlib.error as broken:
        raise OSError(str(broken)) from broken
    if not opened.eof or opened.unused_data:
        fault = "compressed bytes that end early, go on too long or unfold beyond all measure"
        raise OSError(fault)
    return plain


def ahead(fetch: Callable[[Resource], Fetched], wanted: Iterable[Resource]) -> Iterator[Fetched]:
    """Yield what `fetch` gives for each of `wanted`, in order, while the next ones are being read."""
    coming = iter(wanted)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        waiting = deque(pool.submit(fetch, one) for one in islice(coming, 2 * CONNECTIONS))
        try:
            while waiting:
                data = waiting.popleft().result()
                waiting.extend(pool.submit(fetch, one) for one in islice(coming, 1))
                yield data
        finally:
            for late in waiting:
                late.cancel()


class Bar:
    """One line on the standard error stream that is written again and again; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._began = self._next = time.monotonic()

    def seen(self, done: int, of: int) -> None:
        """Show how far the entries are checked."""
        now = time.monotonic()
        if self._shown and (now >= self._next or done >= of):
            self._next = now + 0.2
            rate = done / max(now - self._began, 1e-6)
            sys.stderr.write(f"\r{done / max(of, 1):6.1%}  {done:,} of {of:,} entries  {rate:,.0f}/s ")

    def end(self) -> None:
        """Leave an empty line behind."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")


def main(arguments: list[str] | None = None) -> int:
    """Verify what the command line names; return the exit code."""
    asked = _parser().parse_args(arguments)
    bar = Bar()
    try:
        verified = _verified(asked, bar)
    except RefusedError as fault:
        bar.end()
        return _tell(asked, 1, {"index": fault.index, "place": fault.place, "fault": fault.fault}, f"REFUSED: {fault}")
    except (UnreadableError, OSError) as fault:
        bar.end()
        said = {"index": getattr(fault, "index", None), "fault": str(fault)}
        return _tell(asked, 2, said, f"NOT CHECKED: {fault}")
    bar.end()
    return _tell(asked, 0, as_json(verified), as_text(verified))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Verify a published decision log, or a receipt from one.")
    parser.add_argument("source", metavar="DIR|URL|FILE.tlog-proof", help="the log's prefix, or a receipt")
    parser.add_argument("--policy", required=True, metavar="FILE", help="whom to trust: a C2SP tlog-policy")
    parser.add_argument(
        "--level", choices=LEVELS, default=TREE, help="chain: look into entries too; tiles: hashes only"
    )
    parser.add_argument("--since", metavar="NOTE", help="an older checkpoint that the log must extend")
    parser.add_argument("--entry", metavar="FILE", help="the entry that the receipt is said to prove; - is stdin")
    parser.add_argument("--leaf", metavar="HEX", help="its leaf hash, as the answer gave it")
    parser.add_argument("--headers", metavar="FILE", help="headers to send, one a line, such as Authorization")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser


def _verified(asked: argparse.Namespace, bar: Bar) -> Verified:
    policy = policy_in(Path(asked.policy).read_bytes())
    remote = asked.source.startswith(("http://", "https://"))
    if not remote and Path(asked.source).is_file():
        entry = entry_in(asked.entry) if asked.entry else None
        return verify_receipt(Path(asked.source).read_bytes(), policy, entry=entry, leaf=leaf_in(asked.leaf))
    since = Path(asked.since).read_bytes() if asked.since else None
    if not remote:
        return verify(folder(Path(asked.source)), policy, level=asked.level, since=since, seen=bar.seen)
    with closing(Address(asked.source, headers_in(asked.headers))) as address:
        return verify(address.read, policy, level=asked.level, since=since, each=ahead, seen=bar.seen)


def entry_in(name: str) -> bytes:
    """Return the bytes of a file; - is standard input."""
    return sys.stdin.buffer.read(LARGEST) if name == "-" else Path(name).read_bytes()


def leaf_in(text: str | None) -> bytes | None:
    """Return the leaf hash that `text` spells."""
    if text is not None and not re.fullmatch("[0-9a-f]{64}", text):
        place = "--leaf"
        raise UnreadableError(place, "a leaf hash has 64 hex digits")
    return bytes.fromhex(text) if text else None


def headers_in(name: str | Path | None) -> dict[str, str]:
    """Return the headers in a file, one a line."""
    lines = Path(name).read_text("utf-8", "replace").splitlines() if name else []
    return {line.partition(":")[0].strip(): line.partition(":")[2].strip() for line in lines if line.strip()}


def _tell(asked: argparse.Namespace, code: int, said: dict[str, object], text: str) -> int:
    if asked.json:
        text = json.dumps({"verified": code == 0, **said}, ensure_ascii=False)
    (sys.stdout if asked.json or not code else sys.stderr).write(text + "\n")
    return code


def as_json(verified: Verified) -> dict[str, object]:
    """Return what was verified, for programs."""
    signatures = [
        {"name": key.name, "key": key.id.hex(), "suite": KINDS_OF_KEYS[key.kind], **({"time": at} if at else {})}
        for key, at in verified.signatures
    ]
    said = {name: value for name, value in vars(verified).items() if value is not None}
    return {**said, "root": verified.root.hex(), "signatures": signatures}


def as_text(verified: Verified) -> str:
    """Return what was verified, for people."""
    what = f"entry {verified.index} is in" if verified.index is not None else f"level {verified.level}"
    lines = [
        f"VERIFIED: {what} {verified.origin}",
        f"size {verified.size:,}{', witnessed' if verified.witnessed else ''}, root {verified.root.hex()}",
    ]
    if verified.since:
        lines.append(f"extends the older checkpoint of {verified.since:,} entries; the newer ones were looked at")
    for key, at in verified.signatures:
        when = time.strftime(" at %Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) if at else ""
        lines.append(f"signed by {key.name} ({KINDS_OF_KEYS[key.kind]}, {key.id.hex()}){when}")
    lines += [f"not checked: {line}" for line in verified.not_checked]
    return "\n".join(lines + [f"note: {line}" for line in verified.notices])


if __name__ == "__main__":
    sys.exit(main())
