"""The answer's shape, as the OpenAPI page states it and tests hold every rendered answer to it."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 -- pydantic reads it at run time
from typing import Literal

from pydantic import BaseModel, ConfigDict

OutcomeName = Literal["PERMIT", "PARTIAL", "DENY", "REFER", "INDETERMINATE"]


class Shape(BaseModel):
    """Exactly these members."""

    model_config = ConfigDict(extra="forbid")


class Bilingual(Shape):
    """The same in Chinese and English."""

    zh: str
    en: str


class FactShown(Shape):
    """A fact that a ground read, and the statements or files it rests on."""

    value: str
    evidence: list[str] = []


class GroundBrief(Shape):
    """A ground by name, and what it rests on."""

    rule: str
    articles: list[str]
    cite: list[str]


class GroundShown(GroundBrief):
    """One rule that decided, with the articles word for word."""

    effect: Literal["forbid", "refer", "doubt", "permit"]
    title: str
    texts: list[str]
    facts: dict[str, FactShown] | None = None
    overlay: str | None = None  # whose rule it is, where it is none of the law
    body: str | None = None  # the public body that keeps the overlay
    basis: str | None = None
    reason: str | None = None  # why nothing is known of the overlay


class Obligation(Shape):
    """What the gateway must carry out, or else treat the answer as a refusal."""

    id: str
    type: Literal["custom"]
    properties: dict[str, object]


class DutyShown(Bilingual):
    """What binds the gateway or the recipient."""

    id: str
    bearer: Literal["gateway", "recipient"]
    articles: list[str]
    cite: list[str]
    parameters: dict[str, object] = {}


class NoteShown(Bilingual):
    """What should be looked at; it changes no outcome."""

    id: str
    articles: list[str]
    cite: list[str]


class ContactShown(Shape):
    """Whom to ask: a body and a post, never a person."""

    body: str
    role: str
    name: str = ""
    phone: str = ""
    email: str = ""


class RemedyShown(NoteShown):
    """A way on after a refusal."""

    contact: ContactShown | None = None
    how: Bilingual | None = None


class WithheldShown(Shape):
    """Fields that a partial answer keeps back, and why."""

    fields: list[str]
    grounds: list[GroundBrief]


class RevisionShown(Shape):
    """What the decision rests on: digests of the files, and the last statement of the ledger."""

    policy: str
    readings: str
    calendar: str
    rulebook: str
    ledger: int


class ReceiptShown(Shape):
    """Where the record lies in the decision log."""

    log: str
    index: int
    leaf: str


class AccessOffered(Shape):
    """That a refusal can be answered with a share application, where, and until when."""

    template: Literal["share_application"]
    endpoint: str
    request_schema_url: str
    expires_at: datetime


class ApprovalShown(Shape):
    """The approval on which a permit rests, and until when its reference holds."""

    id: str
    approved_until: datetime


class DecisionContext(Shape):
    """Everything beside yes or no. A caller with less `detail` gets less."""

    id: str
    evaluation_id: str
    evaluated_at: datetime
    outcome: OutcomeName
    reason: str
    reason_user: Bilingual
    reason_admin: Bilingual | None = None
    grounds: list[GroundShown]
    advisories: list[NoteShown]
    obligations: list[Obligation]
    duties: list[DutyShown]
    withheld: list[WithheldShown]
    remedies: list[RemedyShown]
    valid_until: datetime | None = None
    revision: RevisionShown
    receipt: ReceiptShown
    access_request: AccessOffered | None = None
    approval: ApprovalShown | None = None
    next_action: Literal["request", "retry", "none"] | None = None
    approval_reason: (
        Literal["out_of_scope", "approval_expired", "grant_pending", "policy_denied", "approval_unverifiable"] | None
    ) = None
    retry_after: int | None = None


class DecisionShown(Shape):
    """One AuthZEN decision."""

    decision: bool
    context: DecisionContext
