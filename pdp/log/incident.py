"""What a record that is no decision says, in a few words: a failure, a rejection, an event of the log itself."""

from __future__ import annotations

from typing import Any, Final

from pdp.explanation import Paragraph, Section
from pdp.log.story import Teller, local, question

Json = dict[str, Any]
KINDS: Final = {
    "decision": ("决定", "a decision"),
    "error": ("请求已理解,但未作决定", "a question that was understood and not decided"),
    "rejection": ("未予受理的请求,或者不予记录的事项", "bytes that never became a question, or a refused act"),
    "batch": ("一并提出的若干请求", "questions that were asked together"),
    "search": ("查找的一页结果", "a page of a search"),
    "log.opened": ("日志开启", "the log was opened"),
    "log.recovered": ("重新启动后的恢复:截去未确认的残余", "a recovery cut what nobody had been promised"),
    "log.closed": ("日志关闭", "the log was closed"),
    "log.pruned": ("期满的日志内容已删除", "entries of a closed log went when their time was over"),
    "statements.recorded": ("记入账本陈述的哈希值", "statements of the ledger, by their hashes"),
    "rulebook.activated": ("规则版本生效", "a revision of the rules came into force"),
    "rulebook.refused": ("规则版本未能生效", "a revision of the rules was refused"),
    "key.added": ("启用签名密钥", "a key began to sign"),
    "key.retired": ("停用签名密钥", "a key signs no more"),
    "clock.stepped": ("时钟被向后调整", "the clock was set back"),
    "anchor.late": ("见证方逾时未联署", "no quorum of witnesses in time"),
    "anchor.restored": ("见证方恢复联署", "a quorum of witnesses again"),
    "person.locked": ("个人标识的密钥已封存", "a person's key was locked"),
    "person.erased": ("个人标识的密钥已删除", "a person's key was deleted"),
    "store.stale": ("账本副本超过时限,或者恢复一致", "the copy of the ledger is too old, or level again"),
}
_MEMBERS: Final = {
    "origin": ("日志名称", "origin"),
    "previous": ("前一日志", "previous log"),
    "keys": ("公钥", "keys"),
    "key": ("公钥", "key"),
    "first": ("自第几条陈述起", "first statement"),
    "last": ("至第几条陈述止", "last statement"),
    "hash": ("末条陈述的哈希值,其前各条均由其相连", "hash of the last, which chains all before it"),
    "bytes": ("字节数", "bytes"),
    "sha256": ("SHA-256", "SHA-256"),
    "count": ("合计", "count"),
    "code": ("原因", "code"),
    "act": ("事项", "act"),
    "sought": ("查找的对象", "searched for"),
    "as_of": ("查找所依据的时刻", "as of"),
    "found": ("结果", "found"),
    "decisions": ("各项决定", "decisions"),
    "door": ("入口", "door"),
    "gateway": ("网关", "gateway"),
    "peer": ("来源(摘要)", "peer (digest)"),
    "digest": ("内容的摘要", "digest"),
    "why": ("原因", "why"),
    "back_ms": ("向后毫秒数", "milliseconds back"),
    "store": ("存储", "store"),
    "age_ms": ("距最近一次一致的毫秒数", "milliseconds since it was level"),
    "limit_ms": ("时限毫秒数", "milliseconds allowed"),
    "person": ("个人(摘要)", "person (digest)"),
}
_ACTING: Final = {
    "caller": ("由请求方处理", "the caller must act"),
    "operator": ("由运维人员处理", "the operator must act"),
    "legal": ("由法制人员处理", "legal staff must act"),
    "recorder": ("由记录人员处理", "the recorder must act"),
}
_LONG: Final = 8  # items of a list that are shown


def incident(record: Json, teller: Teller) -> tuple[Section, ...]:
    """Return what a decoded record of any kind but `decision` says.

    Args:
        record: as it stands in the log.
        teller: what is known beside the log.
    """
    zh, en = KINDS.get(record["kind"], (record["kind"], record["kind"]))
    lines = [Paragraph(f"{zh}({record['kind']})。", f"{record['kind']}: {en}.")]
    if record["kind"] == "error":
        lines.append(_failure(record["error"]))
        return Section("conclusion", Paragraph("结论", "Outcome"), tuple(lines)), question(record, teller)
    lines.append(Paragraph(f"时间:{local(record['at'])}", f"At {local(record['at'])}"))
    lines += [
        Paragraph(f"{label_zh}:{_shown(record[name])}", f"{label_en}: {_shown(record[name])}")
        for name, (label_zh, label_en) in _MEMBERS.items()
        if name in record
    ]
    for name in ("revision", "facts", "hashes"):
        if name in record:
            lines.append(Paragraph(f"{name}:{_shown(record[name])}", f"{name}: {_shown(record[name])}"))
    said = Section("conclusion", Paragraph("事件", "Event"), tuple(lines))
    return (said, question(record, teller)) if "request" in record else (said,)


def _failure(failed: Json) -> Paragraph:
    zh, en = _ACTING.get(failed["who_must_act"], (failed["who_must_act"], failed["who_must_act"]))
    return Paragraph(f"原因:{failed['code']};{zh}。", f"{failed['code']}; {en}.")


def _shown(value: object) -> str:
    """Return a member in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(member)}" for name, member in value.items())
    if isinstance(value, list):
        more = f" … ({len(value)})" if len(value) > _LONG else ""
        return ", ".join(map(_shown, value[:_LONG])) + more
    return str(value)
