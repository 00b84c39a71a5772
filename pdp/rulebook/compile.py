"""From sources to truth tables: what engines are asked about a rule, and the table that their answers make."""

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


def rule_table(rule: Rule, vocabulary: Vocabulary, asked: Job, answer: Sequence[bool]) -> TruthTable:
    """Return the table of `rule` as an engine answered it, held against our own reading of the source.

    Raises:
        UnavailableError: the answer is short, is no list of yes and no, or says otherwise than the source.
    """
    if len(answer) != len(asked.inputs) or any(type(said) is not bool for said in answer):
        message = f"{rule.path}: no full list of yes and no was answered"
        raise UnavailableError(message)
    for facts, said in zip(asked.inputs, answer, strict=True):
        reads = rule.holds(facts, asked.readings)
        if said != reads:
            message = (
                f"{rule.path}: for {_shown(facts)} the engine says {_yes(holds=said)}, the source {_yes(holds=reads)}"
            )
            raise UnavailableError(message)
    rows = {tuple(facts.values()): said for facts, said in zip(asked.inputs, answer, strict=True)}
    return _table(Finding(rule.id, rule.effect, rule.articles), _alike(rule, vocabulary), rows, vocabulary)


def requests(table: PolicyTable, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
    """Return every combination of values that `table`, whose columns are facts, can tell apart."""
    return tuple(product(*_choices(_columns(table, vocabulary))))


def table_job(table: PolicyTable, asked: tuple[tuple[str, ...], ...]) -> TableJob:
    """Return the question to an engine: which row of `table` matches each request?"""
    return TableJob(table.path, table.model, tuple((*row.cells, row.rule) for row in table.rows), asked)


def matches(table: PolicyTable, asked: tuple[tuple[str, ...], ...], answer: Sequence[int | None]) -> Matches:
    """Return the one row that an engine reported for each request, held against the cells.

    Raises:
        UnavailableError: the answer is short, or reports another row than the one whose cells match.
    """
    if len(answer) != len(asked):
        message = f"{table.path}: {len(answer)} of {len(asked)} requests were answered"
        raise UnavailableError(message)
    expected = _matched(table, asked)
    for request, said in zip(asked, answer, strict=True):
        if said != expected.get(request):
            message = (
                f"{table.path}: for {', '.join(request)} the engine reports row {said}, "
                f"the cells say {expected.get(request)}"
            )
            raise UnavailableError(message)
    return dict(zip(asked, answer, strict=True))


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


def _columns(table: PolicyTable, vocabulary: Vocabulary) -> dict[str, dict[str, str]]:
    return {
        fact: alike(vocabulary.facts[fact].values, frozenset(row.cells[place] for row in table.rows))
        for place, fact in enumerate(table.columns)
    }


def _matched(table: PolicyTable, asked: tuple[tuple[str, ...], ...]) -> dict[tuple[str, ...], int]:
    """Return every request that some row matches, with the index of that row: our own reading of the cells."""
    columns = [dict.fromkeys(values) for values in zip(*asked, strict=True)]
    return {
        request: place
        for place, row in enumerate(table.rows)
        for request in product(
            *(column if cell == "*" else (cell,) for cell, column in zip(row.cells, columns, strict=True))
        )
    }


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
