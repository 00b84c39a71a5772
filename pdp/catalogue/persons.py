"""Names of 信息项 that point to natural persons: a name of a field is a reason to look, never a finding of fact."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class PersonField:
    """One group of field names, and why they point to persons. The order of the groups is the order of their weight."""

    kind: str
    label: str  # Chinese
    why: str  # Chinese
    names: tuple[str, ...]  # the whole field name
    endings: tuple[str, ...] = ()  # the end of a longer one, for example 患者姓名


GROUPS = (
    PersonField(
        "identifier",
        "个人标识",
        "单独即可识别特定自然人",
        ("护照号", "社保卡号", "社会保障号", "学籍号", "银行账号", "医保卡号"),
        ("身份证", "身份证号", "身份证号码", "身份证件号码", "公民身份号码", "证件号", "证件号码", "护照号码"),
    ),
    PersonField(
        "name",
        "自然人姓名",
        "直接指向自然人",
        ("曾用名",),
        ("姓名",),
    ),
    PersonField(
        "role",
        "任职或者联系人员",
        "该字段通常填写自然人姓名",
        ("法人", "校长", "园长", "院长", "所长", "责任人", "经办人", "户主", "联系人名称"),
        ("法定代表人", "法人代表", "负责人", "联系人", "监护人"),
    ),
    PersonField(
        "private_contact",
        "个人联系方式",
        "通常属于个人,可以直接联系到自然人",
        ("微信", "微信号"),
        ("手机", "手机号", "手机号码", "移动电话", "个人邮箱"),
    ),
    PersonField(
        "home",
        "居住信息",
        "与其他字段结合可以识别自然人",
        ("住所地",),
        ("住址", "家庭地址", "居住地址", "户籍地址", "户籍所在地"),
    ),
    PersonField(
        "contact",
        "联系电话",
        "可能是单位电话,也可能是个人电话,仅凭字段名不能区分",
        ("联系方式",),
        ("联系电话", "联系人电话"),
    ),
    PersonField(
        "trait",
        "个人特征",
        "单独不能识别,与其他字段结合可以推断自然人",
        ("性别", "民族", "政治面貌", "年龄", "学历", "婚姻状况", "文化程度", "籍贯"),
        ("出生日期", "出生年月", "宗教信仰"),
    ),
)
IDENTIFYING = frozenset({"identifier", "name", "role", "private_contact", "home"})


def _spelling(name: str) -> str:
    """Return `name` without white space, signs and bracketed remarks, in the compatible form of its characters."""
    plain = re.sub(r"\([^)]*\)", "", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\s、,:_*.()-]+", "", plain)


@lru_cache(maxsize=65_536)
def person_field(name: str) -> PersonField | None:
    """Return the group of field names that `name` belongs to; None: nothing in the name points to a person.

    >>> [found.kind if (found := person_field(name)) else "" for name in ("校长", "患者姓名", "学校名称", "联系电话")]
    ['role', 'name', '', 'contact']
    """
    spelled = _spelling(name)
    for group in GROUPS:
        if spelled in group.names or spelled.endswith(group.endings or ("\0",)):
            return group
    return None


def person_fields(names: tuple[str, ...]) -> dict[str, PersonField]:
    """Return those of `names` that point to persons, in order, each with its group."""
    found = {name: person_field(name) for name in names}
    return {name: group for name, group in found.items() if group is not None}
