"""Promises of a use: what a client says of itself never makes two uses one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.log.use import WITHIN, Use, use_of
from pdp.model import AccessRequest
from pdp.workdays import SHANGHAI

AT = datetime(2026, 2, 26, 9, 0, tzinfo=SHANGHAI)
CALL = AccessRequest("B", "read", "R", request_id="r-1", route="GET data.example.gov.cn/rows")


def made(request: AccessRequest = CALL, later: float = 0.0, digest: str = "r1.x") -> Use:
    return use_of(request, AT + timedelta(seconds=later), lambda: digest)


def same(one: Use, later: Use) -> bool:
    return later.question is not None and one.question == later.question and later.repeats(one.at)


@pytest.mark.parametrize(("seconds", "once"), [(0, True), (9.9, True), (WITHIN, False), (3600, False), (-1, False)])
def test_a_call_made_again_is_the_same_use_for_ten_seconds(seconds, once):
    assert same(made(), made(later=seconds)) is once


def test_another_call_under_the_same_id_is_another_use():
    assert not same(made(), made(digest="r1.y"))
    assert not same(made(), made(replace(CALL, request_id="r-2")))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "get"])
def test_a_call_with_a_body_that_nobody_has_read_is_never_the_same_use(method):
    call = replace(CALL, route=f"{method} data.example.gov.cn/rows")

    assert not same(made(call), made(call))


def test_what_has_no_id_is_never_the_same_use():
    assert made(replace(CALL, request_id=None)) == Use()
    assert made(replace(CALL, request_id=None, route=None)) == Use()


def test_the_questions_of_one_query_are_one_use_however_long_it_takes():
    query = replace(CALL, route=None)

    assert same(made(query), made(query, 3600, "r1.y"))


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_no_two_ids_and_digests_are_put_together_to_one_question(one, other):
    visible = [tuple("".join(filter(str.isalnum, part)) for part in parts) for parts in (one, other)]
    uses = [made(replace(CALL, request_id=id_), digest=digest) for id_, digest in visible]

    assert (uses[0].question == uses[1].question) is (visible[0] == visible[1])
