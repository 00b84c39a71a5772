"""Check that the files of a policy root name one another rightly: articles, rules, remedies, texts and readings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.errors import PolicyError
from pdp.model import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pdp.rulebook.policy_set import PolicySet

DUTIES = "policies/duties.yaml"


def check_references(policies: PolicySet, files: Mapping[str, bytes]) -> None:
    """Check every reference from one file to another.

    Raises:
        PolicyError: the first that leads nowhere, at the line where it stands.
    """
    check = _References(policies, files)
    check.articles()
    check.ids()
    check.remedies()
    check.texts()


class _References:
    def __init__(self, policies: PolicySet, files: Mapping[str, bytes]) -> None:
        self.policies = policies
        self.files = files
        self.law = f"policies/law/{policies.instrument.id}.yaml"

    def articles(self) -> None:
        """Every unit cited is in the register, coded where a rule or fact rests on it; every coded unit is cited."""
        units = self.policies.instrument.units
        deciding, supporting = set(self._deciding()), set(self._supporting())
        for path, name in sorted(deciding | supporting):
            if name not in units:
                raise self._wrong(path, name, f"{name} is no unit of the register", f"see {self.law}")
        for path, name in sorted(deciding):
            if not units[name].coded:
                raise self._wrong(path, name, f"{name} is cited, the register says it is not coded", "mend one of them")
        cited = {name for _, name in deciding | supporting}
        for unit in units.values():
            if unit.coded and unit.id not in cited:
                fault = f"{unit.id} is coded, but nothing cites it"
                raise self._wrong(self.law, unit.text, fault, "cite it, or say why it carries no rule")

    def ids(self) -> None:
        """A rule id means one rule, Rego or row."""
        taken = dict.fromkeys(self.policies.rules, "a Rego rule")
        policies = self.policies
        for table in (policies.permissions, policies.purposes, policies.administration, policies.posts):
            for rule in table.articles:
                if rule in taken:
                    raise self._wrong(table.path, rule, f"{rule} is {taken[rule]} too", "give each rule its own id")
                taken[rule] = f"a row of {table.name}"

    def remedies(self) -> None:
        """Every remedy named is in duties.yaml, and every pointer to other law stands beside a rule that exists."""
        known = self.policies.duties.remedies
        for rule in self.policies.rules.values():
            if rule.remedy and rule.remedy not in known:
                fault = f"the remedy {rule.remedy} is not in {DUTIES}"
                raise self._wrong(rule.path, rule.remedy, fault, "add it, or name another")
        for remedy in known.values():
            for name in remedy.see_also:
                if name not in self.policies.rules or self.policies.rules[name].remedy != remedy.id:
                    raise self._wrong(DUTIES, name, f"no rule {name} has the remedy {remedy.id}", "delete the pointer")

    def texts(self) -> None:
        """Every oblige and advise rule has its text, and every text its rule."""
        pairs: tuple[tuple[Effect, Mapping[str, object]], ...] = (
            (Effect.OBLIGE, self.policies.duties.obligations),
            (Effect.ADVISE, self.policies.duties.advisories),
        )
        for effect, told in pairs:
            rules = {rule.id: rule.path for rule in self.policies.rules.values() if rule.effect is effect}
            for name in rules.keys() - told.keys():
                raise self._wrong(rules[name], effect.value, f"{name} has no text", f"write it in {DUTIES}")
            for name in told.keys() - rules.keys():
                raise self._wrong(DUTIES, name, f"no rule says {effect} {name}", "delete the text, or write the rule")

    def _deciding(self) -> Iterator[tuple[str, str]]:
        """Yield every citation of a fact, rule, row or duty, with the file it stands in."""
        policies, duties = self.policies, self.policies.duties
        yield from _each("policies/facts.yaml", (fact.articles for fact in policies.vocabulary.facts.values()))
        for rule in policies.rules.values():
            yield from _each(rule.path, (rule.articles, rule.exceptions.values()))
        for table in (policies.permissions, policies.purposes):
            yield from _each(table.path, table.articles.values())
        yield from _each(DUTIES, (text.articles for text in duties.obligations.values()))
        yield from _each(DUTIES, (text.articles for text in duties.advisories.values()))

    def _supporting(self) -> Iterator[tuple[str, str]]:
        """Yield every other citation: whom to ask, who may record what, what is an open question."""
        policies = self.policies
        yield from _each(DUTIES, (text.articles for text in policies.duties.remedies.values()))
        for table in (policies.administration, policies.posts):
            yield from _each(table.path, table.articles.values())
        for reading in policies.readings.entries.values():
            yield from _each(f"policies/readings/{reading.id}.yaml", (reading.text,))

    def _wrong(self, path: str, word: str, fault: str, remedy: str) -> PolicyError:
        """Return the error at the first line of `path` that holds `word`."""
        lines = self.files[path].decode().split("\n")
        line = next((number for number, text in enumerate(lines, 1) if word in text), 1)
        return PolicyError(path, line, fault, remedy)


def _each(path: str, groups: Iterable[Iterable[str]]) -> Iterator[tuple[str, str]]:
    for group in groups:
        for unit in group:
            yield path, unit
