from __future__ import annotations

import pytest

from pdp.catalogue.persons import GROUPS, person_field, person_fields


def kind(name):
    found = person_field(name)
    return found.kind if found else ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("姓名", "name"),
        ("患者姓名", "name"),
        ("法定代表人姓名", "name"),
        ("身份证号", "identifier"),
        ("法人身份证号码", "identifier"),
        ("证件号码", "identifier"),
        ("法定代表人", "role"),
        ("法 定代表人", "role"),
        ("法定代表人(负责人)", "role"),
        ("法定代表人（负责人）", "role"),
        ("校长", "role"),
        ("手机号码", "private_contact"),
        ("家庭住址", "home"),
        ("联系电话", "contact"),
        ("性别", "trait"),
    ],
)
def test_names_that_point_to_persons_are_known_in_their_usual_spellings(name, expected):
    assert kind(name) == expected


@pytest.mark.parametrize("name", ["学校名称", "证件类型", "地址", "统一社会信用代码", "企业名称", "校长职数", "", "()"])
def test_names_of_things_and_bodies_point_to_nobody(name):
    assert kind(name) == ""


def test_fields_keep_their_order_and_say_why_they_matter():
    listed = person_fields(("序号", "校长", "学校地址", "联系电话"))

    assert list(listed) == ["校长", "联系电话"]
    assert all(group.why for group in listed.values())


def test_no_name_stands_in_two_groups():
    names = [name for group in GROUPS for name in group.names + group.endings]

    assert len(names) == len(set(names))
