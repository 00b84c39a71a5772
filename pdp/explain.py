"""A recorded decision in words: paragraphs in Chinese and English, the articles quoted verbatim.

Everything is read from the record and from the policy files of its revision; nothing is decided again.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, cast

from pdp.explanation import EFFECTS, OUTCOMES, Explanation, Paragraph, Section, fact_words, overlay_titles, quoted
from pdp.law import cite
from pdp.ledger.mask import WORDS
from pdp.model import Effect, Outcome
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pdp.explanation import Worded, Words

Json = dict[str, object]

_REST: Final = {"s": "账本第 {} 条", "f": "文件 {}", "c": "工作日历 {}"}
_ASKED: Final = {
    "dataset": ("数据", "dataset"),
    "action": ("操作", "action"),
    "scenario": ("应用场景", "scenario"),
    "purpose": ("用途", "purpose"),
    "channel": ("渠道", "channel"),
    "mode": ("提供方式", "mode"),
}


def explain(record: Json, words: Words) -> Explanation:
    """Return the decision that `record` keeps, in words.

    Args:
        record: of kind `decision`, decoded and spelled out.
        words: of the revision that the record names; a rule or article it does not know is given by its id.
    """
    outcome = Outcome(str(record["outcome"]))
    groups = _groups(record)
    sections = (
        Section("conclusion", Paragraph("结论", "Outcome"), tuple(_conclusion(record, outcome))),
        Section("question", Paragraph("请求", "Question"), tuple(_question(record))),
        Section("grounds", Paragraph("依据", "Grounds"), tuple(_grounds(record, outcome, words))),
        Section("facts", Paragraph("事实", "Facts"), tuple(_facts(groups, outcome, words))),
        Section("overlays", Paragraph("机构自行附加的限制", "Limits of bodies"), tuple(_overlays(record))),
        Section("duties", Paragraph("义务", "Duties"), tuple(_worded(record, "duties", words.obligations))),
        Section("advisories", Paragraph("提示", "Notes"), tuple(_worded(record, "advisories", words.advisories))),
        Section("remedies", Paragraph("补救途径", "Ways on"), tuple(_remedies(record, groups, words))),
        Section("valid_until", Paragraph("有效期至", "Valid until"), tuple(_until(record))),
        Section("revision", Paragraph("版本", "Revision"), tuple(_revision(record))),
    )
    return Explanation(outcome, tuple(section for section in sections if section.paragraphs))


def _groups(record: Json) -> list[Json]:
    """Return the groups of fields; a record of a single one keeps it flat."""
    return cast("list[Json]", record.get("groups", [record]))


def _conclusion(record: Json, outcome: Outcome) -> Iterator[Paragraph]:
    zh, en = OUTCOMES[outcome]
    yield Paragraph(f"{zh}({outcome.value})。", f"{outcome.value}: {en}.")
    granted = cast("list[str]", cast("Json", record.get("granted", {})).get("fields", []))
    if granted:
        yield Paragraph(f"提供的字段:{'、'.join(granted)}。", f"Fields provided: {', '.join(granted)}.")
    for mask in cast("list[Json]", cast("Json", record.get("granted", {})).get("masks", [])):
        field, method = str(mask["field"]), str(mask["method"])
        yield Paragraph(f"经脱敏提供的字段:{field}({WORDS[method]})。", f"Provided masked: {field} ({method}).")
    for part in _withheld(record):
        named, grounds = cast("list[str]", part["fields"]), cast("list[Json]", part["findings"])
        rules = [str(ground["rule"]) for ground in grounds]
        yield Paragraph(
            f"不提供的字段:{'、'.join(named)}(规则 {'、'.join(rules)})。",
            f"Fields withheld: {', '.join(named)} (rule {', '.join(rules)}).",
        )


def _withheld(record: Json) -> list[Json]:
    """Return what a partial answer keeps back, with its grounds."""
    return cast("list[Json]", record.get("withheld", []))


def _question(record: Json) -> Iterator[Paragraph]:
    request = cast("Json", record.get("request", {}))
    subject = cast("Json", request.get("subject", {}))
    who = subject.get("body") or subject.get("person")
    stated = [("请求方", "subject", str(who))] if who else []
    stated += [(zh, en, str(request[name])) for name, (zh, en) in _ASKED.items() if name in request]
    if stated:
        yield Paragraph(
            ",".join(f"{zh} {value}" for zh, _, value in stated) + "。",
            ", ".join(f"{en} {value}" for _, en, value in stated) + ".",
        )


def _deciding(group: Json, outcome: Outcome) -> list[Json]:
    """Return the findings that decided about `group`: permitting rows of what was given, limits of what was not."""
    reached = Outcome(str(group.get("outcome", outcome)))
    effects = (Effect.PERMIT,) if reached.permits else (Effect.FORBID, Effect.REFER, Effect.DOUBT)
    return [finding for finding in cast("list[Json]", group["findings"]) if finding["effect"] in effects]


def _grounds(record: Json, outcome: Outcome, words: Words) -> Iterator[Paragraph]:
    """Yield every ground once: of what was given, and of what was not."""
    deciding = [finding for group in _groups(record) for finding in _deciding(group, outcome)]
    deciding += [finding for part in _withheld(record) for finding in cast("list[Json]", part["findings"])]
    told = {str(finding["rule"]): finding for finding in deciding}
    declared = overlay_titles(record)
    yield from (_ground(finding, rule, words, declared) for rule, finding in told.items())
    if not told:
        yield Paragraph("没有规则准许该请求。", "No rule grants this request.")


def _ground(finding: Json, rule: str, words: Words, declared: Mapping[str, Paragraph]) -> Paragraph:
    zh, en = EFFECTS[Effect(str(finding["effect"]))]
    articles = cast("list[str]", finding["articles"])
    theirs = declared.get(rule)
    title = theirs.zh if theirs else words.titles.get(rule, rule)
    meaning = theirs.en if theirs else words.meanings.get(rule, f"{rule} of the permissions table {en} it.")
    cited = f"; {', '.join(articles)}" if articles else ""
    return Paragraph(
        f"{title}({zh},规则 {rule})。" + "".join(quoted(article, words.instrument) for article in articles),
        f"{meaning} ({en}, rule {rule}{cited})",
    )


def _overlays(record: Json) -> Iterator[Paragraph]:
    """Yield what each overlay said, or why nothing is known of it."""
    for one in cast("list[Json]", record.get("overlays", [])):
        found = cast("list[Json]", one["findings"])
        rules, reason, basis = "、".join(str(finding["rule"]) for finding in found), one.get("reason"), one.get("basis")
        based = (f"依据:{basis}。", f" Basis: {basis}.") if basis else ("", "")
        if reason:
            said = f"未能查明({reason}),因此不能确定。", f"could not be found out ({reason}), which leaves a doubt."
        elif rules:
            said = f"规则 {rules}。", f"rules {rules}."
        elif one.get("limited"):
            said = "", ""
        else:
            said = "没有附加限制。", "no limit."
        for limit in cast("list[Json]", one.get("limited", [])):
            rules = "、".join(str(finding["rule"]) for finding in cast("list[Json]", limit["findings"]))
            named = "、".join(cast("list[str]", limit["fields"]))
            zh, en = f"就字段 {named}:规则 {rules}。", f"for the fields {named}: rules {rules}."
            said = said[0] + zh, f"{said[1]} {en}".strip()
        yield Paragraph(
            f"{one['body']}({one['id']}):{said[0]}{based[0]}", f"{one['body']} ({one['id']}): {said[1]}{based[1]}"
        )


def _facts(groups: list[Json], outcome: Outcome, words: Words) -> Iterator[Paragraph]:
    """Yield the facts that decided, with what they rest on, and then the others in one line."""
    for group in groups:
        facts = cast("dict[str, str]", group["facts"])
        decisive = {name for found in _deciding(group, outcome) for name in words.reads.get(str(found["rule"]), ())}
        evidence = cast("dict[str, list[str]]", group.get("evidence", {}))
        if len(groups) > 1:
            named = "、".join(cast("list[str]", group.get("fields", [])))
            yield Paragraph(f"就字段 {named}:", f"For the fields {named}:")
        in_order = [name for name in words.vocabulary.facts if name in facts]
        yield from (_fact(name, facts[name], evidence.get(name, ()), words) for name in in_order if name in decisive)
        others = [name for name in in_order if name not in decisive]
        yield Paragraph(
            "其他事实:" + ";".join(_said(words, name, facts[name]) for name in others) + "。",
            "Other facts: " + ", ".join(f"{name}={facts[name]}" for name in others) + ".",
        )


def _said(words: Words, name: str, value: str) -> str:
    known = value in words.vocabulary.facts[name].values
    return fact_words(words.vocabulary, name, value) if known else f"{name}={value}"


def _fact(name: str, value: str, evidence: Iterable[str], words: Words) -> Paragraph:
    resting = list(evidence)
    zh = f"(依据:{'、'.join(map(_source, resting))})" if resting else ""
    en = f" (rests on {', '.join(resting)})" if resting else ""
    return Paragraph(f"{_said(words, name, value)}{zh}", f"{name}={value}{en}")


def _source(evidence: str) -> str:
    kind, _, where = evidence.partition(":")
    return _REST[kind].format(where) if kind in _REST else evidence


def _worded(record: Json, member: str, texts: Mapping[str, Worded]) -> Iterator[Paragraph]:
    """Yield duties or notes: their text and articles; parameters where they bind with some."""
    for entry in cast("list[str | Json]", record.get(member, [])):
        name, parameters = (entry, {}) if isinstance(entry, str) else (str(entry["id"]), entry.get("parameters", {}))
        text = texts.get(name)
        if text is None:
            yield Paragraph(name, name)
            continue
        stated = ", ".join(f"{key}={value}" for key, value in cast("Json", parameters).items())
        cited = "、".join(map(cite, text.articles))
        tail = f"[{stated}]" if stated else ""
        yield Paragraph(f"{text.zh}({cited}){tail}", f"{text.en} ({', '.join(text.articles)}) {tail}".rstrip())


def _remedies(record: Json, groups: list[Json], words: Words) -> Iterator[Paragraph]:
    for entry in cast("list[Json]", record.get("remedies", [])):
        name = str(entry["id"])
        text = words.remedies.get(name)
        zh, en = (text.zh, text.en) if text else (name, name)
        ask = entry.get("ask")
        whom = (f"询问 {ask} 的数据观察员。", f" Ask the data observer of {ask}.") if ask else ("", "")
        yield Paragraph(f"{zh}。{whom[0]}", f"{en}.{whom[1]}")
    rules = {str(found["rule"]) for group in groups for found in cast("list[Json]", group["findings"])}
    for rule in sorted(rules & words.other_laws.keys()):
        if record.get("remedies"):
            yield Paragraph(f"另见:{words.other_laws[rule]}", f"See also: {words.other_laws[rule]}")


def _until(record: Json) -> Iterator[Paragraph]:
    if "valid_until" in record:
        until = datetime.fromisoformat(str(record["valid_until"])).astimezone(SHANGHAI).isoformat(timespec="seconds")
        yield Paragraph(f"{until};此后须重新请求。", f"{until}; ask again afterwards.")
    if "cache_s" in record:
        seconds = record["cache_s"]
        zh = f"此前的{seconds}秒内,网关可以不再请求而重复使用本决定,重复使用不另行记录。"
        yield Paragraph(zh, f"For these {seconds} s the gateway may use it again unasked, and that leaves no record.")


def _revision(record: Json) -> Iterator[Paragraph]:
    revision = cast("Json", record.get("revision", {}))
    named, ledger = str(revision.get("set", ""))[:16], revision.get("ledger", 0)
    yield Paragraph(f"版本 {named},账本至第 {ledger} 条。", f"Revision {named}, ledger up to statement {ledger}.")
    age = revision.get("age_ms", 0)
    if age:
        zh = f"账本副本最近一次与账本一致,是在 {age} 毫秒之前。"
        yield Paragraph(zh, f"The copy was level with the ledger {age} ms before.")
