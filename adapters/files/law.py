"""Strict reader of policies/law/*.yaml: the register of an instrument, numbered without a gap."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from adapters.files.yaml_lines import fault, parse_bytes, read, shown
from pdp.law import Instrument, Unit, numeral

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from adapters.files.yaml_lines import Node

WHY = ("定义或原则", "组织职责", "倡导性", "属于其他流程", "不可判定")
"""The reasons for which a unit may carry no rule."""

_TOP = (
    "instrument", "title", "document_number", "issuer_in_text", "issuer_on_page", "issued", "in_force_from",
    "in_force_until", "source", "chapters", "articles",
)  # fmt: skip


def load_law(path: Path, root: Path) -> Instrument:
    """Return the instrument in the register `path`.

    Raises:
        PolicyError: the file cannot be used; path, line, fault and remedy.
    """
    data = read(path, root)
    top = parse_bytes(data, shown(path, root)).mapping(_TOP)
    if top["instrument"].text() != path.stem:
        raise fault(top["instrument"], "the instrument and its file are named differently", f'write "{path.stem}"')
    for key in ("issuer_on_page", "source"):
        top[key].text()
    start, end = _force(top)
    return Instrument(
        id=path.stem,
        title=top["title"].text(),
        document_number=top["document_number"].text(),
        issuer=top["issuer_in_text"].text(),
        in_force_from=start,
        in_force_until=end,
        units={unit.id: unit for unit in _articles(top["articles"], _chapters(top["chapters"]))},
        digest=hashlib.sha256(data).hexdigest(),
    )


def _force(top: dict[str, Node]) -> tuple[date, date | None]:
    issued, start = top["issued"].day(), top["in_force_from"].day()
    end = None if top["in_force_until"].is_null else top["in_force_until"].day()
    if start < issued:
        raise fault(top["in_force_from"], "lies before the day of issue", "look at both days")
    if end is not None and end < start:
        raise fault(top["in_force_until"], "lies before in_force_from", "look at both days, or write null")
    return start, end


def _chapters(node: Node) -> tuple[str, ...]:
    chapters = []
    for number, item in enumerate(node.sequence(), 1):
        chapter = item.mapping(("id", "title"))
        chapter["title"].text()
        chapters.append(_numbered(chapter["id"], f"chp_{number}"))
    return tuple(chapters)


def _articles(node: Node, chapters: tuple[str, ...]) -> Iterator[Unit]:
    latest = 0
    for number, item in enumerate(node.sequence(), 1):
        article = item.mapping(("id", "number", "chapter", "paragraphs"))
        name = _numbered(article["id"], f"art_{number}")
        article["number"].integer(number, number)
        chapter = chapters.index(article["chapter"].word(chapters, "chapter"))
        if chapter < latest:
            raise fault(article["chapter"], "goes back to an earlier chapter", "put the articles in their order")
        latest = chapter
        for position, paragraph in enumerate(article["paragraphs"].sequence(), 1):
            yield from _paragraph(paragraph, f"{name}__para_{position}")


def _paragraph(node: Node, name: str) -> Iterator[Unit]:
    parts = node.mapping(("id", "text", "coded"), ("why", "items"))
    yield _unit(parts, name)
    items = parts["items"].sequence() if "items" in parts else ()
    for position, item in enumerate(items, 1):
        entry = item.mapping(("id", "text", "coded"), ("why",))
        if not entry["text"].text().startswith(f"({numeral(position)})"):
            raise fault(
                entry["text"], f"does not begin with ({numeral(position)})", "copy the text of the 项 with its number"
            )
        yield _unit(entry, f"{name}__item_{position}")


def _unit(parts: dict[str, Node], name: str) -> Unit:
    coded = parts["coded"].flag()
    if coded and "why" in parts:
        raise fault(parts["why"], "a coded unit needs no reason", 'delete "why:", or write coded: false')
    if not coded and "why" not in parts:
        raise fault(parts["coded"], "says not why it carries no rule", f'add "why:" with one of {", ".join(WHY)}')
    why = "" if coded else _reason(parts["why"])
    return Unit(_numbered(parts["id"], name), parts["text"].text(), coded, why)


def _reason(node: Node) -> str:
    kind, _, sentence = node.text().partition(":")
    if kind not in WHY or not sentence.strip():
        raise fault(node, "names no known reason with a sentence", f'write one of {", ".join(WHY)}, ":" and a sentence')
    return node.text()


def _numbered(node: Node, wanted: str) -> str:
    if node.text() != wanted:
        raise fault(node, f'"{node.text()}" stands where {wanted} comes next', "number them in order, without a gap")
    return wanted
