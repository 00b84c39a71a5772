"""What is true of a catalogue entry whoever asks: derived once for each state of the entry, then copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pdp.facts import catalogue, security
from pdp.model import Contact

if TYPE_CHECKING:
    from pdp.facts.situation import Situation
    from pdp.ledger.states import Dataset, Subject
    from pdp.vocabulary import Vocabulary

OF_THE_ENTRY = (
    catalogue.sharing_class, catalogue.not_shareable_basis, catalogue.opening_class, catalogue.opening_ban_law,
    catalogue.opening_ban_security, catalogue.treatment, catalogue.procured, catalogue.convergence,
    catalogue.objection, catalogue.freshness, security.grade, security.personal_data,
)  # fmt: skip

_KEPT = 8_192  # entries of each generation; about 1.5 KB each


class Entry(NamedTuple):
    """The part of a vector that an entry decides alone, and whom to ask about it."""

    states: tuple[Dataset, Subject | None]  # kept alive, so that an id goes on naming one state
    vector: list[str]  # empty where the question decides
    evidence: dict[str, tuple[str, ...]]
    contact: Contact | None


class Entries:
    """Entries by the states that they were derived from. Nobody changes what it returns."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._judges = [(vocabulary.index[judge.__name__], judge.__name__, judge) for judge in OF_THE_ENTRY]
        self._length = len(vocabulary.facts)
        self._young: dict[tuple[int, int, str, str], Entry] = {}
        self._old: dict[tuple[int, int, str, str], Entry] = {}  # what is not asked for soon is dropped with it

    def of(self, situation: Situation) -> Entry:
        """Return what is true of the situation's entry, for its group of fields."""
        dataset, attributes = situation.dataset, situation.attributes
        key = (id(dataset), id(situation.provider), attributes.sharing, attributes.opening)
        entry = self._young.get(key)
        if entry is None or dataset.derived_from:  # what an entry derives from has a state, and an end, of its own
            entry = (None if dataset.derived_from else self._old.get(key)) or self._derive(situation)
            if len(self._young) >= _KEPT:
                self._old, self._young = self._young, {}
            self._young[key] = entry
        return entry

    def _derive(self, situation: Situation) -> Entry:
        vector, evidence = [""] * self._length, {}
        for position, name, judge in self._judges:
            vector[position], resting = judge(situation)
            if resting:
                evidence[name] = resting
        states = (situation.dataset, situation.provider)
        return Entry(states, vector, evidence, _observer(*states))


def _observer(dataset: Dataset, provider: Subject | None) -> Contact | None:
    """Return the 数据观察员 of the provider; an entry without provider has nobody to ask. Source: art_8__para_1."""
    if provider is None:
        return None
    observer = provider.observer or {}
    post = observer.get("post", "数据观察员")
    return Contact(dataset.provider, provider.name, post, observer.get("phone", ""), observer.get("email", ""))
