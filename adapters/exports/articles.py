"""How people write articles: 第二十一条第四款, 21.4 or art_21__para_4, each to the id that the log has."""

from __future__ import annotations

import re
from typing import Final

from pdp.errors import RequestError

_NUMBER: Final = "([一二三四五六七八九十]+|[0-9]+)"
_CITED: Final = re.compile(f"第{_NUMBER}条(?:第{_NUMBER}款)?(?:第?[(\uff08]?{_NUMBER}[)\uff09]?项)?")  # either width
_SHORT: Final = re.compile(r"([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+))?)?")
_ID: Final = re.compile(r"[a-z][A-Za-z0-9_]*")
_LEVELS: Final = ("art_", "__para_", "__item_")
_DIGITS: Final = "零一二三四五六七八九"
_TEN: Final = "十"


def article_id(written: str) -> str:
    """Return the id of the article, 款 or 项 that `written` names.

    Raises:
        RequestError: it names none.

    >>> article_id("第二十一条第四款"), article_id("第四十条"), article_id("27.1.3"), article_id("art_19")
    ('art_21__para_4', 'art_40', 'art_27__para_1__item_3', 'art_19')
    """
    text = "".join(written.split())
    found = _CITED.fullmatch(text) or _SHORT.fullmatch(text)
    if found is not None:
        numbers = [None if group is None else _number(group) for group in found.groups()]
        if numbers[2] is not None and numbers[1] is None:
            numbers[1] = 1  # an article of one 款 is cited without it
        return "".join(f"{level}{number}" for level, number in zip(_LEVELS, numbers, strict=True) if number)
    if _ID.fullmatch(written.strip()):
        return written.strip()
    raise RequestError(written, "不是条款;请写 第二十一条第四款、21.4 或者 art_21__para_4")


def _number(numeral: str) -> int:
    """Return a number below one hundred, in digits or in Chinese."""
    if numeral.isdecimal() and numeral.isascii():
        return int(numeral)
    tens, ten, ones = numeral.partition(_TEN)
    if not ten:
        return _DIGITS.find(numeral)
    return (_DIGITS.find(tens) if tens else 1) * 10 + (_DIGITS.find(ones) if ones else 0)
