"""A rule as its source states it, before any engine has been asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.model import Effect


@dataclass(frozen=True, slots=True)
class Rule:
    """One Rego rule of the analysable subset, read statically. The id is folder, package segment and ground at once."""

    id: str
    effect: Effect
    title: str  # Chinese, the rule in the law's words
    description: str  # one English sentence
    articles: tuple[str, ...]  # the first is the ground, the others support it
    remedy: str  # id in duties.yaml; empty for oblige and advise
    exceptions: Mapping[str, str]  # private helper -> article that makes the exception
    readings: tuple[str, ...]  # readings its body compares, or metadata names
    reads: tuple[str, ...]  # facts, sorted; from the source, never from a list
    named: Mapping[str, frozenset[str]]  # fact -> values the source compares it with
    path: str  # relative to the policy root, for example rego/access/rules/onward_supply/onward_supply.rego
    source: str
    package: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a Casbin table: a cell for each column, `*` for any value, and the rule it belongs to."""

    cells: tuple[str, ...]
    rule: str
    line: int


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """A Casbin model with its rows, past the strict door. `columns` are names of facts."""

    name: str  # permissions | purposes | administration
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    articles: Mapping[str, tuple[str, ...]]  # rule -> articles
    titles: Mapping[str, str]  # rule -> Chinese
    model: str  # text of the Casbin model
    path: str
