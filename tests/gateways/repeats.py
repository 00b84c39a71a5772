"""Calls that are made again: each is decided and recorded anew, and the log shows which belong together."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import TYPE_CHECKING

from tests.gateways.recorded import decisions

if TYPE_CHECKING:
    from tests.gateways.scene import Client

NO_IDS = ("x" * 257, "a b", "x,y")
"""What a caller may send in place of an id."""


def repeated(client: Client) -> str:
    """Row 17."""
    named = ("X-Request-ID", str(uuid.uuid4()))
    for target in (*["/api/v1/datasets/W/rows?fields=name"] * 4, "/api/v1/datasets/W/rows?fields=name&page=2"):
        assert client.call("", named, target=target).status == 200
    found = decisions(client.scene, named[1], lambda found: len(found) == 5)
    assert {one.request_id for one in found} == {named[1]}
    assert {one.outcome for one in found} == {"PERMIT"}
    assert sorted(Counter(one.digest for one in found).values()) == [1, 4]
    assert client.scene.data_api.reached[-1].all("x-request-id") == [named[1]]
    return f"five records under the caller's id, in groups of 4 and 1; without an id {without_an_id(client)}"


def without_an_id(client: Client) -> str:
    """Return what becomes of calls without an id, and with one that is none: they are given one, or refused."""
    told = []
    for sent in (None, *NO_IDS):
        before = client.reached()
        reply = client.call("W", *([] if sent is None else [("X-Request-ID", sent)]))
        assert reply.status == 200 or (sent and reply.status == 403), reply
        assert (client.reached() > before) is (reply.status == 200)
        if reply.status == 200:
            (own,) = client.scene.data_api.reached[-1].all("x-request-id")
            assert len(own) in {32, 36}, own  # 128 bits, in hexadecimal
        told.append("one of the gateway's" if reply.status == 200 else str(reply.status))
    refused = sorted(set(told[1:]))
    return f"{told[0]}, with one that is none {refused[0] if len(refused) == 1 else refused}"
