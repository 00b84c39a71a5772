"""What an auditor configures: which logs, which witnesses, how many make a quorum. Source: C2SP tlog-policy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.log.note import KeyKind, NoteError, VerifierKey, verifier_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MOST: Final = 32  # logs, witnesses, groups
NONE: Final = "none"

_DECIMAL: Final = re.compile(r"[1-9][0-9]?")
_OF_LOGS: Final = frozenset({KeyKind.ED25519, KeyKind.ML_DSA_44, KeyKind.NATIONAL})
_OF_WITNESSES: Final = frozenset({KeyKind.COSIGNATURE, KeyKind.ML_DSA_44})  # whose signatures state a time


class Log(NamedTuple):
    """A writer's log: one of the keys it signs with, and where it is published; empty: nowhere."""

    key: VerifierKey
    url: str = ""


class Witness(NamedTuple):
    """A body that co-signs: one of its keys, and where it takes checkpoints; empty: nowhere."""

    key: VerifierKey
    url: str = ""


class Group(NamedTuple):
    """Witnesses and groups, of which `need` must agree."""

    need: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Which signatures make a checkpoint count."""

    logs: tuple[Log, ...]
    witnesses: Mapping[str, Witness] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE

    def satisfied(self, signed: Collection[VerifierKey]) -> bool:
        """Return whether the cosignatures of `signed` are a quorum; a witness counts once."""
        return self.quorum == NONE or self._agrees(self.quorum, signed)

    def _agrees(self, name: str, signed: Collection[VerifierKey]) -> bool:
        witness = self.witnesses.get(name)
        if witness is not None:
            return witness.key in signed
        group = self.groups[name]
        return sum(self._agrees(member, signed) for member in group.members) >= group.need

    def __str__(self) -> str:
        """Return the policy file."""
        lines = [" ".join(filter(None, ("log", str(log.key), log.url))) for log in self.logs]
        lines += [" ".join(filter(None, ("witness", name, str(of.key), of.url))) for name, of in self.witnesses.items()]
        lines += [" ".join(("group", name, str(of.need), *of.members)) for name, of in self.groups.items()]
        return "".join(f"{line}\n" for line in [*lines, f"quorum {self.quorum}"])


def trust_policy(text: str) -> TrustPolicy:
    """Return the policy in `text`, the content of a policy file.

    Raises:
        NoteError: a line cannot be read; its number, what is wrong and what is right.
    """
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            reader.take(words)
        except (NoteError, ValueError) as fault:
            message = f"line {number}: {fault}"
            raise NoteError(message) from fault
    if reader.quorum is None or not reader.logs:
        message = "a policy has a log line and exactly one quorum line"
        raise NoteError(message)
    return TrustPolicy(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)


class _Reader:
    """Takes a policy line by line; names are defined before they are used."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None

    def take(self, words: list[str]) -> None:
        """Take one line; raise NoteError or ValueError for what it cannot be."""
        match words:
            case ["log", vkey, *url] if len(url) <= 1 and len(self.logs) < MOST:
                self.logs.append(Log(self._key(vkey, _OF_LOGS), *url))
            case ["witness", name, vkey, *url] if len(url) <= 1 and len(self.witnesses) < MOST:
                self._new(name)
                self.witnesses[name] = self._witness(self._key(vkey, _OF_WITNESSES), *url)
            case ["group", name, need, *members] if members and len(self.groups) < MOST:
                self._new(name)
                self.groups[name] = self._group(need, members)
            case ["quorum", name] if self.quorum is None:
                self.quorum = self._defined(name, none=True)
            case _:
                message = f'"{words[0]}" begins no line that can stand here: wrong word, too few or too many words'
                raise NoteError(message)

    def _key(self, vkey: str, kinds: frozenset[KeyKind]) -> VerifierKey:
        key = verifier_key(vkey)
        if key.kind not in kinds:
            message = f"{key.name}: a key of type {key.kind:02x} cannot stand in such a line"
            raise NoteError(message)
        known = [*(log.key for log in self.logs), *(witness.key for witness in self.witnesses.values())]
        if any(key.public == other.public for other in known):
            message = f"{key.name}: the key stands here already; one key serves one name, and counts once"
            raise NoteError(message)
        return key

    def _witness(self, key: VerifierKey, url: str = "") -> Witness:
        if any(known.key.name == key.name for known in self.witnesses.values()):
            message = f"{key.name} stands here under another name already; a witness counts once"
            raise NoteError(message)
        return Witness(key, url)

    def _group(self, need: str, members: list[str]) -> Group:
        for member in members:
            self._defined(member)
            if any(member in group.members for group in self.groups.values()):
                message = f'"{member}" stands in another group already; a member counts once'
                raise NoteError(message)
        if len(set(members)) != len(members):
            message = "a member stands in a group twice"
            raise NoteError(message)
        least = {"any": 1, "all": len(members)}.get(need) or (int(need) if _DECIMAL.fullmatch(need) else 0)
        if not 1 <= least <= len(members):
            message = f"{need} of {len(members)} cannot agree"
            raise NoteError(message)
        return Group(least, tuple(members))

    def _new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            message = f'"{name}" is defined already'
            raise NoteError(message)

    def _defined(self, name: str, *, none: bool = False) -> str:
        if name not in self.witnesses and name not in self.groups and not (none and name == NONE):
            message = f'"{name}" is not defined above'
            raise NoteError(message)
        return name
