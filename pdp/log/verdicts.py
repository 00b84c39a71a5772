"""What the facts and the rules say, as a record keeps it; what depends on the vector alone is spelled once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.log.canonical import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pdp.model import Facts, Finding, Verdict
    from pdp.vocabulary import Vocabulary

REMEMBERED: Final = 4096  # vectors; about 2.5 KB each
NOT_APPLICABLE: Final = "not_applicable"
EVIDENCE: Final = 8  # strings a fact


class Spelled(NamedTuple):
    """One vector's facts and findings in canonical JSON, and the verdict they belong to."""

    verdict: Verdict
    facts: str
    findings: str


class VerdictWriter:
    """Writes the members `facts`, `evidence` and `findings` of one revision."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._sorted = tuple(sorted(vocabulary.index.items()))
        self._known: dict[tuple[str, ...], Spelled] = {}
        self._resting: dict[tuple[str, ...], str] = {}

    def spell(self, facts: Facts, verdict: Verdict) -> Spelled:
        """Return the spelling of `facts` and of `verdict`, which depend on the vector alone."""
        spelled = self._known.get(facts.vector)
        if spelled is None or spelled.verdict is not verdict:
            spelled = self._spell(facts.vector, verdict)
        return spelled

    def evidence(self, evidence: Mapping[str, tuple[str, ...]]) -> str:
        """Return the JSON of what the facts rest on, facts sorted by name; a fact that rests on nothing is left out."""
        resting = self._resting
        try:
            spelled = [f'"{name}":{resting[evidence[name]]}' for name in sorted(evidence) if evidence[name]]
        except KeyError:
            self._learn(evidence.values())
            return self.evidence(evidence)
        return f"{{{','.join(spelled)}}}"

    def _spell(self, vector: tuple[str, ...], verdict: Verdict) -> Spelled:
        applying = {name: vector[place] for name, place in self._sorted if vector[place] != NOT_APPLICABLE}
        spelled = Spelled(verdict, encode(applying).decode(), findings_json(verdict.findings))
        if len(self._known) >= REMEMBERED:
            self._known.clear()  # forgetting all at once costs nothing on the look-ups in between
        self._known[vector] = spelled
        return spelled

    def _learn(self, lists: Iterable[tuple[str, ...]]) -> None:
        """Spell every list of evidence that is not known, and forget the others if there are too many."""
        if len(self._resting) >= REMEMBERED:
            self._resting.clear()
        for strings in lists:
            self._resting[strings] = encode(strings[:EVIDENCE]).decode()


def findings_json(findings: Iterable[Finding]) -> str:
    """Return the JSON of findings, in the order given: `{articles, effect, rule}` each."""
    return encode(
        [{"rule": found.rule, "effect": found.effect.value, "articles": list(found.articles)} for found in findings]
    ).decode()
