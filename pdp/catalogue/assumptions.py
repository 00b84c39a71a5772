"""What a runnable world must assume where its sources say nothing; every assumed member is named as such."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pdp.catalogue.entry import Entry
    from pdp.ledger.statement import Statement


@dataclass(frozen=True, slots=True)
class AssumedBody:
    """A body of the register of codes: our id, and the basis that is assumed for it."""

    id: str
    basis: str
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assumptions:
    """The assumptions of one world. Names of bodies and data sets are real; who provides what is assumed."""

    since: datetime  # from when the bodies are registered: before every date of the source
    regulator: str
    platform: str  # the city's open platform
    bodies: Mapping[str, AssumedBody]  # by 统一社会信用代码
    words: Mapping[str, str]  # word in a title -> body, first match counts
    themes: Mapping[str, str]  # theme -> body
    otherwise: str  # body
    conditional: Mapping[str, str]  # dataset -> condition of sharing, in words
    before: tuple[Statement, ...]  # bodies without a code, duties, systems
    after: tuple[Statement, ...]  # applications and answers

    def provider(self, entry: Entry) -> str:
        """Return the body that is assumed to provide `entry`: by title, then by theme."""
        named = (body for word, body in self.words.items() if word in entry.title)
        return next(named, self.themes.get(entry.theme, self.otherwise))
