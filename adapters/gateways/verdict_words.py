"""Why, in words: what an end user may be told of a decision, and what an administrator needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.explanation import fact_words
from pdp.overlay import titles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.model import Decision, Finding, Inquiry
    from pdp.rulebook.rulebook import Rulebook


SILENCE = {"zh": "没有规则准许该请求。", "en": "No rule grants this request."}


def user_reason(decision: Decision, inquiry: Inquiry, rulebook: Rulebook) -> Mapping[str, str]:
    """Return why, by language, for an end user: no statement of another body, no evidence."""
    if not decision.grounds:
        return SILENCE
    theirs = titles(inquiry.overlaid)
    told = [theirs.get(ground.rule) or _ours(ground, rulebook) for ground in decision.grounds]
    return {"zh": ";".join(zh for zh, _ in told) + "。", "en": " ".join(en for _, en in told)}


def admin_reason(
    decision: Decision, inquiry: Inquiry, rulebook: Rulebook, reads: Mapping[str, tuple[str, ...]]
) -> Mapping[str, str]:
    """Return why, by language, for an administrator: the facts that each ground read; `reads` names them by rule."""
    if not decision.grounds:
        return SILENCE
    zh, en = [], []
    for ground in decision.grounds:
        verdicts = zip(inquiry.groups, decision.verdicts, strict=True)
        facts = next(group.facts for group, verdict in verdicts if ground in verdict.findings)
        names = reads.get(ground.rule, ())  # an overlay's rule reads what its body likes
        zh.append(f"{ground.rule}: " + "; ".join(fact_words(rulebook.vocabulary, name, facts[name]) for name in names))
        en.append(f"{ground.rule}: " + ", ".join(f"{name}={facts[name]}" for name in names))
    return {"zh": " | ".join(zh), "en": " | ".join(en)}


def _ours(ground: Finding, rulebook: Rulebook) -> tuple[str, str]:
    """Return a rule's title, and the English sentence of a Rego rule or how a table row is called."""
    rule = rulebook.rules.get(ground.rule)
    english = rule.description if rule else f"Granted by {ground.rule} of the permissions table."
    return rulebook.grounds[ground.rule].title, english
