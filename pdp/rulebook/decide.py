"""Combine what the tables say: forbid over refer over doubt over permit; silence denies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.model import SETTLES, Effect, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pdp.model import Finding
    from pdp.rulebook.table import TruthTable

GRANTS = frozenset({Effect.PERMIT, Effect.ADMIT})  # a grant needs a row of each table
APPORTIONED = frozenset({"sharing", "opening"})  # values of `relation` in which a part may be released
ORDER = {effect: place for place, effect in enumerate(Effect)}


def decide(
    tables: Iterable[TruthTable],
    vector: tuple[str, ...],
    index: Mapping[str, int],
    grants: frozenset[Effect] = GRANTS,
) -> Verdict:
    """Return the one verdict that `tables` require for `vector`, with its findings, sorted and single.

    Every rule that holds is a finding, but obligations of permits only.

    Args:
        tables: in any order; a table that is given twice counts once.
        vector: a value for every fact of the vocabulary.
        index: position of each fact in `vector`.
        grants: the tables of which a grant needs a row each.

    Raises:
        KeyError: a value is none of its fact's; never read as "does not hold".
    """
    findings = {table.finding for table in tables if table.holds(vector)}
    spoken = {finding.effect for finding in findings}
    outcome = next((SETTLES[effect] for effect in SETTLES if effect in spoken), None)
    if outcome is None:
        granted = spoken >= grants
        outcome = _extent(vector, index) if granted else Outcome.DENY
    if not outcome.permits:
        findings = {finding for finding in findings if finding.effect is not Effect.OBLIGE}  # a refusal binds nobody
    return Verdict(outcome, tuple(sorted(findings, key=_place)))


def _extent(vector: tuple[str, ...], index: Mapping[str, int]) -> Outcome:
    """Return whether all or a part is released: a part of what was asked is PARTIAL, except in a body's own use.

    Without the two facts that say so, it is all.
    """
    if "field_coverage" not in index or "relation" not in index:
        return Outcome.PERMIT
    apportioned = vector[index["relation"]] in APPORTIONED
    return Outcome.PARTIAL if apportioned and vector[index["field_coverage"]] == "some" else Outcome.PERMIT


def _place(finding: Finding) -> tuple[int, str, tuple[str, ...]]:
    return ORDER[finding.effect], finding.rule, finding.articles
