"""Many groups of fields, one answer: merge what the rulebook says of each, and add what goes with the whole.

Every group granted: PERMIT. None granted: the strongest refusal. Some granted: the question as a whole is covered in
part, so each granted group is judged again with `field_coverage = some`; it is for the rules to say whether that can be
enforced. In a join nothing is released that one of its parts withholds. What overlays say holds for every group, or for
the fields that they name, which then are groups of their own.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from pdp.model import Decision, Duty, Effect, Outcome, Remedy, Withheld
from pdp.overlay import applying, divided, restricted, speaker
from pdp.rulebook.measures import measures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pdp.model import Facts, Finding, Inquiry, Verdict
    from pdp.rulebook.rulebook import Rulebook

OBSERVER = "contact_observer"  # the last way on, wherever the duties know it
_STRONGEST_FIRST = (Outcome.DENY, Outcome.REFER, Outcome.INDETERMINATE)
_EFFECT_ORDER = {effect: position for position, effect in enumerate(Effect)}


def settle(inquiry: Inquiry, rulebook: Rulebook, latest: datetime) -> tuple[Inquiry, Decision]:
    """Return the decision on `inquiry`, and the inquiry with the facts that it finally rests on.

    Args:
        inquiry: the facts of every group, and what overlays say.
        rulebook: what judges a vector, and the texts of duties.
        latest: the answer must not be used after this instant, whatever the facts allow.
    """
    if not any(one.limited for one in inquiry.overlaid):
        return _settled(inquiry, rulebook, latest)
    parts = tuple([part for group in inquiry.groups for part in divided(group, inquiry.overlaid)])
    found, decision = _settled(replace(inquiry, groups=parts), rulebook, latest)
    if set(measures(decision, found)) <= (inquiry.able or frozenset()):
        return found, decision
    # No rule asks, in this relation, who keeps the fields back; so the limit is one of the whole.
    return _settled(replace(inquiry, overlaid=tuple(applying(inquiry.overlaid, None))), rulebook, latest)


def _settled(inquiry: Inquiry, rulebook: Rulebook, latest: datetime) -> tuple[Inquiry, Decision]:
    verdicts = _judged(inquiry, rulebook)
    if len(verdicts) > 1 and not inquiry.joined:
        inquiry, verdicts = _as_a_part(inquiry, verdicts, rulebook)
    decision = _merged(inquiry, verdicts, rulebook, latest)
    if inquiry.able is not None and not inquiry.able.issuperset(measures(decision, inquiry)):
        inquiry = _unable(inquiry, verdicts)
        decision = _merged(inquiry, _judged(inquiry, rulebook), rulebook, latest)
    return inquiry, decision


def _merged(inquiry: Inquiry, verdicts: Sequence[Verdict], rulebook: Rulebook, latest: datetime) -> Decision:
    outcome = _outcome(verdicts, joined=inquiry.joined)
    granted, withheld = _shares(inquiry, verdicts, rulebook) if outcome.permits else ((), ())
    until = inquiry.until
    return Decision(
        outcome=outcome,
        verdicts=tuple(verdicts),
        findings=_united(verdicts),
        granted=granted,
        withheld=withheld,
        duties=_duties(granted, verdicts, inquiry, rulebook) if outcome.permits else (),
        advisories=_each([verdict.advised for verdict in verdicts]),
        remedies=_remedies(verdicts, inquiry, rulebook),
        valid_until=latest if until is None or until > latest else until,
    )


def _judged(inquiry: Inquiry, rulebook: Rulebook) -> list[Verdict]:
    verdicts = [rulebook.judge(group.facts.vector) for group in inquiry.groups]
    if not inquiry.overlaid:
        return verdicts
    return [
        restricted(verdict, applying(inquiry.overlaid, group.asked))
        for verdict, group in zip(verdicts, inquiry.groups, strict=True)
    ]


def _as_a_part(inquiry: Inquiry, verdicts: list[Verdict], rulebook: Rulebook) -> tuple[Inquiry, list[Verdict]]:
    """Judge the granted groups of a mixed question again, as the part of the whole that they are."""
    granted = [verdict.outcome.permits for verdict in verdicts]
    if all(granted) or not any(granted):
        return inquiry, verdicts
    groups = tuple(
        replace(group, facts=_with(group.facts, field_coverage="some")) if permitted else group
        for group, permitted in zip(inquiry.groups, granted, strict=True)
    )
    inquiry = replace(inquiry, groups=groups)
    return inquiry, _judged(inquiry, rulebook)


def _unable(inquiry: Inquiry, verdicts: Sequence[Verdict]) -> Inquiry:
    """Return the inquiry of somebody who cannot carry out what the granted groups need together."""
    groups = tuple(
        replace(group, facts=_with(group.facts, field_coverage="some", enforcement="unable"))
        if verdict.outcome.permits
        else group
        for group, verdict in zip(inquiry.groups, verdicts, strict=True)
    )
    return replace(inquiry, groups=groups)


def _with(facts: Facts, **changed: str) -> Facts:
    vector = list(facts.vector)
    for name, value in changed.items():
        vector[facts.index[name]] = value
    return replace(facts, vector=tuple(vector))


def _outcome(verdicts: Sequence[Verdict], *, joined: bool) -> Outcome:
    if len(verdicts) == 1:
        return verdicts[0].outcome
    outcomes = {verdict.outcome for verdict in verdicts}
    released = {outcome for outcome in outcomes if outcome.permits}
    if outcomes == {Outcome.PERMIT}:
        return Outcome.PERMIT
    if released and (outcomes == released or not joined):
        return Outcome.PARTIAL
    return next(outcome for outcome in _STRONGEST_FIRST if outcome in outcomes)


def _united(verdicts: Sequence[Verdict]) -> tuple[Finding, ...]:
    if len(verdicts) == 1:
        return verdicts[0].findings
    found = {finding for verdict in verdicts for finding in verdict.findings}
    return tuple(sorted(found, key=lambda finding: (_EFFECT_ORDER[finding.effect], finding.rule)))


def _each(ids: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return ids[0] if len(ids) == 1 else tuple(dict.fromkeys(chain.from_iterable(ids)))


def _shares(
    inquiry: Inquiry, verdicts: Sequence[Verdict], rulebook: Rulebook
) -> tuple[tuple[str, ...], tuple[Withheld, ...]]:
    """Return the fields that are released and, for every field withheld, its grounds.

    What a granted group does not cover is withheld on the grounds on which it would be refused if asked for alone.
    """
    granted: list[str] = []
    withheld: list[Withheld] = []
    for group, verdict in zip(inquiry.groups, verdicts, strict=True):
        if not verdict.outcome.permits:
            withheld.append(Withheld(group.asked, verdict.limits))
            continue
        granted += group.covered
        if len(group.covered) < len(group.asked):
            kept_back = tuple([name for name in group.asked if name not in group.covered])
            alone = rulebook.judge(_with(group.facts, field_coverage="none").vector)
            withheld.append(Withheld(kept_back, alone.limits))
    return tuple(granted), tuple(withheld)


def _duties(
    granted: tuple[str, ...], verdicts: Sequence[Verdict], inquiry: Inquiry, rulebook: Rulebook
) -> tuple[Duty, ...]:
    """Return what the permitted groups oblige to, each with the parameters that this question states."""
    stated = {**inquiry.parameters, "fields": list(granted)} if granted else inquiry.parameters
    owed = _each([verdict.owed for verdict in verdicts if verdict.outcome.permits])
    texts = [rulebook.duties.obligations[rule] for rule in owed]
    return tuple(
        [
            Duty(text.id, text.bearer, {name: stated[name] for name in text.parameters if name in stated})
            for text in texts
        ]
    )


def _remedies(verdicts: Sequence[Verdict], inquiry: Inquiry, rulebook: Rulebook) -> tuple[Remedy, ...]:
    """Return one remedy for each limiting ground, and the provider's 数据观察员 for all. Source: art_8__para_1.

    After the limit of an overlay asking the 数据观察员 is the only way on.
    """
    limits = [finding for verdict in verdicts for finding in verdict.limits]
    if not limits:
        return ()
    texts = rulebook.duties.remedies
    ours = [finding.rule for finding in limits if not speaker(finding.rule)]
    ways = dict.fromkeys(rulebook.grounds[rule].remedy for rule in ours)
    if OBSERVER in texts:
        ways[OBSERVER] = None
    return tuple([Remedy(way, inquiry.contact if texts[way].ask == "observer" else None) for way in ways])
