"""Recorded facts judged by another revision: how each decision would end under it, and on which rules.

Facts are matched by name. What the other vocabulary asks for and the record does not say is in doubt there, and what it
does not know any more is left out; both are counted, so that nobody takes the result for more than it is. What overlays
said is taken as it was said.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pdp.log.overlays import limits_in
from pdp.log.released import RELEASED
from pdp.log.replay import groups_of
from pdp.log.spelling import NOT_APPLICABLE, vector_of
from pdp.model import Effect, Facts, FieldGroup, Inquiry
from pdp.overlay import applying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pdp.model import Decision, Overlaid
    from pdp.vocabulary import Fact, Vocabulary

    Settle = Callable[[Inquiry, datetime], Decision]

Json = dict[str, Any]
REMEMBERED: Final = 16_384
_LIMITS: Final = (Effect.FORBID.value, Effect.REFER.value, Effect.DOUBT.value)
_BEFORE: Final = {"ledger_age": "current"}  # what was so when it was no fact: no ledger was a copy
_ALL: Final = frozenset({"mask_fields", "filter_rows"})
_DOUBTS: Final = ("unknown", "unset")  # values that mean: nobody knows
_WHENEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)  # how long an answer holds does not bear on how it ends


class Ending(NamedTuple):
    """How a decision ends, and the rules that decide: what permits a permit, what stands in the way of all else."""

    outcome: str
    rules: tuple[str, ...]


class Comparison(NamedTuple):
    """A decision then and under the other revision."""

    then: Ending
    now: Ending

    @property
    def flips(self) -> bool:
        """Return whether the outcome is another one."""
        return self.then.outcome != self.now.outcome


class Matching:
    """Turns vectors of one revision into those of another, by the names of facts."""

    def __init__(self, names: Sequence[str], vocabulary: Vocabulary) -> None:
        """Match facts `names`, in the order of the records, with those of the other `vocabulary`."""
        self._names = tuple(names)
        self._vocabulary = vocabulary
        self.added = tuple(name for name in vocabulary.facts if name not in self._names and name not in _BEFORE)
        self.lacking = tuple(name for name in self._names if name not in vocabulary.facts)

    def vector(self, text: str, strange: Counter[str], changed: Mapping[str, str]) -> tuple[str, ...]:
        """Return the facts of a record as the other revision has them.

        Args:
            text: facts as the record spells them.
            strange: counts `fact=value` of values that the other revision's fact does not have.
            changed: facts to be read otherwise than they stand.
        """
        recorded = {**_BEFORE, **dict(zip(self._names, vector_of(text), strict=True)), **changed}
        found: dict[str, str] = {}
        for name, fact in self._vocabulary.facts.items():
            value = recorded.get(name)
            if value is not None and value in fact.values:
                found[name] = value if name not in changed or _applies(fact, found) else NOT_APPLICABLE
                continue
            if value is not None:
                strange[f"{name}={value}"] += 1
            found[name] = in_doubt(fact, found)
        return tuple(found.values())


class Rejudging:
    """Judges records of one revision by another. Remembers what it has judged."""

    def __init__(self, matching: Matching, vocabulary: Vocabulary, settle: Settle) -> None:
        """Judge by `settle`, which merges the verdicts of an inquiry as the service does."""
        self._matching = matching
        self._index = vocabulary.index
        self._settle = settle
        self._known: dict[tuple[object, ...], tuple[Ending, Counter[str]]] = {}
        self.strange: Counter[str] = Counter()

    def compare(self, record: Json) -> Comparison:
        """Return how a decoded decision ended, and how it would end.

        Raises:
            ValueError: its facts are not those of the revision it names.
        """
        groups = [group for _, group, _ in groups_of(record)]
        whole = _as_if_whole(record, groups)
        joined = record.get("joined") is True
        overlaid = limits_in(record)
        if "groups" not in record:
            overlaid = tuple(applying(overlaid, None))
        limited = any(one.limited for one in overlaid)
        named = [tuple(group["fields"]) if limited else () for group in groups]  # they matter to nothing else
        key = (joined, overlaid, *whole, *named, *(group["facts"] for group in groups))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._judge(groups, named, whole, overlaid, joined=joined)
        now, strange = known
        if strange:
            self.strange.update(strange)
        return Comparison(ending_of(record), now)

    def _judge(
        self,
        groups: list[Json],
        named: list[tuple[str, ...]],
        whole: list[bool],
        overlaid: tuple[Overlaid, ...],
        *,
        joined: bool,
    ) -> tuple[Ending, Counter[str]]:
        strange: Counter[str] = Counter()
        judged = []
        for group, fields, was_whole in zip(groups, named, whole, strict=True):
            changed = {"field_coverage": "all"} if was_whole else {}
            vector = self._matching.vector(group["facts"], strange, changed)
            judged.append(FieldGroup(fields, fields, Facts(vector, {}, self._index), group.get("dataset", "")))
        inquiry = Inquiry(tuple(judged), 0, joined=joined, overlaid=overlaid, able=_ALL)  # a fact says who is not
        return ending(self._settle(inquiry, _WHENEVER)), strange


def ending_of(record: Json) -> Ending:
    """Return how a decoded decision ended."""
    rules: set[str] = set()
    for _, group, _ in groups_of(record):
        reached = group.get("outcome", record["outcome"])
        effects = (Effect.PERMIT.value,) if reached in RELEASED else _LIMITS
        rules.update(_rules(group["findings"], effects))
    return Ending(record["outcome"], tuple(sorted(rules)))


def ending(decision: Decision) -> Ending:
    """Return how a decision ends."""
    deciding = (
        found.rule
        for verdict in decision.verdicts
        for found in (verdict.grants if verdict.outcome.permits else verdict.limits)
    )
    return Ending(decision.outcome.value, tuple(sorted(set(deciding))))


def in_doubt(fact: Fact, found: Mapping[str, str]) -> str:
    """Return the value of a fact that nobody recorded: it does not apply, or is not known, or else helps least."""
    if not _applies(fact, found):
        return NOT_APPLICABLE
    values = [value for value in fact.values.values() if value.id != NOT_APPLICABLE]
    doubt = next((name for name in _DOUBTS if name in fact.values), None)
    return doubt or next((value.id for value in values if value.floor), values[0].id)


def _applies(fact: Fact, found: Mapping[str, str]) -> bool:
    """Return whether a fact applies where those above it have the values `found`."""
    return NOT_APPLICABLE not in fact.values or fact.applies(found)


def _rules(findings: Mapping[str, str], effects: Iterable[str]) -> list[str]:
    return [
        words.partition(" ")[0] for effect in effects if effect in findings for words in findings[effect].split(";")
    ]


def _as_if_whole(record: Json, groups: list[Json]) -> list[bool]:
    """Return, for each group, whether `some` was written in place of `all` because the whole was covered in part.

    That is so of a group that was released whole, in a question of which another group was not.
    """
    if len(groups) == 1 or record.get("joined"):
        return [False] * len(groups)
    outcomes = [group["outcome"] in RELEASED for group in groups]
    if all(outcomes) or not any(outcomes):
        return [False] * len(groups)
    given = record.get("granted", record["request"].get("scope", {}))
    limited, masked = "rows" in given, {mask["field"] for mask in given.get("masks", ())}
    names = set(given.get("fields", ()))
    return [
        released and not limited and names.issuperset(group["fields"]) and masked.isdisjoint(group["fields"])
        for released, group in zip(outcomes, groups, strict=True)
    ]
