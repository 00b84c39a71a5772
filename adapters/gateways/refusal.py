"""Why a gateway's client gets nothing, as a JSON body in Chinese and English: for whoever reads more than a status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from adapters.callers import Detail
from adapters.gateways.verdict_words import user_reason
from adapters.gateways.words_in_force import decisive_facts
from pdp.law import cite
from pdp.model import UNREGISTERED
from pdp.routing.route_map import CLAIMS, TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.model import AccessRequest, Answer, Decision, Inquiry, Remedy
    from pdp.routing.route_map import RouteMap
    from pdp.rulebook.rulebook import Rulebook

ASSURANCE: Final = "assurance"
UNAUTHENTICATED: Final = "unauthenticated"
UNAVAILABLE: Final = b'{"error":"decision_unavailable"}'
_REJECTED: Final = {
    401: ("gateway_not_authenticated", "网关未通过认证,请求未受理。", "The gateway did not prove who it is."),
    403: ("gateway_not_entitled", "网关无权提出该请求。", "The gateway may not ask this."),
    429: ("over_limit", "请求过于频繁,请稍后再试。", "Too many requests; ask again later."),
}
_MALFORMED: Final = ("question_rejected", "请求无法识别,未作决定。", "The request cannot be read; nothing was decided.")


class RefusalWriter:
    """Writes refusals by the words of one revision."""

    def __init__(self, rulebook: Rulebook) -> None:
        """Take the rulebook that is about to decide."""
        self.rulebook = rulebook
        self._reads = decisive_facts(rulebook)

    def reason(self, answer: Answer) -> Mapping[str, str]:
        """Return what an end user may be told of the reason, by language."""
        return user_reason(answer.decision, answer.inquiry, self.rulebook)

    def rests_on_assurance(self, answer: Answer) -> bool:
        """Return whether a refusal rests on it that the end user is not authenticated."""
        decision = answer.decision
        return not decision.outcome.permits and any(
            ASSURANCE in self._reads.get(ground.rule, ()) and _unauthenticated(ground.rule, decision, answer.inquiry)
            for ground in decision.grounds
        )

    def body(self, answer: Answer, reason: Mapping[str, str], detail: Detail) -> bytes:
        """Return the refusal, as much of it as `detail` says; nothing of facts or evidence, for end users read it."""
        decision = answer.decision
        said: dict[str, object] = {
            "error": "access_denied",
            "decision_id": answer.id,
            "outcome": decision.outcome.value,
        }
        if detail is not Detail.NONE:
            said["reason"] = reason
            said["grounds"] = [{"rule": ground.rule, **_cited(ground.articles)} for ground in decision.grounds]
            said["remedies"] = [self._way(remedy) for remedy in decision.remedies]
        return orjson.dumps(said)

    def _way(self, remedy: Remedy) -> dict[str, object]:
        text, contact = self.rulebook.duties.remedies[remedy.id], remedy.contact
        said: dict[str, object] = {"id": remedy.id, "zh": text.zh, "en": text.en, **_cited(text.articles)}
        if contact is not None:
            said["contact"] = {"body": contact.body, "role": contact.post, "name": contact.name, "phone": contact.phone}
        return said


def takes_tokens(request: AccessRequest, route_map: RouteMap) -> bool:
    """Return whether a token of the end user's could change the answer: none opens a route that there is not."""
    return request.route != UNREGISTERED and not {TOKEN, CLAIMS}.isdisjoint(route_map.subject)


def rejected_body(status: int, fault: str) -> bytes:
    """Return why a call never became a question; `fault` is told where the call itself is at fault."""
    error, zh, en = _REJECTED.get(status, _MALFORMED)
    said: dict[str, object] = {"error": error, "reason": {"zh": zh, "en": en}}
    if status not in _REJECTED:
        said["fault"] = fault
    return orjson.dumps(said)


def _unauthenticated(rule: str, decision: Decision, inquiry: Inquiry) -> bool:
    """Return whether the end user was not authenticated in a group of fields of which `rule` spoke."""
    return any(
        group.facts[ASSURANCE] == UNAUTHENTICATED
        for group, verdict in zip(inquiry.groups, decision.verdicts, strict=True)
        if any(finding.rule == rule for finding in verdict.findings)
    )


def _cited(articles: tuple[str, ...]) -> dict[str, object]:
    return {"articles": list(articles), "cite": [cite(article) for article in articles]}
