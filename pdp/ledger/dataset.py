"""A catalogue entry: who provides it, its place in the catalogue, its classes, and what was assessed about it.

Sources: art_3__para_3, art_11__para_1, art_15__para_1, art_16__para_1, art_17__para_1, art_19, art_23, art_26, art_27,
art_30, art_38__para_1.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pdp.ledger import catalogued, classification, objection, subject
from pdp.ledger.states import Attributes, Dataset, Said
from pdp.ledger.words import single, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pdp.ledger.classification import Classes
    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View

LEVELS = ("resource_entry", "data_entry", "system_entry", "table")  # 资源目录, 数据目录, 系统目录, 库表目录

DAYS = {
    "realtime": 1, "daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "half_yearly": 184, "yearly": 366,
    "实时": 1, "每日": 1, "每周": 7, "每月": 31, "每季度": 92, "每半年": 184, "每年": 366,
}  # fmt: skip
"""Update cycles in words, in civil days; any number of days may stand as digits. Other words: no fixed interval."""

_PUBLICATION = {
    "opening.aggregated": "aggregated",
    "opening.published": "published",
    "opening.withdrawn": "withdrawn",
}

TRANSITIONS = {  # of the publication of an entry, art_30__para_1, art_30__para_2
    ("marked", "opening.aggregated"): "aggregated",
    ("withdrawn", "opening.aggregated"): "aggregated",
    ("aggregated", "opening.published"): "published",
    ("aggregated", "opening.withdrawn"): "withdrawn",
    ("published", "opening.withdrawn"): "withdrawn",
}

_PROCURED = {  # (recorded or filed, a basis is on record) -> value of the fact procured
    ("recorded", False): "unfiled",
    ("recorded", True): "unfiled_with_basis",
    ("filed", False): "filed",
    ("filed", True): "filed_with_basis",
}


def fold(view: View, dataset: str) -> Dataset:
    """Return the entry `dataset` as it stands; an entry nobody catalogued has no provider."""
    statements = view.about(f"dataset/{dataset}")
    if not statements:
        return Dataset(dataset, until=view.changes)
    last = {statement.kind: statement for statement in statements}
    versions = classification.versions(view, dataset)
    classes = versions[-1] if versions else None
    entry = last.get("dataset.catalogued")
    said: Said = {}
    for kind, attributes in _SAID_BY.items():
        if kind in last:
            said |= dict.fromkeys(attributes, (last[kind].seq,))
    said |= _said_of_classes(classes) if classes else {}
    mapped = _mapped(statements)
    objecting, objected = objection.on_dataset(view, statements)
    procured, bought = _procured(last)
    bans = _bans(statements, said)
    answering = providers(view, dataset)
    regime, grade, personal, base_set = (
        last.get(f"dataset.{kind}") for kind in ("regime_marked", "graded", "personal_assessed", "base_set")
    )
    return Dataset(
        id=dataset,
        provider=answering[0] if answering else "",
        joint_providers=single(frozenset(answering[1:]) - frozenset(answering[:1])),
        title=text(entry, "title") if entry else "",
        fields=classes.listed if classes else (),
        derived_from=text(entry, "derived_from") if entry else "",
        catalogue_state=_catalogue_state(classes, entry, mapped=len(mapped) == len(LEVELS)),
        mapped=len(mapped) == len(LEVELS),
        table=mapped.get("table", ""),
        attributes=classes.entry if classes else Attributes(),
        field_attributes=classes.fields if classes else {},
        sharing_conditions=classes.conditions.get("sharing") if classes else None,
        opening_conditions=classes.conditions.get("opening") if classes else None,
        not_shareable_basis=text(last["dataset.basis_recorded"], "basis") if "dataset.basis_recorded" in last else "",
        ban_law=bans["law"],
        ban_security=bans["security"],
        ban_identity=bans["identity"],
        treatment=_treatment(classes, last),
        publication=publication(statements),
        grade=text(grade, "grade") if grade else "ungraded",
        regime=text(regime, "regime") if regime else "unknown",
        personal=text(personal, "personal") if personal else "unknown",
        base_set=text(base_set, "base_set") if base_set else "unknown",
        aggregated="dataset.aggregated" in last,
        linked="dataset.linked" in last,
        procured=procured,
        freshness=_freshness(view, entry, last.get("dataset.refreshed")),
        objection=objecting,
        assumed=single(frozenset(name for statement in last.values() for name in texts(statement, "assumed"))),
        said=said | bought | objected,
        until=view.changes,
    )


def providers(view: View, dataset: str) -> tuple[str, ...]:
    """Return those who answer for `dataset` now, the lead first, each through its successors; empty: no entry."""
    entries = catalogued.entries(view, dataset)
    named = entries[-1].providers if entries else ()
    return tuple(dict.fromkeys(subject.now_held_by(view, provider) for provider in named))


_SAID_BY = {
    "dataset.catalogued": ("provider", "joint_providers", "title", "fields", "derived_from", "catalogue_state"),
    "dataset.mapped": ("mapped", "table"),
    "dataset.basis_recorded": ("not_shareable_basis",),
    "dataset.graded": ("grade",),
    "dataset.regime_marked": ("regime",),
    "dataset.personal_assessed": ("personal",),
    "dataset.base_set": ("base_set",),
    "dataset.aggregated": ("aggregated",),
    "dataset.linked": ("linked",),
    "dataset.refreshed": ("freshness",),
    "opening.aggregated": ("publication",),
    "opening.published": ("publication",),
    "opening.withdrawn": ("publication",),
}


def _mapped(statements: Iterable[Statement]) -> dict[str, str]:
    """Return the levels of the directory chain to which the entry is tied. Source: art_3__para_3."""
    levels: dict[str, str] = {}
    for statement in statements:
        if statement.kind == "dataset.mapped":
            levels |= {level: text(statement, level) for level in LEVELS if text(statement, level)}
    return levels


def _catalogue_state(classes: Classes | None, entry: Statement | None, *, mapped: bool) -> str:
    if entry is None or classes is None:
        return "uncatalogued"
    if classes.retired:
        return "retired"
    if not classes.approved:
        return "not_approved"
    if not mapped:
        return "unmapped"
    return "change_pending" if classes.pending else "approved"


def _said_of_classes(classes: Classes) -> dict[str, tuple[int, ...]]:
    """Return the statements behind the classes: by axis, together, and behind the state of the entry."""
    by_axis: dict[str, set[int]] = {axis: set() for axis in classification.AXES}
    for place, seqs in classes.said.items():
        axis = place.rpartition("/")[2]
        if "/" in place:
            by_axis[axis].update(seqs)
    said = {axis: tuple(sorted(seqs)) for axis, seqs in by_axis.items() if seqs}
    together = tuple(sorted(set().union(*by_axis.values())))
    if together:
        said["attributes"] = said["field_attributes"] = together
    treatment = classes.said.get("treated", ()) + classes.said.get("relisted", ())
    if treatment:
        said["treatment"] = treatment
    state = classes.said.get("retired") or classes.said.get("approved")
    return said | ({"catalogue_state": state} if state else {})


def _treatment(classes: Classes | None, last: Mapping[str, Statement]) -> str:
    if "dataset.treated" not in last or classes is None:
        return "none"
    return "treated_and_relisted" if classes.relisted else "treated"


def _bans(statements: Iterable[Statement], said: Said) -> dict[str, str]:
    """Return the last assessment of each ban of art_27__para_1; `said` learns where it stands."""
    bans = {"law": "unknown", "security": "unknown", "identity": "unknown"}
    for statement in statements:
        if statement.kind == "dataset.ban_assessed":
            assessed = {ban: text(statement, ban) for ban in bans if text(statement, ban)}
            bans |= assessed
            said |= dict.fromkeys(map("ban_{}".format, assessed), (statement.seq,))
    return bans


def publication(statements: Iterable[Statement]) -> str:
    """Return how far unconditional opening has come. Source: art_30__para_1, art_30__para_2."""
    state = "marked"
    for statement in statements:
        state = _PUBLICATION.get(statement.kind, state)
    return state


def _procured(last: Mapping[str, Statement]) -> tuple[str, dict[str, tuple[int, ...]]]:
    """Return whether the data was bought, filed, and found unfit for an interface. Source: art_17__para_1."""
    kinds = ("procurement.recorded", "procurement.filed", "procurement.unsuitability_recorded")
    recorded, filed, unsuitable = (last.get(kind) for kind in kinds)
    if recorded is None:
        return "no", {}
    state = _PROCURED["filed" if filed else "recorded", unsuitable is not None]
    return state, {"procured": tuple(said.seq for said in (recorded, filed, unsuitable) if said)}


def _freshness(view: View, entry: Statement | None, refreshed: Statement | None) -> str:
    """Return whether the update cycle is kept, counted from the last refresh. Source: art_16__para_1."""
    cycle = text(entry, "cycle") if entry else ""
    days = int(cycle) if cycle.isdecimal() else DAYS.get(cycle)
    if not days or refreshed is None:
        return "unknown"
    return "overdue" if view.reached(refreshed.at + timedelta(days=days)) else "current"
