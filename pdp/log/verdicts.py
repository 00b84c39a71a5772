"""What the facts and the rules say, as a record keeps it; what depends on the vector alone is spelled once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.log.canonical import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pdp.log.masking import Masker
    from pdp.log.question import QuestionWriter
    from pdp.model import Decision, Facts, FieldGroup, Finding, Inquiry, Verdict
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
    """Writes the members `facts`, `evidence` and `findings`, or `groups` of them, of one revision."""

    def __init__(self, vocabulary: Vocabulary, masker: Masker, question: QuestionWriter) -> None:
        self._masker = masker
        self._question = question
        self._sorted = tuple(sorted(vocabulary.index.items()))
        self._known: dict[tuple[str, ...], Spelled] = {}
        self._resting: dict[tuple[str, ...], str] = {}

    def groups(self, inquiry: Inquiry, decision: Decision, masked: list[str]) -> tuple[str, str]:
        """Return what stands before and after `granted`: facts and findings, flat for one group of fields."""
        if len(inquiry.groups) == 1:
            group, verdict = inquiry.groups[0], decision.verdicts[0]
            spelled = self.spell(group.facts, verdict)
            resting = self.evidence(group.facts.evidence)
            return f'"evidence":{resting},"facts":{spelled.facts},"findings":{spelled.findings},', ""
        groups = zip(inquiry.groups, decision.verdicts, strict=True)
        spelled_groups = [self._group(place, *pair, masked) for place, pair in enumerate(groups)]
        return "", f'"groups":[{",".join(spelled_groups)}],'

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

    def _group(self, place: int, group: FieldGroup, verdict: Verdict, masked: list[str]) -> str:
        pointer = f"/groups/{place}"
        spelled = self.spell(group.facts, verdict)
        of = f'"dataset":{self._masker.word(group.dataset, pointer + "/dataset", masked)},' if group.dataset else ""
        return (
            f'{{{of}"evidence":{self.evidence(group.facts.evidence)},"facts":{spelled.facts},'
            f'"fields":{self._question.names(group.asked, pointer + "/fields", masked)},'
            f'"findings":{spelled.findings},"outcome":"{verdict.outcome.value}"}}'
        )

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
