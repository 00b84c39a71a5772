"""From sources to truth tables: ask the real engines about every combination that each rule can tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from pdp.errors import UnavailableError
from pdp.model import Finding
from pdp.rulebook.table import TruthTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pdp.model import Effect
    from pdp.ports import RuleEngine, TableEngine
    from pdp.rulebook.rule import PolicyTable, Rule
    from pdp.vocabulary import Vocabulary

    Matches = Mapping[tuple[str, ...], int | None]  # request -> index of the row that matches

COMPILER = "1"  # changes whenever equal sources could give other tables; part of the cache's key


@dataclass(frozen=True, slots=True)
class Job:
    """One rule to be asked for a list of inputs: an `EngineJob`."""

    path: str
    source: str
    package: str
    head: str
    inputs: tuple[Mapping[str, str], ...]
    readings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TableJob:
    """One table to be asked for a list of requests: a `TableEngineJob`."""

    path: str
    model: str
    rows: tuple[tuple[str, ...], ...]  # cells and rule
    requests: tuple[tuple[str, ...], ...]


def alike(values: Iterable[str], named: frozenset[str]) -> dict[str, str]:
    """Return, for every value, the one asked about in its place: itself if `named`, else the first that is not."""
    values = tuple(values)
    other = next((value for value in values if value not in named), None)
    return {value: value if value in named or other is None else other for value in values}


def job(rule: Rule, vocabulary: Vocabulary, readings: Mapping[str, str]) -> Job:
    """Return the question to an engine: does `rule` hold, for each combination it can tell apart?"""
    choices = _choices(_alike(rule, vocabulary))
    inputs = tuple(dict(zip(rule.reads, values, strict=True)) for values in product(*choices))
    compared = {name: readings[name] for name in rule.readings}
    return Job(rule.path, rule.source, rule.package, rule.effect.value, inputs, compared)


def compile_rules(
    rules: Sequence[Rule], vocabulary: Vocabulary, readings: Mapping[str, str], engine: RuleEngine
) -> tuple[TruthTable, ...]:
    """Return the table of each rule, as `engine` answers; every answer is held against our own reading of the source.

    Raises:
        PolicyError: the engine refuses a rule.
        UnavailableError: the engine fails, answers short, or answers otherwise than the source reads.
    """
    jobs = tuple(job(rule, vocabulary, readings) for rule in rules)
    answers = engine.evaluate(jobs)
    if len(answers) != len(jobs):
        message = f"{engine.name} answered {len(answers)} of {len(jobs)} rules"
        raise UnavailableError(message)
    return tuple(
        _rule_table(rule, vocabulary, asked, answer, engine.name)
        for rule, asked, answer in zip(rules, jobs, answers, strict=True)
    )


def _rule_table(rule: Rule, vocabulary: Vocabulary, asked: Job, answer: Sequence[bool], engine: str) -> TruthTable:
    expected = [rule.holds(facts, asked.readings) for facts in asked.inputs]
    if len(answer) != len(expected) or any(type(said) is not bool for said in answer):
        message = f"{rule.path}: {engine} gave no full list of yes and no"
        raise UnavailableError(message)
    for facts, said, reads in zip(asked.inputs, answer, expected, strict=True):
        if said != reads:
            message = (
                f"{rule.path}: {engine} says {_yes(holds=said)} for {_shown(facts)}, the source {_yes(holds=reads)}"
            )
            raise UnavailableError(message)
    rows = {tuple(facts.values()): said for facts, said in zip(asked.inputs, answer, strict=True)}
    finding = Finding(rule.id, rule.effect, rule.articles)
    return _table(finding, _alike(rule, vocabulary), rows, vocabulary)


def requests(table: PolicyTable, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
    """Return every combination of values that `table`, whose columns are facts, can tell apart."""
    return tuple(product(*_choices(_columns(table, vocabulary))))


def ask_tables(
    questions: Sequence[tuple[PolicyTable, tuple[tuple[str, ...], ...]]], engine: TableEngine
) -> tuple[Matches, ...]:
    """Return, for each table, the index of the one row that `engine` reports for each request, None for no row.

    Raises:
        PolicyError: the engine refuses a model or a row.
        UnavailableError: the engine fails, or reports another row than the one whose cells match.
    """
    jobs = tuple(
        TableJob(table.path, table.model, tuple((*row.cells, row.rule) for row in table.rows), asked)
        for table, asked in questions
    )
    answers = engine.matches(jobs)
    if len(answers) != len(jobs):
        message = f"{engine.name} answered {len(answers)} of {len(jobs)} tables"
        raise UnavailableError(message)
    return tuple(
        _checked(table, asked, answer, engine.name) for (table, asked), answer in zip(questions, answers, strict=True)
    )


def row_tables(table: PolicyTable, vocabulary: Vocabulary, effect: Effect, matched: Matches) -> tuple[TruthTable, ...]:
    """Return one truth table for each rule of `table`: it holds where the reported row is one of the rule's."""
    columns = _columns(table, vocabulary)
    rules = {request: None if row is None else table.rows[row].rule for request, row in matched.items()}
    return tuple(
        _table(
            Finding(rule, effect, table.articles[rule]),
            columns,
            {request: reported == rule for request, reported in rules.items()},
            vocabulary,
        )
        for rule in dict.fromkeys(row.rule for row in table.rows)
    )


def _checked(
    table: PolicyTable, asked: tuple[tuple[str, ...], ...], answer: Sequence[int | None], engine: str
) -> Matches:
    if len(answer) != len(asked):
        message = f"{table.path}: {engine} answered {len(answer)} of {len(asked)} requests"
        raise UnavailableError(message)
    for request, said in zip(asked, answer, strict=True):
        expected = next((place for place, row in enumerate(table.rows) if _fits(row.cells, request)), None)
        if said != expected:
            message = f"{table.path}: {engine} reports row {said} for {', '.join(request)}, the cells say {expected}"
            raise UnavailableError(message)
    return dict(zip(asked, answer, strict=True))


def _columns(table: PolicyTable, vocabulary: Vocabulary) -> dict[str, dict[str, str]]:
    return {
        fact: alike(vocabulary.facts[fact].values, frozenset(row.cells[place] for row in table.rows))
        for place, fact in enumerate(table.columns)
    }


def _fits(cells: tuple[str, ...], request: tuple[str, ...]) -> bool:
    return all(cell in {"*", value} for cell, value in zip(cells, request, strict=True))


def _alike(rule: Rule, vocabulary: Vocabulary) -> dict[str, dict[str, str]]:
    return {fact: alike(vocabulary.facts[fact].values, rule.named[fact]) for fact in rule.reads}


def _choices(columns: Mapping[str, Mapping[str, str]]) -> list[tuple[str, ...]]:
    return [tuple(dict.fromkeys(representatives.values())) for representatives in columns.values()]


def _table(
    finding: Finding,
    columns: Mapping[str, Mapping[str, str]],
    rows: Mapping[tuple[str, ...], bool],
    vocabulary: Vocabulary,
) -> TruthTable:
    reads = tuple(columns)
    return TruthTable(finding, reads, tuple(vocabulary.index[fact] for fact in reads), columns, rows)


def _shown(facts: Mapping[str, str]) -> str:
    return ", ".join(f"{fact} = {value}" for fact, value in facts.items())


def _yes(*, holds: bool) -> str:
    return "yes" if holds else "no"
