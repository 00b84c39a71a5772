"""统一社会信用代码 (GB 32100-2015): is a code spelled correctly? It never proves what its holder is."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I O Z S V
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_LENGTH = 18


def check_character(stem: str) -> str:
    """Return the 18th character for the first 17 of a code.

    Raises:
        ValueError: `stem` is not 17 characters of the code's alphabet.

    >>> check_character("11110102000012000")
    'Y'
    """
    if len(stem) != _LENGTH - 1 or not set(stem) <= _VALUES.keys():
        message = "not 17 characters of the code's alphabet"
        raise ValueError(message)
    total = sum(weight * _VALUES[character] for weight, character in zip(_WEIGHTS, stem, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def fault(code: str) -> str:
    """Return what is wrong with `code`, in Chinese; empty for a code whose spelling is correct.

    Small letters, blanks and full-width characters are faults: a code is compared character by character.

    >>> fault("11110102000012000Y"), fault("11110102000012000X"), fault("111101020000120")
    ('', '校验码应为Y', '应为18位')
    """
    if len(code) != _LENGTH:
        return "应为18位"
    strange = [character for character in code if character not in _VALUES]
    if strange:
        return f"含有代码字符集以外的字符{strange[0]}"
    expected = check_character(code[:-1])
    return "" if code[-1] == expected else f"校验码应为{expected}"


def valid(code: str) -> bool:
    """Return whether the spelling of `code` is correct."""
    return not fault(code)


def category(code: str) -> str:
    """Return what registers such a body, as a hint: 机关, 事业单位, 群众团体 or 其他; empty for other registers.

    A hint only: whether a body is a 公共机构 asks for its authorisation and level (art_2__para_1), and characters 3-8
    are the place of registration, not the district it belongs to.
    """
    return {"11": "机关", "12": "事业单位", "13": "群众团体", "19": "其他"}.get(code[:2], "")
