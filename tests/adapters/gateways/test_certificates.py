"""Promises of client certificates as credentials: seen over gRPC by TLS itself, over HTTP by a proxy with a key."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import grpc
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from adapters.callers import Caller, Callers
from adapters.door_settings import GrpcTls
from adapters.gateways.certificates import names
from adapters.gateways.envoy_grpc import EnvoyGrpcDoor
from adapters.gateways.ext_authz.ext_authz_pb2 import CheckRequest, CheckResponse
from adapters.gateways.http import Doors, HttpApp
from adapters.settings import Settings, SettingsError, load_settings
from pdp.errors import UnavailableError
from tests.adapters.gateways.small_reader import TOKEN, SmallReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

METHOD = "/envoy.service.auth.v3.Authorization/Check"
ENVOY = "spiffe://xicheng.example/edge/envoy"
NGINX = "CN=edge-nginx,O=xicheng"
KEYS = {"proxy": "x" * 43, "other": "o" * 43, "plain": "p" * 43}


class Shown(NamedTuple):
    """A certificate and its key, PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """A certificate authority that lives as long as a test run."""

    def __init__(self, name: str = "authority") -> None:
        """Make its key, and its own certificate."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._signed(self._name, self._key, []).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.root = made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def issue(self, subject: str, *good_for: x509.GeneralName) -> Shown:
        """Return the certificate of `subject`, whose parts are written with the innermost first."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._signed(x509.Name.from_rfc4514_string(subject), key, list(good_for))
        plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Shown(made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM), plain)

    def _signed(self, subject, key, good_for) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
        )
        return made.add_extension(x509.SubjectAlternativeName(good_for), critical=False) if good_for else made


AUTHORITY = Authority()
SERVER = AUTHORITY.issue("CN=pdp", x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
EDGE = AUTHORITY.issue("CN=anything", x509.UniformResourceIdentifier(ENVOY))
CALLERS = (
    Caller(id="edge-envoy", certificates=(ENVOY,), doors=("envoy_grpc",), enforces=("mask_fields",)),
    Caller(id="edge-nginx", certificates=(NGINX,), doors=("forward_auth", "authzen", "decisions")),
    Caller(
        id="plain", key_sha256=(hashlib.sha256(KEYS["plain"].encode()).hexdigest(),), doors=("envoy_grpc", "authzen")
    ),
    Caller(id="tls-proxy", key_sha256=(hashlib.sha256(KEYS["proxy"].encode()).hexdigest(),), vouches=True),
)
CALL = CheckRequest(
    attributes={
        "request": {
            "http": {
                "method": "GET",
                "path": "/api/v1/datasets/R/rows",
                "host": "data.example.gov.cn",
                "headers": {"authorization": TOKEN, "x-data-scenario": "sc-1", "x-data-purpose": "duty"},
            }
        }
    }
).SerializeToString()


@pytest.fixture
def files(tmp_path):
    """The files that the settings of a port with TLS name."""
    written = {"certificate": SERVER.certificate, "key": SERVER.key, "client_ca": AUTHORITY.root}
    for name, pem in written.items():
        (tmp_path / name).write_bytes(pem)
    return GrpcTls(**{name: tmp_path / name for name in written})


@pytest.fixture
def check(service, log, files):
    """Return a function that asks Envoy's door over TLS once for each set of metadata, as the holder of `shown`."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[int]:
        door = EnvoyGrpcDoor(Doors(service, Callers(CALLERS), log.logger, deadline=5.0), SmallReader())
        port = await door.open("127.0.0.1", 0, files)
        try:
            yield port
        finally:
            await door.close()

    async def asked(shown, *sent: tuple[tuple[str, str], ...]) -> list[int]:
        pair = (None, None) if shown is None else (shown.key, shown.certificate)
        trusted = grpc.ssl_channel_credentials(AUTHORITY.root, *pair)
        async with opened() as port, grpc.aio.secure_channel(f"127.0.0.1:{port}", trusted) as channel:
            method = channel.unary_unary(METHOD)
            answers = [await method(CALL, metadata=metadata, timeout=30.0) for metadata in sent or ((),)]
        return [CheckResponse.FromString(answer).status.code for answer in answers]

    return lambda shown, *sent: asyncio.run(asked(shown, *sent))


def test_a_gateway_is_known_by_the_certificate_that_it_shows_over_grpc(check, service):
    assert check(EDGE) == [0]
    assert service.questions[0].gateway == "edge-envoy"


def test_a_certificate_of_nobody_needs_a_key_and_two_credentials_must_prove_one_caller(check, service):
    stranger = AUTHORITY.issue("CN=edge-envoy", x509.DNSName("edge-envoy"))
    plain, wrong = (("x-gateway-token", KEYS["plain"]),), (("x-gateway-token", "w" * 43),)

    assert check(stranger, (), wrong, plain) == [7, 7, 0]
    assert check(EDGE, plain, wrong, ()) == [7, 7, 0]
    assert [asked.gateway for asked in service.questions] == ["plain", "edge-envoy"]
    assert {one["code"] for one in service.rejections} == {"not_authenticated"}


def test_a_proxy_that_vouches_for_others_asks_nothing_itself(check, service):
    stranger = AUTHORITY.issue("CN=tls-proxy")

    assert check(stranger, (("x-gateway-token", KEYS["proxy"]),), (("x-client-name", NGINX),)) == [7, 7]
    assert service.questions == []


@pytest.mark.parametrize("shown", [None, Authority("authority").issue("CN=x", x509.UniformResourceIdentifier(ENVOY))])
def test_whoever_shows_no_certificate_of_the_authority_is_not_spoken_to(check, service, shown):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        check(shown)

    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert (service.questions, service.rejections) == ([], [])


def test_the_names_of_a_certificate_are_what_it_is_good_for_and_its_whole_subject():
    made = AUTHORITY.issue(
        "CN=edge,O=xicheng", x509.UniformResourceIdentifier(ENVOY), x509.DNSName("edge.example"),
        x509.RFC822Name("spiffe@example.com"),
    )  # fmt: skip

    assert names(made.certificate) == {"CN=edge,O=xicheng", ENVOY, "edge.example"}
    assert names(AUTHORITY.issue("CN=edge").certificate) == {"CN=edge"}


def test_a_certificate_with_the_names_of_two_callers_proves_neither():
    callers = Callers(CALLERS)

    assert callers.certified({ENVOY}).id == "edge-envoy"
    assert callers.certified({ENVOY, NGINX}) is None
    assert callers.certified({"edge-envoy", "CN=edge-nginx", ""}) is None


def test_a_file_that_cannot_be_read_or_used_is_named_and_nothing_is_served(service, log, files):
    door = EnvoyGrpcDoor(Doors(service, Callers(CALLERS), log.logger), SmallReader())
    files.key.unlink()

    with pytest.raises(UnavailableError, match=r"grpc_tls: key .* cannot be read"):
        asyncio.run(door.open("127.0.0.1", 0, files))
    files.key.write_bytes(b"no key")
    with pytest.raises(UnavailableError, match="grpc_port"):
        asyncio.run(door.open("127.0.0.1", 0, files))


@pytest.fixture
def http(service, log):
    """Return a function that asks over HTTP once, from an address."""

    def asked(path, headers, peer="127.0.0.1", callers=CALLERS, **request: object) -> httpx.Response:
        app = HttpApp(Doors(service, Callers(callers), log.logger, deadline=5.0, calls=SmallReader()))

        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app, client=(peer, 4711))
            async with httpx.AsyncClient(transport=transport, base_url="http://pdp") as client:
                return await client.request("POST" if request else "GET", path, headers=headers, **request)

        return asyncio.run(once())

    return asked


def forwarded(*more: tuple[str, str], key=KEYS["proxy"]) -> list[tuple[str, str]]:
    """Return the headers of a call at the ForwardAuth door, through the proxy with `key`."""
    told = {
        "x-forwarded-method": "GET",
        "x-forwarded-uri": "/api/v1/datasets/R/rows",
        "x-forwarded-host": "data.example.gov.cn",
        "authorization": TOKEN,
        "x-data-scenario": "sc-1",
        "x-data-purpose": "duty",
        "x-gateway-token": key,
    }
    return [*told.items(), *more]


NAMED = ("x-client-name", NGINX)


def test_a_proxy_on_this_machine_vouches_for_the_gateway_whose_certificate_it_saw(http, service, question):
    bearing = {"authorization": f"Bearer {KEYS['proxy']}", "x-client-name": NGINX}

    assert http("/authz/forward", forwarded(NAMED)).status_code == 200
    asked = http("/access/v1/evaluation", bearing, json=question)
    assert (asked.status_code, asked.json()["decision"]) == (200, True)
    assert [asked.gateway for asked in service.questions] == ["edge-nginx", "edge-nginx"]
    read = http(f"/v1/decisions/{asked.json()['context']['id']}", bearing)
    assert read.status_code == 200  # pages ask by the same credential


@pytest.mark.parametrize(
    ("headers", "peer"),
    [
        (forwarded(), "127.0.0.1"),  # the proxy itself
        (forwarded(("x-client-name", "")), "127.0.0.1"),
        (forwarded(("x-client-name", "CN=edge-nginx")), "127.0.0.1"),
        (forwarded(("x-client-name", "tls-proxy")), "127.0.0.1"),
        (forwarded(NAMED, NAMED), "127.0.0.1"),
        (forwarded(NAMED, ("x-client-name", ENVOY)), "127.0.0.1"),
        (forwarded(NAMED), "10.0.0.7"),  # anybody could have learnt a key that travels
        (forwarded(NAMED, key=KEYS["other"]), "127.0.0.1"),
        (forwarded(NAMED, key=""), "127.0.0.1"),
        ([pair for pair in forwarded(NAMED) if pair[0] != "x-gateway-token"], "127.0.0.1"),
        (forwarded(("x-client-name", ENVOY)), "127.0.0.1"),  # known, but its door is another
    ],
)
def test_a_name_is_believed_of_nobody_else_and_nothing_else_is_believed_of_the_proxy(http, service, headers, peer):
    assert http("/authz/forward", headers, peer).status_code == 403
    assert service.questions == []


def test_a_caller_with_a_key_is_itself_whatever_name_it_sends(http, service, question):
    headers = {"authorization": f"Bearer {KEYS['plain']}", "x-client-name": NGINX}

    assert http("/access/v1/evaluation", headers, json=question).status_code == 200
    assert service.questions[0].gateway == "plain"


def test_whoever_has_a_certificate_alone_is_not_whoever_sends_nothing(http, question):
    for callers in (CALLERS, CALLERS[:1], CALLERS[1:2]):
        assert http("/access/v1/evaluation", {}, callers=callers, json=question).status_code == 401


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"callers": [{"id": "a", "certificates": ["CN=a"]}]}, "nobody sees the certificates"),
        (
            {
                "callers": [{"id": "a", "certificates": ["CN=a"]}, {"id": "b", "certificates": ["CN=a"]}],
                "grpc_port": 0,
            },
            "registered twice",
        ),
        ({"callers": [{"id": "a", "vouches": True}]}, "proves itself by key_sha256"),
        ({"callers": [{"id": "a", "vouches": True, "key_sha256": ["0" * 64], "certificates": ["x"]}]}, "by that alone"),
        ({"grpc_tls": {"certificate": "c", "key": "k", "client_ca": "a"}}, "set grpc_port"),
        ({"callers": [{"id": "a", "certificates": [" "]}]}, "certificates"),
    ],
)
def test_settings_under_which_a_certificate_could_prove_nothing_are_refused(more, fault):
    with pytest.raises(SettingsError, match=fault):
        load_settings(more, {})


def test_beyond_this_machine_a_certificate_is_as_good_as_a_key():
    more = {"grpc_port": 8181, "grpc_tls": {"certificate": "c", "key": "k", "client_ca": "a"}}
    callers = [{"id": "a", "certificates": ["CN=a"]}, {"id": "b", "certificates": ["CN=b"]}]

    assert Settings.model_validate({"host": "0.0.0.0", "tls_ended_by": "envoy", "callers": callers, **more})  # noqa: S104 -- nothing listens
