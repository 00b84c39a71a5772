"""Who asks to read, what they may read, and how a store that is down is told: the same for every page that is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from starlette.exceptions import HTTPException

from adapters.gateways.headers import RejectedError
from pdp.errors import RequestError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.gateways.acting import Acting, Actor

READ_ALL: Final = "decision.read_all"
"""The act, in policies/tables/posts.csv, of reading lists and matters that are not one's own."""
Looked = TypeVar("Looked")


def actor_of(acting: Acting, authorization: str | None) -> Actor:
    """Return who asks; raise the HTTPException that is the answer where nobody may."""
    try:
        return acting.actor(authorization.encode("latin-1") if authorization else None)
    except RejectedError as refused:
        raise _answer(refused) from None


def check(acting: Acting, actor: Actor, act: str) -> None:
    """Return if one of the actor's posts may do `act`; raise the HTTPException that is the answer otherwise."""
    try:
        acting.check(actor, act)
    except RejectedError as refused:
        raise _answer(refused) from None


def reads_all(acting: Acting, actor: Actor) -> bool:
    """Return whether the actor may read what is not its own."""
    try:
        acting.check(actor, READ_ALL)
    except RejectedError:
        return False
    return True


def available(look: Callable[[], Looked]) -> Looked:
    """Return what `look` returns; a store that is down is a 503, what cannot be read a 400."""
    try:
        return look()
    except RequestError as bad:
        raise HTTPException(400, str(bad)) from None
    except UnavailableError:
        raise HTTPException(503, "the ledger cannot be read; ask again", {"retry-after": "1"}) from None


def _answer(refused: RejectedError) -> HTTPException:
    headers = {name.decode(): value.decode() for name, value in refused.headers}
    return HTTPException(refused.status, refused.text, headers)
