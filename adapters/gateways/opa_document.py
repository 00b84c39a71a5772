"""What a document of the OPA Data API is: it turns one `input` into a question, and the answer into its `result`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from adapters.callers import Caller
    from pdp.model import AccessRequest, Answer

DOOR: Final = "opa_data"
JSON: Final = b"application/json"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks at the door, what for, and how a question is put to the service."""

    caller: Caller
    request_id: str | None
    accept: str  # media types, as the client lists them
    ask: Callable[[AccessRequest], Awaitable[Answer]]
    check_kind: Callable[[AccessRequest], None]  # refuses a subject that the caller may not speak for


class Reply(NamedTuple):
    """What a document is for one input, and the recorded answers that it rests on."""

    result: object
    answers: tuple[Answer, ...] = ()
    kind: bytes = JSON


class Document(Protocol):
    """One document. It is total: there is no input for which it is undefined."""

    many: bool  # one input can be many questions

    async def reply(self, put: Mapping[str, object], visit: Visit) -> Reply:
        """Return the document for the input `put`.

        Raises:
            RequestError: `put` cannot be read; the message says where and what, never the value that was sent.
            RejectedError: it is no question: an identity told twice, a path with tricks, a caller without the right.
            UnavailableError: no decision was made.
        """
        ...
