"""Strict reader of examples/world/assumptions.yaml: what the starting world assumes."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from adapters.files.yaml_lines import fault, load
from pdp.catalogue.assumptions import AssumedBody, Assumptions
from pdp.catalogue.uscc import fault as code_fault
from pdp.errors import PolicyError, TransitionError
from pdp.ledger.admit import statement
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.files.yaml_lines import Node
    from pdp.ledger.statement import Statement

_BASES = ("administrative_organ", "authorised_organisation", "none")
_FUNCTIONS = ("public_affairs", "public_service")
_KEYS = ("since", "regulator", "platform", "bodies", "providers", "conditional", "before", "after")


def load_assumptions(path: Path, root: Path) -> Assumptions:
    """Return the assumptions in `path`.

    Raises:
        PolicyError: the file cannot be used; path, line, fault and remedy.
    """
    top = load(path, root).mapping(_KEYS)
    since = top["since"].instant()
    providers = top["providers"].mapping(("words", "themes", "otherwise"))
    return Assumptions(
        since=since,
        regulator=top["regulator"].text(),
        platform=top["platform"].text(),
        bodies={_code(code, node): _body(node) for code, node in top["bodies"].entries().items()},
        words={word: node.text() for word, node in providers["words"].entries().items()},
        themes={theme: node.text() for theme, node in providers["themes"].entries().items()},
        otherwise=providers["otherwise"].text(),
        conditional={dataset: node.text() for dataset, node in top["conditional"].entries().items()},
        before=tuple(_statement(node, since) for node in top["before"].sequence()),
        after=tuple(_statement(node, None) for node in top["after"].sequence()),
    )


def _code(code: str, node: Node) -> str:
    wrong = code_fault(code)
    if wrong:
        raise fault(node, f'"{code}" is no 统一社会信用代码: {wrong}', "copy it from beijing_public_bodies_uscc.csv")
    return code


def _body(node: Node) -> AssumedBody:
    entry = node.mapping(("id", "basis"), ("functions",))
    functions = entry["functions"].words(_FUNCTIONS, "function") if "functions" in entry else ()
    return AssumedBody(entry["id"].text(), entry["basis"].word(_BASES, "basis"), functions)


def _statement(node: Node, since: datetime | None) -> Statement:
    """Return the one statement written `kind: {members…, by, at}`; without `at` it takes effect at `since`."""
    entries = node.entries()
    if len(entries) != 1:
        raise fault(node, "a statement is one kind with its members", 'write "- kind: {…}"')
    ((kind, body),) = entries.items()
    members = body.entries()
    by = members.pop("by").text() if "by" in members else "registrar"
    at = _at(members.pop("at")) if "at" in members else since
    if at is None:
        raise fault(body, '"at" is missing', 'add "at:"')
    try:
        return statement(kind, {name: value.value() for name, value in members.items()}, at, by)
    except TransitionError as error:
        raise PolicyError(node.path, node.line, f"{error.act} {error.fault}", error.remedy) from error


def _at(node: Node) -> datetime:
    return node.instant() if "T" in node.text() else datetime.combine(node.day(), time.min, SHANGHAI)
