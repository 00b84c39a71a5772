"""Gateways that prove themselves by a client certificate: over gRPC to us, over HTTP to a proxy that ends TLS here.

The HTTP server sees no certificate. So a proxy on this machine verifies it, and sets `X-Client-Name` to the name in it
whatever the client sent; it is believed with the proxy's own key alone. In the place of that key then stands one of the
named caller's, which nobody outside this process knows, so that no door has to know of certificates.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import grpc
from cryptography import x509

from adapters.gateways.told_headers import AUTHORIZATION, CREDENTIAL
from adapters.loopback import is_loopback
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from starlette.types import Scope

    from adapters.callers import Callers
    from adapters.door_settings import GrpcTls

CLIENT_NAME: Final = b"x-client-name"
_BEARER: Final = b"bearer "
_CERTIFICATE: Final = "x509_pem_cert"  # what the library calls the certificate of its peer
_KNOWN: Final = 256  # certificates whose names are remembered


def credentials(tls: GrpcTls) -> Any:  # noqa: ANN401 -- the library has no types
    """Return what a gRPC server serves TLS with, to clients whose certificates the authority vouches for.

    Raises:
        UnavailableError: a file cannot be read.
    """
    pair = _read(tls.key, "key"), _read(tls.certificate, "certificate")
    return grpc.ssl_server_credentials([pair], _read(tls.client_ca, "client_ca"), require_client_auth=True)


def seen_names(seen: Mapping[str, object] | None) -> frozenset[str] | None:
    """Return the names of the certificate that a gRPC peer has shown and that was verified; None: it showed none."""
    shown = (seen or {}).get(_CERTIFICATE)
    return names(bytes(shown[0])) if isinstance(shown, (list, tuple)) and shown else None


@lru_cache(_KNOWN)
def names(pem: bytes) -> frozenset[str]:
    """Return what a certificate calls its holder: the URIs and hosts it is good for, and its subject (RFC 4514)."""
    certificate = x509.load_pem_x509_certificate(pem)
    found = {certificate.subject.rfc4514_string()}
    try:
        good_for = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset(found)
    found.update(good_for.get_values_for_type(x509.UniformResourceIdentifier))
    found.update(good_for.get_values_for_type(x509.DNSName))
    return frozenset(found)


def exchanged(scope: Scope, callers: Callers) -> Scope:
    """Return a request with the named caller's credential in place of that of a proxy which vouches for certificates.

    Where something is amiss (a name that is unknown or sent twice, a proxy on another machine) the key stays as it is,
    and proves nobody.
    """
    told = [value.decode("latin-1") for name, value in scope["headers"] if name == CLIENT_NAME]
    client = scope.get("client")
    here = client is None or is_loopback(str(client[0]))
    believed = told if len(told) == 1 and here else []
    return {**scope, "headers": [(name, _instead(name, value, believed, callers)) for name, value in scope["headers"]]}


def _instead(name: bytes, value: bytes, believed: list[str], callers: Callers) -> bytes:
    """Return what stands in place of one header: itself, unless it is the key of such a proxy."""
    if name == CREDENTIAL.encode():
        return callers.exchanged(value, believed) or value
    if name == AUTHORIZATION.encode() and value[: len(_BEARER)].lower() == _BEARER:
        scheme, key = value[: len(_BEARER)], value[len(_BEARER) :]
        return scheme + (callers.exchanged(key, believed) or key)
    return value


def _read(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        message = f"grpc_tls: {what} {file} cannot be read ({fault.strerror}); mend the setting or the file"
        raise UnavailableError(message) from fault
