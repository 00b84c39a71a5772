"""Who agrees to what cannot be undone: two people, whose posts the policies allow it, each in another role."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.stores.retention import RetentionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    MayDo = Callable[[str, str], bool]  # (post, act), as `Rulebook.may_do`

POST_OF: Final = {
    "system": "system_administrator",
    "security": "security_administrator",
    "audit": "audit_administrator",
}
"""Role, as people say it and as records keep it -> the post of `policies/tables/posts.csv`."""
AGREED: Final = 2  # people, and roles
PRUNE: Final = "log.prune"
ERASE: Final = "person.erase"


class Confirmation(NamedTuple):
    """Who agrees that something goes, and in which role."""

    role: str
    name: str


def confirmations(said: Sequence[str], act: str, may_do: MayDo) -> list[Confirmation]:
    """Return who agrees to `act`, from `role:name` each.

    Raises:
        RetentionError: they are not two people of two roles at least, or the post of one may not do it.
    """
    found = [Confirmation(role.strip(), name.strip()) for role, _, name in (one.partition(":") for one in said)]
    for one in found:
        if one.role not in POST_OF or not one.name:
            message = f'"{one.role}:{one.name}" does not say who agrees; say ROLE:NAME, a role of {", ".join(POST_OF)}'
            raise RetentionError(message)
        if not may_do(POST_OF[one.role], act):
            message = f"a {POST_OF[one.role]} may not agree to {act}; see policies/tables/posts.csv for who may"
            raise RetentionError(message)
    names = {unicodedata.normalize("NFKC", one.name).casefold() for one in found}
    if min(len(names), len({one.role for one in found})) < AGREED:
        message = f"two people of different roles must agree to {act}; name both"
        raise RetentionError(message)
    return found
