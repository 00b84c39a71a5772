"""The body of an AuthZEN 1.0 evaluation, strictly typed; also what the OpenAPI page says of it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_BYTES: Final = 512  # of one string
MAX_ITEMS: Final = 1000  # of a batch
MAX_TOKEN: Final = 4096  # characters of a page's token; no string of an id is as long

Text = Annotated[str, StringConstraints(max_length=MAX_BYTES, pattern=r"\A[^\x00-\x1f\x7f-\x9f]*\z")]
Token = Annotated[str, StringConstraints(min_length=1, max_length=8192, pattern=r"\A[!-~]*\z")]  # of an end user
Names = Annotated[list[Text], Field(max_length=1000)]


class Claims(BaseModel):
    """Strictly typed members, no others; None stands for absent only."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Reference(Claims):
    """Somebody or something named by its id."""

    id: Text


class SubjectProperties(Claims):
    """Who acts for the subject. Source: art_40__para_1."""

    staff: Reference | None = None
    system: Reference | None = None
    agent: Reference | None = None


class Subject(Claims):
    """For whom data is asked: a `public_body`, a `unit`, a `natural_person`, or `anonymous` for nobody."""

    type: Text
    id: Text
    properties: SubjectProperties | None = None


class Action(Claims):
    """What is to be done: `read`, `query_catalogue`, `onward_supply` and so on."""

    name: Text
    properties: dict[str, object] | None = None


class ResourceProperties(Claims):
    """The part of the dataset that is asked for; without `fields`, all of them."""

    fields: Annotated[list[Text], Field(min_length=1, max_length=1000)] | None = None
    rows: dict[str, object] | None = None
    table: Text | None = None
    combined_with: Names | None = None


class Resource(Claims):
    """The `dataset`."""

    type: Text
    id: Text
    properties: ResourceProperties | None = None


class Approval(Claims):
    """An approval of an access request, as its task told it. Only the `id` is read: the ledger knows the rest."""

    id: Text
    approved_at: Text | None = None
    approved_until: Text | None = None
    basis: Text | None = None
    articles: Names | None = None
    granted_scope: dict[str, object] | None = None


class Context(Claims):
    """What the facts of purpose, authority and channel are made of. All of it can be absent: that is a fact too."""

    scenario: Text | None = None
    purpose: Text | None = None
    channel: Text | None = None
    carrier: Text | None = None
    mode: Text | None = None
    application: Text | None = None
    approval: Approval | None = None
    location: Text | None = None
    explain: bool | None = None
    subject_token: Token | None = None
    supported_obligations: Names | None = None
    supported_custom_obligations: Names | None = None


class Evaluation(Claims):
    """One AuthZEN access evaluation request."""

    subject: Subject
    action: Action
    resource: Resource
    context: Context | None = None


class Options(Claims):
    """How the items of a batch are to be answered."""

    evaluations_semantic: Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"] | None = None
    explain: bool | None = None


class Evaluations(Claims):
    """Several AuthZEN access evaluations; what stands beside them is what an item does not say itself."""

    subject: Subject | None = None
    action: Action | None = None
    resource: Resource | None = None
    context: Context | None = None
    options: Options | None = None
    evaluations: Annotated[list[dict[str, object]], Field(max_length=MAX_ITEMS)] | None = None


class PageAsked(Claims):
    """Which page of a search is wanted; without a token the first."""

    token: Annotated[str, StringConstraints(max_length=MAX_TOKEN)] | None = None
    limit: Annotated[int, Field(ge=0)] | None = None
    properties: dict[str, object] | None = None
