"""The OpenAPI page's part on the doors of gateways: ForwardAuth, and Envoy's ext_authz over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.gateways import decision_headers as told
from adapters.gateways import envoy_http, forward_auth
from adapters.gateways.gateway_desk import Ending

if TYPE_CHECKING:
    from collections.abc import Collection

Json = dict[str, Any]

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_BOTH: Final = {
    "type": "object", "required": ["zh", "en"], "additionalProperties": False, "properties": {"zh": _TEXT, "en": _TEXT},
}  # fmt: skip
_WAY: Final = {
    "type": "object",
    "required": ["id", "zh", "en", "articles", "cite"],
    "properties": {
        **dict.fromkeys(("id", "zh", "en"), _TEXT),
        **dict.fromkeys(("articles", "cite"), _TEXTS),
        "contact": {"type": "object", "properties": dict.fromkeys(("body", "role", "name", "phone"), _TEXT)},
    },
}
_GROUND: Final = {
    "type": "object",
    "required": ["rule", "articles", "cite"],
    "properties": {"rule": _TEXT, "articles": _TEXTS, "cite": _TEXTS},
}
SCHEMAS: Final[Json] = {
    "GatewayRefusal": {
        "description": "为何拒绝 · Why the call is refused, for whoever reads more than a status.",
        "type": "object",
        "required": ["error", "decision_id", "outcome"],
        "properties": {
            "error": {"const": "access_denied"},
            "decision_id": _TEXT,
            "outcome": {"enum": ["DENY", "REFER", "INDETERMINATE"]},
            "reason": _BOTH,
            "grounds": {"type": "array", "items": _GROUND},
            "remedies": {"type": "array", "items": _WAY},
        },
    },
    "GatewayRejection": {
        "description": "未受理 · It never became a question: a header twice, a path with tricks, an unknown gateway.",
        "type": "object",
        "required": ["error", "reason"],
        "properties": {
            "error": {"enum": ["question_rejected", "gateway_not_authenticated", "gateway_not_entitled", "over_limit"]},
            "reason": _BOTH,
            "fault": _TEXT,
        },
    },
    "NoDecision": {
        "description": "未作决定 · No decision was made; nothing is released.",
        "type": "object",
        "required": ["error"],
        "additionalProperties": False,
        "properties": {"error": {"const": "decision_unavailable"}},
    },
}
_SIX: Final = {
    told.ID: "决定编号 · id of the decision",
    told.OUTCOME: "PERMIT, PARTIAL, DENY, REFER, INDETERMINATE",
    told.OBLIGATIONS: "须执行的限制 · what must be carried out, commas between",
    told.TOKEN: "决定凭证 · for the data API behind the gateway",
    told.GROUNDS: "规则 · rule ids, commas between",
    told.REASON: "理由 · of a refusal, percent-encoded UTF-8",
}
_CALL: Final = {
    "X-Data-Scenario": ("应用场景 · if the route reads it", "sc-1"),
    "X-Data-Purpose": ("用途 · if the route reads it", "duty"),
    "X-Forwarded-For": ("客户端地址 · recorded as a digest, and gives no right", "192.0.2.7"),
    "X-Request-ID": ("请求编号 · groups the records of one request", "3f7a9b0c-1d2e-4f5a-8b6c-7d8e9f0a1b2c"),
    "X-Subject-Type": ("主体类型 · if the route map accepts a subject from headers", "public_body"),
    "X-Subject-Id": ("主体 · as above", "B"),
    "X-Subject-Staff": ("经办人 · as above", "clerk-7"),
}
_FORWARDED: Final = {
    "X-Forwarded-Method": ("方法 · method of the call", "GET"),
    "X-Forwarded-Uri": ("地址 · path and query, as the client sent them", "/api/v1/datasets/R/rows?fields=name"),
    "X-Forwarded-Host": ("主机 · host that the client asked", "data.example.gov.cn"),
}
_ORIGINAL: Final = {
    "X-Original-Method": ("方法 · in its place where the route map says `family: original`", "GET"),
    "X-Original-URI": ("地址 · as above; or X-Original-URL", "/api/v1/datasets/R/rows?fields=name"),
}
_CREDENTIAL: Final = ("网关密钥 · the gateway's key; none at a listener of its own, or with a certificate", "…")
_WORDS: Final = {
    Ending.ALLOWED: "予以提供 · Allowed: PERMIT or PARTIAL. The body is empty.",
    Ending.REFUSED: "拒绝,或者未受理 · Refused (DENY, REFER, INDETERMINATE), or no question.",
    Ending.UNAUTHENTICATED: "须由请求人本人证明身份 · Refused for want of the end user's own token.",
    Ending.OVER_LIMIT: "请求过于频繁 · The gateway asks more often than it may.",
    Ending.FAILED: "未作决定 · No decision was made; nothing is released.",
}
_BODIES: Final = {
    Ending.ALLOWED: (),
    Ending.REFUSED: ("GatewayRefusal", "GatewayRejection"),
    Ending.UNAUTHENTICATED: ("GatewayRefusal",),
    Ending.OVER_LIMIT: ("GatewayRejection",),
    Ending.FAILED: ("NoDecision",),
}
_REFUSAL: Final = {
    "error": "access_denied",
    "decision_id": "019c9785-1a80-7c3e-9d41-5b1f0e6a2c77",
    "outcome": "DENY",
    "reason": {"zh": "该数据属于有条件共享,尚无有效申请。", "en": "Conditional sharing: no application is in force."},
    "grounds": [
        {"rule": "no_application", "articles": ["art_19__para_3", "art_21__para_1"],
         "cite": ["第十九条第三款", "第二十一条第一款"]},
    ],
    "remedies": [
        {"id": "apply_to_provider", "zh": "向提供单位申请。", "en": "Apply to the provider.",
         "articles": ["art_21__para_1"], "cite": ["第二十一条第一款"],
         "contact": {"body": "A", "role": "数据观察员", "name": "区某局", "phone": "010-00000000"}},
    ],
}  # fmt: skip
_REJECTION: Final = {
    "error": "gateway_not_authenticated",
    "reason": {"zh": "网关未通过认证,请求未受理。", "en": "The gateway did not prove who it is."},
}
_EXAMPLES: Final = {
    "GatewayRefusal": _REFUSAL, "GatewayRejection": _REJECTION, "NoDecision": {"error": "decision_unavailable"},
}  # fmt: skip


def gateway_paths(paths: Collection[str]) -> Json:
    """Return what the page says of those doors of gateways that are open."""
    described: Json = {}
    if forward_auth.PATH in paths:
        described[forward_auth.PATH] = {"get": _forward_auth()}
    if envoy_http.PREFIX in paths:
        described[f"{envoy_http.PREFIX}/{{path}}"] = {"get": _envoy()}
    return described


def _forward_auth() -> Json:
    words = (
        "nginx(`auth_request`)、Traefik、Caddy、HAProxy 等先问后行。任何方法均可,不读取请求体;"
        "`Authorization` 属于请求人本人。 · Any method, and no body is read: what the client did stands in headers, "
        "each of them once. `Authorization` is the end user's. 2xx is an allow and nothing else is."
    )
    headers = _headers(_FORWARDED | _ORIGINAL | _CALL)
    return _operation("网关先问后行 · ForwardAuth", "forwardAuth", words, headers, forward_auth.STATUS)


def _envoy() -> Json:
    path = {
        "name": "path", "in": "path", "required": True, "schema": _TEXT, "example": "api/v1/datasets/R/rows",
        "description": "原路径,可含多段 · the path of the call as sent, of any number of segments; its query follows.",
    }  # fmt: skip
    waits = {envoy_http.TIMEOUT: ("Envoy 等待的毫秒数 · milliseconds that Envoy waits", "250")}
    words = (
        "Envoy、Istio、Envoy Gateway、Higress 的 ext_authz(HTTP);方法即原请求的方法。 · The method is that of the "
        "call, whichever it is; no body is read. `Host` is the host asked for, `Authorization` the end user's."
    )
    parameters = [path, *_headers(waits | _CALL)]
    return _operation("Envoy ext_authz · over HTTP", "envoyCheck", words, parameters, envoy_http.STATUS)


def _operation(summary: str, name: str, words: str, parameters: list[Json], statuses: dict[Ending, int]) -> Json:
    """Return one operation; endings with one status are one response."""
    responses: Json = {}
    for status in sorted({statuses[ending] for ending in _WORDS}):
        endings = [ending for ending in _WORDS if statuses[ending] == status]
        responses[str(status)] = _response(endings)
    return {
        "summary": summary,
        "operationId": name,
        "tags": ["Gateways"],
        "description": words,
        "parameters": parameters,
        "responses": responses,
    }


def _response(endings: list[Ending]) -> Json:
    """Return what answers these endings, which have one status."""
    headers: Json = {name: {"description": said, "required": True, "schema": _TEXT} for name, said in _SIX.items()}
    kept = "no-store" if Ending.ALLOWED not in endings else "no-store, or `private, max-age=…` where the route says so"
    headers["cache-control"] = {"description": kept, "required": True, "schema": _TEXT}
    said: Json = {"description": " ".join(_WORDS[ending] for ending in endings), "headers": headers}
    models = [model for ending in endings for model in _BODIES[ending]]
    if models:
        one_of = [{"$ref": f"#/components/schemas/{model}"} for model in models]
        examples = {model: {"value": _EXAMPLES[model]} for model in models}
        schema = one_of[0] if len(one_of) == 1 else {"oneOf": one_of}
        said["content"] = {"application/json": {"schema": schema, "examples": examples}}
    return said


def _headers(told: dict[str, tuple[str, str]]) -> list[Json]:
    """Return headers as parameters, the gateway's credential first; which of them are needed, the route map says."""
    return [
        {"name": name, "in": "header", "description": words, "schema": _TEXT, "example": example}
        for name, (words, example) in ({"X-Gateway-Token": _CREDENTIAL} | told).items()
    ]
