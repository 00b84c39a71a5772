"""The entries of a ledger, as they stand at one instant: what a review of one's own catalogue looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.catalogue.entry import Cycle, Entry
from pdp.ledger.dataset import DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from pdp.ledger.statement import Statement
    from pdp.ledger.world import World
    from pdp.ports import StatementSource

_DATASET = "dataset/"


def recorded(source: StatementSource, world: World, now: datetime) -> Iterator[Entry]:
    """Yield every entry that is catalogued and not retired at `now`, in the order in which it was first recorded."""
    refs = dict.fromkeys(ref for ref in source.changed_since(0) if ref.startswith(_DATASET))
    for ref in refs:
        said = {statement.kind: statement for statement in source.about(ref) if statement.at <= now}
        if "dataset.catalogued" in said:
            yield from _entry(ref.removeprefix(_DATASET), said, world, now)


def _entry(name: str, said: Mapping[str, Statement], world: World, now: datetime) -> Iterator[Entry]:
    state = world.dataset(name, now)
    if state.catalogue_state == "retired":
        return
    catalogued, refreshed = said["dataset.catalogued"], said.get("dataset.refreshed")
    provider = world.subject(state.provider, now)
    yield Entry(
        id=name,
        title=state.title,
        provider=provider.name or state.provider,
        place=f"s:{catalogued.seq}",
        fields=state.fields,
        sharing=state.attributes.sharing,
        sharing_conditions=_words(state.sharing_conditions),
        sharing_basis=state.not_shareable_basis,
        opening=state.attributes.opening,
        opening_text=state.attributes.opening,
        opening_conditions=_words(state.opening_conditions),
        cycle=_cycle(str(catalogued.body.get("cycle", ""))),
        updated=refreshed.at if refreshed else None,
        source=str(catalogued.body.get("source", "")),
        on_open_portal=state.publication == "published",
        assumed=tuple(sorted(state.assumed)),
    )


def _words(conditions: Mapping[str, object] | None) -> str:
    return ";".join(f"{value}" for value in (conditions or {}).values())


def _cycle(text: str) -> Cycle | None:
    if not text:
        return None
    return Cycle(f"{text}天" if text.isdecimal() else text, int(text) if text.isdecimal() else DAYS.get(text))
