"""Who the subject of a call is: the strongest way present establishes it, and a weaker one that disagrees is told of.

A way that the gateway's map does not accept is not looked at. A way that is present and proves nobody is no reason to
believe a weaker one: the subject is unproven then, and that is a question too. Source: art_38__para_2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from adapters.callers import TokenError
from adapters.end_users import EndUser, EndUsers
from adapters.gateways.authzen import ANONYMOUS, KINDS
from adapters.gateways.headers import RejectedError
from pdp.model import UNPROVEN
from pdp.routing.route_map import CLAIMS, HEADER, TOKEN, WAYS, WORKLOAD

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from adapters.callers import Caller
    from adapters.gateways.call import Call

_PERSON: Final = "natural_person"
_STRENGTH: Final = {TOKEN: 4, CLAIMS: 3, WORKLOAD: 2}  # a header is as strong as its gateway's own authentication
_ID_HEADER: Final = "x-subject-id"
_TYPE_HEADER: Final = "x-subject-type"
_STAFF_HEADER: Final = "x-subject-staff"
IDENTITY: Final = (_ID_HEADER, _TYPE_HEADER, _STAFF_HEADER)
MAX_ID: Final = 512  # bytes


@dataclass(frozen=True, slots=True)
class System:
    """A registered system, and the body it belongs to."""

    id: str
    body: str


class Register(Protocol):
    """What the ledger knows of those whom calls name."""

    def kind(self, subject: str) -> str | None:
        """Return as what `subject` is registered, in the words of a question; None: nobody registered it."""
        ...

    def workload(self, name: str) -> System | None:
        """Return the system that the workload with this certificate name is, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Established:
    """Who the subject is, and how that is known."""

    way: str  # one of WAYS, or UNPROVEN
    subject: str | None = None  # None: nobody, or anonymous
    kind: str | None = None
    staff: str | None = None
    system: str | None = None
    assurance: int = 0
    disputed: bool = False

    def agrees(self, weaker: Established) -> bool:
        """Return whether a weaker way names the same subject, and the same person where both name one."""
        kinds, persons = (self.kind, weaker.kind), (self.staff, weaker.staff)
        return self.subject == weaker.subject and all(None in pair or pair[0] == pair[1] for pair in (kinds, persons))


NOBODY: Final = Established(UNPROVEN)  # no way says who it is
_FALSE: Final = Established(UNPROVEN, disputed=True)  # a way is there, and proves nobody


class SubjectWays:
    """Establishes the subjects of calls."""

    def __init__(self, end_users: EndUsers) -> None:
        """Believe `end_users`' tokens."""
        self._end_users = end_users
        self._ways: dict[str, Callable[[Call, Caller, Register], Established | None]] = {
            TOKEN: self._by_token, CLAIMS: _by_claims, WORKLOAD: _by_workload, HEADER: _by_header,
        }  # fmt: skip

    def establish(self, call: Call, caller: Caller, accepted: Collection[str], known: Register) -> Established:
        """Return who the subject of `call` is, by the ways that are `accepted`.

        Raises:
            RejectedError: an identity is told twice, or by one who may not tell it.
        """
        _identity(call.headers)
        present = [
            found for way in WAYS if way in accepted and (found := self._ways[way](call, caller, known)) is not None
        ]
        if not present or present[0].way == UNPROVEN:
            return NOBODY
        used = present[0]
        # A workload that nobody mapped names nobody: it contradicts nothing.
        disputed = any(weaker != NOBODY and not used.agrees(weaker) for weaker in present[1:])
        return replace(used, disputed=True) if disputed else used

    def by_token(self, token: str, known: Register) -> Established:
        """Return whom an end user's token proves."""
        try:
            found = _end_user(TOKEN, self._end_users.proven(token), known)
        except TokenError:
            return NOBODY
        return NOBODY if found.way == UNPROVEN else found

    def _by_token(self, call: Call, _: Caller, known: Register) -> Established | None:
        if call.authorization is None:
            return None
        if "," in call.authorization:
            raise RejectedError(400, "authorization: must be sent once, and holds no comma")
        try:
            return _end_user(TOKEN, self._end_users.bearing(call.authorization), known)
        except TokenError:
            return _FALSE


def _end_user(way: str, user: EndUser, known: Register) -> Established:
    """Return the subject behind an end user. One who acts for nobody is a person, and never a body of that name."""
    strength = _STRENGTH[way]
    if user.body is not None:
        return Established(way, user.body, staff=user.person, assurance=strength)
    if known.kind(user.person) not in {None, _PERSON}:
        return _FALSE
    return Established(way, user.person, _PERSON, assurance=strength)


def _by_claims(call: Call, _: Caller, known: Register) -> Established | None:
    claims = call.verified
    if claims is None:
        return None
    person, body = claims.get("sub"), claims.get("org")
    if not _readable(person) or not (body is None or _readable(body)):
        return _FALSE
    return _end_user(CLAIMS, EndUser(str(person), None if body is None else str(body)), known)


def _by_workload(call: Call, _: Caller, known: Register) -> Established | None:
    if call.principal is None:
        return None
    system = known.workload(call.principal) if _readable(call.principal) else None
    if system is None:
        return NOBODY
    return Established(WORKLOAD, system.body, system=system.id, assurance=_STRENGTH[WORKLOAD])


def _by_header(call: Call, caller: Caller, known: Register) -> Established | None:
    """Return whom the gateway names; it may speak for the kinds of its registration alone."""
    said = _identity(call.headers)
    if not said:
        return None
    kind, named = said.get(_TYPE_HEADER), said.get(_ID_HEADER)
    if kind == ANONYMOUS:
        return Established(HEADER)
    if named is None:
        raise RejectedError(400, f"{_ID_HEADER}: is required beside the other x-subject headers")
    if kind is not None and kind not in KINDS:
        return Established(HEADER, f"{kind}/{named}", kind, said.get(_STAFF_HEADER), assurance=caller.assurance)
    for spoken_for in {kind, known.kind(named)} - {None, *caller.may_assert}:
        fault = f'caller "{caller.id}" may not ask for a {spoken_for}; add it to may_assert in the settings'
        raise RejectedError(403, fault)
    return Established(HEADER, named, kind, said.get(_STAFF_HEADER), assurance=caller.assurance)


def _identity(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the identity headers that say something; whether the map accepts them or not, each says it once."""
    said = {name: value for name in IDENTITY if (value := headers.get(name))}
    for name, value in said.items():
        if "," in value:
            raise RejectedError(400, f"{name}: must be sent once, and holds no comma")
        if not _readable(value):
            raise RejectedError(400, f"{name}: must have at most {MAX_ID} bytes, all of them visible")
    return said


def _readable(value: object) -> bool:
    """Return whether `value` can be the name of somebody: a text of some length that can be seen."""
    return isinstance(value, str) and 0 < len(value.encode("utf-8", "surrogatepass")) <= MAX_ID and value.isprintable()
