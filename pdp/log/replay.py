"""Look the facts of a record up again: the same decision, or the first member that comes out otherwise.

What a decision rests on beyond its facts is taken from the record itself: which fields an authority covers, its terms,
whom to ask, what overlays said. Everything that follows from them and from the facts must be there, byte for byte, and
nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pdp.log.canonical import dumps
from pdp.log.consequences import IMPLIED
from pdp.log.overlays import UnlawfulOverlayError, overlaid_in
from pdp.log.released import RELEASED, Part, merged_outcome, shares
from pdp.log.spelling import findings_members, vector_of
from pdp.model import Outcome
from pdp.overlay import applying, restricted, speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pdp.model import Overlaid, Verdict
    from pdp.vocabulary import Vocabulary

Json = dict[str, Any]
GRANTED: Final = frozenset({"agreed", "agreed_in_part", "deemed"})  # values of `authority` that rest on an application
ABSENT: Final = "nothing"  # said of a member that is not there
REMEMBERED: Final = 16_384  # vectors, and as many shapes of whole records
_OF_ITS_OWN: Final = ("groups", "granted", "withheld", "overlays")  # members with which no two records are alike
_NOT_NEEDED: Final = "no_limit"  # of `quota`
_OPEN: Final = {"relation": "opening", "opening_class": "unconditional"}  # what alone may be used again unasked
_BEARING: Final = ("authority", "quota", "field_coverage", *_OPEN)  # facts that bear on more than findings


@dataclass(frozen=True, slots=True)
class Law:
    """What replay needs of one revision."""

    set: str  # the digest by which records name the revision
    vocabulary: Vocabulary
    judge: Callable[[tuple[str, ...]], Verdict]  # `Rulebook.judge`
    ways: Mapping[str, str] = field(default_factory=dict)  # rule that limits -> the way on after it
    implied: bool = True  # the observer can be asked after any refusal


@dataclass(frozen=True, slots=True)
class Difference:
    """The first member of a record that replay finds otherwise."""

    pointer: str  # JSON Pointer
    recorded: str  # canonical JSON, or what is wrong with it
    replayed: str


class Told(NamedTuple):
    """What a revision says of one text of facts."""

    verdict: Verdict
    findings: Mapping[str, str]
    facts: Mapping[str, str]  # those that bear on more than findings


class Replayer:
    """Replays records of one revision. Remembers verdicts, so that a million records take seconds."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._told: dict[str, Told] = {}
        self._alone: dict[str, Mapping[str, str]] = {}
        self._fine: set[tuple[object, ...]] = set()

    def replay(self, record: Json) -> Difference | None:
        """Return the first difference between a decoded decision and what the revision says of its facts, or None."""
        try:
            shape = _shape(record)
            if shape in self._fine:
                return None
            difference = self._first(record)
        except UnlawfulOverlayError as unlawful:
            return Difference(unlawful.pointer, dumps(record["overlays"]), "what an overlay may say")
        except (AttributeError, KeyError, TypeError, IndexError) as damage:
            return Difference("", f"{type(damage).__name__}: {damage}", "the members of a decision")
        if difference is None and shape is not None:
            if len(self._fine) >= REMEMBERED:
                self._fine.clear()
            self._fine.add(shape)
        return difference

    def _first(self, record: Json) -> Difference | None:
        told: list[Told] = []
        overlaid = overlaid_in(record)
        for pointer, group, flat in groups_of(record):
            found = self._compare(pointer, group, overlaid, flat=flat)
            if isinstance(found, Difference):
                return found
            told.append(found)
        return next(self._differences(record, told), None)

    def _compare(self, pointer: str, group: Json, overlaid: tuple[Overlaid, ...], *, flat: bool) -> Told | Difference:
        """Return what is said of the facts of a group, or how its findings and outcome differ."""
        facts, length = group.get("facts"), len(self._law.vocabulary.facts)
        values = len(vector_of(facts)) if isinstance(facts, str) else 0
        if not isinstance(facts, str) or values != length:
            return Difference(f"{pointer}/facts", f"{values} values", f"{length} values")
        try:
            told = self._say(facts)
        except KeyError as stray:
            return Difference(f"{pointer}/facts", f"{stray} is a value of no fact", "a value of the vocabulary")
        if overlaid:
            # A record of one group has no part of which less was said.
            verdict = restricted(told.verdict, applying(overlaid, None if flat else group["fields"]))
            told = Told(verdict, findings_members(verdict.findings), told.facts)
        if group["findings"] != told.findings:
            return Difference(f"{pointer}/findings", dumps(group["findings"]), dumps(told.findings))
        if not flat and group["outcome"] != told.verdict.outcome.value:
            return Difference(f"{pointer}/outcome", dumps(group["outcome"]), told.verdict.outcome.value)
        return told

    def _differences(self, record: Json, told: list[Told]) -> Iterator[Difference]:
        """Yield what differs in the members that stand for the whole."""
        joined = record.get("joined", False)
        outcomes = [said.verdict.outcome.value for said in told]
        merged = merged_outcome(outcomes, joined=joined)
        if record["outcome"] != merged:
            yield Difference("/outcome", dumps(record["outcome"]), merged)
        if joined != bool(record["request"].get("combined_with")):
            yield Difference("/joined", dumps(joined), dumps(not joined))
        yield from self._released(record, told, merged)
        yield from _member(record, "remedies", self._remedies(told, asks="ask" in record))
        if "ask" in record and not any(said.verdict.limits for said in told):
            yield Difference("/ask", dumps(record["ask"]), ABSENT)
        rests = next((said.facts for said in told if said.facts.get("authority") in GRANTED), told[0].facts)
        yield from _authority(record, rests, released=merged in RELEASED)
        valid = record.get("valid_us")
        if not isinstance(valid, int) or valid < 0:
            yield Difference("/valid_us", dumps(valid) if "valid_us" in record else ABSENT, "microseconds")
        if "cache_s" in record and not _may_be_cached(record, told):
            yield Difference("/cache_s", dumps(record["cache_s"]), ABSENT)

    def _released(self, record: Json, told: list[Told], merged: str) -> Iterator[Difference]:
        """Yield what differs in what was given and kept back."""
        if merged not in RELEASED:
            yield from _member(record, "granted", None)
            yield from _member(record, "withheld", None)
            return
        parts = [
            Part(
                asked=group.get("fields") if not flat else record["request"].get("scope", {}).get("fields"),
                released=said.verdict.outcome.permits,
                coverage=said.facts.get("field_coverage", ""),
                limits=findings_members(said.verdict.limits),
                alone=partial(self._limits_alone, group["facts"]),
            )
            for (_, group, flat), said in zip(groups_of(record), told, strict=True)
        ]
        due = shares(record, parts)
        yield from _member(record, "granted", due.granted)
        yield from _member(record, "withheld", due.withheld)

    def _say(self, text: str) -> Told:
        told = self._told.get(text)
        if told is None:
            vector, law = vector_of(text), self._law
            verdict = law.judge(vector)
            index = law.vocabulary.index
            facts = {name: vector[index[name]] for name in _BEARING if name in index}
            if len(self._told) >= REMEMBERED:
                self._told.clear()
            told = self._told[text] = Told(verdict, findings_members(verdict.findings), facts)
        return told

    def _limits_alone(self, text: str) -> Mapping[str, str]:
        """Return on what grounds fields outside the authority would be refused if they were asked for alone."""
        alone = self._alone.get(text)
        if alone is None:
            vector, place = vector_of(text), self._law.vocabulary.index["field_coverage"]
            verdict = self._law.judge((*vector[:place], "none", *vector[place + 1 :]))
            alone = self._alone[text] = findings_members(verdict.limits)
        return alone

    def _remedies(self, told: list[Told], *, asks: bool) -> list[str] | None:
        limits = [found.rule for said in told for found in said.verdict.limits]
        if not limits:
            return None
        implied = (IMPLIED,) if self._law.implied else ()
        ours = (self._law.ways[rule] for rule in limits if not speaker(rule))
        ways = list(dict.fromkeys([*ours, *implied]))
        if asks and ways[-1:] == [IMPLIED]:
            ways.pop()
        return ways or None


def groups_of(record: Json) -> Iterator[tuple[str, Json, bool]]:
    """Yield each group with its pointer; a record of one group is flat, and is that group itself."""
    if "groups" not in record:
        yield "", record, True
        return
    for place, group in enumerate(record["groups"]):
        yield f"/groups/{place}", group, False


def _shape(record: Json) -> tuple[object, ...] | None:
    """Return all that replay looks at in a record of one group which gives all that was asked, or nothing."""
    if any(name in record for name in _OF_ITS_OWN) or "cache_s" in record or not isinstance(record["facts"], str):
        return None
    request, terms = record["request"], record.get("terms", ())
    fields = request.get("scope", {}).get("fields", ())
    return (
        record["facts"], record["outcome"], tuple(record["findings"].items()), tuple(record.get("remedies", ())),
        "ask" in record, "application" in record, bool(terms), "quota" in terms, record.get("joined", False),
        bool(request.get("combined_with")), len(set(fields)) == len(fields), record.get("valid_us", -1) >= 0,
    )  # fmt: skip


def _may_be_cached(record: Json, told: list[Told]) -> bool:
    """Return whether a decision gives, whole, what is open to everybody, and is valid for as long as it may be kept."""
    alone = not any(name in record for name in ("joined", "overlays", "application", "terms", "withheld"))
    whole = record["outcome"] == Outcome.PERMIT.value and "rows" not in record["request"].get("scope", {})
    is_open = all(said.facts.get(name) == value for said in told for name, value in _OPEN.items())
    return alone and whole and is_open and record["valid_us"] == record["cache_s"] * 1_000_000


def _member(record: Json, name: str, due: object) -> Iterator[Difference]:
    """Yield how a member differs from what is `due`; None: it must not be there."""
    if record.get(name) != due or (due is None and name in record):
        recorded = dumps(record[name]) if name in record else ABSENT
        yield Difference(f"/{name}", recorded, ABSENT if due is None else dumps(due))


def _authority(record: Json, facts: Mapping[str, str], *, released: bool) -> Iterator[Difference]:
    """Yield where the application and its terms are named although the facts know of none, or the reverse."""
    rests = facts.get("authority") in GRANTED
    if "authority" in facts and rests != ("application" in record):
        there, due = ("none named", "an application") if rests else (dumps(record["application"]), ABSENT)
        yield Difference("/application", there, due)
    if "terms" in record and not (released and rests):
        yield Difference("/terms", dumps(record["terms"]), ABSENT)
    limited = released and facts.get("quota", _NOT_NEEDED) != _NOT_NEEDED
    if limited != ("quota" in record.get("terms", {})):
        there = dumps(record["terms"]["quota"]) if not limited else ABSENT
        yield Difference("/terms/quota", there, "a limit" if limited else ABSENT)
