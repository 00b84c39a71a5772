"""A list, page by page: entities in the order in which the ledger first heard of them, each at most once.

That order never changes, and whoever comes later comes last. So a cursor is a place in it, and what is recorded between
two pages neither shows an entity twice nor skips one that stays on the list.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING, Protocol

from pdp.errors import RequestError
from pdp.ledger.named import FOUNDING
from pdp.ledger.words import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime

    from pdp.ledger.statement import Statement

BATCH, MOST = 200, 5_000  # founding statements that are read at a time: at first, and at most
LONGEST = 500  # items a page
_DIGITS = 18  # no ledger numbers further; SQLite's integers end at nineteen digits

_SORT = {kind: sort for sort, kind in FOUNDING.items()}

Sought = Mapping[str, tuple[Collection[str], ...]]
"""Founding kind -> names as `pdp.ledger.named` makes them; to be looked at, an entity must have one of each collection.

None given: all entities of the kind. Names that find more than belongs to a list do no harm; ones that find less would.
"""


class Source(Protocol):
    """A ledger that finds the statements that found entities. What holds of `about` holds of it too."""

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, ordered by `(at, seq)`."""
        ...

    def head(self) -> int:
        """Return the seq of the last statement, 0 for an empty ledger."""
        ...

    def entities_of(self, kind: str, after: int, limit: int, *names: Collection[str]) -> Sequence[Statement]:
        """Return at most `limit` statements of `kind` later than the seq `after`, by seq; fewer: there are no more.

        Where `names` are given: only those that founded an entity of which statements say one of each.

        Raises:
            UnavailableError: the store cannot be read. Never an empty sequence instead.
        """
        ...


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for: after which cursor, and how many items at most (1 to 500)."""

    after: str = ""  # `next` of the page before; empty: the first page
    size: int = 50

    def __post_init__(self) -> None:
        if self.after and not (self.after.isascii() and self.after.isdecimal() and len(self.after) <= _DIGITS):
            place, fault = "after", "is no cursor of a list; give what the page before named as next"
            raise RequestError(place, fault)
        if not 1 <= self.size <= LONGEST:
            place, fault = "size", f"is not between 1 and {LONGEST}"
            raise RequestError(place, fault)


@dataclass(frozen=True, slots=True)
class Item:
    """One entity on a list."""

    entity: str  # its ref, for example application/A1
    subject: str  # whose it is: applicant, objector, sanctioned, ordered body, or provider of the entry
    dataset: str  # several are parted by commas; empty: about no dataset
    state: str  # as the fold of the entity calls it
    zh: str  # what there is to do, in Chinese
    due: date | None  # last day in time; None: no clock, or a term that no published calendar covers
    days_left: int | None  # working days after today up to `due`, negative after it; None: no clock, or not covered
    since: datetime  # when what puts it on the list took effect
    statements: tuple[int, ...]  # on which this rests, by seq


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list, in its order. `next` is the cursor of the rest; None: this was the end."""

    items: tuple[Item, ...]
    next: str | None


def turn(source: Source, sought: Sought, page: Paging, look: Callable[[Statement], Item | None]) -> Page:
    """Return the page of those entities, of what is `sought`, for which `look` has an item.

    The last page may turn out empty: whether a further entity belongs to the list is not looked up ahead.
    """
    items: list[Item] = []
    founded = foundings(source, sought, int(page.after or 0))
    for founding in founded:
        item = look(founding)
        if item is not None:
            items.append(item)
        if len(items) == page.size:
            return Page(tuple(items), str(founding.seq) if next(founded, None) else None)
    return Page(tuple(items), None)


def foundings(source: Source, sought: Sought, after: int = 0) -> Iterator[Statement]:
    """Yield the first founding statement of each entity sought, by seq, as the ledger stands now."""
    last = source.head()  # a ledger that grows faster than it is read must not keep a reader for ever
    found = (statements(source, kind, after, last, *names) for kind, names in sought.items())
    for statement in merge(*found, key=lambda said: said.seq):
        said = source.about(ref(statement))
        if not any(other.kind == statement.kind and other.seq < statement.seq for other in said):
            yield statement


def ref(founding: Statement) -> str:
    """Return the ref of the entity that `founding` is the founding statement of."""
    return f"{_SORT[founding.kind]}/{text(founding, 'id')}"


def statements(source: Source, kind: str, after: int, last: int, *names: Collection[str]) -> Iterator[Statement]:
    """Yield the statements of `kind` that found entities with one of each of `names`, later than `after` up to `last`.

    Batches grow, for each looks through all that is left of `names`.
    """
    size = BATCH
    while True:
        batch = source.entities_of(kind, after, size, *names)
        for statement in batch:
            if statement.seq > last:
                return
            yield statement
        if len(batch) < size:
            return
        after = batch[-1].seq
        size = min(size * 2, MOST)
