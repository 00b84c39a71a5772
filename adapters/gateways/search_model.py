"""Searches and batches as the OpenAPI page states them: what is asked, and the shape of what is answered."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from adapters.gateways.decision_model import Obligation, OutcomeName, Shape
from adapters.gateways.evaluation import (
    Action,
    Claims,
    Context,
    PageAsked,
    Resource,
    ResourceProperties,
    Subject,
    SubjectProperties,
    Text,
)


class SubjectOpen(Claims):
    """The kind of subject that is searched for: `public_body` or `unit`; of any other nobody is listed."""

    type: Text
    id: Any = None  # ignored, whatever it is
    properties: SubjectProperties | None = None


class ResourceOpen(Claims):
    """The kind of resource that is searched for: `dataset`."""

    type: Text
    id: Any = None  # ignored, whatever it is
    properties: ResourceProperties | None = None


class SubjectSearch(Claims):
    """Who may do this with that?"""

    subject: SubjectOpen
    action: Action
    resource: Resource
    context: Context | None = None
    page: PageAsked | None = None


class ResourceSearch(Claims):
    """With what may this subject do that?"""

    subject: Subject
    action: Action
    resource: ResourceOpen
    context: Context | None = None
    page: PageAsked | None = None


class ActionSearch(Claims):
    """What may this subject do with that?"""

    subject: Subject
    resource: Resource
    context: Context | None = None
    page: PageAsked | None = None


class PageShown(Shape):
    """Which part of the results this is."""

    next_token: str  # empty on the last page
    count: int
    total: int | None = None  # of all pages; absent while the search is not through


class ResultShown(Shape):
    """A subject or a resource by `type` and `id`, or an action by `name`."""

    type: str | None = None
    id: str | None = None
    name: str | None = None
    obligations: list[Obligation] | None = None  # where `context.explain` asks for them


class FoundShown(Shape):
    """One page of results, each of which a single evaluation at the same instant would permit."""

    page: PageShown
    results: list[ResultShown]


class ItemFault(Shape):
    """Why an item is no question."""

    status: int
    message: str


class ItemContext(BaseModel):
    """What an item carries: everything where it was to be explained, what must be carried out, or why it failed."""

    model_config = ConfigDict(extra="allow")

    id: str | None = None
    outcome: OutcomeName | None = None
    obligations: list[Obligation] | None = None
    error: ItemFault | None = None


class ItemShown(Shape):
    """One answer of a batch."""

    decision: bool
    context: ItemContext | None = None


class EvaluationsShown(Shape):
    """The answers of a batch, in the order asked."""

    evaluations: list[ItemShown]
