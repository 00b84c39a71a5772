"""`gateway/authz` and `gateway/authz/allow`: one object that every gateway's dialect can read, or its bare Boolean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import orjson

from adapters.callers import Detail
from adapters.gateways import decision_headers as told
from adapters.gateways.headers import RejectedError
from adapters.gateways.obligations import custom_obligations, to_carry_out
from adapters.gateways.opa_dialects import READERS, spring
from adapters.gateways.opa_document import DOOR, Reply
from adapters.gateways.refusal import RefusalWriter, takes_tokens
from adapters.gateways.strict_json import read_object
from adapters.gateways.verdict_words import admin_reason, user_reason
from adapters.gateways.whole_question import reader
from adapters.gateways.words_in_force import decisive_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.callers import Caller
    from adapters.gateways.call import Asked, Call, CallReader
    from adapters.gateways.decision_service import DecisionService
    from adapters.gateways.decision_token import TokenWriter
    from adapters.gateways.opa_document import Visit
    from pdp.model import AccessRequest, Answer
    from pdp.rulebook.rulebook import Rulebook

SHAPE: Final = "authzen"  # of the input, where the registration names no dialect
_ENDPOINT: Final = "endpoint"  # type of a resource that is a call, in Spring's questions
_HEADERS: Final = {  # in the case in which clients copy them
    told.ID: "X-Decision-Id", told.OUTCOME: "X-Decision-Outcome", told.OBLIGATIONS: "X-Obligations",
    told.TOKEN: "X-Decision-Token",
}  # fmt: skip


class QuestionReader:
    """Reads an input in the dialect of whoever sends it; a dialect is registered, never guessed from its shape."""

    def __init__(self, service: DecisionService, calls: CallReader | None) -> None:
        """Read questions to `service`, and have calls of gateways read by `calls`; None: there are no gateways."""
        self._service = service
        self._calls = calls

    def read(self, put: Mapping[str, object], visit: Visit) -> tuple[AccessRequest, Asked | None]:
        """Return the question that `put` is, and what else its call says; None: it is no call."""
        dialect = visit.caller.dialect or SHAPE
        if dialect == "trino":
            raise RejectedError(403, f'caller: "{visit.caller.id}" speaks for Trino, which asks other documents')
        if dialect != SHAPE:
            return self._called(READERS[dialect](put), visit)
        resource = put.get("resource")
        if isinstance(resource, dict) and resource.get("type") == _ENDPOINT:
            return self._called(spring(put), visit)
        body, read = orjson.dumps(put), reader(self._service.policy, self._calls)
        question = read(read_object(body), body, visit.caller, visit.request_id)
        visit.check_kind(question)
        return replace(question, door=DOOR), None

    def _called(self, call: Call, visit: Visit) -> tuple[AccessRequest, Asked]:
        if self._calls is None:
            raise RejectedError(403, "service: no route map is loaded; register the routes of this gateway")
        known = call if visit.request_id is None else replace(call, request_id=visit.request_id)
        asked = self._calls.read(known, visit.caller, DOOR)
        return asked.request, asked

    def takes_tokens(self, asked: Asked | None, caller: Caller) -> bool:
        """Return whether an end user's token could change the answer; any question that is no call can have one."""
        if asked is None or self._calls is None:
            return True
        return takes_tokens(asked.request, self._calls.route_map(caller))


class GatewayDocument:
    """One of the two documents of gateways. Belongs to one event loop."""

    many = False

    def __init__(
        self,
        service: DecisionService,
        questions: QuestionReader,
        tokens: TokenWriter | None = None,
        *,
        bare: bool = False,
    ) -> None:
        """Answer what `questions` can read: an object, or if `bare` its member `allow` alone."""
        self._service = service
        self._questions = questions
        self._tokens = tokens
        self._bare = bare
        self._words = Words(service.rulebook)

    async def reply(self, put: Mapping[str, object], visit: Visit) -> Reply:
        """Return whether the call may go on, and what its gateway is to hand on or to carry out."""
        question, asked = self._questions.read(put, visit)
        answer = await visit.ask(question)
        permits = answer.decision.outcome.permits
        measures = to_carry_out(answer, question).measures
        if self._bare:
            return Reply(permits, (answer,))
        token = None
        if permits and asked is not None and self._tokens is not None:
            token = self._tokens.token(answer, asked)
        if self._words.rulebook is not self._service.rulebook:
            self._words = Words(self._service.rulebook)
        result = self._words.result(answer, measures, visit.caller.detail, token)
        if not permits:
            token_helps = self._questions.takes_tokens(asked, visit.caller)
            result |= self._words.refusal(answer, visit.caller.detail, token_helps=token_helps)
        return Reply(result, (answer,))


class Words:
    """What gateways are told, in the words of one revision."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self._reads = decisive_facts(rulebook)
        self._refusals = RefusalWriter(rulebook)

    def result(self, answer: Answer, measures: tuple[str, ...], detail: Detail, token: str | None) -> dict[str, object]:
        """Return the members that every answer has; `measures` are what the caller must carry out."""
        decision = answer.decision
        permits = decision.outcome.permits
        context: dict[str, object] = {"id": answer.id}
        if detail is not Detail.NONE:
            context["reason_user"] = user_reason(decision, answer.inquiry, self.rulebook)
        if detail is Detail.FULL:
            context["reason_admin"] = admin_reason(decision, answer.inquiry, self.rulebook, self._reads)
        all_headers = told.decision_headers(answer, measures, token)
        headers = {_HEADERS[name]: value for name, value in all_headers if name in _HEADERS}
        return {
            "allow": permits, "allowed": permits, "decision": permits, "headers": headers, "context": context,
            "obligations": orjson.loads(custom_obligations(decision, answer.inquiry)),
        }  # fmt: skip

    def refusal(self, answer: Answer, detail: Detail, *, token_helps: bool) -> dict[str, object]:
        """Return the members of a refusal; 401 where it rests on it that the end user proved nothing, and could."""
        status = 401 if token_helps and self._refusals.rests_on_assurance(answer) else 403
        reason = self._refusals.reason(answer)
        spoken = {} if detail is Detail.NONE else {"reason": reason["zh"], "message": reason["zh"]}
        body = self._refusals.body(answer, reason, detail).decode()
        return {**spoken, "status": status, "status_code": status, "http_status": status, "body": body}
