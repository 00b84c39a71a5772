"""The nouns of an explanation: sections of paragraphs in two languages, and the words of one revision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.law import Instrument
    from pdp.model import Outcome
    from pdp.vocabulary import Vocabulary


class Worded(Protocol):
    """A text of duties.yaml."""

    @property
    def zh(self) -> str:
        """Chinese."""
        ...

    @property
    def en(self) -> str:
        """English."""
        ...

    @property
    def articles(self) -> tuple[str, ...]:
        """What it rests on."""
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """What the policy files of one revision call things."""

    instrument: Instrument
    vocabulary: Vocabulary
    titles: Mapping[str, str]  # rule -> the rule in the law's words, Chinese
    meanings: Mapping[str, str]  # rule -> one English sentence; rows of tables have none
    reads: Mapping[str, tuple[str, ...]]  # rule -> the facts it reads
    obligations: Mapping[str, Worded]
    advisories: Mapping[str, Worded]
    remedies: Mapping[str, Worded]
    other_laws: Mapping[str, str] = field(default_factory=dict)  # rule -> the law to consult instead


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One sentence or list entry, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    id: str
    title: Paragraph
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision in words. Sections without anything to say are left out."""

    outcome: Outcome
    sections: tuple[Section, ...]

    def plain(self) -> dict[str, object]:
        """Return it as plain JSON values."""
        return {
            section.id: {
                "title": {"zh": section.title.zh, "en": section.title.en},
                "zh": [paragraph.zh for paragraph in section.paragraphs],
                "en": [paragraph.en for paragraph in section.paragraphs],
            }
            for section in self.sections
        }


def fact_words(vocabulary: Vocabulary, name: str, value: str) -> str:
    """Return `fact=value` as people say it, for example 共享属性=有条件共享.

    Raises:
        KeyError: there is no such fact or value.
    """
    fact = vocabulary.facts[name]
    return f"{fact.label}={fact.values[value].label}"
