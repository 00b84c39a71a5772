"""An instrument in memory: its articles down to 款 and 项, verbatim, and how they are cited."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_UNIT = re.compile(r"art_([1-9][0-9]?)(?:__para_([1-9][0-9]?)(?:__item_([1-9][0-9]?))?)?")
_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Unit:
    """One 款 or 项 with its verbatim text. `why` says why it carries no rule; empty where `coded`."""

    id: str
    text: str
    coded: bool
    why: str = ""  # one of 定义或原则 · 组织职责 · 倡导性 · 属于其他流程 · 不可判定, then a sentence

    @property
    def cite(self) -> str:
        """Return the citation a lawyer writes, for example 第二十一条第四款."""
        return cite(self.id)

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of the text after NFKC and with white space removed."""
        return hashlib.sha256("".join(unicodedata.normalize("NFKC", self.text).split()).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Instrument:
    """One law, with every unit of it. `in_force_until` None: no end is known."""

    id: str
    title: str
    document_number: str
    issuer: str
    in_force_from: date
    in_force_until: date | None
    units: Mapping[str, Unit] = field(repr=False)
    digest: str = ""  # hex SHA-256 of the register file


def cite(unit: str) -> str:
    """Return how `unit` is cited in Chinese; raise ValueError for a string that is no unit id.

    >>> cite("art_21__para_4"), cite("art_27__para_1__item_3"), cite("art_40")
    ('第二十一条第四款', '第二十七条第一款第(三)项', '第四十条')
    """
    found = _UNIT.fullmatch(unit)
    if found is None:
        message = f"{unit!r} is no id of an article, paragraph or item"
        raise ValueError(message)
    article, paragraph, item = found.groups()
    words = f"第{numeral(int(article))}条"
    if paragraph:
        words += f"第{numeral(int(paragraph))}款"
    if item:
        words += f"第({numeral(int(item))})项"
    return words


def names_unit(text: str) -> bool:
    """Return whether `text` is formed like the id of a 款 or 项, the units that a rule may cite.

    >>> names_unit("art_21__para_4"), names_unit("art_27__para_1__item_3"), names_unit("art_40")
    (True, True, False)
    """
    found = _UNIT.fullmatch(text)
    return found is not None and found[2] is not None


def numeral(number: int) -> str:
    """Return `number`, 1 to 99, in Chinese numerals.

    >>> [numeral(n) for n in (3, 10, 19, 20, 44)]
    ['三', '十', '十九', '二十', '四十四']
    """
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones or not tens else "")
