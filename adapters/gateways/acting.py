"""Who acts, in which posts, and on whose behalf: settled before anybody looks at what the act says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from adapters.gateways.headers import RejectedError
from pdp.ledger.kinds import KINDS
from pdp.ledger.lawful_sources import source

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.callers import Authenticated, Caller, Callers, Door

ACTS: Final = "acts"
"""The door, as the settings call it."""


class Table(Protocol):
    """Which post may do which act: compiled from policies/tables/posts.csv."""

    def may_do(self, post: str, act: str) -> bool:
        """Return whether whoever holds `post` may do `act` on behalf of a body it may act for."""
        ...


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who was authenticated at the door of acts."""

    caller: Caller
    person: str  # keyed digest of who acts; empty where the caller alone is known
    posts: tuple[str, ...]
    bodies: tuple[str, ...]
    for_anybody: bool  # the operator on this machine, where nobody is registered
    foreign: str = ""  # the body that its token names, where its caller may not act for that one

    @property
    def agent(self) -> str:
        """Return how statements name them: the caller, then the person's digest where a token names one."""
        return f"{self.caller.id}/{self.person}" if self.person else self.caller.id

    def acts_for(self, body: str) -> bool:
        """Return whether it may act on behalf of `body`."""
        return self.for_anybody or body in self.bodies


class Acting:
    """Settles who acts. Raises the RejectedError that is the answer where nobody may."""

    def __init__(
        self, callers: Callers, table: Callable[[], Table], digest: Callable[[str], str], door: Door = ACTS
    ) -> None:
        """Know `callers` at `door`; ask `table` for the table in force; `digest` is how persons stand in statements."""
        self._callers, self._table, self._digest, self._door = callers, table, digest, door

    def actor(self, authorization: bytes | None) -> Actor:
        """Return who sends this header.

        Raises:
            RejectedError: 401 nobody known, 403 not at this door.
        """
        proven = self._callers.authenticate(authorization)
        if proven is None:
            challenge = [(b"www-authenticate", b"Bearer")]
            raise RejectedError(401, "authorization: must be the Bearer key or token of a registered caller", challenge)
        caller = proven.caller
        if self._door not in caller.doors:
            fault = f'caller: "{caller.id}" may not act here; add "{self._door}" to its doors in the settings'
            raise RejectedError(403, fault)
        person = self._digest(proven.person) if proven.person else ""
        bodies, named = tuple(caller.bodies), proven.on_behalf_of
        foreign = named if named and named not in bodies and not caller.for_anybody else ""
        bodies = () if foreign else (named,) if named else bodies
        return Actor(caller, person, _posts(proven), bodies, caller.for_anybody and not named, foreign)

    def check(self, actor: Actor, act: str) -> None:
        """Return if one of the actor's posts may do `act`.

        Raises:
            RejectedError: 403, with the posts that it has and where the table lies.
        """
        if actor.foreign:
            fault = f'token: its body "{actor.foreign}" is none that caller "{actor.caller.id}" may act for'
            raise RejectedError(403, fault)
        table = self._table()
        if not any(table.may_do(post, act) for post in actor.posts):
            held = ", ".join(actor.posts) or "no post"
            articles = f"art_38__para_2, {source(act)}" if act in KINDS else "art_38__para_2"
            fault = f"{act}: is not for whoever holds {held}"
            raise RejectedError(403, f"{fault}; see policies/tables/posts.csv for who may ({articles})")

    def speaker(self, actor: Actor, named: str | None) -> str:
        """Return on whose behalf the act is: the body that it names, or the only one there is.

        Raises:
            RejectedError: 400 it does not say and there are several; 403 the actor may not act for that one.
        """
        if named is None:
            if len(actor.bodies) == 1:
                return actor.bodies[0]
            raise RejectedError(400, "by: say on whose behalf the act is")
        if not actor.acts_for(named):
            raise RejectedError(403, f'by: "{actor.caller.id}" may not act on behalf of "{named}"')
        return named


def _posts(proven: Authenticated) -> tuple[str, ...]:
    """Return the posts: those that a token names, as far as its caller's settings allow them; without one, these."""
    allowed = tuple(proven.caller.posts)
    return tuple(post for post in proven.posts if post in allowed) if proven.person else allowed
