"""Which headers a data proxy hands on: to the service those that tell of the call, elsewhere only what is safe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Pairs = list[tuple[bytes, bytes]]

_HOP_BY_HOP: Final = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te"),
        *(b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings"),
    }
)
# Who the client is was settled by the decision; a part or an unchanged answer cannot be enforced.
_KEPT_FROM_UPSTREAM: Final = frozenset(
    {
        *(b"authorization", b"cookie", b"host", b"content-length", b"accept-encoding", b"range", b"forwarded"),
        *(b"expect", b"x-gateway-token", b"x-http-method-override", b"x-original-uri", b"x-original-url"),
    }
)
_PREFIXES: Final = (b"x-decision-", b"x-obligations", b"x-subject-", b"x-forwarded-", b"x-original-", b"if-")
_ASKED_WITH: Final = frozenset({b"authorization", b"x-request-id"})
_BACK: Final = frozenset({b"content-type", b"content-language"})
_REFUSED_WITH: Final = frozenset(
    {
        *(b"content-type", b"www-authenticate", b"retry-after", b"x-request-id"),
        *(b"x-decision-id", b"x-decision-outcome", b"x-decision-grounds", b"x-decision-reason"),
    }
)


def to_service(sent: Iterable[tuple[bytes, bytes]], method: str, target: bytes, token: str, peer: str) -> Pairs:
    """Return the headers by which the service is asked; what a client sent twice goes on twice, to be refused there."""
    headers = list(sent)
    hosts = [value for name, value in headers if name == b"host"]
    told = [(b"x-forwarded-host", host) for host in hosts]
    own = [(name, value) for name, value in headers if name in _ASKED_WITH or name.startswith(b"x-data-")]
    return [
        (b"x-forwarded-method", method.encode("ascii")),
        (b"x-forwarded-uri", target),
        (b"x-forwarded-for", peer.encode("ascii", "replace")),
        (b"x-gateway-token", token.encode("ascii")),
        *told,
        *own,
    ]


def to_upstream(sent: Iterable[tuple[bytes, bytes]], credential: str | None) -> Pairs:
    """Return the headers that the upstream gets: none that say who asks, and none by which it would send a part."""
    headers = list(sent)
    named = set(_named_by_connection(headers))
    kept = [
        (name, value)
        for name, value in headers
        if name not in _HOP_BY_HOP | _KEPT_FROM_UPSTREAM | named and not name.startswith(_PREFIXES)
    ]
    own = [] if credential is None else [(b"authorization", f"Bearer {credential}".encode("ascii"))]
    return [*kept, (b"accept-encoding", b"identity"), *own]


def to_client(got: Iterable[tuple[bytes, bytes]], decision: str) -> Pairs:
    """Return the headers of an answer of the upstream: what the data is, and under which decision it was released."""
    back = [(name.lower(), value) for name, value in got if name.lower() in _BACK]
    return [*back, (b"cache-control", b"no-store"), (b"x-decision-id", decision.encode("ascii"))]


def refused_with(got: Iterable[tuple[bytes, bytes]]) -> Pairs:
    """Return the headers of the service's refusal that a client may see."""
    back = [(name.lower(), value) for name, value in got if name.lower() in _REFUSED_WITH]
    return [*back, (b"cache-control", b"no-store")]


def _named_by_connection(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """Yield the headers that `Connection` says are for this hop only."""
    for name, value in headers:
        if name == b"connection":
            yield from (part.strip().lower() for part in value.split(b","))
