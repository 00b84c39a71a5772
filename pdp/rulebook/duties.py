"""What goes with a decision: texts of duties, advisories and remedies, and their parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class DutyText:
    """An obligation of duties.yaml; its id is the id of an `oblige` rule."""

    id: str
    zh: str
    en: str
    bearer: str  # gateway | recipient
    articles: tuple[str, ...]
    parameters: tuple[str, ...]  # names of `Inquiry.parameters` it carries; absent ones are left out


@dataclass(frozen=True, slots=True)
class AdvisoryText:
    """A note of duties.yaml; its id is the id of an `advise` rule."""

    id: str
    zh: str
    en: str
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemedyText:
    """A way on after a refusal; `ask`: observer | regulator | city_platform | issuer | own_body | maintainer."""

    id: str
    zh: str
    en: str
    articles: tuple[str, ...]
    ask: str
    see_also: Mapping[str, str]  # rule -> other law to consult (no ground)


@dataclass(frozen=True, slots=True)
class Duties:
    """All of duties.yaml."""

    obligations: Mapping[str, DutyText]
    advisories: Mapping[str, AdvisoryText]
    remedies: Mapping[str, RemedyText]
