"""A policy root in memory: everything its files say, checked against itself, before any engine has been asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.law import Instrument
    from pdp.readings import Readings
    from pdp.routing.route_map import RouteMap
    from pdp.rulebook.duties import Duties
    from pdp.rulebook.fact_rules import FactRules
    from pdp.rulebook.rule import PolicyTable, Rule
    from pdp.vocabulary import Vocabulary
    from pdp.workdays import Calendar


@dataclass(frozen=True, slots=True)
class PolicySet:
    """What one policy root says. Every article, remedy, text and value that a file names exists in another."""

    instrument: Instrument
    vocabulary: Vocabulary = field(repr=False)
    readings: Readings = field(repr=False)
    calendar: Calendar = field(repr=False)
    duties: Duties = field(repr=False)
    rules: Mapping[str, Rule] = field(repr=False)  # the Rego rules, by id
    permissions: PolicyTable = field(repr=False)
    purposes: PolicyTable = field(repr=False)
    administration: PolicyTable = field(repr=False)
    posts: PolicyTable = field(repr=False)
    digests: Mapping[str, str]  # part of the revision -> hex SHA-256 over relative paths and bytes
    routes: Mapping[str, RouteMap] = field(default_factory=dict, repr=False)  # by gateway
    deriving: FactRules | None = field(default=None, repr=False)  # None: `pdp.facts` derives the facts
