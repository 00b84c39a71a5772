"""`/v1/compile/filters/include`: which rows and columns are released, for an application that filters by itself.

In OPA's clients and here an absent `query` means that nothing is released, and an empty one that everything is; the
member `kind` says it aloud.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.gateways.obligations import as_asked, canonical
from adapters.gateways.opa_document import Reply
from adapters.gateways.opa_input import input_of
from adapters.gateways.ucast import VARIANTS, InexpressibleError, ucast
from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.gateways.obligations import Canonical
    from adapters.gateways.opa_document import Visit
    from adapters.gateways.opa_gateway import QuestionReader
    from pdp.model import AccessRequest, Answer

SEVERAL: Final = "application/vnd.opa.multitarget+json"
KINDS: Final = {f"application/vnd.opa.ucast.{variant}+json": variant for variant in VARIANTS}
_DIALECTS: Final = {f"ucast+{variant}": variant for variant in VARIANTS}
_ACCEPT: Final = "accept"
_UNKNOWNS: Final = "unknowns"
_OPTIONS: Final = "options"
_TARGETS: Final = "options.targetDialects"
_INPUT: Final = "input."
_MAX_NAME: Final = 256  # characters of a table's name
_NONE: Final = {"kind": "none"}
_IN_CLEAR: Final[Mapping[str, object]] = {}
_WITHHELD: Final = {"replace": {"value": None}}
_REDACTED: Final = {"replace": {"value": "***"}}


class Target(NamedTuple):
    """In which form the filter is wanted, and what its answer is called."""

    variant: str
    kind: str
    several: bool


class FiltersDocument:
    """The one filter there is. Belongs to one event loop."""

    many = False

    def __init__(self, questions: QuestionReader) -> None:
        """Answer what `questions` can read."""
        self._questions = questions

    async def reply(self, put: Mapping[str, object], visit: Visit) -> Reply:
        """Return the row filter, and what stands for each column; `put` is the whole body."""
        target, table = _target(visit.accept, put), _table(put)
        question, _ = self._questions.read(input_of(put), visit)
        answer = await visit.ask(question)
        released = as_asked(canonical(answer.decision, answer.inquiry), question)
        found = _found(released, question, answer, table or question.dataset, target)
        return Reply({"ucast": found} if target.several else found, (answer,), target.kind.encode())


def _found(
    released: Canonical, question: AccessRequest, answer: Answer, table: str, target: Target
) -> Mapping[str, object]:
    """Return the filter of `table`; none where nobody has said that it will be carried out."""
    kind = released.row_filter["kind"]
    if kind == "none" or not set(released.measures) <= set(question.enforces or ()):
        return _NONE
    masks = {table: _masks(released, answer)}
    if kind == "all":
        return {"kind": "all", "query": {}, "masks": masks}
    node = released.row_filter["ast"]
    if kind != "conditional" or not isinstance(node, dict):
        return _NONE
    try:
        query = ucast(node, table, target.variant)
    except InexpressibleError as what:
        fault = f'has no word for "{what}", which the row filter needs; ask for {next(iter(KINDS))}'
        raise RequestError(_ACCEPT, fault) from None
    return {"kind": "conditional", "query": query, "masks": masks}


def _masks(released: Canonical, answer: Answer) -> Mapping[str, object]:
    """Return what stands for each column: nothing for one in clear; what a constant cannot express is null."""
    asked = dict.fromkeys(field for group in answer.inquiry.groups if not group.dataset for field in group.asked)
    bound = {mask["field"]: mask["method"] for mask in released.masks}
    return {field: _stands_for(field, released, bound.get(field)) for field in asked}


def _stands_for(field: str, released: Canonical, method: object) -> Mapping[str, object]:
    """Return what stands for one column; `method` is that of its mask, None for a column without one."""
    if released.fields is not None and field not in released.fields:
        return _WITHHELD
    if method is None:
        return _IN_CLEAR
    return _REDACTED if method == "redact" else _WITHHELD


def _target(accept: str, put: Mapping[str, object]) -> Target:
    """Return the form that is wanted; raise RequestError where there is no such form."""
    offered = (*KINDS, SEVERAL)
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    kind = next((one for one in wanted if one in offered), None)
    if kind is None:
        raise RequestError(_ACCEPT, f"must be one of {', '.join(offered)}")
    if kind != SEVERAL:
        return Target(KINDS[kind], kind, several=False)
    options = put.get(_OPTIONS)
    if not isinstance(options, dict):
        raise RequestError(_OPTIONS, "must be an object with targetDialects")
    dialects = options.get("targetDialects")
    if not isinstance(dialects, list) or len(dialects) != 1 or dialects[0] not in _DIALECTS:
        raise RequestError(_TARGETS, f"must be a list of one of {', '.join(_DIALECTS)}")
    return Target(_DIALECTS[dialects[0]], kind, several=True)


def _table(put: Mapping[str, object]) -> str | None:
    """Return what the table is called whose rows are filtered, as OPA's `unknowns` say it; None: as the dataset."""
    unknowns = put.get(_UNKNOWNS)
    if unknowns is None:
        return None
    named = unknowns[0] if isinstance(unknowns, list) and len(unknowns) == 1 else None
    name = named.removeprefix(_INPUT) if isinstance(named, str) and named.startswith(_INPUT) else ""
    if not name.isprintable() or not 0 < len(name) <= _MAX_NAME:
        raise RequestError(_UNKNOWNS, f'must be a list of one table, as in ["{_INPUT}people"]')
    return name
