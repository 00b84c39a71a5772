"""The question as a record keeps it: words in clear, persons and free text as digests."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdp.log.masking import Masker
    from pdp.model import AccessRequest

IGNORED: Final = 16  # names of ignored members that are kept, of at most 64 bytes each
IGNORED_BYTES: Final = 64
_WORDS: Final = (
    *("action", "application", "carrier", "channel", "dataset", "door", "established", "gateway", "location", "mode"),
    *("purpose", "scenario", "table"),
)
_MEMBERS: Final = tuple((f'"{name}":', f"/request/{name}") for name in _WORDS)
_VALUES: Final = attrgetter(*_WORDS)
_NAMES: Final = 256  # distinct lists of fields that are remembered with their spelling


class QuestionWriter:
    """Writes the member `request`. What it remembers depends on the words alone, never on who asked."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._names: dict[tuple[str, ...], str] = {}

    def write(
        self, request: AccessRequest, digest: str, masked: list[str], *, brief: bool = False,
        without: tuple[str, ...] = (),
    ) -> str:  # fmt: skip
        """Return the canonical JSON of `request`; add the pointers of what is not in clear to `masked`.

        Args:
            request: the question.
            digest: keyed digest of its bytes as they arrived; empty: it did not arrive as bytes.
            masked: grows.
            brief: leave out everything whose length the caller chooses, so that an error always has room.
            without: names of words that the question leaves open, as a search does.
        """
        return f"{{{','.join(self._members(request, digest, masked, brief=brief, without=without))}}}"

    def _members(
        self, request: AccessRequest, digest: str, masked: list[str], *, brief: bool, without: tuple[str, ...]
    ) -> list[str]:
        """Return the members, sorted; each begins with its name, so that sorting them sorts the names."""
        parts = [f'"digest":"{digest}"'] if digest else []
        for (member, pointer), value in zip(_MEMBERS, _VALUES(request), strict=True):
            if value is not None and (not without or member[1:-2] not in without):
                parts.append(member + self._masker.word(value, pointer, masked))
        if request.request_id is not None:
            parts.append(f'"request_id":{self._masker.once(request.request_id, "/request/request_id", masked)}')
        if request.assurance is not None:
            parts.append(f'"assurance":{int(request.assurance)}')
        if request.client is not None:
            parts.append(f'"client":{self._masker.address(request.client, "/request/client", masked)}')
        if request.agent is not None:
            parts.append(f'"agent":{{{self._masker.party(request.agent, None, "/request/agent", masked)}}}')
        acting = request.staff is not None or request.system is not None
        if request.subject is not None or acting or (without and request.subject_kind is not None):
            parts.append(f'"subject":{{{",".join(self._subject(request, masked))}}}')
        if request.disputed or request.route is not None:
            parts += self._called(request, masked)
        if not brief:
            parts += self._lists(request, masked)
        parts.sort()
        return parts

    def _called(self, request: AccessRequest, masked: list[str]) -> Iterator[str]:
        """Yield what is known of a gateway's calls alone."""
        if request.disputed:
            yield '"disputed":true'
        if request.route is not None:
            yield f'"route":{self._masker.text(request.route, "/request/route", masked)}'

    def _lists(self, request: AccessRequest, masked: list[str]) -> Iterator[str]:
        """Yield the members whose length the caller chooses."""
        if request.combined_with:
            yield f'"combined_with":{self._list(request.combined_with, "/request/combined_with", masked)}'
        if request.enforces is not None:
            yield f'"enforces":{self._list(request.enforces, "/request/enforces", masked)}'
        if request.ignored:
            yield f'"ignored":{self._ignored(request.ignored, masked)}'
        if request.fields is not None or request.rows is not None:
            yield f'"scope":{{{",".join(self._scope(request, masked))}}}'

    def _subject(self, request: AccessRequest, masked: list[str]) -> Iterator[str]:
        """Yield who asks, as claimed, and through whom."""
        kind, party = request.subject_kind, ""
        if request.subject is not None:
            party = self._masker.party(request.subject, kind, "/request/subject", masked)
        if party.startswith('"body"'):
            yield party
        if kind is not None:
            yield f'"kind":{self._masker.word(kind, "/request/subject/kind", masked)}'
        if party.startswith('"person"'):
            yield party
        if request.staff is not None:
            yield f'"staff":{self._masker.person(request.staff, "/request/subject/staff", masked)}'
        if request.system is not None:
            yield f'"system":{self._masker.word(request.system, "/request/subject/system", masked)}'

    def _scope(self, request: AccessRequest, masked: list[str]) -> Iterator[str]:
        if request.fields is not None:
            yield f'"fields":{self.names(request.fields, "/request/scope/fields", masked)}'
        if request.rows is not None:
            yield f'"rows":{self._masker.filter(request.rows, "/request/scope/rows", masked)}'

    def names(self, names: tuple[str, ...], pointer: str, masked: list[str]) -> str:
        """Return the JSON list of names of fields, which may be Chinese."""
        spelled = self._names.get(names)
        if spelled is not None:
            return spelled
        hidden = len(masked)
        spelled = ",".join([self._masker.text(name, f"{pointer}/{place}", masked) for place, name in enumerate(names)])
        spelled = f"[{spelled}]"
        if len(masked) == hidden:  # a digest is never remembered: its person may be erased
            if len(self._names) >= _NAMES:
                self._names.clear()
            self._names[names] = spelled
        return spelled

    def _ignored(self, names: tuple[str, ...], masked: list[str]) -> str:
        short = [name for name in names if len(name.encode("utf-8", "surrogatepass")) <= IGNORED_BYTES]
        return self._list(tuple(short[:IGNORED]), "/request/ignored", masked)

    def _list(self, words: tuple[str, ...], pointer: str, masked: list[str]) -> str:
        word = self._masker.word
        return f"[{','.join([word(item, f'{pointer}/{place}', masked) for place, item in enumerate(words)])}]"
