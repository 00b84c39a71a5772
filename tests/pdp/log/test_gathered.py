"""Records of questions asked together and of pages of searches: they fit the schema, and nobody stands in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pdp.log.canonical import decode
from pdp.log.gathered import digest_of
from pdp.log.instants import utc
from pdp.log.verify import KINDS
from pdp.model import AccessRequest, Gathering
from tests.pdp.log.conftest import AT, ID

if TYPE_CHECKING:
    from pdp.log.record import Recorder

CANARY = "110101199003077758"  # shaped like an identity number; nobody's
SEARCH = AccessRequest("B", "read", "R", subject_kind="public_body", scenario="sc-1", fields=("名称",), gateway="g-1")


def record(recorder: Recorder, kind: str, members: dict[str, object]) -> bytes:
    return recorder.event(ID, AT, 7, kind, members)


def page(recorder: Recorder, request: AccessRequest, sought: str, ids: list[str]) -> dict[str, object]:
    rests = {"ledger": 5, "age": timedelta(milliseconds=12), "as_of": utc(AT)}
    return recorder.gathered.page(request, sought, ids, raw=b"{}", **rests)


def test_a_batch_fits_the_schema_and_names_every_decision(recorder, valid):
    items = [ID, "bad_request", "not_entitled"]

    written = record(recorder, "batch", recorder.gathered.batch(Gathering("authzen", "g-1", "r-1"), items, b"{}"))

    said = decode(written)
    valid(said)
    assert said["decisions"] == items
    assert (said["door"], said["gateway"], said["request_id"]) == ("authzen", "g-1", "r-1")


def test_the_largest_batch_fits_an_entry(recorder):
    asked = Gathering("authzen", "g" * 128, "r" * 128)

    assert record(recorder, "batch", recorder.gathered.batch(asked, [ID] * 1000, b"{}"))


@pytest.mark.parametrize("sought", ["subject", "resource", "action"])
def test_a_page_fits_the_schema_and_leaves_open_what_is_searched(recorder, valid, sought):
    request = replace(SEARCH, subject=None) if sought == "subject" else SEARCH

    said = decode(record(recorder, "search", page(recorder, request, sought, ["a", "b"])))

    valid(said)
    open_member = {"subject": None, "resource": "dataset", "action": "action"}[sought]
    assert open_member not in said["request"]
    assert said["request"]["subject"] == (
        {"kind": "public_body"} if sought == "subject" else {"body": "B", "kind": "public_body"}
    )
    assert said["found"] == {"count": 2, "sha256": digest_of(["a", "b"])}
    assert said["revision"] == {"age_ms": 12, "ledger": 5, "set": recorder.set}


def test_no_two_pages_have_one_digest():
    assert len({digest_of(ids) for ids in ([], [""], ["ab"], ["a", "b"], ["b", "a"])}) == 5


def test_nobody_stands_in_clear_in_either(recorder, valid):
    named = replace(SEARCH, subject=CANARY, staff=CANARY, scenario=CANARY, request_id=CANARY)
    batch = recorder.gathered.batch(Gathering("authzen", CANARY, CANARY), [ID], CANARY.encode())

    written = [
        record(recorder, "batch", batch),
        record(recorder, "search", page(recorder, named, "resource", ["a"])),
    ]

    for one in written:
        valid(decode(one))
        assert CANARY.encode() not in one
        assert decode(one)["masked"]


def test_auditors_know_both_kinds():
    assert {"batch", "search"} <= KINDS
