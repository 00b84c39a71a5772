"""A recorded decision told from its beginning: what was asked, what was found, which rules held, how they combined.

Everything is read from the record. What the log itself does not know, such as names and what a statement of the ledger
says, is given by whoever tells the story; without it ids stand in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pdp.explanation import EFFECTS, Paragraph, Section, fact_words, overlay_titles, quoted
from pdp.ledger.mask import WORDS
from pdp.log.combined import LIMITS, about, combined, groups_told
from pdp.model import UNPROVEN, UNREGISTERED, Effect
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pdp.explanation import Words

Json = dict[str, Any]
_HOLDING: Final = (*LIMITS, Effect.PERMIT, Effect.ADMIT)  # duties and notes are told on their own
_ASKED: Final = {
    "dataset": ("数据", "dataset"),
    "table": ("库表", "table"),
    "combined_with": ("关联的数据", "joined with"),
    "action": ("操作", "action"),
    "scenario": ("应用场景", "scenario"),
    "purpose": ("用途", "purpose"),
    "application": ("所依申请", "application"),
    "channel": ("渠道", "channel"),
    "carrier": ("载体", "carrier"),
    "mode": ("提供方式", "mode"),
    "location": ("数据去向", "location"),
    "assurance": ("认证强度", "assurance"),
    "established": ("身份由何证明", "subject established by"),
    "disputed": ("较弱的方式是否指明另一主体", "disputed by a weaker way"),
    "route": ("调用的路由", "route"),
    "client": ("调用方地址(摘要)", "client's address (digest)"),
    "enforces": ("网关可执行", "the gateway can enforce"),
}
_ACTIONS: Final = {
    "read": "获取数据",
    "query_catalogue": "查询目录",
    "onward_supply": "向他人提供",
    "self_access": "本人查阅",
    "information_request": "依申请公开",
}
_WAYS: Final = {
    "token": "请求人本人的令牌",
    "gateway_claims": "网关验证过的声明",
    "workload": "业务系统的证书",
    "header": "网关的指明",
    UNPROVEN: "未能证明",
}
_OWN: Final = {  # member of a question -> its words that no fact has
    "action": _ACTIONS,
    "established": _WAYS,
    "disputed": {"True": "是"},
    "route": {UNREGISTERED: "未登记"},
}
_WORDED: Final = {"channel": "channel", "mode": "delivery", "purpose": "purpose_kind"}  # by the values of these facts
_SHORT: Final = {
    "s": ("账本第 {} 条", "statement {}"),
    "f": ("文件 {}", "file {}"),
    "c": ("工作日历 {}", "calendar {}"),
}
_KINDS: Final = {
    "public_body": ("公共机构", "public body"),
    "unit": ("单位", "unit"),
    "natural_person": ("自然人", "natural person"),
}


@dataclass(frozen=True, slots=True)
class Teller:
    """What is known beside the log."""

    words: Words | None = None  # of the record's own revision; None: its policy files are not at hand
    names: Mapping[str, str] = field(default_factory=dict)  # id of a body, a unit or a dataset -> its name
    sources: Mapping[str, Paragraph] = field(default_factory=dict)  # evidence -> what it says

    def named(self, id_: str) -> str:
        """Return an id behind its name, if it has one."""
        name = self.names.get(id_)
        return f"{name}({id_})" if name and name != id_ else id_


def story(record: Json, teller: Teller) -> tuple[Section, ...]:
    """Return the sections `question`, `facts`, `rules` and `combined` of a decision.

    Args:
        record: of kind `decision`, decoded and spelled out.
        teller: what is known beside the log.
    """
    return (
        question(record, teller),
        Section("facts", Paragraph("查明的事实", "Facts found"), tuple(_facts(record, teller))),
        Section("rules", Paragraph("成立的规则", "Rules that held"), tuple(_rules(record, teller))),
        Section("combined", Paragraph("如何得出结论", "How they combined"), tuple(combined(record))),
    )


def question(record: Json, teller: Teller) -> Section:
    """Return what was asked, of a record that holds a question."""
    asked = record["request"]
    lines = [Paragraph(f"时间:{local(record['at'])}", f"At {local(record['at'])}"), *_who(asked, teller)]
    lines += [
        Paragraph(f"{zh}:{_word(name, asked[name], teller)}", f"{en}: {_listed(asked[name], teller)}")
        for name, (zh, en) in _ASKED.items()
        if name in asked
    ]
    lines += _scope(asked.get("scope", {}))
    came = ", ".join(str(asked[name]) for name in ("door", "gateway", "request_id") if name in asked)
    lines.append(Paragraph(f"经由:{came}", f"Through {came}"))
    if "masked" in record:
        hidden = ", ".join(record["masked"])
        lines.append(Paragraph(f"以摘要代替、不以明文记录:{hidden}", f"Digests stand in place of: {hidden}"))
    return Section("question", Paragraph("请求", "Question"), tuple(lines))


def local(at: str) -> str:
    """Return an instant of a record in local time."""
    return datetime.fromisoformat(at).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " +08:00"


def _who(asked: Json, teller: Teller) -> Iterator[Paragraph]:
    """Yield who asks, by whom it acts, and who calls for it."""
    subject = asked.get("subject", {})
    named = subject.get("body") or subject.get("person")
    kind_zh, kind_en = _KINDS.get(subject.get("kind", ""), ("", ""))
    if named:
        shown = teller.named(named)
        claimed = (f"({kind_zh})", f" ({kind_en})") if kind_zh else ("", "")
        yield Paragraph(f"请求方:{shown}{claimed[0]}", f"Asked by {shown}{claimed[1]}")
    else:
        yield Paragraph("请求方:未说明身份", "Asked by nobody in particular")
    for name, zh, en in (("staff", "经办人员", "Staff"), ("system", "经办系统", "System")):
        if name in subject:
            yield Paragraph(f"{zh}:{teller.named(subject[name])}", f"{en}: {teller.named(subject[name])}")
    agent = asked.get("agent", {})
    if agent:
        shown = teller.named(agent.get("body") or agent["person"])
        yield Paragraph(f"受托代为请求:{shown}", f"Called for by {shown}")


def _word(name: str, value: object, teller: Teller) -> str:
    """Return what a question says under `name`, in Chinese where there is a word for it."""
    fact = teller.words.vocabulary.facts.get(_WORDED.get(name, "")) if teller.words else None
    known = fact.values.get(str(value)) if fact else None
    said = known.label if known else _OWN.get(name, {}).get(str(value))
    return f"{said}({value})" if said else _listed(value, teller)


def _listed(value: object, teller: Teller) -> str:
    if isinstance(value, list):
        return "、".join(teller.named(str(item)) for item in value) or "—"
    return teller.named(str(value))


def _scope(scope: Json) -> Iterator[Paragraph]:
    if "fields" in scope:
        named = "、".join(scope["fields"]) or "—"
        yield Paragraph(f"字段:{named}", f"fields: {named}")
    else:
        yield Paragraph("字段:未限定,即全部", "fields: all")
    for mask in scope.get("masks", ()):
        zh = f"脱敏:{mask['field']}({WORDS[mask['method']]})"
        yield Paragraph(zh, f"mask: {mask['field']} ({mask['method']})")
    if "rows" in scope:
        yield Paragraph("行:限于所附条件,其中的值不以明文记录", "rows: as a filter says; its values are not in clear")


def _facts(record: Json, teller: Teller) -> Iterator[Paragraph]:
    """Yield every fact that applies, with what it rests on; what a source says is told where it is met first."""
    groups, told = groups_told(record), set[str]()
    for group in groups:
        if len(groups) > 1:
            yield about(group)
        for name, value in group["facts"].items():
            resting = [_source(one, told, teller) for one in group.get("evidence", {}).get(name, ())]
            zh, en = ";".join(one.zh for one in resting), "; ".join(one.en for one in resting)
            said = _fact(name, value, teller)
            yield Paragraph(f"{said}(依据:{zh})" if zh else said, f"{name}={value} ({en})" if en else f"{name}={value}")


def _source(one: str, told: set[str], teller: Teller) -> Paragraph:
    if one in teller.sources and one not in told:
        told.add(one)
        return teller.sources[one]
    kind, _, where = one.partition(":")
    zh, en = _SHORT.get(kind, ("{}", "{}"))
    return Paragraph(zh.format(where), en.format(where))


def _fact(name: str, value: str, teller: Teller) -> str:
    words = teller.words
    known = words is not None and name in words.vocabulary.facts and value in words.vocabulary.facts[name].values
    return fact_words(words.vocabulary, name, value) if words and known else f"{name}={value}"


def _rules(record: Json, teller: Teller) -> Iterator[Paragraph]:
    """Yield each rule that bears on the outcome once, with its articles word for word; then what is kept back by."""
    found = [finding for group in groups_told(record) for finding in group["findings"]]
    told = {finding["rule"]: finding for finding in found if Effect(finding["effect"]) in _HOLDING}
    declared = overlay_titles(record)
    for rule, finding in told.items():
        yield _rule(rule, finding, teller, declared.get(rule))
    if not told:
        yield Paragraph("没有一条规则成立。", "No rule held.")
    for part in record.get("withheld", ()):
        named = "、".join(part["fields"])
        yield Paragraph(f"就不提供的字段 {named}:", f"For the fields kept back, {named}:")
        for finding in part["findings"]:
            if finding["rule"] in told:
                yield Paragraph(f"规则 {finding['rule']},见上。", f"Rule {finding['rule']}, as above.")
            else:
                yield _rule(finding["rule"], finding, teller)


def _rule(rule: str, finding: Json, teller: Teller, declared: Paragraph | None = None) -> Paragraph:
    zh, en = EFFECTS[Effect(finding["effect"])]
    articles, words = finding["articles"], teller.words
    cited = f"; {', '.join(articles)}" if articles else ""
    if words is None and declared is None:
        return Paragraph(f"{rule}({zh}):{'、'.join(articles)}", f"{rule} ({en}{cited})")
    if words is None:
        told, meaning, title = "、".join(articles), f"{rule} {en}.", rule
    else:
        told = "".join(quoted(article, words.instrument) for article in articles)
        meaning, title = words.meanings.get(rule, f"{rule} of the tables {en}."), words.titles.get(rule, rule)
    if declared is not None:
        title, meaning = declared.zh, declared.en
    return Paragraph(f"{title}({zh},规则 {rule})。{told}", f"{meaning} ({en}, rule {rule}{cited})")
