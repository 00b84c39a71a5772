"""Many groups of fields, one answer: merge what the rulebook says of each, and add what goes with the whole.

Every group granted: PERMIT. None granted: the strongest refusal. Some granted: the question as a whole is covered in
part, so each granted group is judged again with `field_coverage = some`; it is for the rules to say whether that can be
enforced. In a join nothing is released that one of its parts withholds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pdp.model import Decision, Duty, Effect, Outcome, Remedy, Withheld

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pdp.model import FieldGroup, Finding, Inquiry, Verdict
    from pdp.rulebook.rulebook import Rulebook

_STRONGEST_FIRST = (Outcome.DENY, Outcome.REFER, Outcome.INDETERMINATE)
_LIMITING = (Effect.FORBID, Effect.REFER, Effect.DOUBT)
_EFFECT_ORDER = {effect: position for position, effect in enumerate(Effect)}


def settle(inquiry: Inquiry, rulebook: Rulebook, latest: datetime) -> tuple[Inquiry, Decision]:
    """Return the decision on `inquiry`, and the inquiry with the facts that it finally rests on.

    Args:
        inquiry: the facts of every group.
        rulebook: what judges a vector, and the texts of duties.
        latest: the answer must not be used after this instant, whatever the facts allow.
    """
    verdicts = [rulebook.judge(group.facts.vector) for group in inquiry.groups]
    if len(verdicts) > 1 and not inquiry.joined:
        inquiry, verdicts = _as_a_part(inquiry, verdicts, rulebook)
    outcome = _outcome(verdicts, joined=inquiry.joined)
    decision = Decision(outcome, tuple(verdicts), _united(verdicts), granted=())
    decision = _with_fields(decision, inquiry) if outcome.permits else decision
    return inquiry, _with_consequences(decision, inquiry, rulebook, latest)


def _as_a_part(inquiry: Inquiry, verdicts: list[Verdict], rulebook: Rulebook) -> tuple[Inquiry, list[Verdict]]:
    """Judge the granted groups of a mixed question again, as the part of the whole that they are."""
    granted = [verdict.outcome.permits for verdict in verdicts]
    if all(granted) or not any(granted):
        return inquiry, verdicts
    groups = tuple(
        _covered_in_part(group) if permitted else group
        for group, permitted in zip(inquiry.groups, granted, strict=True)
    )
    return replace(inquiry, groups=groups), [rulebook.judge(group.facts.vector) for group in groups]


def _covered_in_part(group: FieldGroup) -> FieldGroup:
    facts = group.facts
    position = facts.index["field_coverage"]
    vector = (*facts.vector[:position], "some", *facts.vector[position + 1 :])
    return replace(group, facts=replace(facts, vector=vector))


def _outcome(verdicts: Sequence[Verdict], *, joined: bool) -> Outcome:
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


def _with_fields(decision: Decision, inquiry: Inquiry) -> Decision:
    """Return `decision` with the fields it releases and, for every field it withholds, the grounds."""
    granted: list[str] = []
    withheld: list[Withheld] = []
    for group, verdict in zip(inquiry.groups, decision.verdicts, strict=True):
        if not verdict.outcome.permits:
            withheld.append(Withheld(group.asked, verdict.of(*_LIMITING)))
            continue
        granted += group.covered
        kept_back = tuple(name for name in group.asked if name not in group.covered)
        if kept_back:
            withheld.append(Withheld(kept_back, verdict.of(Effect.PERMIT)))
    return replace(decision, granted=tuple(granted), withheld=tuple(withheld))


def _with_consequences(decision: Decision, inquiry: Inquiry, rulebook: Rulebook, latest: datetime) -> Decision:
    """Return `decision` with duties (on permits), advisories (always), remedies (for what is refused) and an end."""
    until = inquiry.until
    return replace(
        decision,
        duties=_duties(decision, inquiry, rulebook) if decision.outcome.permits else (),
        advisories=tuple([finding.rule for finding in decision.findings if finding.effect is Effect.ADVISE]),
        remedies=_remedies(decision, inquiry, rulebook),
        valid_until=latest if until is None or until > latest else until,
    )


def _duties(decision: Decision, inquiry: Inquiry, rulebook: Rulebook) -> tuple[Duty, ...]:
    stated = {**inquiry.parameters, "fields": list(decision.granted)} if decision.granted else inquiry.parameters
    owed = dict.fromkeys(
        finding.rule
        for verdict in decision.verdicts
        if verdict.outcome.permits
        for finding in verdict.of(Effect.OBLIGE)
    )
    texts = rulebook.duties.obligations
    return tuple(
        Duty(rule, texts[rule].bearer, {name: stated[name] for name in texts[rule].parameters if name in stated})
        for rule in owed
    )


def _remedies(decision: Decision, inquiry: Inquiry, rulebook: Rulebook) -> tuple[Remedy, ...]:
    """Return one remedy for each limiting ground, and the provider's 数据观察员 for all. Source: art_8__para_1."""
    limiting = [finding for finding in decision.findings if finding.effect in _LIMITING]
    if not limiting:
        return ()
    ways = dict.fromkeys([*_ways(limiting, rulebook), "contact_observer"])
    texts = rulebook.duties.remedies
    return tuple(Remedy(way, inquiry.contact if texts[way].ask == "observer" else None) for way in ways)


def _ways(findings: Iterable[Finding], rulebook: Rulebook) -> list[str]:
    return [rulebook.grounds[finding.rule].remedy for finding in findings]
