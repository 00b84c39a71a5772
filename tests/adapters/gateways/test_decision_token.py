"""Promises of the decision token: what it says, how long it lives, and when there is none."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.callers import Caller, Callers
from adapters.enforcement.service import PinnedKeys
from adapters.enforcement.token import TokenVerifier, Wanted
from adapters.enforcement.used_once import UsedOnce
from adapters.gateways.call import Asked
from adapters.gateways.decision_token import LONGEST, TokenWriter
from adapters.gateways.http import Doors, HttpApp
from adapters.gateways.kept_obligations import KeptObligations
from adapters.gateways.obligations import Canonical, as_asked, canonical, of_record
from adapters.signers.token_keys import TokenKeys
from pdp.log.revision import digests, revision_set
from pdp.model import AccessRequest
from pdp.workdays import SHANGHAI

NOW = datetime(2026, 2, 26, 9, 0, tzinfo=SHANGHAI)
ISSUER = "https://pdp.example.gov.cn"
DATA_API = "data-api-legal-entity"
QUESTION = AccessRequest(
    "B", "read", "R", subject_kind="public_body", fields=("name", "phone"), scenario="sc-1", purpose="duty"
)
ROWS = {"type": "field", "field": "dept", "operator": "eq", "value": "A"}
OTHER_ROWS = {"type": "field", "field": "year", "operator": "gte", "value": 2020}
PROMISED = {
    *("iss", "aud", "iat", "exp", "jti", "sub", "act", "res", "req", "outcome", "fields", "row_filter", "masks"),
    *("default_field", "obligations", "duties", "scenario", "purpose", "rev", "receipt"),
}
KEY = "k" * 43


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return TokenKeys.open(tmp_path_factory.mktemp("tokens"), NOW, timedelta(days=30))


@pytest.fixture
def kept():
    return KeptObligations(now=NOW.timestamp)


@pytest.fixture
def writer(service, keys, kept):
    return TokenWriter(ISSUER, keys, service, kept)


@pytest.fixture
def answered(service):
    """Return a function that asks and returns the answer."""
    return lambda question=QUESTION: asyncio.run(service.answer(question))


def asked(question=QUESTION, audience=DATA_API, *, single_use=False):
    return Asked(question, "5e" * 32, audience, single_use)


def claims_of(token, keys):
    key = jwt.PyJWKSet.from_json(keys.published().decode())[jwt.get_unverified_header(token)["kid"]]
    options = {"verify_exp": False, "verify_iat": False}  # the time of these tests is another
    return jwt.decode(token, key, algorithms=["EdDSA"], audience=DATA_API, issuer=ISSUER, options=options)


def test_a_permit_tells_the_data_api_all_it_must_check(writer, keys, answered, service):
    answer = answered()

    token = writer.token(answer, asked())

    claims = claims_of(token, keys)
    assert jwt.get_unverified_header(token)["typ"] == "decision+jwt"
    assert claims.keys() == PROMISED
    assert (claims["sub"], claims["act"], claims["res"]) == ("public_body:B", "read", "dataset:R")
    assert (claims["jti"], claims["req"], claims["outcome"]) == (answer.id, "5e" * 32, "PERMIT")
    assert (claims["fields"], claims["row_filter"], claims["masks"]) == (["name", "phone"], {"kind": "all"}, [])
    assert (claims["default_field"], claims["obligations"]) == ("deny", [])
    assert (claims["duties"], claims["scenario"], claims["purpose"]) == (["purpose_bound"], "sc-1", "duty")
    assert claims["receipt"] == {"log": "pdp.local", "index": 0, "leaf": "7c" * 32}
    assert claims["rev"] == {"set": revision_set(digests(service.rulebook.revision)), "ledger": 18233}


def test_a_partial_answer_names_what_must_be_carried_out(writer, keys, answered):
    question = replace(QUESTION, scenario="sc-2")

    claims = claims_of(writer.token(answered(question), asked(question)), keys)

    assert (claims["outcome"], claims["fields"], claims["obligations"]) == ("PARTIAL", ["name"], ["mask_fields"])


def test_a_token_ends_with_the_answer_and_never_lives_longer_than_a_minute(writer, keys, answered):
    answer = answered()
    for valid, life in ((30, 30), (59.9, 59), (60, 60), (3600, 60), (1, 1)):
        decision = replace(answer.decision, valid_until=NOW + timedelta(seconds=valid))
        claims = claims_of(writer.token(replace(answer, decision=decision), asked()), keys)
        assert (claims["iat"], claims["exp"] - claims["iat"]) == (NOW.timestamp(), life)


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 0.999), st.floats(0, 4000), st.integers(1, 60))
def test_no_token_outlives_its_answer_by_a_fraction_of_a_second(keys, began, valid, life):
    from tests.adapters.gateways.conftest import SmallService  # noqa: PLC0415

    service = SmallService()
    answer = asyncio.run(service.answer(QUESTION))
    at = NOW + timedelta(seconds=began)
    until = at + timedelta(seconds=valid)
    answer = replace(answer, at=at, decision=replace(answer.decision, valid_until=until))

    token = TokenWriter(ISSUER, keys, service, KeptObligations(), life).token(answer, asked())

    if token is not None:
        claims = claims_of(token, keys)
        assert claims["iat"] <= at.timestamp() < claims["iat"] + 1
        assert claims["exp"] <= until.timestamp()
        assert 0 < claims["exp"] - claims["iat"] <= life


def test_there_is_no_token_without_a_data_api_and_none_for_a_refusal(writer, answered):
    refused = answered(replace(QUESTION, scenario="sc-other"))

    assert writer.token(answered(), asked(audience=None)) is None
    assert writer.token(refused, asked()) is None


def test_there_is_no_token_that_is_over_when_it_is_made(writer, answered):
    answer = answered()

    assert writer.token(replace(answer, decision=replace(answer.decision, valid_until=NOW)), asked()) is None


def test_what_may_be_used_once_says_so(writer, keys, answered):
    assert claims_of(writer.token(answered(), asked(single_use=True)), keys)["once"] is True


def test_a_permit_for_certain_rows_is_none_for_all_of_them(writer, keys, answered):
    question = replace(QUESTION, rows=ROWS)

    claims = claims_of(writer.token(answered(question), asked(question)), keys)

    assert claims["row_filter"] == {"kind": "conditional", "ast": ROWS}
    assert claims["obligations"] == ["filter_rows"]


def test_rows_asked_for_narrow_the_rows_agreed_to():
    agreed = Canonical({"kind": "conditional", "ast": ROWS}, ["name"], [], ("filter_rows",))
    both = {"type": "compound", "operator": "and", "value": [ROWS, OTHER_ROWS]}

    assert as_asked(agreed, QUESTION) == agreed
    assert as_asked(agreed, replace(QUESTION, rows=ROWS)) == agreed
    assert as_asked(agreed, replace(QUESTION, rows=OTHER_ROWS)).row_filter == {"kind": "conditional", "ast": both}
    nothing = Canonical({"kind": "none"}, [], [], ())
    assert as_asked(nothing, replace(QUESTION, rows=ROWS)) == nothing


def long_question():
    return replace(QUESTION, fields=tuple(f"a field with a long name, number {number}" for number in range(60)))


def test_what_is_too_long_for_a_header_is_named_by_its_digest(writer, keys, kept, answered):
    question = long_question()
    answer = answered(question)

    token = writer.token(answer, asked(question))

    claims = claims_of(token, keys)
    assert len(token) <= LONGEST
    assert claims.keys() == (PROMISED - {"fields", "row_filter", "masks"}) | {"by_ref"}
    assert claims["by_ref"]["href"] == f"/v1/decisions/{answer.id}/obligations"
    text = kept.found(answer.id).text
    assert claims["by_ref"]["sha256"] == hashlib.sha256(text).hexdigest()
    assert json.loads(text) == {
        "row_filter": {"kind": "all"}, "fields": list(question.fields), "masks": [], "default_field": "deny",
    }  # fmt: skip


def test_what_data_apis_use_takes_both_kinds_of_token(writer, keys, kept, answered):
    class Kept:
        """Gives what is kept, as the service's address does."""

        def fetched(self, decision_id: str) -> bytes:
            """Return the text."""
            return kept.found(decision_id).text

    verifier = TokenVerifier(
        issuer=ISSUER, audience=DATA_API, keys=PinnedKeys(keys.published()), used=UsedOnce(), references=Kept(),
        now=NOW.timestamp,
    )  # fmt: skip
    for question in (QUESTION, replace(QUESTION, rows=ROWS), replace(QUESTION, scenario="sc-2"), long_question()):
        answer = answered(question)

        decided = verifier.verify([writer.token(answer, asked(question))], Wanted("R", "read", "5e" * 32))

        assert (decided.id, decided.outcome) == (answer.id, answer.decision.outcome)
        assert decided.released.fields == answer.decision.granted
        assert decided.released.rows.kind == ("conditional" if question.rows else "all")


def registered(name):
    return Caller(id=name, key_sha256=(hashlib.sha256(name.encode() + KEY.encode()).hexdigest(),))


def fetch(service, kept, path, who, keys=None):
    callers = Callers([registered("gateway-1"), registered(DATA_API), registered("stranger")])
    app = HttpApp(Doors(service, callers, None, signing=keys, kept=kept))
    headers = {"authorization": f"Bearer {who}{KEY}"} if who else {}

    async def once() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pdp") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(once())


def test_the_data_api_fetches_what_its_token_names_and_a_stranger_does_not(service, writer, kept, keys, answered):
    question = replace(long_question(), gateway="gateway-1")
    answer = answered(question)
    claims = claims_of(writer.token(answer, asked(question)), keys)
    href = claims["by_ref"]["href"]

    fetched = fetch(service, kept, href, DATA_API)

    assert (fetched.status_code, fetched.headers["cache-control"]) == (200, "no-store")
    assert hashlib.sha256(fetched.content).hexdigest() == claims["by_ref"]["sha256"]
    assert fetch(service, kept, href, "gateway-1").json() == fetched.json()
    assert fetch(service, kept, href, "stranger").status_code == 404
    assert fetch(service, kept, href, None).status_code == 401


def test_whoever_asked_reads_what_was_released_without_a_token(service, kept, answered):
    partial = answered(replace(QUESTION, scenario="sc-2", gateway="gateway-1"))
    refused = answered(replace(QUESTION, scenario="sc-other", gateway="gateway-1"))

    released = fetch(service, kept, f"/v1/decisions/{partial.id}/obligations", "gateway-1")
    nothing = fetch(service, kept, f"/v1/decisions/{refused.id}/obligations", "gateway-1")

    assert released.json() == {
        "row_filter": {"kind": "all"}, "fields": ["name"], "masks": [], "default_field": "deny",
    }  # fmt: skip
    assert nothing.json() == {"row_filter": {"kind": "none"}, "fields": [], "masks": [], "default_field": "deny"}


def test_a_record_that_hides_words_is_not_taken_for_what_is_released():
    record = {
        "outcome": "PARTIAL", "request": {"scope": {"fields": ["name"]}},
        "granted": {"fields": ["name"], "rows": {**ROWS, "value": "t1.digest"}},
    }  # fmt: skip

    assert of_record({**record, "masked": ["/granted/rows/value"]}) is None
    assert of_record({**record, "masked": ["/request/scope/rows/value"]}) is None
    assert of_record({**record, "masked": ["/request/subject/staff"]}) is not None


def test_what_a_record_tells_is_what_the_token_said(service, answered):
    for question in (QUESTION, replace(QUESTION, scenario="sc-2"), replace(QUESTION, scenario="sc-other")):
        answer = answered(question)
        said = as_asked(canonical(answer.decision, answer.inquiry), question)
        assert json.loads(of_record(service.decision(answer.id)).spelled()) == json.loads(said.spelled())


def test_anybody_gets_the_keys_and_may_keep_them_for_five_minutes(service, kept, keys):
    published = fetch(service, kept, "/.well-known/jwks.json", None, keys)

    assert (published.status_code, published.headers["cache-control"]) == (200, "max-age=300")
    assert published.headers["content-type"] == "application/jwk-set+json"
    assert published.content == keys.published()


def test_what_is_kept_ends_with_its_token_and_stays_within_bounds():
    clock = [100.0]
    kept = KeptObligations(now=lambda: clock[0], most=10)
    kept.keep("a", b"12345", {DATA_API}, 160)
    kept.keep("b", b"12345", {DATA_API}, 170)
    assert kept.found("a")

    kept.keep("c", b"1", {DATA_API}, 170)
    assert (kept.found("a"), bool(kept.found("b")), bool(kept.found("c"))) == (None, True, True)

    clock[0] = 171.0
    assert kept.found("b") is None
    kept.keep("d", b"123456789", {DATA_API}, 300)
    assert kept.found("d")
