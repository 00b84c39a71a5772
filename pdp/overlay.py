"""What overlays say of a question, read and applied: they restrict, and nothing else.

An overlay is a body's own rules on its own server. Its answer is a list of `{"effect": …, "rule": …}`, perhaps with the
`fields` that are meant; whatever else it is, and whatever keeps it from being one, leaves the question in doubt.
Source: design, § 9.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pdp.errors import OverlayError
from pdp.model import SETTLES, Effect, FieldLimit, Finding, Overlaid, Unheard, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pdp.model import FieldGroup, Limits

MOST: Final = 32  # findings in one answer
UNAVAILABLE: Final = "overlay_unavailable"  # the rule that holds where nothing is known of an overlay
BETWEEN: Final = ":"  # an overlay and its rule
SPOKEN: Final = (*SETTLES, Effect.OBLIGE)  # all that an overlay may say
_MEMBERS: Final = frozenset({"effect", "rule"})
_FIELDS: Final = "fields"  # a finding may have it too
_COVERAGE: Final = "field_coverage"  # the fact that says how much of a group lies inside the authority
_RULE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_EFFECTS: Final = {effect.value: effect for effect in SPOKEN}
_ORDER: Final = {effect: place for place, effect in enumerate(Effect)}


def concerned(limits: Limits, datasets: Collection[str], providers: Collection[str]) -> bool:
    """Return whether an overlay is asked about a question.

    Args:
        limits: the overlay.
        datasets: ids of all that is asked for.
        providers: of these, as far as they are known; of a data set that nobody provides it is asked too.
    """
    if limits.datasets and limits.datasets.isdisjoint(datasets):
        return False
    return not limits.providers or "" in providers or not limits.providers.isdisjoint(providers)


def heard(
    limits: Limits, answer: object, duties: Mapping[str, tuple[str, ...]], told: Mapping[str, str] | None = None
) -> Overlaid:
    """Return the findings in an overlay's answer, sorted and single.

    Args:
        limits: the overlay.
        answer: decoded JSON of any shape.
        duties: those that it may name, each with its articles.
        told: the fields asked for, by the names under which it was told of them; None: of none.

    Raises:
        OverlayError: it is no list of findings that restrict.
    """
    if not isinstance(answer, list):
        raise OverlayError(Unheard.NO_LIST)
    if len(answer) > MOST:
        raise OverlayError(Unheard.TOO_MANY_FINDINGS)
    found: dict[tuple[str, ...], set[Finding]] = {}
    for member in answer:
        finding = _finding(limits, member, duties)
        found.setdefault(_meant(member, told or {}), set()).add(finding)
    whole = found.pop((), set())
    return Overlaid(
        limits, _sorted(whole), limited=tuple([FieldLimit(fields, _sorted(found[fields])) for fields in sorted(found)])
    )


def unheard(limits: Limits) -> tuple[Finding, ...]:
    """Return the doubt that is left where an overlay says nothing that can be used."""
    return (Finding(f"{limits.id}{BETWEEN}{UNAVAILABLE}", Effect.DOUBT, limits.articles),)


def applying(overlaid: Iterable[Overlaid], fields: Collection[str] | None) -> list[Overlaid]:
    """Return what overlays say of these fields, all of it as of the whole; None: of all fields that they name."""
    return [
        one
        if not one.limited
        else replace(
            one,
            limited=(),
            findings=_sorted({*one.findings, *(finding for limit in _met(one, fields) for finding in limit.findings)}),
        )
        for one in overlaid
    ]


def divided(group: FieldGroup, overlaid: Iterable[Overlaid]) -> list[FieldGroup]:
    """Return `group` in parts such that what overlays say of one field of a part, they say of all of them."""
    limits = [frozenset(limit.fields) for one in overlaid for limit in one.limited]
    parts: dict[tuple[bool, ...], list[str]] = {}
    for name in group.asked:
        parts.setdefault(tuple([name in limit for limit in limits]), []).append(name)
    if len(parts) <= 1:
        return [group]
    return [_part(group, names) for names in parts.values()]


def restricted(verdict: Verdict, overlaid: Iterable[Overlaid]) -> Verdict:
    """Return `verdict` under what overlays say. It permits nothing more, and is never milder than it was."""
    said = {finding for one in overlaid for finding in one.findings}
    if not said:
        return verdict
    spoken = {SETTLES[finding.effect] for finding in said if finding.effect in SETTLES}
    outcome = next(
        (limit for limit in SETTLES.values() if limit in spoken or limit is verdict.outcome), verdict.outcome
    )
    known = {(finding.rule, finding.effect) for finding in verdict.findings}
    further = {finding for finding in said if (finding.rule, finding.effect) not in known}
    findings = {*verdict.findings, *_single(further)}
    if not outcome.permits:
        findings = {finding for finding in findings if finding.effect is not Effect.OBLIGE}  # a refusal binds nobody
    return Verdict(outcome, _sorted(findings))


def speaker(rule: str) -> str:
    """Return the id of the overlay whose rule this is; empty: it is one of ours."""
    overlay, between, _ = rule.partition(BETWEEN)
    return overlay if between else ""


def name_of(rule: str) -> str:
    """Return what an overlay calls its rule."""
    return rule.rpartition(BETWEEN)[2]


def title(rule: str, body: str, declared: str = "") -> tuple[str, str]:
    """Return a rule of an overlay in words, Chinese and English; `declared` is its title in the settings, if any."""
    if name_of(rule) == UNAVAILABLE:
        return f"机构 {body} 自行附加的限制未能查明", f"The limits that {body} adds could not be found out."
    return declared or f"机构 {body} 自行附加的限制:{name_of(rule)}", f"{body} adds this limit of its own."


def titles(overlaid: Iterable[Overlaid]) -> dict[str, tuple[str, str]]:
    """Return each rule of `overlaid` that limits, in words, Chinese and English."""
    return {
        finding.rule: title(finding.rule, one.limits.body, one.limits.titles.get(name_of(finding.rule), ""))
        for one in applying(overlaid, None)
        for finding in one.findings
        if finding.effect in SETTLES
    }


def _finding(limits: Limits, member: object, duties: Mapping[str, tuple[str, ...]]) -> Finding:
    if not isinstance(member, dict) or member.keys() - {_FIELDS} != _MEMBERS:
        raise OverlayError(Unheard.NO_FINDING)
    effect = _EFFECTS.get(member["effect"]) if isinstance(member["effect"], str) else None
    if effect is None:
        raise OverlayError(Unheard.UNKNOWN_EFFECT)
    rule = member["rule"]
    if not isinstance(rule, str) or not _RULE.fullmatch(rule) or rule == UNAVAILABLE:
        raise OverlayError(Unheard.UNKNOWN_RULE)
    if effect is not Effect.OBLIGE:
        return Finding(f"{limits.id}{BETWEEN}{rule}", effect, limits.articles)
    if rule not in duties:
        raise OverlayError(Unheard.UNKNOWN_DUTY)
    return Finding(rule, effect, limits.articles or duties[rule])


def _meant(member: Mapping[str, object], told: Mapping[str, str]) -> tuple[str, ...]:
    """Return the fields that a finding is about; none: the question as a whole."""
    if _FIELDS not in member:
        return ()
    names = member[_FIELDS]
    if not isinstance(names, list) or not names:
        raise OverlayError(Unheard.NO_FINDING)
    known = {told[name] for name in names if isinstance(name, str) and name in told}
    if len(known) != len(names):  # named twice, misspelt, or not asked for
        raise OverlayError(Unheard.UNKNOWN_FIELD)
    return tuple(sorted(known))


def _met(one: Overlaid, fields: Collection[str] | None) -> list[FieldLimit]:
    return [limit for limit in one.limited if fields is None or not set(limit.fields).isdisjoint(fields)]


def _part(group: FieldGroup, names: Sequence[str]) -> FieldGroup:
    """Return the part of `group` with these fields; where none of them is covered, its facts say so."""
    covered = tuple([name for name in group.covered if name in names])
    facts = group.facts
    place = facts.index.get(_COVERAGE)
    if not covered and place is not None and facts.vector[place] == "some":
        facts = replace(facts, vector=(*facts.vector[:place], "none", *facts.vector[place + 1 :]))
    return replace(group, asked=tuple(names), covered=covered, facts=facts)


def _single(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Return one finding for each rule and effect: two overlays may oblige to one duty."""
    return {(finding.rule, finding.effect): finding for finding in sorted(findings, reverse=True)}.values()


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda found: (_ORDER[found.effect], found.rule, found.articles)))
