"""Catalogue entries without a class or a basis, and those whose classes were not reviewed for long.

Sources: art_19, art_23__para_1, art_26__para_1.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING

from pdp.errors import RequestError
from pdp.ledger import dataset
from pdp.ledger.states import Attributes
from pdp.ledger.words import text
from pdp.workdays import civil, day_after
from pdp.worklists.clock import by, days_left
from pdp.worklists.page import Item, ref, turn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pdp.ledger.statement import Statement
    from pdp.ledger.states import Dataset
    from pdp.ledger.view import View
    from pdp.ledger.world import World
    from pdp.worklists.page import Page, Paging, Source

_CATALOGUED = {"dataset.catalogued": ()}
_REVIEWS = frozenset({"dataset.approved", "dataset.class_tightened", "dataset.reviewed"})
_LONGEST = 1_200  # months: a century
_UNSET = Attributes()


def entries_unclassified(source: Source, world: World, now: datetime, page: Paging) -> Page:
    """Return the entries of which a field has no sharing or no opening class, or is not shareable without a basis.

    Entries that were retired are on no list. Source: art_19__para_1, art_19__para_4, art_26__para_1.
    """

    def look(founding: Statement) -> Item | None:
        view = world.view(now)
        entry = dataset.fold(view, text(founding, "id"))
        lacks = _lacks(entry) if _stands(entry) else []
        if not lacks:
            return None
        behind = tuple(sorted({*entry.said["provider"], *entry.said.get("attributes", ())}))
        since = max(said.at for said in view.about(ref(founding)) if said.seq in behind)
        zh = ",".join(lacks)
        return Item(ref(founding), entry.provider, entry.id, entry.catalogue_state, zh, None, None, since, behind)

    return turn(source, _CATALOGUED, page, look)


def attributes_overdue_for_review(source: Source, world: World, now: datetime, page: Paging, *, months: int) -> Page:
    """Return the entries whose classes nobody approved, tightened or reviewed for `months` months (1 to 1200).

    The law asks for reviews at regular intervals and states none: whoever asks says how long is too long. A month ends
    on the same day of the month, or on its last. Source: art_23__para_1.

    Raises:
        RequestError: `months` is out of its range.
    """
    if not 1 <= months <= _LONGEST:
        place, fault = "months", f"is not between 1 and {_LONGEST}"
        raise RequestError(place, fault)
    return turn(source, _CATALOGUED, page, lambda founding: _unreviewed(world.view(now), founding, months))


def _unreviewed(view: View, founding: Statement, months: int) -> Item | None:
    entry = dataset.fold(view, text(founding, "id"))
    last = _reviewed(view.about(ref(founding))) if _stands(entry) else None
    due = _later(civil(last.at), months) if last else None
    if last is None or due is None or not view.reached(day_after(due)):
        return None
    return Item(
        entity=ref(founding),
        subject=entry.provider,
        dataset=entry.id,
        state=entry.catalogue_state,
        zh=by(view, due, "复核共享、开放属性"),
        due=due,
        days_left=days_left(view, due),
        since=day_after(due),
        statements=(last.seq,),
    )


def _stands(entry: Dataset) -> bool:
    return bool(entry.provider) and entry.catalogue_state != "retired"


def _lacks(entry: Dataset) -> list[str]:
    """Return what the classes of an entry lack, in Chinese."""
    own = [entry.field_attributes.get(name, _UNSET) for name in entry.fields or ("",)]
    sharing = {attributes.sharing or entry.attributes.sharing for attributes in own}
    opening = {attributes.opening or entry.attributes.opening for attributes in own}
    faults = {
        "共享属性未定": "" in sharing,
        "开放属性未定": "" in opening,
        "不予共享未注明依据": "not_shareable" in sharing and not entry.not_shareable_basis,
    }
    return [fault for fault, found in faults.items() if found]


def _reviewed(statements: Sequence[Statement]) -> Statement | None:
    """Return the last statement that gave or re-affirmed a class; what was before a retirement does not count."""
    last = None
    for statement in statements:
        if statement.kind == "dataset.retired":
            last = None
        elif statement.kind in _REVIEWS:
            last = statement
    return last


def _later(day: date, months: int) -> date | None:
    """Return the day `months` later; None beyond the last year that can be written."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
