"""Who may ask: registered callers, and how one proves that it is one of them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Annotated, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from adapters.rates import Rates
from pdp.errors import PDPError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Id = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9._:-]{1,128}\z")]
Sha256 = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{64}\z")]
CertificateName = Annotated[str, StringConstraints(pattern=r"\A[!-~](?:[ -~]{0,510}[!-~])?\z")]
Level = Annotated[int, Field(ge=0, le=4)]
SubjectKind = Literal["public_body", "unit", "natural_person"]
Measure = Literal["mask_fields", "filter_rows"]
Door = Literal[
    "authzen",  # evaluation, batch, searches
    "access_requests",
    "forward_auth",
    "envoy_http",
    "envoy_grpc",
    "opa_data",
    "decisions",
    "acts",
]
Dialect = Literal["apisix", "kong", "kong_plugin", "higress", "authzen", "envoy", "kafka", "trino"]  # of OPA's `input`
Post = Literal[
    "provider_officer",
    "applicant_officer",
    "regulator_officer",
    "observer",
    "system_administrator",
    "security_administrator",
    "audit_administrator",
    "legal_reviewer",
    "registrar",
    "cyberspace_officer",
    "platform_officer",
    "public_applicant",
]  # as pdp.ledger.posts.POSTS


class Strict(BaseModel):
    """A frozen model to which an unknown member is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Detail(StrEnum):
    """How much of a decision a caller is told."""

    USER = "user"  # what is safe for an end user
    FULL = "full"  # facts and evidence too
    NONE = "none"  # outcome, obligations and validity only


class Caller(Strict):
    """One registered caller: how it proves itself, which doors it may use, and for whom it may speak."""

    id: Id
    key_sha256: Annotated[tuple[Sha256, ...], Field(max_length=2)] = ()  # two at a time, for rotation
    certificates: tuple[CertificateName, ...] = ()  # names of its client certificates: a URI, a host, a subject
    vouches: bool = False  # ends TLS on this machine, and says whose client certificate it saw; its key is no caller's
    doors: tuple[Door, ...] = ("authzen", "decisions")
    detail: Detail = Detail.USER
    reads_all: bool = False  # may look up decisions that others asked for
    may_assert: tuple[SubjectKind, ...] = ("public_body", "unit")
    enforces: tuple[Measure, ...] | None = None  # None: not declared
    assurance: Level = 1  # 0 nobody authenticated … 4 the end user's own token
    search: bool = False  # may ask who may do what to which
    rate: Annotated[int, Field(ge=1, le=1_000_000)] | None = None  # questions a second; None: as many as it likes
    routes: Id | None = None  # name of its route map, policies/routes/<name>.yaml
    dialect: Dialect | None = None  # in which it tells the OPA door of a call; None: AuthZEN's shape
    posts: tuple[Post, ...] = ()  # what those who act through it may be
    bodies: tuple[Id, ...] = ()  # on whose behalf its acts may be done
    for_anybody: bool = False  # may act on behalf of whomever an act names: for the operator's own machine


# Whoever is on this machine, when nobody is registered.
LOCAL = Caller(
    id="local",
    doors=get_args(Door),
    detail=Detail.FULL,
    reads_all=True,
    search=True,
    may_assert=("public_body", "unit", "natural_person"),
    posts=get_args(Post),
    for_anybody=True,
)


class TokenFault(StrEnum):
    """Why a token proves nobody."""

    SIZE = auto()
    FORM = auto()
    ENCODING = auto()
    JSON = auto()
    ISSUER = auto()
    KEY = auto()
    HEADER = auto()
    ALGORITHM = auto()
    TYPE = auto()
    SIGNATURE = auto()
    CLAIMS = auto()
    AUDIENCE = auto()
    AGE = auto()
    EXPIRED = auto()
    NOT_YET = auto()


class TokenError(PDPError):
    """A bearer token proves nobody; `code` says why, and the text never quotes the token."""

    def __init__(self, code: TokenFault, fault: str) -> None:
        super().__init__(f"token: {fault}")
        self.code = code
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token proves; `expires` is in seconds since 1970."""

    caller_id: str
    person: str
    on_behalf_of: str
    posts: tuple[str, ...]
    expires: int


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who asks; a key proves the caller only, a token also says which person, for which body, in which posts."""

    caller: Caller
    person: str = ""
    on_behalf_of: str = ""
    posts: tuple[str, ...] = ()


class Verifier(Protocol):
    """Whatever verifies tokens."""

    callers: frozenset[str]  # ids of those whom tokens prove

    def verify(self, token: bytes) -> Verified:
        """Return what `token` proves, or raise TokenError."""
        ...


class Callers:
    """The registered callers, found by the digest of the key they send, or by the token they bring."""

    def __init__(
        self, registered: Iterable[Caller], tokens: Verifier | None = None, elsewhere: frozenset[str] = frozenset()
    ) -> None:
        """Take `registered`; at most one of them proves itself by nothing, and is whoever sends nothing.

        Those whose ids are in `elsewhere` prove themselves by the listener that they come to, not here.
        """
        self._tokens = tokens
        self._by_key: list[tuple[bytes, Caller]] = []
        self._by_id = {caller.id: caller for caller in registered}
        self._without_key: Caller | None = None
        self.rates = Rates({caller.id: caller.rate for caller in self._by_id.values() if caller.rate is not None})
        led_to = elsewhere if tokens is None else elsewhere | tokens.callers
        for caller in self._by_id.values():
            self._by_key += [(bytes.fromhex(key), caller) for key in caller.key_sha256]
            if not caller.key_sha256 and not caller.certificates and caller.id not in led_to:
                self._without_key = caller
        self._certified = {name: caller for caller in self._by_id.values() for name in caller.certificates}
        self._passes = {caller.id: secrets.token_urlsafe().encode() for caller in self._certified.values()}
        self._by_key += [(hashlib.sha256(key).digest(), self._by_id[id_]) for id_, key in self._passes.items()]
        self.certificates_vouched_for = any(caller.vouches for caller in self._by_id.values())

    def who(self, authorization: bytes | None) -> Caller | None:
        """Return the caller that `Authorization: Bearer <key or token>` proves, or None."""
        proven = self.authenticate(authorization)
        return proven.caller if proven else None

    def authenticate(self, authorization: bytes | None) -> Authenticated | None:
        """Return who `Authorization: Bearer <key or token>` proves to ask, or None; an empty key never proves anybody.

        Where tokens are accepted, a value with two dots is a token and never a key.
        """
        if authorization is None:
            return Authenticated(self._without_key) if self._without_key else None
        scheme, _, proof = authorization.partition(b" ")
        if scheme.lower() != b"bearer" or not proof:
            return None
        if self._tokens is not None and proof.count(b".") == 2:  # noqa: PLR2004 -- the two dots of a JWS
            return self._by_token(self._tokens, proof)
        caller = self._of_key(proof)
        return Authenticated(caller) if caller and not caller.vouches else None  # a proxy asks nothing itself

    def certified(self, names: Collection[str]) -> Caller | None:
        """Return the one caller that a verified client certificate with `names` proves, or None; two are nobody."""
        found = {self._certified[name].id for name in names if name in self._certified}
        return self._by_id[found.pop()] if len(found) == 1 else None

    def exchanged(self, key: bytes, names: Collection[str]) -> bytes | None:
        """Return what proves, in this process alone, the caller whose certificate the proxy with `key` has seen.

        None: it is the key of no such proxy, or the names are those of nobody.
        """
        proxy = self._of_key(key)
        caller = self.certified(names) if proxy is not None and proxy.vouches else None
        return None if caller is None else self._passes[caller.id]

    def _by_token(self, tokens: Verifier, token: bytes) -> Authenticated | None:
        """Return who `token` proves to ask; it is verified each time, so that none outlives its expiry."""
        try:
            verified = tokens.verify(token)
        except TokenError:
            return None
        caller = self._by_id.get(verified.caller_id)
        return Authenticated(caller, verified.person, verified.on_behalf_of, verified.posts) if caller else None

    def _of_key(self, key: bytes) -> Caller | None:
        """Return whose `key` it is.

        Every registered key is compared, whichever matches, so that the time taken tells nothing.
        """
        digest = hashlib.sha256(key).digest()
        found = None
        for known, caller in self._by_key:
            if hmac.compare_digest(known, digest):
                found = caller
        return found


class OneCaller(Callers):
    """The caller that a listener belongs to: whoever reaches it is that one, whatever credential comes along."""

    def __init__(self, caller: Caller, rates: Rates) -> None:
        """Take `caller` for whoever asks; `rates` are those of the main door, so that nobody has two."""
        super().__init__((caller,))
        self.rates = rates
        self._caller = caller

    def authenticate(self, authorization: bytes | None) -> Authenticated | None:  # noqa: ARG002 -- proves nothing here
        """Return the caller; what it sends may be the end user's, and is not looked at."""
        return Authenticated(self._caller)
