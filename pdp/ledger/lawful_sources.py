"""Which paragraph gives each kind of act its measure: a refusal that names no article of its own is made under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdp.errors import TransitionError

SOURCE = {
    "body": "art_2__para_1",
    "unit": "art_3__para_5",
    "person": "art_3__para_5",
    "duty": "art_40__para_1",
    "staff": "art_40__para_1",
    "system": "art_40__para_1",
    "entrustment": "art_40__para_1",
    "carrier": "art_26__para_3",
    "route": "art_3__para_3",
    "workload": "art_38__para_2",
    "query_user": "art_40__para_1",
    "table": "art_3__para_3",
    "dataset": "art_11__para_1",
    "dataset.class_proposed": "art_23__para_1",
    "dataset.class_tightened": "art_23__para_1",
    "dataset.reviewed": "art_23__para_1",
    "dataset.basis_recorded": "art_19__para_4",
    "dataset.ban_assessed": "art_27__para_1",
    "dataset.treated": "art_27__para_2",
    "dataset.relisted": "art_27__para_2",
    "dataset.graded": "art_38__para_1",
    "dataset.base_set": "art_15__para_1",
    "dataset.aggregated": "art_15__para_1",
    "dataset.linked": "art_15__para_2",
    "dataset.refreshed": "art_16__para_1",
    "dataset.retired": "art_16__para_1",
    "combination": "art_27__para_1__item_3",
    "onward": "art_24__para_1",
    "application": "art_21__para_1",
    "application.fulfilled": "art_21__para_2",
    "application.agreed": "art_21__para_2",
    "application.agreed_in_part": "art_21__para_3",
    "application.refused": "art_21__para_3",
    "coordination": "art_22__para_1",
    "opening": "art_31__para_2",
    "opening.aggregated": "art_30__para_1",
    "opening.published": "art_30__para_2",
    "opening.withdrawn": "art_26__para_4",
    "safeguards": "art_26__para_3",
    "objection": "art_25__para_1",
    "objection.filed": "art_25__para_2",
    "objection.extended": "art_25__para_2",
    "sanction": "art_42__para_1",
    "rectification": "art_41__para_1",
    "measure": "art_37__para_2",
    "procurement": "art_17__para_1",
}
"""Kind, or family of kinds, -> paragraph."""


def source(kind: str) -> str:
    """Return the paragraph under which acts of `kind` are done."""
    return SOURCE.get(kind) or SOURCE[kind.split(".", maxsplit=1)[0]]


def sourced(refusal: TransitionError) -> TransitionError:
    """Return `refusal` with the paragraph of its kind of act, unless it names an article already."""
    if "art_" in refusal.fault or "art_" in refusal.remedy:
        return refusal
    return type(refusal)(refusal.act, refusal.fault, f"{refusal.remedy} ({source(refusal.act)})")
