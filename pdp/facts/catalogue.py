"""What the catalogue says of the data: its entry, its classes, its bans, its condition.

Sources: art_3__para_3, art_7__para_1__item_2, art_11__para_1, art_15__para_1, art_15__para_3, art_16__para_1,
art_17__para_1, art_19, art_23__para_1, art_25, art_26__para_1, art_27, art_30, art_32__para_1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.facts.situation import NOT_APPLICABLE, Found, Situation, said
from pdp.model import UNREGISTERED

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdp.ledger.states import Combination, Dataset

UNROUTED = "unrouted"  # the state of what a call without a route is about
_BASE_SETS = frozenset({"population", "legal_entity", "geospatial", "macro_economy"})
_SEVERITY = {"no": 0, "unknown": 1, "carved_out": 2, "yes": 3}
_LINEAGE = 8  # generations of derivation that are followed; more is nowhere seen and would hide a cycle


def catalogue_state(situation: Situation) -> Found:
    """Return the state of the catalogue entry behind the object named. Source: art_3__para_3, art_11__para_1."""
    if situation.request.route == UNREGISTERED:
        return UNROUTED, ()
    dataset, table = situation.dataset, situation.request.table
    state = dataset.catalogue_state
    resolves = table is None or (dataset.mapped and table == dataset.table)
    if state in {"approved", "change_pending"} and not resolves:
        state = "unmapped"
    return state, said(dataset, "catalogue_state")


def without_routes(situation: Situation) -> Found:
    """Return the state of the entry in the words of a revision from before calls were looked up in route maps."""
    state, resting = catalogue_state(situation)
    return ("uncatalogued" if state == UNROUTED else state), resting


def sharing_class(situation: Situation) -> Found:
    """Return the sharing attribute in force for the fields asked for. Source: art_19, art_23__para_1."""
    return situation.attributes.sharing or "unset", said(situation.dataset, "attributes")


def not_shareable_basis(situation: Situation) -> Found:
    """Return whether the legal basis for 不符合共享要求 is on record. Source: art_19__para_4."""
    if situation.attributes.sharing != "not_shareable":
        return NOT_APPLICABLE
    recorded = situation.dataset.not_shareable_basis
    return ("recorded" if recorded else "missing"), said(situation.dataset, "not_shareable_basis")


def opening_class(situation: Situation) -> Found:
    """Return the opening attribute in force for the fields asked for. Source: art_26__para_1, art_27__para_2."""
    return situation.attributes.opening or "unset", said(situation.dataset, "attributes")


def opening_ban_law(situation: Situation) -> Found:
    """Return whether a law forbids opening, and whether it allows the treated form. Source: art_27__para_1__item_1."""
    return _inherited(situation, lambda dataset: (dataset.ban_law, said(dataset, "ban_law")))


def opening_ban_security(situation: Situation) -> Found:
    """Return whether opening may endanger security or stability. Source: art_27__para_1__item_2."""
    return _inherited(situation, lambda dataset: (dataset.ban_security, said(dataset, "ban_security")))


def opening_ban_identity(situation: Situation) -> Found:
    """Return whether a natural person can be inferred, for the whole combination. Source: art_27__para_1__item_3."""
    own = _inherited(situation, lambda dataset: (dataset.ban_identity, said(dataset, "ban_identity")))
    others = situation.request.combined_with
    if not others:
        return own
    joined = situation.read(joined_assessment(situation))
    return own if own[0] == "yes" else (joined.identity, said(joined, "combination"))


def joined_assessment(situation: Situation) -> Combination:
    """Return the assessment of everything the question joins. Source: art_27__para_1__item_3."""
    request = situation.request
    return situation.setting.world.combination(frozenset((request.dataset, *request.combined_with)), situation.now)


def _inherited(situation: Situation, ban: Callable[[Dataset], Found]) -> Found:
    """Return the gravest ban of the entry and of those it derives from; an entry's silence is its origin's word."""
    found, dataset = ban(situation.dataset), situation.dataset
    for _ in range(_LINEAGE):
        if not dataset.derived_from:
            return found
        dataset = situation.read(situation.setting.world.dataset(dataset.derived_from, situation.now))
        origin = ban(dataset)
        if found[0] == "unknown" or _SEVERITY[origin[0]] > _SEVERITY[found[0]]:
            found = origin
    return "unknown", ()


def treatment(situation: Situation) -> Found:
    """Return 脱敏 or 脱密 of this entry, and whether it was listed anew. Source: art_27__para_2."""
    return situation.dataset.treatment, said(situation.dataset, "treatment")


def publication(situation: Situation) -> Found:
    """Return how far unconditional opening has come. Source: art_26__para_4, art_30__para_1, art_30__para_2."""
    if situation.relation != "opening" or situation.attributes.opening != "unconditional":
        return NOT_APPLICABLE
    return situation.dataset.publication, said(situation.dataset, "publication")


def procured(situation: Situation) -> Found:
    """Return whether the data was bought with 财政资金, filed, and unfit for an interface. Source: art_17__para_1."""
    return situation.dataset.procured, said(situation.dataset, "procured")


def convergence(situation: Situation) -> Found:
    """Return whether base data is aggregated and other data linked. Source: art_15__para_1, art_15__para_3."""
    dataset = situation.dataset
    if dataset.base_set in _BASE_SETS:
        state = "base_aggregated" if dataset.aggregated else "base_not_aggregated"
        return state, said(dataset, "aggregated") or said(dataset, "base_set")
    if dataset.linked:
        return "linked", said(dataset, "linked")
    if dataset.base_set == "unknown" or situation.provider is None:
        return "unknown", ()
    organ = situation.provider.basis == "administrative_organ"
    return ("unlinked" if organ else "unlinked_reference"), said(dataset, "base_set")


def objection(situation: Situation) -> Found:
    """Return the objection on this dataset, which never freezes it. Source: art_25, art_32__para_1."""
    return situation.dataset.objection, said(situation.dataset, "objection")


def freshness(situation: Situation) -> Found:
    """Return whether the update cycle is kept. Source: art_7__para_1__item_2, art_16__para_1."""
    return situation.dataset.freshness, said(situation.dataset, "freshness")
