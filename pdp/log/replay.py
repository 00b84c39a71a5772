"""Look the facts of a record up again: the same verdicts, or the first difference to explain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pdp.log.canonical import dumps
from pdp.log.spelling import vector_of
from pdp.log.verdicts import findings_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pdp.model import Verdict
    from pdp.vocabulary import Vocabulary

_STRONGEST: Final = ("DENY", "REFER", "INDETERMINATE")
_RELEASED: Final = frozenset({"PERMIT", "PARTIAL"})


@dataclass(frozen=True, slots=True)
class Difference:
    """The first member of a record that replay finds otherwise."""

    pointer: str  # JSON Pointer
    recorded: str  # canonical JSON, or what is wrong with it
    replayed: str


def replay(
    record: Mapping[str, object], vocabulary: Vocabulary, judge: Callable[[tuple[str, ...]], Verdict]
) -> Difference | None:
    """Return the first difference between a decoded decision record and what `judge` says of its facts, or None.

    Args:
        record: of kind `decision`; its `revision.set` names the revision that `judge` must belong to.
        vocabulary: of that revision.
        judge: `Rulebook.judge`.
    """
    outcomes = []
    for pointer, group, flat in _groups(record):
        facts = group.get("facts")
        vector = vector_of(facts) if isinstance(facts, str) else ()
        if len(vector) != len(vocabulary.facts):
            return Difference(f"{pointer}/facts", f"{len(vector)} values", f"{len(vocabulary.facts)} values")
        try:
            verdict = judge(vector)
        except KeyError as stray:
            return Difference(f"{pointer}/facts", f"{stray} is a value of no fact", "a value of the vocabulary")
        difference = _compare(pointer, group, verdict, flat=flat)
        if difference is not None:
            return difference
        outcomes.append(verdict.outcome.value)
    merged = merged_outcome(outcomes, joined=record.get("joined") is True)
    return None if record.get("outcome") == merged else Difference("/outcome", dumps(record.get("outcome")), merged)


def merged_outcome(outcomes: list[str], *, joined: bool) -> str:
    """Return the outcome of the whole for those of its groups: all, a part, or the strongest refusal."""
    released = [outcome for outcome in outcomes if outcome in _RELEASED]
    if len(released) == len(outcomes) or (released and not joined):
        return "PERMIT" if set(outcomes) == {"PERMIT"} else "PARTIAL"
    return next(outcome for outcome in _STRONGEST if outcome in outcomes)


def _groups(record: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object], bool]]:
    """Yield each group with its pointer; a record of one group is flat, and is that group itself."""
    groups = record.get("groups")
    if not isinstance(groups, list):
        yield "", record, True
        return
    for place, group in enumerate(groups):
        yield f"/groups/{place}", group, False


def _compare(pointer: str, group: Mapping[str, object], verdict: Verdict, *, flat: bool) -> Difference | None:
    recorded, replayed = dumps(group.get("findings")), findings_json(verdict.findings)
    if recorded != replayed:
        return Difference(f"{pointer}/findings", recorded, replayed)
    if not flat and group.get("outcome") != verdict.outcome.value:
        return Difference(f"{pointer}/outcome", dumps(group.get("outcome")), verdict.outcome.value)
    return None
