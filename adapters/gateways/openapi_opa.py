"""The OpenAPI page's part on the OPA Data API: its documents, the dialects of their inputs, filters, health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from adapters.gateways import opa_data, opa_health
from adapters.gateways.opa_filters import KINDS, SEVERAL

if TYPE_CHECKING:
    from collections.abc import Collection

Json = dict[str, Any]

_TEXT: Final = {"type": "string"}
_BOOLEAN: Final = {"type": "boolean"}
_OBJECT: Final = {"type": "object"}
_STATUS: Final = {"enum": [401, 403]}
_BOTH: Final = {"type": "object", "required": ["zh", "en"], "properties": {"zh": _TEXT, "en": _TEXT}}
_HEADERS: Final = ("X-Decision-Id", "X-Decision-Outcome", "X-Obligations", "X-Decision-Token")
_FILTER: Final = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"enum": ["all", "none", "conditional"]}, "query": _OBJECT, "masks": _OBJECT},
}
SCHEMAS: Final[Json] = {
    "OpaGatewayResult": {
        "description": "各种网关都能读取的结果 · One object that every gateway's dialect can read.",
        "type": "object",
        "required": ["allow", "allowed", "decision", "headers", "context", "obligations"],
        "properties": {
            **dict.fromkeys(("allow", "allowed", "decision"), _BOOLEAN),
            "headers": {"type": "object", "required": list(_HEADERS), "properties": dict.fromkeys(_HEADERS, _TEXT)},
            "context": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": _TEXT, "reason_user": _BOTH, "reason_admin": _BOTH},
            },
            "obligations": {"type": "array", "items": _OBJECT},
            **dict.fromkeys(("reason", "message", "body"), _TEXT),
            **dict.fromkeys(("status", "status_code", "http_status"), _STATUS),
        },
    },
    "OpaFilter": _FILTER,
    "OpaError": {
        "description": "OPA 形式的错误 · An error as OPA words it; nothing of the input is repeated.",
        "type": "object",
        "required": ["code", "message"],
        "properties": {"code": _TEXT, "message": _TEXT},
    },
}
_RESULT: Final = {"$ref": "#/components/schemas/OpaGatewayResult"}
_FAULTS: Final = {
    "400": "无法识别 · The body cannot be read.",
    "401": "调用方未通过认证 · The caller did not prove who it is.",
    "403": "无权 · The caller may not use this door, not ask this, or another dialect is registered for it.",
    "404": "没有这一文档 · There is no document of this name; an undefined document is never `{}`.",
    "429": "请求过于频繁 · The caller asks more often than it may.",
    "503": "未作决定 · No decision was made, and nothing is released.",
}
_DATASET: Final = {
    "subject": {"type": "public_body", "id": "B", "properties": {"system": {"id": "B-sys"}}},
    "action": {"name": "read"},
    "resource": {"type": "dataset", "id": "R", "properties": {"fields": ["name"]}},
    "context": {"scenario": "sc-1", "purpose": "duty", "channel": "bigdata_platform", "mode": "api"},
}
_PATH: Final = "/api/v1/datasets/R/rows"
_HOST: Final = "data.example.gov.cn"
_TOLD: Final = {"x-data-scenario": "sc-1", "x-data-purpose": "duty", "authorization": "Bearer <token>"}
_DIALECTS: Final[Json] = {
    "authzen": _DATASET,
    "apisix": {
        "request": {"method": "GET", "host": _HOST, "path": _PATH, "query": {"fields": "name"}, "headers": _TOLD},
        "var": {"remote_addr": "192.0.2.7"},
    },
    "kong": {
        "client_ip": "192.0.2.7",
        "request": {
            "http": {"method": "GET", "host": _HOST, "path": _PATH, "querystring": {"fields": "name"}, "headers": _TOLD}
        },
    },
    "kong_plugin": {"token": {"payload": {}}, "method": "GET", "path": _PATH},
    "higress": {"request": {"method": "GET", "path": f"{_PATH}?fields=name", "headers": [["x-data-scenario", "sc-1"]]}},
    "envoy": {
        "attributes": {
            "source": {"principal": "spiffe://xicheng.example/ns/b/sa/query"},
            "request": {"http": {"method": "GET", "host": _HOST, "path": f"{_PATH}?fields=name", "headers": _TOLD}},
        }
    },
    "kafka": {
        "action": {
            "operation": "READ",
            "resourcePattern": {"resourceType": "TOPIC", "name": "town.R", "patternType": "LITERAL"},
        },
        "requestContext": {"clientAddress": "/192.0.2.7", "principal": {"name": "CN=B-sys", "principalType": "User"}},
    },
}
_IDENTITY: Final = {"identity": {"user": "b_sc1", "groups": []}, "queryId": "20260226_010203_00001_abcde"}
_TABLE: Final = {"catalogName": "hive", "schemaName": "town", "tableName": "legal_entity"}
_COLUMN: Final = {**_TABLE, "columnName": "xm", "columnType": "varchar"}


class _Document(NamedTuple):
    """What the page says of one document."""

    summary: str
    operation: str
    result: Json  # its schema
    inputs: Json  # examples by name


def _trino(operation: str, resource: Json, member: str = "resource") -> Json:
    """Return the one example of what Trino asks of a document."""
    action = {"operation": operation, member: [resource] if member == "filterResources" else resource}
    return {"trino": {"context": _IDENTITY, "action": action}}


_INDEX: Final = {"type": "integer", "minimum": 0}
_EXPRESSION: Final = {"type": "object", "required": ["expression"], "properties": {"expression": _TEXT}}
_MASK: Final = {
    "type": "object",
    "required": ["index", "viewExpression"],
    "properties": {"index": _INDEX, "viewExpression": _EXPRESSION},
}
_DOCUMENTS: Final = {
    "gateway/authz": _Document(
        "网关可否放行 · May this call go on?", "opaGatewayAuthz", _RESULT, _DIALECTS
    ),
    "gateway/authz/allow": _Document(
        "网关可否放行,只答是否 · The bare Boolean of the same", "opaGatewayAllow", _BOOLEAN, _DIALECTS
    ),
    "trino/allow": _Document(
        "Trino:可否 · May this user do this?", "trinoAllow", _BOOLEAN,
        _trino("SelectFromColumns", {"table": {**_TABLE, "columns": ["xm"]}}),
    ),
    "trino/batch": _Document(
        "Trino:其中哪些 · Which of these? Their places, each once", "trinoBatch", {"type": "array", "items": _INDEX},
        _trino("FilterTables", {"table": _TABLE}, "filterResources"),
    ),
    "trino/rowFilters": _Document(
        "Trino:哪些行 · Which rows? None of the list: all of them", "trinoRowFilters",
        {"type": "array", "items": _EXPRESSION}, _trino("GetRowFilters", {"table": _TABLE}),
    ),
    "trino/batchColumnMasks": _Document(
        "Trino:各列如何显示 · What stands for each column? One that is not in the list is in clear",
        "trinoColumnMasks", {"type": "array", "items": _MASK},
        _trino("GetColumnMask", {"column": _COLUMN}, "filterResources"),
    ),
}  # fmt: skip


def opa_paths(paths: Collection[str]) -> Json:
    """Return what the page says of the OPA Data API, if it is open."""
    described: Json = {}
    if opa_data.V1.rstrip("/") in paths:
        for name, document in _DOCUMENTS.items():
            described[opa_data.V1 + name] = {"post": _single(document)}
        described[opa_data.V0 + "gateway/authz"] = {"post": _bare(_DOCUMENTS["gateway/authz"])}
        described[opa_data.BATCH + "gateway/authz"] = {"post": _several(_DOCUMENTS["gateway/authz"])}
        described[opa_data.COMPILE + "filters/include"] = {"post": _filters()}
    described |= {path: {"get": _health(path)} for path in opa_health.PATHS if path in paths}
    return described


def _single(document: _Document) -> Json:
    answer = {
        "type": "object",
        "required": ["result"],
        "properties": {"decision_id": _TEXT, "result": document.result, "rationale": _OBJECT},
    }
    examples = {name: {"summary": f"dialect: {name}", "value": {"input": put}} for name, put in document.inputs.items()}
    return _operation(
        document.summary, document.operation, _asked("input", examples), {"200": ("结果 · The result.", answer)}
    )


def _bare(document: _Document) -> Json:
    examples = {name: {"summary": f"dialect: {name}", "value": put} for name, put in document.inputs.items()}
    asked = {"required": True, "content": {"application/json": {"schema": _OBJECT, "examples": examples}}}
    words = "结果本身;其他文档同样 · The value alone, and so for every document of `/v1/data/`."
    return _operation(f"{document.summary} (v0)", f"{document.operation}V0", asked, {"200": (words, document.result)})


def _several(document: _Document) -> Json:
    reply = {
        "type": "object",
        "properties": {
            "decision_id": _TEXT, "result": document.result, "code": _TEXT, "message": _TEXT, "http_status_code": _TEXT,
        },
    }  # fmt: skip
    answer = {
        "type": "object",
        "required": ["batch_decision_id", "responses"],
        "properties": {
            "batch_decision_id": _TEXT, "responses": {"type": "object", "additionalProperties": reply},
        },
    }  # fmt: skip
    put = document.inputs["authzen"]
    other = {**put, "context": {**put["context"], "scenario": "sc-2"}}
    examples = {"authzen": {"summary": "dialect: authzen", "value": {"inputs": {"a": put, "b": other}}}}
    answers = {
        "200": ("全部结果,依各自的键 · All results, under their keys.", answer),
        "207": ("其中有的没有结果 · Some of them failed.", answer),
    }
    return _operation(f"{document.summary} (batch)", f"{document.operation}Batch", _asked("inputs", examples), answers)


def _filters() -> Json:
    kinds = [*KINDS, SEVERAL]
    value = {"input": _DATASET, "unknowns": ["input.people"], "options": {"targetDialects": ["ucast+all"]}}
    operation = _operation(
        "放行哪些行和列 · Which rows and columns are released", "opaFilters",
        _asked("input", {"authzen": {"summary": "dialect: authzen", "value": value}}), {},
    )  # fmt: skip
    single = {
        "type": "object",
        "required": ["result"],
        "properties": {"result": {"$ref": "#/components/schemas/OpaFilter"}},
    }
    several = {
        "type": "object",
        "required": ["result"],
        "properties": {
            "result": {"type": "object", "properties": {"ucast": {"$ref": "#/components/schemas/OpaFilter"}}}
        },
    }
    content = {kind: {"schema": several if kind == SEVERAL else single} for kind in kinds}
    operation["parameters"].append(
        {"name": "Accept", "in": "header", "required": True, "schema": {"enum": kinds}, "example": kinds[0]}
    )
    words = "没有 `query` 即什么都不放行 · Without `query` nothing is released; `kind` says it aloud."
    operation["responses"] = {"200": {"description": words, "content": content}, **operation["responses"]}
    return operation


def _health(path: str) -> Json:
    return {
        "summary": "OPA 的健康检查 · Health, as an OPA server tells it",
        "operationId": path.strip("/").replace("/", "_"),
        "tags": ["OPA"],
        "responses": {
            "200": {"description": "正常 · Healthy.", "content": _content({"type": "object", "maxProperties": 0})},
            "500": {
                "description": "不能作出决定 · No decision can be made or recorded now.",
                "content": _content({"type": "object", "required": ["error"], "properties": {"error": _TEXT}}),
            },
        },
    }


def _asked(member: str, examples: Json) -> Json:
    schema = {"type": "object", "required": [member], "properties": {member: _OBJECT}}
    return {"required": True, "content": {"application/json": {"schema": schema, "examples": examples}}}


def _operation(summary: str, name: str, asked: Json, answers: dict[str, tuple[str, Json]]) -> Json:
    responses = {
        status: {"description": words, "content": _content(schema)} for status, (words, schema) in answers.items()
    }
    fault = _content({"$ref": "#/components/schemas/OpaError"})
    responses |= {status: {"description": words, "content": fault} for status, words in _FAULTS.items()}
    flags = [
        {"name": flag, "in": "query", "required": False, "schema": _BOOLEAN, "description": words}
        for flag, words in (
            ("pretty", "便于阅读 · indented"), ("metrics", "耗时 · how long it took"),
            ("provenance", "依据的版本 · what it was decided on"),
        )
    ]  # fmt: skip
    flags.append(
        {
            "name": "explain",
            "in": "query",
            "required": False,
            "schema": {"enum": ["notes"]},
            "description": "依据 · the grounds",
        }
    )
    return {
        "summary": summary,
        "operationId": name,
        "tags": ["OPA"],
        "parameters": flags,
        "requestBody": asked,
        "responses": dict(sorted(responses.items())),
    }


def _content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
