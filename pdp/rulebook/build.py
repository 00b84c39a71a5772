"""From a policy set and what the engines answered about it to a rulebook."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from pdp.errors import UnavailableError
from pdp.model import Effect
from pdp.rulebook.compile import job, matches, requests, row_tables, rule_table, table_job
from pdp.rulebook.decide import GRANTS
from pdp.rulebook.rulebook import Ground, Revision, Rulebook, digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pdp.rulebook.compile import Job, Matches, TableJob
    from pdp.rulebook.policy_set import PolicySet
    from pdp.rulebook.rule import PolicyTable


@dataclass(frozen=True, slots=True)
class Questions:
    """What the engines are asked about a policy set, in order."""

    rules: tuple[Job, ...]
    tables: tuple[TableJob, ...]  # permissions, purposes, administration, posts, as far as they are there


@dataclass(frozen=True, slots=True)
class Answers:
    """What the engines answered, not yet believed."""

    rules: Sequence[Sequence[bool]]
    tables: Sequence[Sequence[int | None]]


def questions(policies: PolicySet) -> Questions:
    """Return every question that the engines must answer about `policies`."""
    constants = policies.readings.constants
    granting = (policies.permissions, policies.purposes)
    asked = [
        (table, requests(table, policies.vocabulary) if table in granting else _acts(table))
        for table in _tables(policies)
    ]
    return Questions(
        rules=tuple(job(rule, policies.vocabulary, constants) for rule in policies.rules.values()),
        tables=tuple(table_job(table, of_table) for table, of_table in asked),
    )


def build(policies: PolicySet, asked: Questions, answers: Answers) -> Rulebook:
    """Return the rulebook of `policies`, every answer held against our own reading of its source.

    Raises:
        UnavailableError: an answer is missing, is no answer, or says otherwise than its source.
    """
    if len(answers.rules) != len(asked.rules) or len(answers.tables) != len(asked.tables):
        message = "the engines did not answer every question"
        raise UnavailableError(message)
    matched = {
        table.name: matches(table, question.requests, answer)
        for table, question, answer in zip(_tables(policies), asked.tables, answers.tables, strict=True)
    }
    tables = (
        *(
            rule_table(rule, policies.vocabulary, question, answer)
            for rule, question, answer in zip(policies.rules.values(), asked.rules, answers.rules, strict=True)
        ),
        *row_tables(policies.permissions, policies.vocabulary, Effect.PERMIT, matched[policies.permissions.name]),
        *row_tables(policies.purposes, policies.vocabulary, Effect.ADMIT, matched.get(policies.purposes.name, {})),
    )
    return Rulebook(
        vocabulary=policies.vocabulary,
        tables=tables,
        grounds=dict(_grounds(policies)),
        rules=policies.rules,
        duties=policies.duties,
        administration=_granted(matched.get(policies.administration.name, {})),
        posts=_granted(matched.get(policies.posts.name, {})),
        revision=_revision(policies.digests, digest(tables)),
        grants=frozenset({Effect.PERMIT}) if policies.purposes.is_left_out else GRANTS,
    )


def _tables(policies: PolicySet) -> tuple[PolicyTable, ...]:
    """Return the tables that there are, in their order."""
    tables = (policies.permissions, policies.purposes, policies.administration, policies.posts)
    return tuple(table for table in tables if not table.is_left_out)


def _acts(table: PolicyTable) -> tuple[tuple[str, ...], ...]:
    """Return everybody that a row names with every act that a row names; what no row names nobody may do."""
    doers, acts = (tuple(dict.fromkeys(row.cells[place] for row in table.rows)) for place in (0, 1))
    return tuple(product(doers, acts))


def _granted(matched: Matches) -> frozenset[tuple[str, str]]:
    return frozenset((doer, act) for (doer, act), row in matched.items() if row is not None)


def _grounds(policies: PolicySet) -> Iterator[tuple[str, Ground]]:
    for rule in policies.rules.values():
        yield rule.id, Ground(rule.id, rule.effect, rule.title, rule.articles, rule.remedy)
    for table, effect in ((policies.permissions, Effect.PERMIT), (policies.purposes, Effect.ADMIT)):
        for rule_id, articles in table.articles.items():
            yield rule_id, Ground(rule_id, effect, table.titles[rule_id], articles, "")


def _revision(digests: Mapping[str, str], rulebook: str) -> Revision:
    return Revision(
        law=digests["law"],
        policy=digests["policy"],
        rego=digests["rego"],
        readings=digests["readings"],
        calendar=digests["calendar"],
        rulebook=rulebook,
    )
