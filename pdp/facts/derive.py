"""One question, the world and an instant become facts: one total vector for each group of equal fields."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pdp.facts import authority, catalogue, channel, known, purpose, relation, security, standing
from pdp.facts.entries import OF_THE_ENTRY, Entries
from pdp.facts.situation import GRANTED, Setting, Situation
from pdp.ledger.age import LEVEL
from pdp.ledger.mask import united
from pdp.ledger.states import Attributes
from pdp.model import Facts, FieldGroup, Inquiry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from pdp.facts.situation import Found
    from pdp.ledger.age import LedgerAge
    from pdp.ledger.mask import Mask
    from pdp.ledger.states import Dataset
    from pdp.ledger.world import World
    from pdp.model import AccessRequest
    from pdp.ports import Usage
    from pdp.vocabulary import Vocabulary

_OF_THE_QUESTION = (
    relation.in_force, relation.relation, relation.operation,
    catalogue.catalogue_state, catalogue.opening_ban_identity, catalogue.publication,
    authority.authority, authority.fulfilment, authority.coordination, authority.field_coverage, authority.quota,
    authority.enforcement, authority.safeguards,
    purpose.purpose, purpose.purpose_kind, purpose.staff_duty, purpose.entrustment, purpose.assurance,
    channel.channel, channel.delivery,
    standing.sanction, standing.rectification, standing.measure,
    security.special_regime,
    known.ledger_age,
)  # fmt: skip

FACTS: dict[str, Callable[[Situation], Found]] = {judge.__name__: judge for judge in (*OF_THE_ENTRY, *_OF_THE_QUESTION)}
"""Every fact that is derived, by name. The vocabulary decides their order in a vector."""


class Deriver:
    """Derives facts. Built once for a rulebook and a ledger; a call reads the world and changes nothing."""

    def __init__(self, setting: Setting, vocabulary: Vocabulary) -> None:
        self._setting = setting
        self._vocabulary = vocabulary
        self._entries = Entries(vocabulary)
        settled_first = (relation.relation, relation.operation)
        self._judges = tuple(
            (vocabulary.index[judge.__name__], judge.__name__, _within(vocabulary, judge))
            for judge in _OF_THE_QUESTION
            if judge not in settled_first and judge.__name__ in vocabulary.index  # an earlier revision knows fewer
        )

    def over(self, world: World, usage: Usage) -> Deriver:
        """Return what derives the same facts of another `world`, with other counts of use."""
        return Deriver(replace(self._setting, world=world, usage=usage), self._vocabulary)

    def __call__(self, request: AccessRequest, now: datetime, age: LedgerAge = LEVEL) -> Inquiry:
        """Return the facts of `request` at `now`, with what the answer's duties need; `age` is that of the ledger.

        Every declared fact gets a value: what cannot be found out is a value too (`unknown`, `unset`, …).

        Raises:
            UnavailableError: the ledger cannot be read.
        """
        found = self._situations(request, request.dataset, request.fields, now, age)
        situations = [("", situation) for situation in found]
        for joined in request.combined_with:
            situations += [(joined, situation) for situation in self._situations(request, joined, None, now, age)]
        groups = tuple([self._group(dataset, situation) for dataset, situation in situations])
        first = situations[0][1]
        return Inquiry(
            groups=groups,
            ledger=self._setting.world.seq(),
            joined=bool(request.combined_with),
            contact=self._entries.of(first).contact,
            parameters=_parameters([situation for _, situation in situations]),
            until=min((instant for _, situation in situations for instant in situation.changes), default=None),
            age=age.age,
            able=None if request.enforces is None else frozenset(request.enforces),
        )

    def _situations(
        self, request: AccessRequest, dataset_id: str, fields: tuple[str, ...] | None, now: datetime, age: LedgerAge
    ) -> list[Situation]:
        """Return one situation for each group of fields with equal attributes, in the order asked."""
        world = self._setting.world
        dataset = world.dataset(dataset_id, now)
        subject = standing = actor = provider = None
        if request.subject is not None:
            subject, standing = world.subject(request.subject, now), world.standing(request.subject, now)
        acting = request.staff or request.system
        if acting:
            actor = world.actor(acting, now)
        if dataset.provider:
            provider = world.subject(dataset.provider, now)
        groups = _by_attributes(dataset, fields)
        situations = [
            Situation(self._setting, request, now, subject, dataset, provider, actor, standing, attributes, asked, age)
            for attributes, asked in groups
        ]
        for situation in situations:
            for state in (subject, dataset, provider, actor, standing):
                if state is not None:
                    situation.read(state)
        return situations

    def _group(self, dataset: str, situation: Situation) -> FieldGroup:
        index = self._vocabulary.index
        entry = self._entries.of(situation)
        vector, evidence = entry.vector.copy(), entry.evidence.copy()
        situation.relation, evidence["relation"] = relation.relation(situation)
        situation.operation, evidence["operation"] = relation.operation(situation)
        authority.settle(situation)
        purpose.settle(situation)
        vector[index["relation"]], vector[index["operation"]] = situation.relation, situation.operation
        for position, name, judge in self._judges:
            vector[position], resting = judge(situation)
            if resting:
                evidence[name] = resting
        return FieldGroup(situation.asked, situation.covered, Facts(tuple(vector), evidence, index), dataset)


def _within(vocabulary: Vocabulary, judge: Callable[[Situation], Found]) -> Callable[[Situation], Found]:
    """Return `judge` in the values of a vocabulary: one that knows of no routes has data in no catalogue instead."""
    knows_routes = catalogue.UNROUTED in vocabulary.facts["catalogue_state"].values
    return catalogue.without_routes if judge is catalogue.catalogue_state and not knows_routes else judge


def _by_attributes(dataset: Dataset, fields: tuple[str, ...] | None) -> list[tuple[Attributes, tuple[str, ...]]]:
    """Return the fields asked for, grouped by their attributes; a field's own attribute stands before its dataset's."""
    if not dataset.field_attributes and (fields is None or not dataset.fields):
        return [(dataset.attributes, dataset.fields if fields is None else tuple(dict.fromkeys(fields)))]
    groups: dict[Attributes, list[str]] = {}
    for name in dict.fromkeys(dataset.fields if fields is None else fields):
        groups.setdefault(_attributes_of(dataset, name), []).append(name)
    return [(attributes, tuple(names)) for attributes, names in groups.items()] or [(dataset.attributes, ())]


def _attributes_of(dataset: Dataset, field: str) -> Attributes:
    """Return the attributes of `field`; a field that the entry does not list has none."""
    if dataset.fields and field not in dataset.fields:
        return Attributes()
    own = dataset.field_attributes.get(field)
    if own is None:
        return dataset.attributes
    whole = dataset.attributes
    return Attributes(own.sharing or whole.sharing, own.opening or whole.opening)


def _parameters(situations: Sequence[Situation]) -> dict[str, object]:
    """Return what the duties of this answer may need to say; what is not stated is absent.

    Groups may rest on an authority or need none: the first authority is named, the limits of each hold for the whole.
    """
    request = situations[0].request
    named = {
        "purpose": request.purpose,
        "scenario": request.scenario,
        "agent": request.agent,
        "channel": request.channel,
        "carrier": request.carrier,
        "mode": request.mode,
    }
    parameters: dict[str, object] = {name: value for name, value in named.items() if value is not None}
    resting = [situation for situation in situations if situation.authority in GRANTED and situation.application]
    applications = [situation.application for situation in resting if situation.application]
    if not applications:
        return parameters
    parameters["application"] = applications[0].id
    scope = applications[0].scope
    if scope.ends is not None:
        parameters["term"] = scope.ends.isoformat()
    if scope.quota is not None:
        parameters["quota"] = scope.quota
    rows = _each([application.scope.rows for application in applications])
    if rows:
        parameters["rows"] = rows[0] if len(rows) == 1 else {"type": "compound", "operator": "and", "value": rows}
    masks: Mapping[str, Mask] = {}
    for situation in resting:
        masks = united(masks, authority.masks(situation))
    if masks:
        parameters["masks"] = [mask.plain(name) for name, mask in masks.items()]
    return parameters


def _each(limits: Sequence[Mapping[str, object] | None]) -> list[Mapping[str, object]]:
    """Return each row filter once."""
    found: list[Mapping[str, object]] = []
    for limit in limits:
        if limit is not None and limit not in found:
            found.append(limit)
    return found
