"""Why a data API gives nothing: the reason is for its own log, and quotes neither token nor data."""

from __future__ import annotations

from enum import StrEnum, auto


class Why(StrEnum):
    """What stands in the way."""

    TOKEN = auto()  # none, several, or one that proves nothing
    OTHER = auto()  # it is for another data API, dataset, action or request
    TIME = auto()
    USED = auto()  # it may be used once, and was
    MEASURE = auto()  # it asks for something that is not carried out here
    FORM = auto()  # what it releases is not said in the canonical form
    REFERENCE = auto()  # what it names by digest cannot be had
    EXPRESSION = auto()  # a filter that the store cannot express


class RefusedError(Exception):
    """There is no decision that would let this request have data, or none that can be carried out here."""

    def __init__(self, why: Why, reason: str) -> None:
        super().__init__(f"{why}: {reason}")
        self.why = why
        self.reason = reason
