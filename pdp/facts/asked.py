"""The facts of a pack that derives them in Rego: the question as it was sent goes to an engine, and comes back total.

Nothing is known of the world but what the pack's own data says; the ledger has no part in it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from pdp.facts.total import total
from pdp.ledger.age import LEVEL
from pdp.model import AccessRequest, Facts, FieldGroup, Inquiry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pdp.ledger.age import LedgerAge
    from pdp.ledger.world import World
    from pdp.ports import FactEngine, Usage
    from pdp.vocabulary import Vocabulary

RESTS_ON: Final = ("f:rego/facts.rego",)
PARTS: Final[tuple[str, ...]] = ("subject", "action", "resource", "context")
_NAMED: Final = ("purpose", "scenario", "channel", "mode")  # of the context, where they are words


class AskedDeriver:
    """Derives facts by asking an engine. Built once for a rulebook."""

    def __init__(self, engine: FactEngine, vocabulary: Vocabulary) -> None:
        self._engine = engine
        self._vocabulary = vocabulary
        self._evidence = dict.fromkeys(vocabulary.facts, RESTS_ON)

    def over(self, _: World, __: Usage) -> AskedDeriver:
        """Return what derives facts as of another instant: the same, for what it knows does not change."""
        return self

    async def ask(self, request: AccessRequest) -> Callable[[AccessRequest, datetime, LedgerAge], Inquiry]:
        """Return what derives the facts of `request` without asking again.

        Raises:
            UnavailableError: the engine fails, or leaves a fact without any value.
        """
        return partial(self._inquiry, await self._engine.derive(_sent(request)))

    def __call__(self, request: AccessRequest, now: datetime, age: LedgerAge = LEVEL) -> Inquiry:
        """Return the facts of `request`, for callers that may wait; see `ask`."""
        return self._inquiry(self._engine.derive_now(_sent(request)), request, now, age)

    def _inquiry(self, said: Mapping[str, object], request: AccessRequest, _: datetime, age: LedgerAge) -> Inquiry:
        vector = total(said, self._vocabulary)
        fields = request.fields or ()
        facts = Facts(vector, self._evidence, self._vocabulary.index)
        named = {name: value for name in _NAMED if (value := getattr(request, name)) is not None}
        return Inquiry((FieldGroup(fields, fields, facts),), ledger=0, parameters=named, age=age.age)


def as_sent(sent: Mapping[str, object]) -> AccessRequest:
    """Return the question that an AuthZEN evaluation is to a pack that derives its facts: whole, as it was sent.

    Args:
        sent: subject and resource with type and id, action with name, each text; whatever else there is.
    """
    subject, action, resource = (_members(sent[part]) for part in PARTS[:3])
    context = _members(sent.get("context", {}))
    purpose, scenario, channel, mode = (_word(context, name) for name in _NAMED)
    return AccessRequest(
        subject=f"{subject['type']}/{subject['id']}",
        action=str(action["name"]),
        dataset=f"{resource['type']}/{resource['id']}",
        subject_kind=str(subject["type"]),
        scenario=scenario,
        purpose=purpose,
        channel=channel,
        mode=mode,
        sent=sent,
    )


def about(request: AccessRequest, part: str, name: str) -> AccessRequest:
    """Return the question about another subject, resource or action; it has the id or name, and no more than that."""
    sent = dict(request.sent or {})
    member = {"name": name} if part == "action" else {"type": _members(sent[part])["type"], "id": name}
    asked = as_sent({**sent, part: member})
    return replace(request, subject=asked.subject, action=asked.action, dataset=asked.dataset, sent=asked.sent)


def _sent(request: AccessRequest) -> Mapping[str, object]:
    """Return the members of a question; one that did not come as AuthZEN has those that every question has."""
    if request.sent is not None:
        return request.sent
    kind = request.subject_kind or ""
    type_, _, id_ = request.dataset.rpartition("/")
    return {
        "subject": {"type": kind, "id": (request.subject or "").removeprefix(f"{kind}/")},
        "action": {"name": request.action},
        "resource": {"type": type_ or "dataset", "id": id_},
        "context": {name: value for name in _NAMED if (value := getattr(request, name)) is not None},
    }


def _word(members: Mapping[str, object], name: str) -> str | None:
    value = members.get(name)
    return value if isinstance(value, str) else None


def _members(part: object) -> Mapping[str, object]:
    return part if isinstance(part, dict) else {}
