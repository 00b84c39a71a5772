"""Promises of the OPA Data API's door: every document is total, errors have OPA's shape, and sizes are bounded."""

import asyncio
import gzip
import hashlib
import json
import zlib

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.callers import LOCAL, Caller, Detail

KEY = "k" * 43
GATEWAY = Caller(id="gateway-1", key_sha256=(hashlib.sha256(KEY.encode()).hexdigest(),), doors=("opa_data",))
PROVEN = {"authorization": f"Bearer {KEY}"}
CANARY = "canary-110101199003074514"
AUTHZ = "/v1/data/gateway/authz"
ALLOW = AUTHZ + "/allow"
FOUR = {"X-Decision-Id", "X-Decision-Outcome", "X-Obligations", "X-Decision-Token"}
OF_A_REFUSAL = {"reason", "message", "status", "status_code", "http_status", "body"}


@pytest.fixture
def put(open_door):
    """Return a function that puts a body to a path and returns the response."""

    def sent(path, body, headers=None, callers=(), method="POST", **door: object) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()

        async def once() -> httpx.Response:
            async with open_door(*callers, **door) as client:
                return await client.request(method, path, content=content, headers=headers or {})

        return asyncio.run(once())

    return sent


def fault(response) -> tuple[int, str]:
    """Return status and code of an error, whose shape is OPA's."""
    said = response.json()
    assert said.keys() == {"code", "message"}
    assert response.headers["content-type"] == "application/json"
    return response.status_code, said["code"]


def test_an_allow_is_one_object_that_every_client_can_read(put, question, service):
    response = put(AUTHZ, {"input": question})

    said = response.json()
    (answer,) = service.answers.values()
    result = said["result"]
    assert response.status_code == 200
    assert said["decision_id"] == response.headers["x-decision-id"] == answer.id
    assert (result["allow"], result["allowed"], result["decision"]) == (True, True, True)
    assert result["headers"] == {
        "X-Decision-Id": answer.id,
        "X-Decision-Outcome": "PERMIT",
        "X-Obligations": "none",
        "X-Decision-Token": "none",
    }
    assert not result.keys() & OF_A_REFUSAL
    assert result["context"]["id"] == answer.id
    assert [ground["rule"] for ground in said["rationale"]["grounds"]] == ["share_agreed"]
    assert service.questions[0].door == "opa_data"


def test_a_refusal_says_why_and_with_which_status(put, question):
    question["context"]["scenario"] = "sc-other"

    result = put(AUTHZ, {"input": question}).json()["result"]

    assert (result["allow"], result["allowed"], result["decision"]) == (False, False, False)
    assert result["reason"] == result["message"] == "no_application 的条文。"
    assert {result["status"], result["status_code"], result["http_status"]} == {403}
    assert json.loads(result["body"])["error"] == "access_denied"
    assert json.loads(result["body"])["remedies"]
    assert result["headers"]["X-Decision-Outcome"] == "DENY"
    assert result["headers"].keys() == FOUR
    assert result["obligations"] == []


def test_what_a_partial_answer_withholds_is_told_to_whoever_can_carry_it_out(put, question):
    question["context"]["scenario"] = "sc-2"
    able = LOCAL.model_copy(update={"enforces": ("mask_fields",)})

    result = put(AUTHZ, {"input": question}, callers=[able]).json()["result"]

    assert (result["allow"], result["headers"]["X-Decision-Outcome"]) == (True, "PARTIAL")
    assert result["headers"]["X-Obligations"] == "mask_fields"
    assert result["obligations"][0]["properties"]["fields"] == ["name"]


@pytest.mark.parametrize("path", [AUTHZ, ALLOW, "/v0/data/gateway/authz/allow"])
def test_a_partial_answer_that_nobody_carries_out_is_never_sent(put, question, path, log):
    question["context"]["scenario"] = "sc-2"  # the small service has no rule that refuses this, as the law's have
    body = question if path.startswith("/v0") else {"input": question}

    assert fault(put(path, body)) == (503, "internal_error")
    assert '"level":"critical"' in log.written()


@pytest.mark.parametrize(("scenario", "allowed"), [("sc-1", True), ("sc-other", False)])
def test_the_boolean_document_is_a_boolean(put, question, scenario, allowed):
    question["context"]["scenario"] = scenario

    assert put(ALLOW, {"input": question}).json()["result"] is allowed
    assert put("/v0/data/gateway/authz/allow", question).json() is allowed


def test_v0_answers_the_bare_value_of_the_body_as_input(put, question):
    response = put("/v0/data/gateway/authz", question)

    assert response.json()["allow"] is True
    assert response.headers["x-decision-id"] == response.json()["context"]["id"]


def test_a_user_is_told_no_facts_and_a_caller_without_detail_no_reason(put, question):
    question["context"]["scenario"] = "sc-other"
    user, nothing = (
        put(AUTHZ, {"input": question}, PROVEN, [GATEWAY.model_copy(update={"detail": detail})]).json()
        for detail in (Detail.USER, Detail.NONE)
    )

    assert user["result"]["context"].keys() == {"id", "reason_user"}
    assert "facts" not in json.dumps(user["rationale"])
    assert nothing["result"]["context"].keys() == {"id"}
    assert "reason" not in nothing["result"]
    assert "条文" not in json.dumps(nothing, ensure_ascii=False)


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/data/gateway/auth", "/v1/data/gateway/authz/", "/v1/data//gateway/authz", "/v1/data/", "/v1/data/x"),
        *("/v1/data/gateway%2Fauthz", "/v1/data/gateway/%61uthz", "/v1/data/Gateway/authz", "/v0/data/nothing"),
        *("/v1/batch/data/nothing", "/v1/data/trino/columnMask", "/v1/data/gateway/authz/reason"),
    ],
)
def test_a_document_that_does_not_exist_is_not_found_and_never_undefined(put, service, path):
    assert fault(put(path, {"input": {}, "inputs": {}})) == (404, "undefined_document")
    assert service.questions == []


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/v1/policies", "/v1/policies/x", "/v1/query", "/v1/compile", "/v1/config", "/v1/status"]
)
def test_nobody_manages_policies_through_this_door(put, path, method):
    assert fault(put(path, {}, method=method)) == (404, "resource_not_found")


def test_nothing_is_answered_at_the_root(put):
    assert put("/", {"user": "x"}).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", [AUTHZ, "/v0/data/gateway/authz", "/v1/batch/data/gateway/authz"])
def test_documents_are_asked_for_by_post_alone(put, service, path, method):
    response = put(path + "?input=" + CANARY, b"", method=method)

    assert fault(response) == (405, "invalid_operation")
    assert response.headers["allow"] == "POST"
    assert (service.questions, [r["code"] for r in service.rejections]) == ([], ["bad_request"])


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"{}", b'{"input": 1}', b'{"input": null}', b'{"input": []}', b'{"inputs": {}}'),
        *(
            b'{"input": {}, "input": {}}',
            b'{"input": {"a": 1, "a": 2}}',
            b'{"input": {"a": NaN}}',
            b"\xff",
            b"\xef\xbb\xbf{}",
        ),
        *(b'{"input": ' + b'{"a":' * 40 + b"1" + b"}" * 41, b'{"input": {"subject": {"type": "public_body"}}}'),
    ],
)
def test_a_body_that_is_no_question_is_bad_input(put, service, body):
    assert fault(put(AUTHZ, body)) == (400, "invalid_parameter")
    assert [said["code"] for said in service.rejections] == ["bad_request"]
    assert service.questions == []


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=gbk", "application/x-www-form-urlencoded"])
def test_another_content_type_is_refused_and_none_is_taken(put, question, kind):
    assert fault(put(AUTHZ, {"input": question}, {"content-type": kind})) == (400, "invalid_parameter")
    assert put(AUTHZ, {"input": question}).status_code == 200
    assert put(AUTHZ, {"input": question}, {"content-type": "application/json"}).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        ({}, [GATEWAY], (401, "unauthorized")),
        ({"authorization": "Bearer "}, [GATEWAY], (401, "unauthorized")),
        (PROVEN, [GATEWAY.model_copy(update={"doors": ("authzen",)})], (403, "unauthorized")),
        (PROVEN, [GATEWAY.model_copy(update={"may_assert": ("unit",)})], (403, "unauthorized")),
        (PROVEN, [GATEWAY.model_copy(update={"dialect": "trino"})], (403, "unauthorized")),
        (PROVEN, [GATEWAY.model_copy(update={"dialect": "apisix"})], (400, "invalid_parameter")),
        (PROVEN | {f"x-{number}": "1" for number in range(101)}, [GATEWAY], (431, "invalid_parameter")),
    ],
)  # fmt: skip
def test_whoever_may_not_ask_is_told_in_opas_words_and_recorded(put, question, service, asked):
    headers, callers, expected = asked

    response = put(AUTHZ, {"input": question}, headers, callers)

    assert fault(response) == expected
    assert service.questions == []
    assert [said["door"] for said in service.rejections] == ["opa_data"]
    assert ("www-authenticate" in response.headers) == (expected[0] == 401)


@pytest.mark.parametrize("broken", [RuntimeError(CANARY), KeyError(CANARY), MemoryError()])
def test_a_failure_is_an_error_and_never_an_empty_answer(put, question, service, log, broken):
    service.broken = broken

    response = put(AUTHZ, {"input": question})

    assert fault(response) == (503, "internal_error")
    assert response.headers["retry-after"] == "1"
    assert CANARY not in response.text + log.written()


def test_no_record_no_document(put, question, service, journal_is_dead):
    service.broken = journal_is_dead

    assert fault(put(ALLOW, {"input": question})) == (503, "internal_error")


def test_a_document_that_comes_too_late_is_not_given(put, question, service):
    service.slow = 30.0

    assert fault(put(ALLOW, {"input": question}, deadline=0.02)) == (503, "internal_error")


def test_a_request_id_comes_back_on_every_answer_and_groups_the_records(put, question, service):
    asked = [
        put(AUTHZ, {"input": question}, {"x-request-id": "~r/1"}),
        put(AUTHZ, b"{", {"x-request-id": "~r/1"}),
        put("/v1/policies", b"", {"x-request-id": "~r/1"}),
        put("/health", b"", {"x-request-id": "~r/1"}, method="GET"),
    ]

    assert {response.headers["x-request-id"] for response in asked} == {"~r/1"}
    assert [asked.request_id for asked in service.questions] == ["~r/1"]


def test_gzip_goes_both_ways(put, question):
    packed = gzip.compress(json.dumps({"input": question}).encode())
    plain = put(AUTHZ, packed, {"content-encoding": "gzip", "accept-encoding": "identity"})
    zipped = put(AUTHZ, packed, {"content-encoding": "gzip", "accept-encoding": "br, gzip;q=0.5"})
    short = put("/v0/data/gateway/authz/allow", question, {"accept-encoding": "gzip"})
    unwanted = put(AUTHZ, {"input": question}, {"accept-encoding": "gzip;q=0"})

    assert plain.json()["result"]["allow"] is zipped.json()["result"]["allow"] is True
    assert zipped.headers["content-encoding"] == "gzip"
    assert not {"content-encoding"} & {*plain.headers, *short.headers, *unwanted.headers}
    assert {answer.headers["vary"] for answer in (plain, zipped, short)} == {"Accept-Encoding"}


@pytest.mark.parametrize(
    "body",
    [
        b"no gzip", b"", gzip.compress(b"{}")[:-4], gzip.compress(b"{}") + b"x", gzip.compress(b"{}") * 2,
        gzip.compress(b" " * (1 << 20) + b"{}"), zlib.compress(b"{}"),
    ],
    ids=["none", "empty", "torn", "more", "two", "bomb", "zlib"],
)  # fmt: skip
def test_gzip_that_is_broken_or_holds_too_much_is_refused(put, service, body):
    assert fault(put(AUTHZ, body, {"content-encoding": "gzip"})) == (400, "invalid_parameter")
    assert service.questions == []


@pytest.mark.parametrize("encodings", [["br"], ["gzip, gzip"], ["gzip", "gzip"], ["deflate"]])
def test_other_encodings_are_refused(open_door, encodings):
    async def sent() -> httpx.Response:
        headers = [("content-encoding", one) for one in encodings]
        async with open_door() as client:
            return await client.post(AUTHZ, content=b"{}", headers=headers)

    assert fault(asyncio.run(sent())) == (400, "invalid_parameter")


def test_a_body_of_a_mebibyte_is_read_and_a_longer_one_is_not(put, question):
    whole = json.dumps({"input": question}).encode()

    assert put(AUTHZ, whole + b" " * ((1 << 20) - len(whole))).status_code == 200
    assert fault(put(AUTHZ, whole + b" " * ((1 << 20) - len(whole) + 1))) == (400, "invalid_parameter")


def test_what_a_query_asks_for_stands_beside_the_result(put, question, service):
    path = f"{AUTHZ}?pretty=true&metrics&provenance=true&explain=notes&strict-builtin-errors=true&x=y"

    response = put(path, {"input": question})

    said = response.json()
    assert response.text.startswith("{\n  ")
    assert said["metrics"]["timer_server_handler_ns"] > 0
    assert said["provenance"]["bundles"]["rulebook"]["revision"] == f"sha256:{service.rulebook.revision.rulebook}"
    assert said["provenance"]["bundles"]["ledger"]["revision"] == "18233"
    assert said["explanation"] == ["第二十一条第四款 share_agreed: share_agreed 的条文"]
    assert put(AUTHZ, {"input": question}).json().keys() == {"decision_id", "result", "rationale"}
    assert put(f"{AUTHZ}?metrics=false&explain=full", {"input": question}).json().keys() == {
        *("decision_id", "result", "rationale")
    }


def test_a_batch_answers_every_input_under_its_key(put, question):
    other = {**question, "context": {"scenario": "sc-other"}}

    response = put("/v1/batch/data/gateway/authz/allow", {"inputs": {"b": question, "a": other}})

    said = response.json()
    assert response.status_code == 200
    assert {key: reply["result"] for key, reply in said["responses"].items()} == {"b": True, "a": False}
    assert len({reply["decision_id"] for reply in said["responses"].values()}) == 2
    assert said["batch_decision_id"]


def test_in_a_batch_the_fault_of_one_input_is_told_under_its_key(put, question, service):
    response = put("/v1/batch/data/gateway/authz/allow", {"inputs": {"good": question, "bad": {}, "no": 7}})

    said = response.json()["responses"]
    assert response.status_code == 207
    assert (said["good"]["result"], said["good"]["http_status_code"]) == (True, "200")
    assert {(said[key]["code"], said[key]["http_status_code"]) for key in ("bad", "no")} == {
        ("invalid_parameter", "500")
    }
    assert "result" not in said["bad"] | said["no"]
    assert [rejection["code"] for rejection in service.rejections] == ["bad_request"] * 2


@pytest.mark.parametrize("body", [{}, {"inputs": []}, {"inputs": None}, {"inputs": {str(n): {} for n in range(1001)}}])
def test_a_batch_that_is_none_is_bad_input(put, service, body):
    assert fault(put("/v1/batch/data/gateway/authz", body)) == (400, "invalid_parameter")
    assert len(service.rejections) == 1


def test_an_empty_batch_has_no_responses(put):
    assert put("/v1/batch/data/gateway/authz", {"inputs": {}}).json()["responses"] == {}


def test_a_batch_that_could_not_be_decided_is_an_error_as_a_whole(put, question, service, journal_is_dead):
    service.broken = journal_is_dead

    response = put("/v1/batch/data/gateway/authz", {"inputs": {"a": question, "b": question}})

    assert fault(response) == (503, "internal_error")


@pytest.mark.parametrize(
    "path", ["/health", "/health/live", "/health/ready", "/health?bundles", "/health?plugins=true"]
)
def test_health_needs_no_credential_and_tells_nothing_else(put, path):
    response = put(path, b"", callers=[GATEWAY], method="GET")

    assert (response.status_code, response.json()) == (200, {})
    assert put(path, b"", callers=[GATEWAY]).status_code == 405


def test_health_is_bad_where_nothing_can_be_recorded(put, service, journal_is_dead):
    service.broken = journal_is_dead

    for path in ("/health", "/health/ready"):
        response = put(path, b"", method="GET")
        assert response.status_code == 500
        assert response.json().keys() == {"error"}
    assert put("/health/live", b"", method="GET").status_code == 200


@pytest.fixture(scope="module")
def event_loop_runner():
    with asyncio.Runner() as runner:
        yield runner


quick = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
names = st.sampled_from(["input", "inputs", "subject", "action", "resource", "type", "id", "name", "request", "path"])
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)
paths = st.sampled_from([AUTHZ, ALLOW, "/v0/data/gateway/authz", "/v1/batch/data/gateway/authz/allow", "/v1/data/x"])


@quick
@given(paths, st.binary(max_size=200) | jsons.map(lambda value: json.dumps(value).encode()), st.booleans())
def test_any_bytes_are_a_document_or_the_callers_fault(open_door, event_loop_runner, path, body, zipped):
    headers = {"content-encoding": "gzip"} if zipped else {}

    async def sent() -> httpx.Response:
        async with open_door() as client:
            return await client.post(path, content=body, headers=headers)

    response = event_loop_runner.run(sent())

    assert response.status_code in {200, 207, 400, 403, 404}
    if response.status_code < 300 and path.startswith("/v1"):
        assert response.json().keys() & {"result", "responses"}
    elif response.status_code >= 400:
        fault(response)
