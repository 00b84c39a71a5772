"""How a decision record shortens what it says of facts and rules, both ways. Source: the decision log's format, § 1.8.

Facts are their values in the order of the vocabulary, evidence says which positions it supports, findings
are words. Everything here can be undone, but for the order of what one fact rests on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pdp.model import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pdp.model import Finding

NOT_APPLICABLE: Final = "not_applicable"
NONE: Final = "-"  # what stands for it; no value of a fact
EVIDENCE: Final = 8  # strings a fact
_BASE: Final = 36
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_PLACES: Final = (*_DIGITS, *(head + last for head in _DIGITS[1:] for last in _DIGITS))  # 1,296 facts: enough for ever
_NUMBER: Final = "([1-9][0-9]*)"
_LONG: Final = re.compile(f"art_{_NUMBER}(?:__para_{_NUMBER}(?:__item_{_NUMBER})?)?")
_LEVELS: Final = ("art_", "__para_", "__item_")
_FIRST: Final = tuple("123456789")


def shortened(article: str) -> str:
    """Return the short form of a unit's id; another id stays, behind `=` where it could be taken for a short form.

    >>> shortened("art_27__para_1__item_3"), shortened("art_40"), shortened("annex_2"), shortened("9.1")
    ('27.1.3', '40', 'annex_2', '=9.1')
    """
    found = _LONG.fullmatch(article)
    if found:
        return ".".join([number for number in found.groups() if number])
    return f"={article}" if article[:1] in "=0123456789" else article


def lengthened(short: str) -> str:
    """Return the id that `shortened` made `short` of.

    >>> lengthened("27.1.3"), lengthened("annex_2"), lengthened("=9.1")
    ('art_27__para_1__item_3', 'annex_2', '9.1')
    """
    if short[:1] == "=":
        return short[1:]
    if short[:1] not in _FIRST:
        return short
    return "".join(level + number for level, number in zip(_LEVELS, short.split("."), strict=False))


def facts_text(vector: Iterable[str]) -> str:
    """Return a vector as one text; values are words without blanks."""
    return " ".join([NONE if value == NOT_APPLICABLE else value for value in vector])


def vector_of(text: str) -> tuple[str, ...]:
    """Return the vector in `text`."""
    return tuple([NOT_APPLICABLE if value == NONE else value for value in text.split(" ")])


def evidence_text(evidence: Mapping[str, Sequence[str]], index: Mapping[str, int]) -> str:
    """Return what the facts rest on: each source, sorted, with the positions in base 36 of the facts it supports.

    Positions are single digits that stand side by side; where there are more than 36 facts, a comma parts them.

    Args:
        evidence: fact -> what it rests on, of which the first eight are kept.
        index: every fact -> its position.
    """
    supported: dict[str, list[int]] = {}
    for name, resting in evidence.items():
        place = index[name]
        for source in resting[:EVIDENCE] if len(resting) > EVIDENCE else resting:
            if source in supported:
                supported[source].append(place)
            else:
                supported[source] = [place]
    between = "" if len(index) <= _BASE else ","
    spelled = []
    for source, places in supported.items():
        places.sort()
        spelled.append(f"{_escaped(source)} {between.join([_PLACES[place] for place in places])}")
    spelled.sort()
    return ";".join(spelled)


def evidence_of(text: str, names: Sequence[str]) -> dict[str, list[str]]:
    """Return fact -> what it rests on; `names` are the facts in the order of their positions.

    Raises:
        IndexError: a position is beyond them; these are not the facts of the record.
    """
    resting: dict[int, list[str]] = {}
    for words in text.split(";") if text else ():
        source, _, places = words.rpartition(" ")
        for place in places if len(names) <= _BASE else places.split(","):
            resting.setdefault(int(place, _BASE), []).append(_plain(source))
    return {names[place]: resting[place] for place in sorted(resting)}


def findings_members(findings: Iterable[Finding]) -> dict[str, str]:
    """Return findings by effect, a semicolon between two: the rule and its articles in their short form."""
    spoken: dict[str, list[str]] = {}
    for found in findings:
        words = " ".join([found.rule, *map(shortened, found.articles)])
        spoken.setdefault(found.effect.value, []).append(words)
    return {effect: ";".join(words) for effect, words in spoken.items()}


def findings_of(members: Mapping[str, str]) -> list[dict[str, object]]:
    """Return findings as `{rule, effect, articles}` each, in the order of effects and then as they stand."""
    return [
        {"rule": rule, "effect": effect.value, "articles": [lengthened(short) for short in articles]}
        for effect in Effect
        if effect.value in members
        for rule, *articles in (words.split(" ") for words in members[effect.value].split(";"))
    ]


def _escaped(source: str) -> str:
    """Return a source without semicolons, which part it from the next."""
    return source.replace("%", "%25").replace(";", "%3B") if "%" in source or ";" in source else source


def _plain(escaped: str) -> str:
    return escaped.replace("%3B", ";").replace("%25", "%")
