"""Promises of how a data API knows the service: keys and long answers from pinned addresses, never from elsewhere."""

from __future__ import annotations

import json

import httpx
import pytest

from adapters.enforcement.refused import RefusedError
from adapters.enforcement.service import AGAIN, AT_LEAST, LARGEST, PinnedKeys, ServiceClient, keys_in
from tests.adapters.enforcement.conftest import CLAIMS

ID = CLAIMS["jti"]


@pytest.fixture
def key(signing):
    """The one key that is published, as a JWK."""
    return json.loads(signing.published())["keys"][0]


class Nodes:
    """Nodes of the service, by host, and what they were asked."""

    def __init__(self, **answers: httpx.Response | None) -> None:
        self.answers, self.asked = answers, []
        self.clock = [0.0]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer, or be away."""
        self.asked.append(request)
        answer = self.answers[request.url.host]
        if answer is None:
            raise httpx.ConnectError(request.url.host)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def client(self, *hosts: str) -> ServiceClient:
        """Return a client of the nodes at `hosts`."""
        addresses = [f"http://{host}" for host in hosts or self.answers]
        return ServiceClient(addresses, "my-key", transport=httpx.MockTransport(self), now=lambda: self.clock[0])


def answer(body: object, status: int = 200) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, content=content)


def test_the_keys_of_every_node_are_known(key):
    other = {**key, "kid": "other"}
    nodes = Nodes(n1=answer({"keys": [key]}), n2=answer({"keys": [other]}))
    client = nodes.client()

    assert client.key(key["kid"])
    assert client.key("other")
    assert [request.url.path for request in nodes.asked] == ["/.well-known/jwks.json"] * 2


def test_an_unknown_key_is_looked_for_and_not_too_often(key):
    nodes = Nodes(n1=answer({"keys": []}))
    client = nodes.client()
    assert client.key(key["kid"]) is None
    nodes.answers["n1"] = answer({"keys": [key]})
    assert client.key(key["kid"]) is None
    assert len(nodes.asked) == 1

    nodes.clock[0] = AGAIN + 1
    assert client.key(key["kid"])


def test_a_withdrawn_key_is_forgotten_and_those_of_a_node_that_is_away_stay(key):
    nodes = Nodes(n1=answer({"keys": [key]}))
    client = nodes.client()
    assert client.key(key["kid"])

    nodes.answers["n1"] = None
    nodes.clock[0] = AT_LEAST + 1
    assert client.key(key["kid"])

    nodes.answers["n1"] = answer({"keys": []})
    nodes.clock[0] = 2 * AT_LEAST + 2
    assert client.key(key["kid"]) is None


@pytest.mark.parametrize("body", [b"", b"nonsense", {"keys": [{}]}, {"keys": 7}, [], {"keys": [7]}])
def test_what_is_no_key_set_changes_nothing(key, body):
    nodes = Nodes(n1=answer({"keys": [key]}))
    client = nodes.client()
    assert client.key(key["kid"])

    nodes.answers["n1"] = answer(body)
    nodes.clock[0] = AT_LEAST + 1
    assert client.key(key["kid"])


@pytest.mark.parametrize(
    "changed",
    [{"kty": "RSA"}, {"crv": "X25519"}, {"alg": "HS256"}, {"kid": ""}, {"kid": None}, {"d": "private"}, {"x": "AA"}],
)
def test_a_key_of_another_kind_is_never_pinned(key, changed):
    with pytest.raises(ValueError, match="key"):
        keys_in(json.dumps({"keys": [{**key, **changed}]}))


def test_two_keys_of_one_name_are_none(key):
    with pytest.raises(ValueError, match="name of its own"):
        PinnedKeys(json.dumps({"keys": [key, key]}))


def test_a_long_answer_is_fetched_with_the_data_apis_own_key_and_kept():
    nodes = Nodes(n1=answer({}, 404), n2=answer({"fields": ["name"]}))
    client = nodes.client()

    assert json.loads(client.fetched(ID)) == {"fields": ["name"]}
    assert client.fetched(ID) == client.fetched(ID)
    assert [request.url.path for request in nodes.asked] == [f"/v1/decisions/{ID}/obligations"] * 2
    assert {request.headers["authorization"] for request in nodes.asked} == {"Bearer my-key"}


@pytest.mark.parametrize("status", [204, 301, 302, 401, 403, 404, 410, 500, 503])
def test_anything_but_a_200_is_no_answer_and_no_redirect_is_followed(status):
    elsewhere = httpx.Response(status, headers={"location": "http://n2/"}, content=b"{}")
    nodes = Nodes(n1=elsewhere, n2=answer({"fields": []}))

    with pytest.raises(RefusedError, match="does not give"):
        nodes.client("n1").fetched(ID)
    assert {request.url.host for request in nodes.asked} == {"n1"}


def test_an_endless_answer_is_not_read_to_its_end():
    nodes = Nodes(n1=answer(b"x" * (LARGEST + 1)))

    with pytest.raises(RefusedError):
        nodes.client().fetched(ID)


@pytest.mark.parametrize("decision", ["", "../keys", "a" * 36 + "/..", "x" * 36, f"{ID}?a=b"])
def test_no_address_is_made_of_anything_but_an_id(decision):
    nodes = Nodes(n1=answer({}))

    with pytest.raises(RefusedError, match="no id"):
        nodes.client().fetched(decision)
    assert nodes.asked == []
