"""A recorded decision beside what the ledger says today of the same question at the same instant.

A statement may be recorded after the instant from which it takes effect, so the past can come to be known otherwise.
What the ledger cannot tell, such as how many releases had been counted by then, or what overlays said, is kept as it
was recorded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pdp.log.overlays import overlaid_in
from pdp.log.rejudged import Ending, ending, ending_of
from pdp.log.replay import groups_of
from pdp.log.spelling import evidence_of, vector_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pdp.model import Decision, FieldGroup, Inquiry

Json = dict[str, Any]
KEPT: Final = {  # facts that rest on more than the ledger
    "quota": frozenset({"within", "exceeded", "unknown"}),
    "ledger_age": frozenset({"current", "stale"}),
}


class Change(NamedTuple):
    """One fact that comes out otherwise."""

    fact: str
    then: str
    now: str
    evidence: tuple[str, ...]  # what it rests on now and did not then


class Rederived(NamedTuple):
    """A decision then and now."""

    changes: tuple[Change, ...]
    then: Ending
    now: Ending
    granted: bool  # the same fields are released

    @property
    def same(self) -> bool:
        """Return whether nothing came out otherwise."""
        return not self.changes and self.then.outcome == self.now.outcome and self.granted

    @property
    def flips(self) -> bool:
        """Return whether the outcome is another one."""
        return self.then.outcome != self.now.outcome


def keeping(record: Json, names: Sequence[str], inquiry: Inquiry) -> tuple[Inquiry, tuple[str, ...]]:
    """Return `inquiry` with what no ledger tells as it was recorded, and the JSON Pointers of that.

    Args:
        record: decoded, of kind `decision`.
        names: its facts, in the order of the record, which is that of the inquiry.
        inquiry: derived anew.
    """
    places = [(names.index(name), name, values) for name, values in KEPT.items() if name in names]
    kept: set[str] = set()
    groups = list(inquiry.groups)
    for number, group in enumerate(groups):
        told = [place for place in places if group.facts.vector[place[0]] in place[2]]
        old = next((old for old in _groups(record) if _about_the_same(old, group)), None) if told else None
        if old is None:
            continue
        vector, recorded = list(group.facts.vector), vector_of(old["facts"])
        for position, name, values in told:
            if recorded[position] in values and recorded[position] != vector[position]:
                vector[position] = recorded[position]
                kept.add(f"/facts/{name}")
        groups[number] = replace(group, facts=replace(group.facts, vector=tuple(vector)))
    overlaid = overlaid_in(record)
    if overlaid:
        kept.add("/overlays")
    return (replace(inquiry, groups=tuple(groups), overlaid=overlaid) if kept else inquiry), tuple(sorted(kept))


def compared(record: Json, names: Sequence[str], inquiry: Inquiry, decision: Decision) -> Rederived:
    """Return how a decoded decision compares with `decision`, which rests on `inquiry`.

    Args:
        record: of kind `decision`.
        names: its facts, in the order of the record, which is that of the inquiry.
        inquiry: derived anew, as it was settled.
        decision: on it.
    """
    changes = {
        change.fact: change
        for old in _groups(record)
        for new in inquiry.groups
        if _about_the_same(old, new)
        for change in _changes(old, names, new)
    }
    return Rederived(tuple(changes.values()), ending_of(record), ending(decision), _same_grant(record, decision))


def _groups(record: Json) -> list[Json]:
    return [group for _, group, _ in groups_of(record)]


def _about_the_same(old: Json, new: FieldGroup) -> bool:
    """Return whether two groups have a field in common; one that lists none is about all."""
    if old.get("dataset", "") != new.dataset:
        return False
    fields = old.get("fields") or ()
    return not fields or not new.asked or not set(fields).isdisjoint(new.asked)


def _changes(old: Json, names: Sequence[str], new: FieldGroup) -> Iterator[Change]:
    recorded = vector_of(old["facts"])
    if recorded == new.facts.vector:
        return
    rested = evidence_of(old["evidence"], names)
    for name, then, now in zip(names, recorded, new.facts.vector, strict=True):
        if then != now:
            before = set(rested.get(name, ()))
            yield Change(name, then, now, tuple(one for one in new.facts.evidence.get(name, ()) if one not in before))


def _same_grant(record: Json, decision: Decision) -> bool:
    """Return whether the same fields are released; names that are masked tell their number only."""
    if record["outcome"] != decision.outcome.value or not decision.outcome.permits:
        return True
    recorded = record.get("granted", record["request"].get("scope", {})).get("fields", [])
    if any(pointer.startswith(("/granted/fields", "/request/scope/fields")) for pointer in record.get("masked", ())):
        return len(recorded) == len(decision.granted)
    return list(recorded) == list(decision.granted)
