"""How the clients of the OPA Data API tell of a call: one reader for each, named by the caller's registration.

What a reader does not name is not kept: some of these clients send every header, cookies included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from adapters.gateways.call import Call
from adapters.gateways.headers import RejectedError
from adapters.gateways.opa_input import members, text
from adapters.gateways.told_headers import AUTHORIZATION, checked_method, told_headers
from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from adapters.callers import Dialect
    from adapters.gateways.told_headers import ToldHeaders

JWT: Final = "envoy.filters.http.jwt_authn"  # whose claims Envoy has verified
_PATTERN: Final = "action.resourcePattern.patternType"
_LITERAL: Final = "LITERAL"  # any other names more than one resource


def apisix(put: Mapping[str, object]) -> Call:
    """Read a call as APISIX's plugin `opa` tells of it; its path has been decoded once, and is encoded again."""
    request = members(put, "request")
    return _call(
        request,
        _headers(request, "request.headers"),
        path=quote(text(request, "path", "request.path")).encode(),
        query=_query(request.get("query"), "request.query"),
        verified=_consumer(put),
        client=_client(members(put, "var", optional=True).get("remote_addr")),
    )


def kong(put: Mapping[str, object]) -> Call:
    """Read a call as Kong's own plugin `opa` tells of it."""
    request = members(members(put, "request"), "http", "request.http")
    return _call(
        request,
        _headers(request, "request.http.headers"),
        path=text(request, "path", "request.http.path").encode(),
        query=_query(request.get("querystring"), "request.http.querystring"),
        verified=_consumer(put),
        client=_client(put.get("client_ip")),
    )


def kong_plugin(put: Mapping[str, object]) -> Call:
    """Read a call as the open source plugin tells of it. Nobody has verified its `token`, so nobody is its subject."""
    return _call(put, told_headers(()), path=text(put, "path", "path").encode(), query=b"")


def higress(put: Mapping[str, object]) -> Call:
    """Read a call as Higress tells of it: headers as pairs, the query in the path."""
    request = members(put, "request")
    path, _, query = text(request, "path", "request.path").encode().partition(b"?")
    return _call(request, _headers(request, "request.headers"), path=path, query=query)


def envoy(put: Mapping[str, object]) -> Call:
    """Read a call as OPA's plugin for Envoy tells of it: the attributes of an ext_authz check."""
    attributes = members(put, "attributes")
    http = members(members(attributes, "request", "attributes.request"), "http", "attributes.request.http")
    path, _, query = text(http, "path", "attributes.request.http.path").encode().partition(b"?")
    principal = members(attributes, "source", optional=True).get("principal")
    metadata = members(members(attributes, "metadataContext", optional=True), "filterMetadata", optional=True)
    return _call(
        http,
        _headers(http, "attributes.request.http.headers"),
        path=path,
        query=query,
        verified=_claims(metadata.get(JWT)),
        principal=principal if isinstance(principal, str) and principal else None,
    )


def kafka(put: Mapping[str, object]) -> Call:
    """Read what Kafka's authorizer asks: the operation is the method, `/<kind>/<name>` the path."""
    action = members(put, "action")
    pattern = members(action, "resourcePattern", "action.resourcePattern")
    if pattern.get("patternType", _LITERAL) != _LITERAL:
        raise RequestError(_PATTERN, f"must be {_LITERAL}")
    context = members(put, "requestContext")
    principal = members(context, "principal", "requestContext.principal")
    kind = text(pattern, "resourceType", "action.resourcePattern.resourceType").lower()
    name = text(pattern, "name", "action.resourcePattern.name")
    return Call(
        method=checked_method(text(action, "operation", "action.operation"), "action.operation"),
        path=f"/{quote(kind, safe='')}/{quote(name, safe='')}".encode(),
        principal=text(principal, "name", "requestContext.principal.name"),
        client=_client(context.get("clientAddress")),
    )


def spring(put: Mapping[str, object]) -> Call:
    """Read an endpoint as the Spring Boot SDK tells of it, whose questions otherwise have AuthZEN's shape."""
    action, resource = members(put, "action"), members(put, "resource")
    context = members(put, "context", optional=True)
    path, _, query = text(resource, "id", "resource.id").encode().partition(b"?")
    host = context.get("host")
    return _call(
        {"method": action.get("name"), "host": host if isinstance(host, str) else None},
        _headers(action, "action.headers"),
        path=path,
        query=query,
        client=_client(context.get("ip")),
    )


READERS: Final[Mapping[Dialect, Callable[[Mapping[str, object]], Call]]] = {
    "apisix": apisix,
    "kong": kong,
    "kong_plugin": kong_plugin,
    "higress": higress,
    "envoy": envoy,
    "kafka": kafka,
}


def _call(  # noqa: PLR0913 -- the members of a call
    request: Mapping[str, object], told: ToldHeaders, *, path: bytes, query: bytes,
    verified: Mapping[str, object] | None = None, principal: str | None = None, client: str | None = None,
) -> Call:  # fmt: skip
    told.check()
    method, host = request.get("method"), request.get("host")
    return Call(
        method=checked_method(method if isinstance(method, str) else None, "method"),
        path=path,
        query=query,
        host=host if isinstance(host, str) else told.one("host"),
        headers=told.handed_on(),
        authorization=told.one(AUTHORIZATION),
        verified=verified,
        principal=principal,
        client=client or told.client(),
        request_id=told.request_id(),
    )


def _headers(of: Mapping[str, object], place: str) -> ToldHeaders:
    """Return what is read of headers: an object of values, or of lists of them; or a list of pairs."""
    sent = of.get("headers")
    return told_headers(_pairs(sent if sent is not None else {}, place))


def _pairs(sent: object, place: str) -> Iterator[tuple[str, str]]:
    if not isinstance(sent, dict | list):
        raise RequestError(place, "must be an object, or a list of pairs")
    for entry in sent.items() if isinstance(sent, dict) else sent:
        if not isinstance(entry, list | tuple) or len(entry) != 2 or not isinstance(entry[0], str):  # noqa: PLR2004
            raise RequestError(place, "must hold pairs of a name and a value")
        name, value = entry
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, str):
                raise RequestError(place, "must have strings as values")
            yield name.lower(), one


def _query(sent: object, place: str) -> bytes:
    """Return the query that was taken apart into `sent`; `true` stands for a member without a value."""
    if not sent:
        return b""  # an empty table can be told as a list
    if not isinstance(sent, dict):
        raise RequestError(place, "must be an object")
    parts = []
    for name, value in sent.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not True and not isinstance(one, str):
                raise RequestError(place, "must have strings as values")
            parts.append(quote(name, safe="") if one is True else urlencode({name: one}, quote_via=quote))
    return "&".join(parts).encode()


def _consumer(put: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return the consumer that the gateway has authenticated, as claims: it acts for the body that it is labelled with.

    Kong keeps the body in `custom_id`, APISIX in a label `org`; without one, a consumer is nobody's.
    """
    consumer = members(put, "consumer", optional=True)
    org = consumer.get("custom_id") or members(consumer, "labels", "consumer.labels", optional=True).get("org")
    named = consumer.get("username")
    return {"org": org, "sub": named} if isinstance(org, str) and isinstance(named, str) else None


def _claims(verified: object) -> Mapping[str, object] | None:
    """Return the claims of the token that Envoy has verified; None: it has verified none."""
    if verified is None:
        return None
    held = [value for value in verified.values() if isinstance(value, dict)] if isinstance(verified, dict) else []
    if len(held) != 1:
        raise RejectedError(400, f"metadataContext: must have the claims of one token under {JWT}")
    return held[0]


def _client(address: object) -> str | None:
    return address if isinstance(address, str) and address else None
