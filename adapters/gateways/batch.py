"""AuthZEN 1.0, several questions in one body: what stands beside them is what an item does not say itself.

An item's member replaces the whole default, nothing is merged. An item that is no question is an answer of its own; a
fault of the whole is one for all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import ValidationError

from adapters.gateways.authzen import FAULTS, NotEntitledError, question_in, refuse_null
from adapters.gateways.evaluation import Claims, Evaluations
from adapters.gateways.whole_question import WholeEvaluations
from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic import BaseModel

    from adapters.callers import Caller
    from adapters.gateways.whole_question import QuestionReader
    from pdp.model import AccessRequest

LAST: Final = {"execute_all": None, "deny_on_first_deny": False, "permit_on_first_permit": True}
_DEFAULTS: Final = ("subject", "action", "resource", "context")
_OF_ITEMS: Final = frozenset({"missing", "extra_forbidden"})  # an incomplete default is a fault of who rests on it


class Failed(NamedTuple):
    """Why an item is no question."""

    status: int
    message: str


class Asked(NamedTuple):
    """The items of a batch, and how they are to be answered."""

    items: tuple[dict[str, Any], ...]  # each whole
    last: bool | None  # the answer behind which nothing more is decided
    explain: bool  # every item carries its context


def batch_in(said: Mapping[str, Any], body: bytes, *, whole: bool = False) -> Asked | None:
    """Return the batch that the object `said` is, read out of `body`; None if it is a single evaluation.

    A pack that reads questions `whole` says itself what stands in their members.

    Raises:
        RequestError: the whole cannot be read; the message says where and what, never the value that was sent.
    """
    _check(WholeEvaluations if whole else Evaluations, said, body)
    items = said.get("evaluations")
    if not items:
        return None
    defaults = {name: said[name] for name in _DEFAULTS if name in said}
    options = said.get("options", {})
    each = tuple([{**defaults, **item} for item in items])
    return Asked(each, LAST[options.get("evaluations_semantic", "execute_all")], options.get("explain", False))


def questions(  # noqa: PLR0913, PLR0917 -- what a question is read out of, and how
    asked: Asked,
    body: bytes,
    caller: Caller,
    request_id: str | None,
    check: Callable[[AccessRequest], None],
    read: QuestionReader = question_in,
) -> Iterator[AccessRequest | Failed]:
    """Yield what each item asks, or why it is no question, when it is its turn.

    Args:
        asked: the batch.
        body: what it was read out of.
        caller: who asks.
        request_id: of the whole; its items are one group for quotas.
        check: raises NotEntitledError for a question that `caller` may not ask.
        read: how the policy in force reads a question.
    """
    for item in asked.items:
        try:
            question = replace(read(item, body, caller, request_id), cache=None)  # nobody keeps a batch
            check(question)
        except RequestError as bad:
            yield Failed(400, str(bad))
        except NotEntitledError as refused:
            yield Failed(403, str(refused))
        else:
            yield question


def _check(shape: type[BaseModel], said: Mapping[str, Any], body: bytes) -> None:
    """Raise RequestError for a fault of the whole."""
    try:
        asked = shape.__pydantic_validator__.validate_python(said, extra="ignore")
    except ValidationError as invalid:
        for fault in invalid.errors(include_url=False, include_input=False):
            if fault["type"] not in _OF_ITEMS:
                place = ".".join(map(str, fault["loc"])) or "body"
                raise RequestError(place, FAULTS.get(fault["type"], "cannot be read")) from None
    else:
        if b"null" in body and isinstance(asked, Claims):
            refuse_null(asked, "")
