"""What a record keeps of an act that was refused: which, on whose behalf, and who tried; never what it said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdp.log.masking import Masker


@dataclass(frozen=True, slots=True)
class Attempt:
    """An act that somebody tried to do. `by` and `person` are empty where that was not established."""

    kind: str  # of pdp.ledger.kinds
    by: str = ""  # id of the body, unit or person on whose behalf
    person: str = ""  # keyed digest of who tried, as statements have it

    def written(self, masker: Masker, masked: list[str]) -> str:
        """Return it as a canonical JSON object; pointers to what a digest stands for are added to `masked`."""
        agent = by = ""
        if self.person:
            masked.append("/act/agent")
            agent = f'"agent":"{self.person}",'
        if self.by:
            by = f'"by":{{{masker.party(self.by, None, "/act/by", masked)}}},'
        return f'{{{agent}{by}"kind":{masker.word(self.kind, "/act/kind", masked)}}}'
