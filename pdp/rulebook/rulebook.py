"""The rulebook: every table of one revision, and the verdict for a vector of facts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from pdp.rulebook.decide import GRANTS, decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pdp.model import Effect, Verdict
    from pdp.rulebook.duties import Duties
    from pdp.rulebook.rule import Rule
    from pdp.rulebook.table import TruthTable
    from pdp.vocabulary import Vocabulary

REMEMBERED = 8192  # verdicts kept; about 1.5 KB each


@dataclass(frozen=True, slots=True)
class Revision:
    """What a verdict rests on: hex SHA-256 over relative paths and bytes of the files, and over the compiled tables."""

    law: str
    policy: str  # facts, tables, models and duties
    rego: str
    readings: str
    calendar: str
    rulebook: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A rule as people are told of it, whether Rego or table row."""

    id: str
    effect: Effect
    title: str  # Chinese, the rule in the law's words
    articles: tuple[str, ...]  # the first is the ground, the others support it
    remedy: str  # id in duties.yaml; empty for a rule that refuses nothing


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rulebook:
    """The compiled rules of one revision. Unchanging, but for verdicts it remembers; safe from several threads."""

    vocabulary: Vocabulary
    tables: tuple[TruthTable, ...]
    grounds: Mapping[str, Ground]  # every rule, Rego or row, by id
    rules: Mapping[str, Rule]  # the Rego rules by id, as their sources state them
    duties: Duties
    administration: frozenset[tuple[str, str]]  # (role, kind of statement) that may be recorded
    posts: frozenset[tuple[str, str]]  # (post, act) that a person may do
    revision: Revision
    grants: frozenset[Effect] = GRANTS  # the tables of which a grant needs a row each
    _possible: tuple[Mapping[str, int], ...] = field(init=False)
    _seen: dict[tuple[str, ...], Verdict] = field(init=False)

    def __post_init__(self) -> None:
        """Lay out which tables each value leaves possible."""
        object.__setattr__(self, "_possible", _masks(self.vocabulary, self.tables))
        object.__setattr__(self, "_seen", {})

    def __repr__(self) -> str:
        return f"Rulebook({self.revision.rulebook!r})"

    def judge(self, vector: tuple[str, ...]) -> Verdict:
        """Return the verdict for `vector`, a value for every fact in the vocabulary's order.

        Raises:
            KeyError: a value is none of its fact's.
            ValueError: the vector has too few or too many values.
        """
        verdict = self._seen.get(vector)
        if verdict is None:
            verdict = self._seen[vector] = self._decide(vector)
        return verdict

    def may(self, role: str, kind: str) -> bool:
        """Return whether a statement of `kind` may be recorded by someone who holds `role` in it."""
        return (role, kind) in self.administration

    def may_do(self, post: str, act: str) -> bool:
        """Return whether a person who holds `post` may do `act`: a kind of statement, or an act on the service.

        It says nothing about the body: for a statement `may` must hold as well. Source: art_38__para_2, art_8__para_1.
        """
        return (post, act) in self.posts

    def _decide(self, vector: tuple[str, ...]) -> Verdict:
        if len(self._seen) >= REMEMBERED:
            self._seen.clear()  # forgetting all at once costs nothing on the look-ups in between
        candidates = (1 << len(self.tables)) - 1
        for masks, value in zip(self._possible, vector, strict=True):
            candidates &= masks[value]
        return decide(_chosen(self.tables, candidates), vector, self.vocabulary.index, self.grants)


def digest(tables: Iterable[TruthTable]) -> str:
    """Return the hex SHA-256 of `tables` in canonical form; equal for equal tables in any order."""
    lines = sorted(json.dumps(_plain(table), sort_keys=True, separators=(",", ":")) for table in tables)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _masks(vocabulary: Vocabulary, tables: tuple[TruthTable, ...]) -> tuple[Mapping[str, int], ...]:
    """Return, for each fact and each of its values, a bit for every table that can hold with that value."""
    everything = (1 << len(tables)) - 1
    masks = [dict.fromkeys(fact.values, everything) for fact in vocabulary.facts.values()]
    for place, table in enumerate(tables):
        for fact, position in zip(table.reads, table.positions, strict=True):
            for value in masks[position].keys() - table.possible(fact):
                masks[position][value] &= ~(1 << place)
    return tuple(masks)


def _chosen(tables: tuple[TruthTable, ...], bits: int) -> Iterable[TruthTable]:
    while bits:
        lowest = bits & -bits
        yield tables[lowest.bit_length() - 1]
        bits ^= lowest


def _plain(table: TruthTable) -> list[object]:
    choices = table.choices
    bits = "".join("01"[table.rows[row]] for row in product(*choices))
    alike = {fact: dict(values) for fact, values in table.alike.items()}
    return [table.finding.rule, table.finding.effect, table.finding.articles, table.reads, alike, choices, bits]
