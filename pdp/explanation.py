"""The nouns of an explanation: sections of paragraphs in two languages, and the words of one revision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from pdp.law import cite
from pdp.model import Effect, Outcome
from pdp.overlay import name_of, speaker, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pdp.law import Instrument
    from pdp.vocabulary import Vocabulary

OUTCOMES: Final = {
    Outcome.PERMIT: ("予以提供", "the data is provided"),
    Outcome.PARTIAL: ("部分提供", "a part of the data is provided"),
    Outcome.DENY: ("不予提供", "the data is not provided"),
    Outcome.REFER: ("转适用其他规定或者渠道", "another rule or channel governs"),
    Outcome.INDETERMINATE: ("无法判定", "it cannot be determined"),
}
EFFECTS: Final = {
    Effect.FORBID: ("不得提供", "forbids"),
    Effect.REFER: ("转其他规定", "refers"),
    Effect.DOUBT: ("不能确定", "leaves in doubt"),
    Effect.PERMIT: ("可以提供", "permits"),
    Effect.ADMIT: ("用途允许", "admits the purpose"),
    Effect.OBLIGE: ("附带义务", "obliges"),
    Effect.ADVISE: ("提示", "advises"),
}


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
        return plain(self.sections)


def plain(sections: Iterable[Section]) -> dict[str, object]:
    """Return sections as plain JSON values, by their ids."""
    return {
        section.id: {
            "title": {"zh": section.title.zh, "en": section.title.en},
            "zh": [paragraph.zh for paragraph in section.paragraphs],
            "en": [paragraph.en for paragraph in section.paragraphs],
        }
        for section in sections
    }


def fact_words(vocabulary: Vocabulary, name: str, value: str) -> str:
    """Return `fact=value` as people say it, for example 共享属性=有条件共享.

    Raises:
        KeyError: there is no such fact or value.
    """
    fact = vocabulary.facts[name]
    return f"{fact.label}={fact.values[value].label}"


def overlay_titles(record: Mapping[str, Any]) -> dict[str, Paragraph]:
    """Return each limiting rule of an overlay in words, of a decision that is spelled out."""
    return {
        found["rule"]: Paragraph(
            *title(found["rule"], one["body"], one.get("titles", {}).get(name_of(found["rule"]), ""))
        )
        for one in record.get("overlays", ())
        for found in [*one["findings"], *(of_some for limit in one.get("limited", ()) for of_some in limit["findings"])]
        if speaker(found["rule"])
    }


def quoted(article: str, instrument: Instrument) -> str:
    """Return an article as a Chinese text cites it, word for word where the instrument has it."""
    unit = instrument.units.get(article)
    try:
        return f"{cite(article)}:「{unit.text}」" if unit else f"{cite(article)}。"
    except ValueError:
        return f"{article}。"  # of another law, or of a revision whose ids were others
