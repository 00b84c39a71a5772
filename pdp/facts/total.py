"""Whatever an engine says of a question becomes one value for every fact, or no decision at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.vocabulary import Fact, Vocabulary

UNKNOWN: Final = "unknown"
NOWHERE: Final = "not_applicable"


class UndefinedFactsError(UnavailableError):
    """The pack's own source does not say what a question's facts are; legal staff must mend it."""

    code = "facts_undefined"
    who_must_act = "legal"

    def __init__(self, what: str) -> None:
        super().__init__(f"no fact is known: {what}; mend rego/facts.rego, or give the fact a value marked floor")


def total(said: Mapping[str, object], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return a value for every declared fact, in the vocabulary's order.

    A fact that does not apply is `not_applicable`, whatever is said of it. One that is undefined, or has a value that
    was not declared, has its floor: `unknown`, or the first value so marked.

    Args:
        said: fact -> value, as an engine answered; others than declared facts count for nothing.
        vocabulary: the facts.

    Raises:
        UndefinedFactsError: a fact that applies has neither a declared value nor a floor.
    """
    found: dict[str, str] = {}
    for name, fact in vocabulary.facts.items():
        found[name] = _value(fact, said.get(name)) if fact.applies(found) else NOWHERE
    return tuple(found.values())


def _value(fact: Fact, said: object) -> str:
    """Return what is said if the fact can have that value where it applies, else its floor."""
    beside = NOWHERE if fact.applies_when else None
    if isinstance(said, str) and said in fact.values and said != beside:
        return said
    value = floor(fact)
    if value is None:
        fault = f"{fact.id} is undefined" if said is None else f"{fact.id} has a value that was not declared"
        raise UndefinedFactsError(fault)
    return value


def floor(fact: Fact) -> str | None:
    """Return the value that `fact` has when nothing is known of it, None where there is none."""
    floors = [value.id for value in fact.values.values() if value.floor]
    return UNKNOWN if UNKNOWN in floors else next(iter(floors), None)
