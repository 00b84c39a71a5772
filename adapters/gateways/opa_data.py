"""The OPA Data API: documents asked for by POST, for every gateway and SDK that speaks it.

OPA leaves an undefined document out of its answer, and some clients read that as "no limit". So every document here is
total, and one that does not exist is 404. Errors have OPA's shape at every status.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from adapters.device.ids import Ids
from adapters.gateways.authzen import NotEntitledError
from adapters.gateways.authzen_answer import AnswerWriter
from adapters.gateways.body import GoneError, read_body
from adapters.gateways.deadline import Deadline
from adapters.gateways.doorkeeper import Doorkeeper, rejection
from adapters.gateways.gzip_bodies import accepts_gzip, unpacked, without_gzip
from adapters.gateways.headers import RejectedError, read_headers
from adapters.gateways.opa_answer import Said, Sender, UndefinedError, error, failed, ids, refused, wanted
from adapters.gateways.opa_batch import inputs_of, replies
from adapters.gateways.opa_document import DOOR, Visit
from adapters.gateways.opa_input import input_of
from adapters.gateways.strict_json import check_content_type, read_object
from adapters.logs import log_decision
from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import Receive, Scope, Send
    from structlog.typing import FilteringBoundLogger

    from adapters.callers import Caller, Callers
    from adapters.gateways.decision_service import DecisionService
    from adapters.gateways.opa_answer import Wanted
    from adapters.gateways.opa_batch import Replies
    from adapters.gateways.opa_document import Document, Reply
    from pdp.model import AccessRequest, Answer

V1: Final = "/v1/data/"
V0: Final = "/v0/data/"
BATCH: Final = "/v1/batch/data/"
COMPILE: Final = "/v1/compile/"
PREFIXES: Final = (
    *("/v1/data", "/v0/data", "/v1/batch/data", "/v1/compile"),
    *("/v1/policies", "/v1/query", "/v1/config", "/v1/status"),  # OPA's own management, which nobody is offered here
)
UNAVAILABLE: Final = 503
_FORMS: Final = (V1, V0, BATCH, COMPILE)
MANY: Final = 2.0  # seconds that many questions in one request may take


class Found(NamedTuple):
    """What is sent, the answers that it rests on, and the inputs of a batch that were no question."""

    said: Said
    answers: tuple[Answer, ...] = ()
    faults: tuple[RejectedError, ...] = ()


class _Asking:
    """Puts the questions of one request to the service; its caller was let in with one, and the others count too."""

    def __init__(self, keeper: Doorkeeper, caller: Caller, body: bytes, *, alone: bool) -> None:
        self._keeper, self._caller, self._body, self._alone = keeper, caller, body, alone
        self._first = True

    async def __call__(self, question: AccessRequest) -> Answer:
        if not self._first:
            self._keeper.further(self._caller, 1)
        self._first = False
        if not self._alone:
            question = replace(question, cache=None)  # nobody keeps the answer to several
        return await self._keeper.service.answer(question, self._body)


class OpaDataDoor:
    """Answers under the data and compile prefixes. Belongs to one event loop."""

    def __init__(  # noqa: PLR0913, PLR0917 -- what every door needs, and the documents behind this one
        self,
        service: DecisionService,
        callers: Callers,
        log: FilteringBoundLogger,
        deadline: float,
        documents: Mapping[str, Document],
        filters: Mapping[str, Document],
    ) -> None:
        """Open the door to `documents` and `filters`, by their paths below the prefix."""
        self._keeper = Doorkeeper(service, callers, log, deadline, DOOR)
        self._service = service
        self._log = log
        self._deadline = deadline
        self._documents = {V1: documents, V0: documents, BATCH: documents, COMPILE: filters}
        self._ids = Ids()
        self._writer = AnswerWriter(service.rulebook, service.policy.instrument)
        self._written_for = service.rulebook

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        sent, zipped = without_gzip(scope["headers"])
        headers = read_headers(sent)
        beside = wanted(scope["query_string"])
        body, caller = b"", None
        found = Found(failed())
        try:
            form = _form(scope["raw_path"])
            caller = self._keeper.admitted(scope, headers)
            document = self._document(form, scope["raw_path"])
            if headers.content_type is not None:
                check_content_type(headers.content_type)
            body = await read_body(receive)
            put = read_object(unpacked(body) if zipped else body)
            asking = _Asking(self._keeper, caller, body, alone=form in {V0, V1} and not document.many)
            visit = Visit(
                caller, headers.request_id, _accepted(sent), asking, partial(self._keeper.check_kind, caller=caller)
            )
            with Deadline(max(MANY, self._deadline) if form == BATCH or document.many else self._deadline):
                found = await self._found(form, document, put, visit, beside)
        except GoneError:
            return
        except (RejectedError, RequestError, NotEntitledError) as fault:
            why = rejection(fault)
            found = Found(refused(why))
            await self._keeper.turned_away(why, caller, scope, body, headers.length)
        except Exception as fault:  # noqa: BLE001 -- whatever it is, no decision leaves, and the operator hears of it
            self._keeper.alarm(fault)
        for why in found.faults:
            await self._keeper.turned_away(why, caller, scope)
        await Sender(send, beside.pretty, accepts_gzip(sent), headers.echo)(found.said)
        for answer in found.answers:
            log_decision(self._log, answer, caller.id if caller else "", beside.began)

    async def close(self) -> None:
        """Record the rejections that were only counted so far."""
        await self._keeper.close()

    def _document(self, form: str, raw_path: bytes) -> Document:
        name = raw_path[len(form) :].decode("latin-1")
        document = self._documents[form].get(name)
        if document is None:
            raise UndefinedError
        return document

    async def _found(
        self, form: str, document: Document, put: Mapping[str, object], visit: Visit, beside: Wanted
    ) -> Found:
        """Return what was found for the body `put`."""
        if form == BATCH:
            return self._batch(await replies(document, inputs_of(put), visit), visit, beside)
        reply = await document.reply(put if form in {V0, COMPILE} else input_of(put), visit)
        answers = reply.answers
        named = [(b"x-decision-id", answers[0].id.encode())] if answers else []
        members = reply.result if form == V0 else self._told(reply, visit.caller, beside)
        cache = answers[0].decision.cache if len(answers) == 1 else 0
        return Found(Said(200, members, named, reply.kind, cache), answers)

    def _batch(self, replied: Replies, visit: Visit, beside: Wanted) -> Found:
        """Return all replies under their keys: 207 where some failed, an error where we failed all of them."""
        faults = [reply for reply in replied.values() if isinstance(reply, RejectedError)]
        if faults and all(why.status == UNAVAILABLE for why in faults) and len(faults) == len(replied):
            return Found(failed())
        responses: dict[str, object] = {}
        answers: list[Answer] = []
        for key, reply in replied.items():
            if isinstance(reply, RejectedError):
                responses[key] = {**error(reply), "http_status_code": "500"}  # of two that its clients know
            else:
                mixed = {"http_status_code": "200"} if faults else {}
                responses[key] = {**self._told(reply, visit.caller, beside), **mixed}
                answers += reply.answers
        number = self._ids(datetime.now(UTC))
        said = Said(207 if faults else 200, {"batch_decision_id": number, "responses": responses})
        return Found(said, tuple(answers), tuple(why for why in faults if why.status != UNAVAILABLE))

    def _told(self, reply: Reply, caller: Caller, beside: Wanted) -> dict[str, object]:
        """Return the reply as an object: the result, the decision it rests on, and why."""
        answers = reply.answers
        members = {**ids(answers), "result": reply.result, **beside.beside(answers, self._service.rulebook)}
        if len(answers) == 1:
            members["rationale"] = orjson.loads(self._in_force().render(answers[0], caller.detail))["context"]
        return members

    def _in_force(self) -> AnswerWriter:
        """Return the writer of the revision that decides."""
        rulebook = self._service.rulebook
        if rulebook is not self._written_for:
            self._writer = AnswerWriter(rulebook, self._service.policy.instrument)
            self._written_for = rulebook
        return self._writer


def _form(raw_path: bytes) -> str:
    """Return the prefix of a document's path; raise RejectedError where no document can be."""
    path = raw_path.decode("latin-1")
    form = next((prefix for prefix in _FORMS if path.startswith(prefix)), None)
    if form is None:
        raise RejectedError(404, "there is nothing under this address")
    return form


def _accepted(sent: Iterable[tuple[bytes, bytes]]) -> str:
    return ",".join(value.decode("latin-1") for name, value in sent if name == b"accept")
