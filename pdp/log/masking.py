"""Which words of a question stand in a record in clear, and what stands in place of those that may name a person.

Words of the vocabulary and ids of public bodies, datasets and scenarios are in clear. A natural person is a keyed
digest that can be made unlinkable; any other free text, and every literal of a row filter, is a digest under the log's
own key.
Sources: the decision log's format, § 1.7; art_40__para_1.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pdp.log.canonical import dumps, is_canonical_text

if TYPE_CHECKING:
    from pdp.ports import PersonKeys

REMEMBERED: Final = 16_384  # words kept with their spelling
TEXT: Final = 128  # characters of a field's name or a parameter that stand in clear

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_CN_ID = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
)
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_WORDS_OF_FILTERS = frozenset({"type", "operator", "field", "kind"})  # of a row filter's syntax, not of its data


class Masker:
    """Spells the words of one log as JSON. `persons` gives the digests of people, `key` those of other free text."""

    def __init__(self, persons: PersonKeys, key: bytes, registered: Callable[[str], bool]) -> None:
        self._persons = persons
        self._key = key
        self._of_requests = hmac.new(key, b"pdp/request/1\x00", hashlib.sha256)
        self._registered = registered  # is this id a public body or a unit on record?
        self._spelled: dict[str, str] = {}  # words known to be clear -> their JSON

    def word(self, value: str, pointer: str, masked: list[str]) -> str:
        """Return the JSON of an id or a word of the vocabulary; add `pointer` to `masked` if a digest stands for it."""
        spelled = self._spelled.get(value)
        if spelled is None:
            if not _ID.fullmatch(value) or _names_person(value):
                masked.append(pointer)
                return self._digested(value)
            spelled = self._remember(value)
        return spelled

    def once(self, value: str, pointer: str, masked: list[str]) -> str:
        """Return as `word` what is not met again, such as the id of a request: it would push out what is."""
        if not _ID.fullmatch(value) or _names_person(value):
            masked.append(pointer)
            return self._digested(value)
        return f'"{value}"'

    def text(self, value: str, pointer: str, masked: list[str]) -> str:
        """Return the JSON of a name or parameter that may be in Chinese; else as `word`."""
        spelled = self._spelled.get(value)
        if spelled is None:
            if len(value) > TEXT or not is_canonical_text(value) or _names_person(value):
                masked.append(pointer)
                return self._digested(value)
            spelled = dumps(value)  # not remembered: what is clear as text may not be clear as a word
        return spelled

    def party(self, value: str, kind: str | None, pointer: str, masked: list[str]) -> str:
        """Return the JSON members of who asks or acts: `body` in clear if it is on record as one, else `person`."""
        if kind != "natural_person" and self._registered(value):
            return f'"body":{self.word(value, pointer + "/body", masked)}'
        return f'"person":{self.person(value, pointer + "/person", masked)}'

    def person(self, value: str, pointer: str, masked: list[str]) -> str:
        """Return the JSON of a person's keyed digest, and add `pointer` to `masked`."""
        masked.append(pointer)
        return f'"{self._persons.digest(_kind_of(value), value)}"'

    def address(self, value: str, pointer: str, masked: list[str]) -> str:
        """Return the JSON of the keyed digest of a network address, which may be a person's; as `person`."""
        masked.append(pointer)
        return f'"{self._persons.digest("address", value)}"'

    def filter(self, node: object, pointer: str, masked: list[str]) -> str:
        """Return the JSON of a row filter whose literals are masked: a literal may name a person.

        The words of its syntax and the names of fields stay, Booleans too.
        """
        if isinstance(node, Mapping):
            return self._filter_members(node, pointer, masked)
        if isinstance(node, bool):
            return "true" if node else "false"
        if isinstance(node, Sequence) and not isinstance(node, (str, bytes)):
            items = (self.filter(item, f"{pointer}/{place}", masked) for place, item in enumerate(node))
            return f"[{','.join(items)}]"
        masked.append(pointer)
        return self._digested(node if isinstance(node, str) else repr(node))

    def request_digest(self, raw: bytes) -> str:
        """Return the keyed digest of raw bytes: a plain hash of a short body could be guessed."""
        keyed = self._of_requests.copy()  # unlike hmac.digest, it never lets another thread in between
        keyed.update(raw)
        return "r1." + _base64url(keyed.digest())

    def _filter_members(self, node: Mapping[object, object], pointer: str, masked: list[str]) -> str:
        parts = []
        for key in sorted(map(str, node)):
            place = f"{pointer}/{key}"
            value = node.get(key)
            if not _ID.fullmatch(key) or _names_person(key):
                masked.append(pointer)  # a key that is no word of ours hides the whole object
                return f'{{"digest":{self._digested(repr(sorted(map(repr, node.items()))))}}}'
            syntax = key in _WORDS_OF_FILTERS and isinstance(value, str)
            spelled = self.text(str(value), place, masked) if syntax else self.filter(value, place, masked)
            parts.append(f'"{key}":{spelled}')
        return f"{{{','.join(parts)}}}"

    def _digested(self, value: str) -> str:
        if _names_person(value):
            return f'"{self._persons.digest(_kind_of(value), value)}"'
        plain = unicodedata.normalize("NFC", value).encode("utf-8", "surrogatepass")
        return f'"t1.{_base64url(hmac.digest(self._key, b"pdp/text/1" + bytes(1) + plain, hashlib.sha256))}"'

    def _remember(self, value: str) -> str:
        if len(self._spelled) >= REMEMBERED:
            self._spelled.clear()  # forgetting all at once costs nothing on the look-ups in between
        spelled = self._spelled[value] = f'"{value}"'  # an id has nothing to escape
        return spelled


def _kind_of(value: str) -> str:
    """Return the kind under which a person's identifier is keyed: `cn_id`, `phone` or `account`."""
    if _CN_ID.fullmatch(value):
        return "cn_id"
    return "phone" if _PHONE.fullmatch(value) else "account"


def _names_person(value: str) -> bool:
    """Return whether `value` contains an identity or mobile number, wherever it was written."""
    return bool(_CN_ID.search(value) or _PHONE.search(value))


def _base64url(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
