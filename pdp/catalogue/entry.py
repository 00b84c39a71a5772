"""One row of a catalogue, as its source states it: nothing is added, and what it does not say is empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

SHARING = ("unconditional", "conditional", "not_shareable")
OPENING = ("unconditional", "conditional", "not_openable")


@dataclass(frozen=True, slots=True)
class Cycle:
    """How often a source says that data is renewed. `days` None: when something happens, or not at a fixed interval."""

    text: str  # the source's own spelling
    days: int | None  # 1 or more


@dataclass(frozen=True, slots=True)
class Entry:
    """One catalogue entry. Classes are those of `pdp.ledger.kinds`; empty: the source does not say."""

    id: str
    title: str
    provider: str  # the name the source gives; empty: none
    place: str = ""  # where it stands, for example hainan_open_catalogue.csv:12
    provider_code: str = ""  # 统一社会信用代码 of the provider, where the source has it
    fields: tuple[str, ...] = ()  # 信息项 in the source's order, repetitions kept
    sharing: str = ""
    sharing_text: str = ""  # the source's own value
    sharing_conditions: str = ""
    sharing_basis: str = ""  # 不共享依据
    opening: str = ""
    opening_text: str = ""
    opening_conditions: str = ""
    cycle: Cycle | None = None
    published: datetime | None = None  # aware
    updated: datetime | None = None  # aware; last update of the data
    theme: str = ""
    formats: str = ""
    source: str = ""  # address or portal of the row
    portal: str = ""  # name of the catalogue: titles are compared within one
    on_open_portal: bool = False  # the source is a list of open data
    assumed: tuple[str, ...] = ()  # members that the mapping supplies, not the source

    @property
    def distinct_fields(self) -> tuple[str, ...]:
        """Return the fields in the source's order, each once: a name can only be asked for once."""
        return tuple(dict.fromkeys(self.fields))
