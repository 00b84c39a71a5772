"""What the facts and the rules say, as a record keeps it; what depends on the vector alone is spelled once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.log.canonical import encode
from pdp.log.spelling import evidence_text, facts_text, findings_members

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pdp.log.masking import Masker
    from pdp.log.question import QuestionWriter
    from pdp.model import Decision, Facts, FieldGroup, Finding, Inquiry, Verdict
    from pdp.vocabulary import Vocabulary

REMEMBERED: Final = 4096  # vectors, and as many sets of evidence; about 2 KB each


class Spelled(NamedTuple):
    """One vector's facts and findings in canonical JSON, and the verdict they belong to."""

    verdict: Verdict
    facts: str
    findings: str


class VerdictWriter:
    """Writes the members `evidence`, `facts` and `findings`, or `groups` of them, of one revision."""

    def __init__(self, vocabulary: Vocabulary, masker: Masker, question: QuestionWriter) -> None:
        self._masker = masker
        self._question = question
        self._index = vocabulary.index
        self._known: dict[tuple[str, ...], Spelled] = {}
        self._resting: dict[tuple[tuple[str, tuple[str, ...]], ...], str] = {}

    def groups(self, inquiry: Inquiry, decision: Decision, masked: list[str]) -> tuple[str, str]:
        """Return what stands before and after `granted`: facts and findings, flat for one group of fields."""
        if len(inquiry.groups) == 1:
            facts = inquiry.groups[0].facts
            spelled = self.spell(facts, decision.verdicts[0])
            return f'"evidence":{self.evidence(facts)},"facts":{spelled.facts},"findings":{spelled.findings},', ""
        groups = zip(inquiry.groups, decision.verdicts, strict=True)
        spelled_groups = [self._group(place, *pair, masked) for place, pair in enumerate(groups)]
        return "", f'"groups":[{",".join(spelled_groups)}],'

    def spell(self, facts: Facts, verdict: Verdict) -> Spelled:
        """Return the spelling of `facts` and of `verdict`, which depend on the vector alone."""
        spelled = self._known.get(facts.vector)
        if spelled is None or spelled.verdict is not verdict:
            spelled = Spelled(verdict, encode(facts_text(facts.vector)).decode(), findings_json(verdict.findings))
            if len(self._known) >= REMEMBERED:
                self._known.clear()  # forgetting all at once costs nothing on the look-ups in between
            self._known[facts.vector] = spelled
        return spelled

    def evidence(self, facts: Facts) -> str:
        """Return the JSON of what the facts rest on; the same sources in the same roles are met again and again."""
        key = tuple(facts.evidence.items())
        spelled = self._resting.get(key)
        if spelled is None:
            spelled = encode(evidence_text(facts.evidence, self._index)).decode()
            if len(self._resting) >= REMEMBERED:
                self._resting.clear()
            self._resting[key] = spelled
        return spelled

    def _group(self, place: int, group: FieldGroup, verdict: Verdict, masked: list[str]) -> str:
        pointer = f"/groups/{place}"
        spelled = self.spell(group.facts, verdict)
        of = f'"dataset":{self._masker.word(group.dataset, pointer + "/dataset", masked)},' if group.dataset else ""
        return (
            f'{{{of}"evidence":{self.evidence(group.facts)},"facts":{spelled.facts},'
            f'"fields":{self._question.names(group.asked, pointer + "/fields", masked)},'
            f'"findings":{spelled.findings},"outcome":"{verdict.outcome.value}"}}'
        )


def findings_json(findings: Iterable[Finding]) -> str:
    """Return the canonical JSON of findings, as a record keeps them."""
    return encode(findings_members(findings)).decode()
