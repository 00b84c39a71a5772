"""AuthZEN 1.0, the question: from an evaluation's body to an access request.

What a body says are claims. Unknown members are ignored and named; an absent purpose, scenario or channel is a fact of
its own and a ground to refuse, never a bad body.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from adapters.gateways.evaluation import MAX_BYTES, Claims, Context, Evaluation, ResourceProperties, SubjectProperties
from adapters.gateways.evaluation_claims import completed
from adapters.gateways.row_filter import check_row_filter
from adapters.gateways.strict_json import read_object
from pdp.errors import PDPError, RequestError
from pdp.model import AccessRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.callers import Caller
    from adapters.gateways.call import CallReader
    from adapters.gateways.evaluation import Reference

DOOR: Final = "authzen"
TOKEN: Final = "context.subject_token"  # noqa: S105 -- the place of a member
MAX_IGNORED: Final = 16
KINDS: Final = frozenset({"public_body", "unit", "natural_person"})
ANONYMOUS: Final = "anonymous"  # subject type of a question for which nobody is named; its id says nothing
MEASURES: Final = ("mask_fields", "filter_rows")
_NAMEABLE = re.compile(r"[A-Za-z_.-]{1,64}")  # without digits: no number of a person hides in a name
FAULTS: Final = {
    "missing": "is required",
    "string_type": "must be a string",
    "string_too_long": f"is longer than {MAX_BYTES} bytes",
    "string_pattern_mismatch": "has a control character",
    "list_type": "must be an array",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "bool_type": "must be true or false",
    "literal_error": "must be execute_all, deny_on_first_deny or permit_on_first_permit",
    "int_type": "must be a whole number",
    "greater_than_equal": "must be 0 or more",
    "too_long": "has more than 1000 entries",
    "too_short": "must name at least one; leave it out to ask for all",
}
_VALIDATOR: Final = Evaluation.__pydantic_validator__
_NOBODY = SubjectProperties()
_WHOLE = ResourceProperties()
_SILENT = Context()


class NotEntitledError(PDPError):
    """The caller is known, but may not speak for this kind of subject; HTTP 403."""


def parse(body: bytes, caller: Caller, request_id: str | None = None, calls: CallReader | None = None) -> AccessRequest:
    """Return the question in `body`; `calls` knows routes and end users, None: nobody does.

    Raises:
        RequestError: it is no evaluation; the message says where and what, never the value that was sent.
        NotEntitledError: `caller` may not speak for this kind of subject.
    """
    return question_in(read_object(body), body, caller, request_id, calls)


def question_in(
    said: dict[str, object], body: bytes, caller: Caller, request_id: str | None, calls: CallReader | None = None
) -> AccessRequest:
    """Return the question that the object `said` is, which was read out of `body`; raise as `parse` does."""
    asked, ignored = _validated(said)
    if b"null" in body:
        refuse_null(asked, "")
    if len(body) > MAX_BYTES:
        _check_lengths(asked, "")
    token = asked.context is not None and asked.context.subject_token is not None  # then nobody's word is taken
    if not token and asked.subject.type in KINDS and asked.subject.type not in caller.may_assert:
        fault = f'caller "{caller.id}" may not ask for a {asked.subject.type}; add it to may_assert in the settings'
        raise NotEntitledError(fault)
    return completed(_request(asked, caller, request_id, ignored), asked, caller, calls)


def _request(asked: Evaluation, caller: Caller, request_id: str | None, ignored: tuple[str, ...]) -> AccessRequest:
    subject, resource, context = asked.subject, asked.resource, asked.context or _SILENT
    acting, part = subject.properties or _NOBODY, resource.properties or _WHOLE
    if part.rows is not None:
        check_row_filter(part.rows, "resource.properties.rows")
    return AccessRequest(
        subject=_subject(subject.type, subject.id),
        action=asked.action.name,
        dataset=resource.id if resource.type == "dataset" else f"{resource.type}/{resource.id}",
        subject_kind=None if subject.type == ANONYMOUS else subject.type,
        staff=_id(acting.staff),
        system=_id(acting.system),
        agent=_id(acting.agent),
        table=part.table,
        fields=None if part.fields is None else tuple(part.fields),
        rows=part.rows,
        combined_with=tuple(part.combined_with or ()),
        scenario=context.scenario,
        purpose=context.purpose,
        application=context.application,
        approval=None if context.approval is None else context.approval.id,
        channel=context.channel,
        carrier=context.carrier,
        mode=context.mode,
        location=context.location,
        assurance=caller.assurance,
        enforces=_enforces(context, caller),
        door=DOOR,
        gateway=caller.id,
        request_id=request_id,
        ignored=ignored,
    )


def _subject(kind: str, name: str) -> str | None:
    """Return who asks; None: nobody is named, which the standard has no other word for (art_26__para_2)."""
    if kind == ANONYMOUS:
        return None
    # An id is one of ours only under a type that we know; no id of ours has a slash.
    return name if kind in KINDS else f"{kind}/{name}"


def _id(reference: Reference | None) -> str | None:
    return None if reference is None else reference.id


def _enforces(context: Context, caller: Caller) -> tuple[str, ...] | None:
    """Return what will be enforced: as this request declares, else as the registration does. None: nobody said."""
    general, own = context.supported_obligations, context.supported_custom_obligations
    if general is None and own is None:
        return caller.enforces
    if general is not None and "custom" not in general:
        return ()
    return MEASURES if own is None else tuple(measure for measure in MEASURES if measure in own)


def _validated(said: dict[str, object]) -> tuple[Evaluation, tuple[str, ...]]:
    """Return the evaluation, and the names of members that nobody reads; those are looked for only if there are any."""
    try:
        asked, ignored = _VALIDATOR.validate_python(said), []
    except ValidationError as invalid:
        faults = invalid.errors(include_url=False, include_input=False)
        for fault in faults:
            if fault["type"] != "extra_forbidden":
                place = ".".join(map(str, fault["loc"])) or "body"
                raise RequestError(place, FAULTS.get(fault["type"], "cannot be read")) from None
        ignored = [fault["loc"] for fault in faults]
        asked = _VALIDATOR.validate_python(said, extra="ignore")
    ignored += [("action", "properties", name) for name in asked.action.properties or ()]
    return asked, tuple([_named(".".join(map(str, place))) for place in ignored[:MAX_IGNORED]])


def _named(name: str) -> str:
    """Return the name of an ignored member; one that might carry data stays unnamed."""
    return name if _NAMEABLE.fullmatch(name) else "?"


def _members(model: Claims, place: str) -> Iterator[tuple[str, object]]:
    """Yield every member that was sent and is known, with its place."""
    for name in model.model_fields_set:
        yield f"{place}{name}", getattr(model, name)


def refuse_null(model: Claims, place: str) -> None:
    """Refuse null for a member that may only be absent."""
    for where, value in _members(model, place):
        if value is None:
            raise RequestError(where, "must not be null; leave it out")
        if isinstance(value, Claims):
            refuse_null(value, f"{where}.")


def _check_lengths(model: Claims, place: str) -> None:
    """Refuse a string whose characters are few enough but whose bytes are not."""
    for where, value in _members(model, place):
        if isinstance(value, Claims):
            _check_lengths(value, f"{where}.")
        for text in value if isinstance(value, list) else (value,):
            if where != TOKEN and isinstance(text, str) and len(text.encode()) > MAX_BYTES:
                raise RequestError(where, FAULTS["string_too_long"])
