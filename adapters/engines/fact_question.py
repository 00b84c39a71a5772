"""How Rego is asked for a pack's facts: the answer is a set of pairs, always there, without what is undefined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

ASKED: Final = "asked"  # name of the package that asks


def asking(names: Iterable[str], facts: str, package: str = ASKED, given: str = "") -> str:
    """Return Rego that says `answers`, the pairs of name and value of every fact that is defined.

    Args:
        names: of the facts.
        facts: the package that derives them, under data.
        package: in which the question stands.
        given: what each fact is asked with, as `with … as …`.
    """
    rules = [f'answers contains ["{name}", value] if value := {facts}.{name}{given}' for name in names]
    return f"package {package}\n\n" + "\n\n".join(rules) + "\n"
