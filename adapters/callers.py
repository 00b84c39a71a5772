"""Who may ask: registered callers, and how one proves that it is one of them."""

from __future__ import annotations

import hashlib
import hmac
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

if TYPE_CHECKING:
    from collections.abc import Iterable

Id = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9._:-]{1,128}\z")]
Sha256 = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{64}\z")]
Level = Annotated[int, Field(ge=0, le=4)]
SubjectKind = Literal["public_body", "unit", "natural_person"]
Measure = Literal["mask_fields", "filter_rows"]


class Strict(BaseModel):
    """A frozen model to which an unknown member is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Detail(StrEnum):
    """How much of a decision a caller is told."""

    USER = "user"  # what is safe for an end user
    FULL = "full"  # facts and evidence too
    NONE = "none"  # outcome, obligations and validity only


class Caller(Strict):
    """One registered caller: how it proves itself, which doors it may use, and for whom it may speak."""

    id: Id
    key_sha256: Annotated[tuple[Sha256, ...], Field(max_length=2)] = ()  # two at a time, for rotation
    doors: tuple[Literal["authzen", "decisions"], ...] = ("authzen", "decisions")
    detail: Detail = Detail.USER
    reads_all: bool = False  # may look up decisions that others asked for
    may_assert: tuple[SubjectKind, ...] = ("public_body", "unit")
    enforces: tuple[Measure, ...] | None = None  # None: not declared
    assurance: Level = 1  # 0 nobody authenticated … 4 the end user's own token


# Whoever is on this machine, when nobody is registered.
LOCAL = Caller(id="local", detail=Detail.FULL, reads_all=True, may_assert=("public_body", "unit", "natural_person"))


class Callers:
    """The registered callers, found by the digest of the key they send."""

    def __init__(self, registered: Iterable[Caller]) -> None:
        """Take `registered`; at most one of them is without a key, and is whoever sends none."""
        self._by_key: list[tuple[bytes, Caller]] = []
        self._without_key: Caller | None = None
        for caller in registered:
            self._by_key += [(bytes.fromhex(key), caller) for key in caller.key_sha256]
            if not caller.key_sha256:
                self._without_key = caller

    def who(self, authorization: bytes | None) -> Caller | None:
        """Return the caller that `Authorization: Bearer <key>` proves, or None; an empty key never proves anybody.

        Every registered key is compared, whichever matches, so that the time taken tells nothing.
        """
        if authorization is None:
            return self._without_key
        scheme, _, key = authorization.partition(b" ")
        if scheme.lower() != b"bearer" or not key:
            return None
        digest = hashlib.sha256(key).digest()
        found = None
        for known, caller in self._by_key:
            if hmac.compare_digest(known, digest):
                found = caller
        return found
