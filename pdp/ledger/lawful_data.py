"""Which acts about catalogue entries are lawful in the state they meet. Sources: art_11, art_17, art_23, art_27."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.errors import TransitionError
from pdp.ledger import catalogued, classification, dataset, scope
from pdp.ledger.classification import STRICTNESS, Classes
from pdp.ledger.words import text, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View

OPEN = frozenset({"unconditional", "conditional"})
_BANS = ("law", "security", "identity")


def known(statement: Statement, view: View, name: str) -> None:
    """Refuse `statement` where nobody catalogued the dataset `name`. Source: art_11__para_1."""
    if not catalogued.entries(view, name):
        raise TransitionError(
            statement.kind, f'names the dataset "{name}", which is in no catalogue', "catalogue it first"
        )


def has_fields(statement: Statement, view: View, name: str, article: str) -> None:
    """Refuse `statement` where its scope names fields that the entry `name` does not list. Source: art_21__para_1.

    An entry that lists no fields is applied for as a whole, and any name is taken.
    """
    asked = scope.named(statement.body.get("scope"))
    listed = catalogued.fields(view, name) if asked else asked
    if listed and not asked <= listed:
        unlisted = sorted(asked - listed)
        fault = f'names fields that the entry "{name}" does not list: {", ".join(unlisted)}'
        raise TransitionError(statement.kind, fault, f"name fields of the catalogue ({article})")


def entry(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check an act about a catalogue entry. Source: art_11__para_1, art_16__para_1, art_23__para_1, art_27__para_2."""
    kind, name = statement.kind, text(statement, "id")
    statements = view.about(f"dataset/{name}")
    if kind == "dataset.catalogued":
        _catalogue(statement)
        return
    if not catalogued.entries(view, name):
        raise TransitionError(kind, f'names the dataset "{name}", which is in no catalogue', "catalogue it first")
    if catalogued.retired(view, name):
        raise TransitionError(kind, "is not allowed when the entry is retired", "catalogue it again")
    if kind in _CLASS_ACTS and kind != "dataset.approved" and not classification.named(statement):
        raise TransitionError(kind, "names no class", "name sharing, opening or fields")
    if kind == "dataset.class_tightened":
        _tighten(statement, classification.versions(view, name)[-1])
    elif kind == "dataset.class_proposed" and view.law.readings["class_change"] == "body_alone":
        _refuse_banned(statement, view, statements, classification.named(statement))
    elif kind == "dataset.approved":
        _approve(statement, view, statements, classification.versions(view, name)[-1])
    elif kind == "dataset.relisted" and not any(said.kind == "dataset.treated" for said in statements):
        raise TransitionError(
            kind, "is not allowed when nothing was treated", "record dataset.treated (art_27__para_2)"
        )


_CLASS_ACTS = frozenset({"dataset.class_proposed", "dataset.class_tightened", "dataset.approved"})


def _catalogue(statement: Statement) -> None:
    name = text(statement, "id")
    if text(statement, "derived_from") == name:
        raise TransitionError(statement.kind, "derives the entry from itself", "name its origin, or leave it out")


def _tighten(statement: Statement, classes: Classes) -> None:
    """Refuse to loosen by a statement that takes effect at once (reading class_change)."""
    for (field, axis), word in classification.named(statement).items():
        in_force = classes.of(field, axis)
        if STRICTNESS[word] <= STRICTNESS[in_force]:
            of = f'of "{field}" ' if field else ""
            fault = f'does not tighten the {axis} class {of}from "{in_force or "unset"}" to "{word}"'
            raise TransitionError(statement.kind, fault, "propose it: dataset.class_proposed, then 核定")


def _approve(statement: Statement, view: View, statements: Sequence[Statement], classes: Classes) -> None:
    """Check what is approved: something waits or is named, and no ban of art_27__para_1 stands against opening it."""
    named = classification.named(statement) or classification.pending(statements, view.law.readings)
    if not named and classes.approved and not classes.pending:
        raise TransitionError(statement.kind, "names no class, and nothing waits for approval", "name what is approved")
    _refuse_banned(statement, view, statements, named)


def _refuse_banned(
    statement: Statement, view: View, statements: Sequence[Statement], named: dict[tuple[str, str], str]
) -> None:
    """Refuse an open class among `named` while a ban stands on data that was not treated. Source: art_27."""
    opened = any(axis == "opening" and word in OPEN for (_, axis), word in named.items())
    treated = any(said.kind == "dataset.treated" for said in statements)
    if opened and not treated:
        found = _banned(view, text(statement, "id"), frozenset())
        if found:
            fault = f"opens data that art_27__para_1 forbids to open ({found})"
            raise TransitionError(statement.kind, fault, "treat it and list it anew: dataset.treated, dataset.relisted")


def _banned(view: View, name: str, seen: frozenset[str]) -> str:
    """Return a ban that stands on an entry or on one it derives from; empty: none is known."""
    found, origin = "", ""
    for said in view.about(f"dataset/{name}"):
        if said.kind == "dataset.ban_assessed":
            assessed = {ban: text(said, ban) for ban in _BANS if text(said, ban)}
            if found in assessed and assessed[found] == "no":
                found = ""
            found = next((ban for ban, word in assessed.items() if word != "no"), found)
        elif said.kind == "dataset.catalogued":
            origin = text(said, "derived_from")
    return found or (_banned(view, origin, seen | {name}) if origin and origin not in seen else "")


def publication(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check a step of unconditional opening. Source: art_30__para_1, art_30__para_2."""
    name = text(statement, "dataset")
    known(statement, view, name)
    state = dataset.publication(view.about(f"dataset/{name}"))
    if (state, statement.kind) not in dataset.TRANSITIONS:
        remedy = "an entry is aggregated, then published, then withdrawn"
        raise TransitionError(statement.kind, f"is not allowed when the entry is {state}", remedy)


def procurement(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check a statement about bought data: it is recorded before anything else is. Source: art_17__para_1."""
    name = text(statement, "dataset")
    known(statement, view, name)
    recorded = any(said.kind == "procurement.recorded" for said in view.about(f"dataset/{name}"))
    if statement.kind != "procurement.recorded" and not recorded:
        raise TransitionError(statement.kind, "is about data not recorded as bought", "record procurement.recorded")


def combination(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check the assessment of a join: two entries or more. Source: art_27__para_1__item_3."""
    datasets = texts(statement, "datasets")
    if len(datasets) < 2:  # noqa: PLR2004  # one entry is no combination
        raise TransitionError(statement.kind, "joins fewer than two datasets", "assess one by dataset.ban_assessed")
    for name in datasets:
        known(statement, view, name)


def onward(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check a basis for supplying shared data on: there is such data. Source: art_24__para_1."""
    known(statement, view, text(statement, "dataset"))
