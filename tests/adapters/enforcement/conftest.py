"""A service that signs decision tokens, and a data API that verifies them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from adapters.enforcement.service import PinnedKeys
from adapters.enforcement.token import TokenVerifier, Wanted, request_digest
from adapters.enforcement.used_once import UsedOnce
from adapters.signers.token_keys import TokenKeys

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
ISSUER, DATA_API = "https://pdp.example.gov.cn", "data-api-legal-entity"
DIGEST = request_digest("GET", b"/api/v1/datasets/R/rows", b"fields=name")
WANTED = Wanted("R", "read", DIGEST)
CLAIMS = {
    "iss": ISSUER,
    "aud": DATA_API,
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 30,
    "jti": "019c9785-1a80-7c3e-9d41-5b1f0e6a2c77",
    "sub": "public_body:B",
    "act": "read",
    "res": "dataset:R",
    "req": DIGEST,
    "outcome": "PARTIAL",
    "fields": ["name", "phone"],
    "row_filter": {
        "kind": "conditional",
        "ast": {"type": "field", "field": "dept", "operator": "eq", "value": "A"},
    },
    "masks": [{"field": "phone", "method": "partial", "keep_prefix": 3, "keep_suffix": 4}],
    "default_field": "deny",
    "obligations": ["mask_fields", "filter_rows"],
    "duties": ["purpose_bound"],
    "scenario": "sc-1",
    "purpose": "duty",
    "rev": {"set": "ab" * 32, "ledger": 7},
    "receipt": {"log": "pdp.local/n1-0", "index": 3, "leaf": "7c" * 32},
}


@pytest.fixture(scope="session")
def signing(tmp_path_factory):
    """The service's keys."""
    return TokenKeys.open(tmp_path_factory.mktemp("tokens"), NOW, timedelta(days=30))


@pytest.fixture(scope="session")
def signed(signing):
    """Return a function that signs claims, some of them changed, some left out."""

    def token(changed=None, without=(), kind="decision+jwt") -> str:
        claims = {name: value for name, value in {**CLAIMS, **(changed or {})}.items() if name not in without}
        return signing.sign(json.dumps(claims).encode(), kind)

    return token


@pytest.fixture
def verifier(signing):
    """Return a function that makes the data API's verifier."""

    def made(**other: object) -> TokenVerifier:
        pinned = {"issuer": ISSUER, "audience": DATA_API, "keys": PinnedKeys(signing.published())}
        return TokenVerifier(**{**pinned, "used": UsedOnce(NOW.timestamp), "now": NOW.timestamp, **other})

    return made
