"""Fields taken out and masked: what is not released is not there, and of what is masked no more remains than is said.

Names may be dotted paths into objects; through a list they lead to each element. A mask on a whole object leaves null.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.enforcement.canonical import Mask, Released
    from adapters.enforcement.generalise import Table

REDACTED: Final = "***"
HIDDEN: Final = "****"
DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Means:
    """What masks need besides the values; where it is missing they redact."""

    hash_key: bytes | None = None  # of this dataset and this recipient: see `recipient_key`
    tables: Mapping[str, Table] = field(default_factory=dict)


def recipient_key(master: bytes, dataset: str, recipient: str) -> bytes:
    """Return the key of keyed digests of `dataset` for `recipient`: no two recipients can compare what they have."""
    return hmac.digest(master, json.dumps(["pdp/mask/1", dataset, recipient]).encode(), hashlib.sha256)


def masked(value: object, mask: Mask, means: Means) -> object:
    """Return what `mask` leaves of `value`, in a list of each element; of an object nothing is left."""
    if value is None or mask.method == "null" or isinstance(value, dict):
        return None
    if isinstance(value, list):
        return [masked(one, mask, means) for one in value]
    if mask.method == "partial" and isinstance(value, str):
        return _ends(value, mask.keep_prefix, mask.keep_suffix)
    if mask.method == "hash" and means.hash_key is not None:
        return hmac.digest(means.hash_key, _spelled(value), hashlib.sha256).hex()[:DIGITS]
    if mask.method == "generalise" and mask.table in means.tables:
        coarse = means.tables[mask.table].coarser(value)
        if coarse is not None:
            return coarse
    return REDACTED if isinstance(value, str) else None


def _ends(value: str, prefix: int, suffix: int) -> str:
    if prefix + suffix >= len(value):
        return REDACTED  # it would hide nothing
    return value[:prefix] + HIDDEN + value[len(value) - suffix :]


def _spelled(value: object) -> bytes:
    """Return the one text of a value: a text and a number that look alike differ."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8", "surrogatepass")


class Shape:
    """What is left of each row under one decision: compiled once, applied to every row."""

    def __init__(self, released: Released, means: Means) -> None:
        """Take the fields and masks of `released`."""
        self._means = means
        self._whole = released.fields is None
        self._fields = frozenset(released.fields or ())
        self._above = frozenset(name[:dot] for name in self._fields for dot, sign in enumerate(name) if sign == ".")
        self._masks = dict(released.masks)
        self.masked = 0  # values, so far

    def of(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is released of `row`."""
        kept = {name: self._member(value, name, given=self._whole) for name, value in row.items() if self._seen(name)}
        return {name: value for name, value in kept.items() if value is not _NOTHING}

    def _seen(self, name: str) -> bool:
        """Return whether `name`, or something below it, is released."""
        return self._whole or name in self._fields or name in self._above

    def _member(self, value: object, path: str, *, given: bool) -> object:
        """Return what is released of the value at `path`; `given`: all of it is, but for masks."""
        mask = self._masks.get(path)
        given = given or path in self._fields
        if mask is not None:
            self.masked += value is not None
            return masked(value, mask, self._means)
        if isinstance(value, dict):
            members = {
                name: self._member(below, f"{path}.{name}", given=given)
                for name, below in value.items()
                if given or self._seen(f"{path}.{name}")
            }
            return {name: below for name, below in members.items() if below is not _NOTHING}
        if isinstance(value, list):
            return [below for one in value if (below := self._member(one, path, given=given)) is not _NOTHING]
        return value if given else _NOTHING


_NOTHING: Final = object()
