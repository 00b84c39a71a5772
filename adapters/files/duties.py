"""Strict reader of policies/duties.yaml: what an obligation, a note and a remedy say, and whom to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.yaml_lines import fault, load
from pdp.law import cite
from pdp.rulebook.duties import AdvisoryText, Duties, DutyText, RemedyText

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.files.yaml_lines import Node

BEARERS = ("gateway", "recipient")
PARAMETERS = (
    "purpose", "scenario", "application", "term", "fields", "rows", "masks", "quota", "agent", "channel", "mode",
    "carrier", "safeguards",
)  # fmt: skip
ASKED = ("observer", "regulator", "city_platform", "issuer", "own_body", "maintainer")
_WORDS = ("zh", "en", "articles")
_FORMS = {"day": "keep", "one_of": "values", "steps": "step"}  # of a table of generalisations -> its own member


def load_duties(path: Path, root: Path) -> Duties:
    """Return the texts in `path`, shown in errors relative to the parent of `root`.

    Raises:
        PolicyError: the file cannot be used; path, line, fault and remedy.
    """
    top = load(path, root).mapping(("obligations", "advisories", "remedies"), ("generalisations",))
    for _, node in _named(top["generalisations"]) if "generalisations" in top else ():
        _generalisation(node)
    return Duties(
        obligations={name: _obligation(name, node) for name, node in _named(top["obligations"])},
        advisories={name: _advisory(name, node) for name, node in _named(top["advisories"])},
        remedies={name: _remedy(name, node) for name, node in _named(top["remedies"])},
    )


def _named(node: Node) -> list[tuple[str, Node]]:
    for name, entry in node.entries().items():
        if not (name.isascii() and name.isidentifier() and name.islower()):
            raise fault(entry, f'"{name}" is no id', "write small letters, digits and underscores")
    return list(node.entries().items())


def _obligation(name: str, node: Node) -> DutyText:
    entry = node.mapping((*_WORDS, "bearer", "parameters"))
    return DutyText(
        id=name,
        zh=entry["zh"].text(),
        en=entry["en"].text(),
        bearer=entry["bearer"].word(BEARERS, "bearer"),
        articles=_articles(entry["articles"]),
        parameters=entry["parameters"].words(PARAMETERS, "parameter"),
    )


def _advisory(name: str, node: Node) -> AdvisoryText:
    entry = node.mapping(_WORDS)
    return AdvisoryText(name, entry["zh"].text(), entry["en"].text(), _articles(entry["articles"]))


def _remedy(name: str, node: Node) -> RemedyText:
    entry = node.mapping((*_WORDS, "ask"), ("see_also",))
    return RemedyText(
        id=name,
        zh=entry["zh"].text(),
        en=entry["en"].text(),
        articles=_articles(entry["articles"]),
        ask=entry["ask"].word(ASKED, "party to ask"),
        see_also={rule: law.text() for rule, law in _named(entry["see_also"])} if "see_also" in entry else {},
    )


def _generalisation(node: Node) -> None:
    """Check a table by which values are made coarser; data APIs read it, no decision does."""
    form = node.mapping(("zh", "en", "form"), ("keep", "values", "step"))["form"].word(tuple(_FORMS), "form")
    own = _FORMS[form]
    entry = node.mapping(("zh", "en", "form", own))
    entry["zh"].text()
    entry["en"].text()
    if own == "keep":
        entry[own].word(("year", "month"), "part of a day")
    elif own == "values" and not entry[own].texts():
        raise fault(entry[own], "no name is listed", "list the names that may remain")
    elif own == "step" and not (str(entry[own].content).isdecimal() and int(str(entry[own].content)) > 1):
        raise fault(entry[own], f'"{entry[own].content}" is no step', "write a whole number from 2")


def _articles(node: Node) -> tuple[str, ...]:
    """Return the units cited, at least one; whether the register holds them is checked where the register is known."""
    units = node.texts()
    if not units:
        raise fault(node, "no article is cited", "cite one, such as art_21__para_4")
    for item in node.sequence():
        try:
            cite(item.text())
        except ValueError as error:
            raise fault(item, f'"{item.content}" is no unit of the law', "write it as art_21__para_4") from error
    return units
