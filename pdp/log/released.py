"""What a decision gives and keeps back, as it follows from its groups of fields and from what the record says is kept.

Which fields an authority covers stands in no fact, so the record is believed where a fact says `some`; where one says
`all`, everything must be given.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Json = dict[str, Any]
RELEASED: Final = frozenset({"PERMIT", "PARTIAL"})
_STRONGEST: Final = ("DENY", "REFER", "INDETERMINATE")


@dataclass(frozen=True, slots=True)
class Part:
    """One group of fields, judged."""

    asked: Sequence[str] | None  # None: all that the entry lists, which the record does not repeat
    released: bool
    coverage: str  # the fact `field_coverage`
    limits: Mapping[str, str]  # findings, as records spell them, that stand in the way
    alone: Callable[[], Mapping[str, str]]  # those that keep back what the authority does not cover


class Shares(NamedTuple):
    """What the members `granted` and `withheld` must be; None: absent."""

    granted: Json | None
    withheld: list[Json] | None


def merged_outcome(outcomes: Sequence[str], *, joined: bool) -> str:
    """Return the outcome of the whole for those of its groups: all, a part, or the strongest refusal."""
    released = [outcome for outcome in outcomes if outcome in RELEASED]
    if len(released) == len(outcomes) or (released and not joined):
        return "PERMIT" if set(outcomes) == {"PERMIT"} else "PARTIAL"
    return next(outcome for outcome in _STRONGEST if outcome in outcomes)


def shares(record: Json, parts: Sequence[Part]) -> Shares:
    """Return what a released decision must give and keep back.

    Args:
        record: decoded, of kind `decision` and released.
        parts: its groups, in their order.
    """
    coming, granted, withheld = deque(record.get("withheld", ())), list[str](), list[Json]()
    for part, unlisted in _with_unlisted(record, parts):
        kept = _kept_back(part, coming[0] if coming else None)
        if kept is not None:
            withheld.append(kept)
            if coming:
                coming.popleft()
        if part.released:
            back = kept["fields"] if kept is not None else ()
            granted += [name for name in part.asked or unlisted if name not in back]
    return Shares(_granted(record, list(dict.fromkeys(granted)) if len(parts) == 1 else granted), withheld or None)


def _with_unlisted(record: Json, parts: Sequence[Part]) -> Iterator[tuple[Part, list[str]]]:
    """Yield the parts; the first that is released without a list of fields with what is given and no list names."""
    listed = {name for part in parts for name in part.asked or ()}
    unlisted = [name for name in record.get("granted", {}).get("fields", ()) if name not in listed]
    for part in parts:
        takes = part.released and not part.asked
        yield part, unlisted if takes else []
        unlisted = [] if takes else unlisted


def _kept_back(part: Part, recorded: Json | None) -> Json | None:
    """Return what must be withheld of a part, None for nothing; `recorded` is what the record withholds next."""
    if not part.released:
        return {"fields": list(part.asked or ()), "findings": part.limits}
    if part.coverage != "some" or recorded is None:
        return None
    alone = part.alone()
    back = recorded["fields"] if part.asked is None else [name for name in part.asked if name in recorded["fields"]]
    return {"fields": list(dict.fromkeys(back)), "findings": alone} if back and recorded["findings"] == alone else None


def _granted(record: Json, fields: list[str]) -> Json | None:
    """Return the member `granted`; a permit of what was asked for has none. Masks and filter are believed."""
    scope = record["request"].get("scope", {})
    rows, masks = (record.get("granted", scope).get(name) for name in ("rows", "masks"))
    if record["outcome"] == "PERMIT" and fields == scope.get("fields", []) and rows == scope.get("rows"):
        return None
    due: Json = {"fields": fields} if fields else {}
    if masks is not None:
        due["masks"] = masks
    return due if rows is None else {**due, "rows": rows}
