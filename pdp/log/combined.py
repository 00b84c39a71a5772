"""How the rules that held led to the outcome: which effect decided, what gave way to it, how groups were merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pdp.explanation import EFFECTS, OUTCOMES, Paragraph
from pdp.model import Effect, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
LIMITS: Final = (Effect.FORBID, Effect.REFER, Effect.DOUBT)  # in order of precedence


def groups_told(record: Json) -> list[Json]:
    """Return the groups of a record that is spelled out; one of a single group is that group itself."""
    return list(record.get("groups", [record]))


def about(group: Json) -> Paragraph:
    """Return which fields a group is about."""
    named, of = "、".join(group.get("fields", ())) or "—", group.get("dataset", "")
    return Paragraph(f"就{of or ''}字段 {named}:", f"For the fields {named}{f' of {of}' if of else ''}:")


def combined(record: Json) -> Iterator[Paragraph]:
    """Yield in which order effects decide, what decided each group, and how groups were merged.

    Args:
        record: of kind `decision`, decoded and spelled out.
    """
    yield Paragraph(
        "次序:不得提供先于转其他规定,先于不能确定,先于可以提供;既没有规则准许、也没有规则限制的,不予提供。",
        "Order: forbid over refer over doubt over permit; silence denies.",
    )
    groups = groups_told(record)
    for group in groups:
        if len(groups) > 1:
            yield about(group)
        yield _settled(group["findings"], Outcome(str(group.get("outcome", record["outcome"]))))
    if len(groups) > 1:
        yield _merged(record)
    for part in record.get("withheld", ()):
        named, rules = "、".join(part["fields"]), "、".join(finding["rule"] for finding in part["findings"])
        yield Paragraph(
            f"字段 {named} 若单独请求,为 {rules} 所限,因此不提供。",
            f"Asked for alone, {named} would be refused by {rules}: kept back.",
        )


def _settled(findings: list[Json], outcome: Outcome) -> Paragraph:
    """Return which effect decided."""
    rules: dict[Effect, list[str]] = {}
    for finding in findings:
        rules.setdefault(Effect(finding["effect"]), []).append(finding["rule"])
    zh, en = OUTCOMES[outcome]
    strongest = next((effect for effect in LIMITS if effect in rules), None)
    if strongest is not None:
        named, words = "、".join(rules[strongest]), EFFECTS[strongest]
        weaker = [effect for effect in (*LIMITS, Effect.PERMIT) if effect in rules and effect is not strongest]
        beside = f"(另有{'、'.join(EFFECTS[effect][0] for effect in weaker)},均让位于此)" if weaker else ""
        return Paragraph(
            f"{words[0]}:{named}{beside};因此{zh}({outcome.value})。", f"{named} {words[1]}: {outcome.value}, {en}."
        )
    granting = "、".join([*rules.get(Effect.PERMIT, ()), *rules.get(Effect.ADMIT, ())])
    if outcome.permits:
        return Paragraph(
            f"没有规则限制,{granting} 准许;因此{zh}({outcome.value})。",
            f"Nothing stands in the way, and {granting} grant it: {outcome.value}, {en}.",
        )
    part = f"仅有 {granting},不足以准许" if granting else "没有规则准许"
    return Paragraph(f"{part};因此{zh}({outcome.value})。", f"Nothing grants it: {outcome.value}, {en}.")


def _merged(record: Json) -> Paragraph:
    outcome = Outcome(record["outcome"])
    zh, en = OUTCOMES[outcome]
    if record.get("joined"):
        how = ("各组关联为一个答复,有一组不提供的,全部不提供", "The groups are one answer: what one withholds, all do")
    else:
        how = (
            "各组均提供的予以提供,仅有部分提供的部分提供,均不提供的从最强的限制",
            "All, a part, or the strongest refusal",
        )
    return Paragraph(f"{how[0]};合并后{zh}({outcome.value})。", f"{how[1]}: {outcome.value}, {en}.")
