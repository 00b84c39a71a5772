"""Promises of the metadata document: only open doors, only the configured address, and a signature that holds."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import jwt
import pytest

from adapters.callers import LOCAL, Callers
from adapters.gateways.http import Doors, HttpApp
from adapters.gateways.metadata import FRESH, Metadata
from adapters.signers.token_keys import TokenKeys
from pdp.searches import Searches

URL = "https://pdp.example.gov.cn"
ADDRESS = "/.well-known/authzen-configuration"
NOW = datetime(2026, 2, 26, 1, tzinfo=UTC)


@pytest.fixture
def keys(tmp_path):
    return TokenKeys.open(tmp_path / "keys", NOW, timedelta(days=30))


@pytest.fixture
def get(service, log):
    """Return a function that opens the doors and sends requests to them."""

    def got(*requests: tuple[str, str], **doors: object) -> list[httpx.Response]:
        app = HttpApp(Doors(service, Callers((LOCAL,)), log.logger, **doors))

        async def sent() -> list[httpx.Response]:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://evil.example") as client:
                return [await client.request(method, path) for method, path in requests]

        return asyncio.run(sent())

    return got


def searches(service) -> Searches:
    return Searches(service, SimpleNamespace(), SimpleNamespace(), SimpleNamespace())


def test_every_address_is_the_configured_one_whatever_the_request_says(get, service, keys):
    (response,) = get(("GET", ADDRESS), public_url=URL, signing=keys, searches=searches(service))

    said = response.json()
    assert said["policy_decision_point"] == URL
    addresses = {name: said[name] for name in said if name.endswith(("_endpoint", "_uri"))}
    assert addresses == {
        "access_evaluation_endpoint": f"{URL}/access/v1/evaluation",
        "access_evaluations_endpoint": f"{URL}/access/v1/evaluations",
        "search_subject_endpoint": f"{URL}/access/v1/search/subject",
        "search_resource_endpoint": f"{URL}/access/v1/search/resource",
        "search_action_endpoint": f"{URL}/access/v1/search/action",
        "jwks_uri": f"{URL}/.well-known/jwks.json",
    }
    assert (response.headers["content-type"], response.headers["cache-control"]) == ("application/json", "max-age=300")
    assert None not in said.values()


def test_only_doors_that_are_open_are_listed_and_all_that_are_listed_are_open(get, service, keys):
    for doors in ({}, {"signing": keys}, {"searches": searches(service)}):
        (document,) = get(("GET", ADDRESS), public_url=URL, **doors)
        paths = [
            value.removeprefix(URL) for name, value in document.json().items() if name.endswith(("_endpoint", "_uri"))
        ]

        answers = get(*[("GET" if path.startswith("/.well-known") else "POST", path) for path in paths], **doors)

        assert {answer.status_code for answer in answers} <= {200, 400}
        assert ("jwks_uri" in document.json()) == ("signing" in doors)
        assert ("search_action_endpoint" in document.json()) == ("searches" in doors)


def test_the_signature_is_over_the_same_members_by_a_key_of_the_set(get, keys):
    document, published = get(("GET", ADDRESS), ("GET", "/.well-known/jwks.json"), public_url=URL, signing=keys)

    said = document.json()
    signed = said.pop("signed_metadata")
    by_id = {key.key_id: key for key in jwt.PyJWKSet.from_dict(published.json()).keys}
    claims = jwt.decode(
        signed, by_id[jwt.get_unverified_header(signed)["kid"]].key, algorithms=["EdDSA"], issuer=URL,
        options={"require": ["iss", "iat"]},
    )  # fmt: skip
    assert {name: value for name, value in claims.items() if name not in {"iss", "iat"}} == said


def test_a_signature_is_made_anew_every_minute_and_not_for_every_visitor(keys):
    clock = SimpleNamespace(now=1_000_000.0)
    described = Metadata(URL, ["/access/v1/evaluation"], keys, lambda: clock.now)

    first = described.document()
    clock.now += FRESH - 1
    again = described.document()
    clock.now += 1

    assert first == again
    assert json.loads(described.document())["signed_metadata"] != json.loads(first)["signed_metadata"]


def test_without_a_configured_address_there_is_none(get, keys):
    (response,) = get(("GET", ADDRESS), signing=keys)

    assert response.status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_is_only_read(get, method):
    (response,) = get((method, ADDRESS), public_url=URL)

    assert (response.status_code, response.headers["allow"]) == (405, "GET")
