"""How each act stands in the OpenAPI page: its body with an example, and the headers that all acts have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.gateways.act_models import MODELS
from pdp.ledger.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARAMETERS: Final = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "description": "此事项的自定名称;重复提交不会重复记录 · A name of your own for this act",
    },
    {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "pattern": '^"[0-9]{1,18}"$'},
        "description": "您所见的 ETag;事项已有变化时答复 409 · ETag of the matter as you know it",
    },
]
_MEMBERS: Final[Mapping[str, object]] = {
    "affiliates": ["Y"],
    "action": "read",
    "agent": "X",
    "applicant": "B",
    "application": "A1",
    "assumed": ["title"],
    "basis": "《…条例》第八条",
    "basis_text": "《…条例》第八条",
    "body": "B",
    "carrier": "zone",
    "channel": "bigdata_platform",
    "carrier_form": "data_zone",
    "columns": {"xm": "name"},
    "dataset": "R",
    "datasets": ["R", "R2"],
    "document": "…〔2025〕3 号",
    "due": "2099-12-31",
    "duties": ["d-1"],
    "duty": "d-1",
    "engine": "trino-1",
    "explanation": "该数据涉及正在办理的案件",
    "fields": ["name", "address"],
    "functions": ["public_affairs"],
    "envelope": ["next"],
    "gateway": "edge-nginx",
    "grade": "general",
    "host": "data.example.gov.cn",
    "incident": "访问异常",
    "individual_business": True,
    "joint_providers": ["C"],
    "met": True,
    "method": "去标识化并经评估",
    "mode": "api",
    "name": "区某局",
    "note": "未写明使用范围",
    "objector": "B",
    "observer": {"post": "数据观察员", "phone": "010-00000000"},
    "path": "/api/v1/datasets/{dataset}/rows",
    "order": "…〔2026〕7 号",
    "post": "行政审批系统",
    "principal": "A",
    "provider": "A",
    "reads": {"fields": {"query": "fields"}, "scenario": {"header": "X-Data-Scenario"}},
    "rows_at": "/data/items",
    "purpose": "duty",
    "reason": "与登记档案不一致",
    "result": "建议提供单位重新答复",
    "safeguards": ["加密存储"],
    "scenario": "sc-1",
    "scenario_text": "办理低保资格核定",
    "scenarios": ["sc-1"],
    "scope": {"fields": ["name"], "until": "2027-12-31"},
    "statutory_cause": "《…法》第二十条",
    "subject": "X",
    "successor": "C",
    "system": "B-sys",
    "theme": "社会保障",
    "title": "低保对象名单",
    "until": "2099-12-31",
    "workload": "spiffe://xicheng.example/ns/b/sa/query",
}
_OWN: Final[Mapping[str, Mapping[str, object]]] = {
    "body.registered": {"id": "B", "basis": "administrative_organ"},
    "unit.registered": {"id": "X"},
    "person.registered": {"id": "P1"},
    "dataset.class_proposed": {"fields": {"name": {"sharing": "conditional"}}},
    "dataset.class_tightened": {"fields": {"name": {"sharing": "not_shareable"}}},
    "dataset.approved": {"fields": {"name": {"sharing": "conditional"}}},
    "measure.declared": {"scope": {"datasets": ["R"]}},
    "combination.assessed": {"identity": "no"},
    "route.registered": {"id": "r-1", "method": "GET", "dataset": "{dataset}"},
    "route.withdrawn": {"id": "r-1"},
    "table.mapped": {"id": "hive.town.legal_entity"},
    "table.unmapped": {"id": "hive.town.legal_entity"},
}
_IDS: Final = {"application": "A1", "dataset": "R", "opening": "O1", "safeguards": "O1", "coordination": "K1"}
_LEFT_OUT: Final = frozenset({"assumed", "source", "uscc"})


def example(kind: str) -> dict[str, Any]:
    """Return an act of `kind` as it could be sent: every member whose meaning an example makes clearer."""
    members = KINDS[kind].members
    known = {"id": _IDS.get(kind.partition(".")[0], "E1"), **_MEMBERS, **_OWN.get(kind, {})}
    shown: dict[str, Any] = {}
    for name, wanted in members.items():
        word = wanted.removesuffix("?")
        if name in _LEFT_OUT:
            continue
        if "|" in word and known.get(name) not in word.split("|"):
            shown[name] = word.split("|")[0]
        elif name in known:
            shown[name] = known[name]
    return shown


def documented(kind: str) -> dict[str, Any]:
    """Return the members of the operation of `kind` that the framework does not know."""
    reference = {"$ref": f"#/components/schemas/{MODELS[kind].__name__}"}
    content = {"application/json": {"schema": reference, "example": example(kind)}}
    return {"parameters": _PARAMETERS, "requestBody": {"required": True, "content": content}}
