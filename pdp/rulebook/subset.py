"""The analysable subset of Rego: read a rule's source, refuse whatever could mean more than a finite table."""

from __future__ import annotations

from difflib import get_close_matches
from math import prod
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pdp.errors import PolicyError
from pdp.model import Effect
from pdp.rulebook.metadata import metadata
from pdp.rulebook.rule import Condition, Rule
from pdp.rulebook.syntax import Parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pdp.readings import Readings
    from pdp.rulebook.metadata import Metadata
    from pdp.vocabulary import Vocabulary

    Bodies = Mapping[str, tuple[tuple[Condition, ...], ...]]

LIMIT = 4096  # combinations of one rule
HEADS = tuple(effect.value for effect in Effect if effect not in {Effect.PERMIT, Effect.ADMIT})
LIMITING = {Effect.FORBID, Effect.REFER, Effect.DOUBT}  # these refuse, and so owe a remedy


def read_rule(path: str, source: str, vocabulary: Vocabulary, readings: Readings) -> Rule:
    """Return the rule that `source` states, with the facts it reads and the values it names.

    Args:
        path: relative to the policy root, for example rego/access/rules/onward_supply/onward_supply.rego.
        source: text of the file.
        vocabulary: the facts a rule may read, and their values.
        readings: the readings it may compare with one of their options.

    Raises:
        PolicyError: the source is outside the subset, misspells a name or value, or reads too much; path and line.
    """
    package, name = _identity(path)
    notes = metadata(path, source)
    parser = Parser(path, source, HEADS)
    bodies = parser.module(package)
    head = _head(path, bodies)
    _check_helpers(path, bodies, head, notes)
    for condition in _conditions(bodies):
        _check_words(path, condition, vocabulary, readings)
    named = _named(bodies, vocabulary)
    _check_size(path, named, vocabulary, parser.first)
    return Rule(
        id=name,
        effect=_effect(path, head, notes),
        title=notes.title,
        description=notes.description,
        articles=notes.articles,
        remedy=notes.remedy,
        exceptions=notes.exceptions,
        readings=_readings(path, bodies, notes, readings),
        reads=tuple(sorted(named)),
        named=named,
        path=path,
        source=source,
        package=package,
        bodies=bodies,
    )


def _identity(path: str) -> tuple[str, str]:
    """Return the package and rule id that `path` demands: one rule, one folder, one package."""
    parts = PurePosixPath(path).parts
    good = len(parts) > 2 and parts[0] == "rego" and parts[-1] == f"{parts[-2]}.rego"  # noqa: PLR2004 - rego/<x>/<x>.rego
    if not good:
        raise PolicyError(path, 1, "a rule's file bears the name of its folder", "move it to <rule>/<rule>.rego")
    return ".".join(parts[1:-1]), parts[-2]


def _head(path: str, bodies: Bodies) -> str:
    heads = [name for name in bodies if not name.startswith("_")]
    if len(heads) != 1:
        line = bodies[heads[1]][0][0].line if heads else 1
        fault = f"two heads, {' and '.join(heads[:2])}" if heads else "no head"
        raise PolicyError(path, line, fault, f"give each rule one head of {', '.join(HEADS)}")
    return heads[0]


def _effect(path: str, head: str, notes: Metadata) -> Effect:
    effect = Effect(head)
    if effect in LIMITING and not notes.remedy:
        raise PolicyError(path, notes.line, "a rule that refuses names no remedy", "add custom.remedy from duties.yaml")
    if effect not in LIMITING and notes.remedy:
        raise PolicyError(path, notes.line, f"a rule that says {head} names a remedy", "remove custom.remedy")
    return effect


def _check_helpers(path: str, bodies: Bodies, head: str, notes: Metadata) -> None:
    for condition in _conditions(bodies):
        if condition.subject == "helper" and condition.name not in bodies:
            raise PolicyError(
                path, condition.line, f"{condition.name} is not defined", _nearest(condition.name, bodies)
            )
    reached = _reach(path, bodies, head, ())
    for name in bodies.keys() - reached:
        raise PolicyError(path, bodies[name][0][0].line, f"{name} is never used", "remove it, or ask it in a body")
    for helper in notes.exceptions.keys() - bodies.keys():
        raise PolicyError(
            path, notes.line, f"the exception {helper} is no helper", "name a private helper of this file"
        )


def _reach(path: str, bodies: Bodies, name: str, above: tuple[str, ...]) -> set[str]:
    """Return the names that `name` asks, itself included; refuse one that asks itself."""
    reached = {name}
    for condition in (condition for body in bodies[name] for condition in body if condition.subject == "helper"):
        if condition.name in (*above, name):
            raise PolicyError(path, condition.line, f"{condition.name} asks itself", "state the condition outright")
        reached |= _reach(path, bodies, condition.name, (*above, name))
    return reached


def _check_words(path: str, condition: Condition, vocabulary: Vocabulary, readings: Readings) -> None:
    if condition.subject == "helper":
        return
    of_facts = condition.subject == "input"
    known: Mapping[str, object] = vocabulary.facts if of_facts else readings.entries
    kind, place = ("fact", "policies/facts.yaml") if of_facts else ("reading", "policies/readings")
    if condition.name not in known:
        remedy = f"{_nearest(condition.name, known)}; see {place}"
        raise PolicyError(path, condition.line, f'"{condition.name}" is no {kind}', remedy)
    values: Iterable[str] = (
        vocabulary.facts[condition.name].values if of_facts else readings.entries[condition.name].options
    )
    for value in sorted(condition.values - set(values)):
        fault = f'"{value}" is no value of {kind} {condition.name}'
        raise PolicyError(path, condition.line, fault, _nearest(value, values))


def _named(bodies: Bodies, vocabulary: Vocabulary) -> dict[str, frozenset[str]]:
    """Return, for each fact read, the values it is compared with, facts in the vocabulary's order."""
    named: dict[str, frozenset[str]] = {}
    for condition in _conditions(bodies):
        if condition.subject == "input":
            named[condition.name] = named.get(condition.name, frozenset()) | condition.values
    return {fact: named[fact] for fact in vocabulary.facts if fact in named}


def _check_size(path: str, named: Mapping[str, frozenset[str]], vocabulary: Vocabulary, line: int) -> None:
    if not named:
        raise PolicyError(path, line, "the rule reads no fact", "compare at least one: input.<fact>")
    size = prod(min(len(values) + 1, len(vocabulary.facts[fact].values)) for fact, values in named.items())
    if size > LIMIT:
        raise PolicyError(path, line, f"the rule has {size} combinations, {LIMIT} are allowed", "split it in two")


def _readings(path: str, bodies: Bodies, notes: Metadata, readings: Readings) -> tuple[str, ...]:
    for name in notes.readings:
        if name not in readings.entries:
            raise PolicyError(path, notes.line, f'"{name}" is no reading', _nearest(name, readings.entries))
    compared = {condition.name for condition in _conditions(bodies) if condition.subject == "readings"}
    return tuple(sorted(compared.union(notes.readings)))


def _conditions(bodies: Bodies) -> Iterator[Condition]:
    return (condition for alternatives in bodies.values() for body in alternatives for condition in body)


def _nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(word, names, n=1)
    return f'write "{near[0]}"' if near else f"write one of {', '.join(names)}"
