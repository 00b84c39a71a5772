"""What supervision has put on record: sanctions, orders to rectify, emergency measures.

Sources: art_37__para_2, art_39__para_1__item_5, art_41__para_1, art_42__para_1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.facts.situation import NOT_APPLICABLE, Found, Situation, said

if TYPE_CHECKING:
    from collections.abc import Iterable


def sanction(situation: Situation) -> Found:
    """Return the state of art_42__para_1 of this subject for this dataset; a public body has none."""
    if situation.relation != "opening":
        return NOT_APPLICABLE
    subject, standing = situation.subject, situation.standing
    if subject is None or standing is None:
        return "anonymous", ()
    if _related(situation, standing.terminated):
        return "terminated", said(standing, "terminated")
    if _related(situation, standing.suspended):
        return "suspended", said(standing, "suspended")
    for affiliate in sorted(subject.affiliates):
        theirs = situation.read(situation.setting.world.standing(affiliate, situation.now))
        if _related(situation, theirs.terminated) or _related(situation, theirs.suspended):
            return "affiliate", said(subject, "subject")
    return "clear", ()


def _related(situation: Situation, named: Iterable[str]) -> bool:
    """Return whether this dataset is 相关 to those an order names (reading related_data)."""
    dataset, reading = situation.dataset, situation.setting.readings["related_data"]
    if dataset.id in named:
        return True
    if reading == "listed_in_the_order":
        return False
    world, now = situation.setting.world, situation.now
    for other in (world.dataset(name, now) for name in named):
        if reading == "all_of_the_provider" and dataset.provider and other.provider == dataset.provider:
            return True
        if dataset.derived_from == other.id or other.derived_from == dataset.id:
            return True
    return False


def rectification(situation: Situation) -> Found:
    """Return the state of art_41__para_1 of a public body; it has no effect on access."""
    if situation.relation not in {"own_use", "sharing"} or situation.standing is None:
        return NOT_APPLICABLE
    return situation.standing.rectification, said(situation.standing, "rectification")


def measure(situation: Situation) -> Found:
    """Return whether a recorded measure covers this data. Source: art_37__para_2, art_39__para_1__item_5."""
    dataset = situation.dataset
    measures = situation.read(situation.setting.world.measures(situation.now))
    holders = {dataset.provider, *dataset.joint_providers} - {""}
    if measures.district_all or dataset.id in measures.district_datasets or holders & measures.district_providers:
        return "district", said(measures, "district")
    if dataset.id in measures.provider_datasets or holders & measures.provider_all:
        return "provider", said(measures, "provider")
    return "none", ()
