"""Show a failed case to a lawyer: what should be, what is, the facts with their evidence, and the grounds found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.law import cite
from pdp.model import Effect, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.testing.runner import Difference, Result
    from pdp.ledger.statement import Statement
    from pdp.model import FieldGroup, Finding
    from pdp.rulebook.rulebook import Rulebook
    from pdp.vocabulary import Vocabulary

_OUTCOMES = {
    Outcome.PERMIT: "予以提供",
    Outcome.PARTIAL: "部分提供",
    Outcome.DENY: "不予提供",
    Outcome.REFER: "转适用其他规定或渠道",
    Outcome.INDETERMINATE: "无法判定",
}
_SAYS = {
    Effect.FORBID: "不予提供",
    Effect.REFER: "转",
    Effect.DOUBT: "无法判定",
    Effect.PERMIT: "可以提供",
    Effect.ADMIT: "用途许可",
}


def shown(result: Result, rulebook: Rulebook) -> str:
    """Return the whole report on one result, line by line, in Chinese."""
    case = result.case
    lines = [f"{case.name}({case.path}:{case.line})"]
    lines += [f"  {_article(unit)}" for unit in case.articles]
    if result.fault:
        lines.append(f"  前提不能成立:{result.fault}")
    lines += [line for difference in result.differences for line in _difference(difference)]
    if result.inquiry is not None:
        told = {statement.seq: statement for statement in result.statements}
        for group in result.inquiry.groups:
            lines += _facts(group, rulebook.vocabulary, told)
    if result.decision is not None:
        lines += _grounds(result.decision.findings, rulebook)
    return "\n".join(lines)


def _article(unit: str) -> str:
    return f"{cite(unit)} {unit}"


def _difference(difference: Difference) -> Iterator[str]:
    yield f"  {difference.about}"
    yield f"    应为:{_worded(difference.should)}"
    yield f"    实为:{_worded(difference.found)}"


def _worded(text: str) -> str:
    """Return `text`; an outcome with its Chinese."""
    return f"{_OUTCOMES[Outcome(text)]} {text}" if text in set(Outcome) else text


def _facts(group: FieldGroup, vocabulary: Vocabulary, told: Mapping[int, Statement]) -> Iterator[str]:
    yield f"  事实({'、'.join(group.asked)})" if group.asked else "  事实"
    for name, fact in vocabulary.facts.items():
        value = group.facts[name]
        resting = "、".join(_evidence(ref, told) for ref in group.facts.evidence.get(name, ()))
        yield f"    {fact.label} = {fact.values[value].label}({name}: {value})" + (f" ← {resting}" if resting else "")


def _evidence(ref: str, told: Mapping[int, Statement]) -> str:
    """Return what a fact rests on: the statement that a case tells, or the policy file."""
    source, _, name = ref.partition(":")
    said = told.get(int(name)) if source == "s" else None
    if said is None:
        return name
    about = said.body.get("id") or said.body.get("dataset") or ""
    return f"{said.kind} {about} {said.at.date().isoformat()}({said.by})"


def _grounds(findings: tuple[Finding, ...], rulebook: Rulebook) -> Iterator[str]:
    yield "  规则"
    for finding in findings:
        if finding.effect in _SAYS:
            cited = "、".join(cite(unit) for unit in finding.articles)
            yield f"    {_SAYS[finding.effect]} {finding.rule}:{rulebook.grounds[finding.rule].title}({cited})"
