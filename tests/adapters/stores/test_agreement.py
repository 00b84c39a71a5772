"""What cannot be undone takes two people, and the policies say who they may be."""

from __future__ import annotations

import pytest

from adapters.stores.agreement import ERASE, POST_OF, PRUNE, Confirmation, confirmations
from adapters.stores.retention import RetentionError
from pdp.ledger.posts import POSTS, SERVICE_ACTS

AGREED = ["audit:甲", "security:乙"]


def anybody(_post: str, _act: str) -> bool:
    return True


@pytest.mark.parametrize(
    "said",
    [
        [],
        ["audit:甲"],
        ["audit:甲", "audit:乙"],
        ["audit:甲", "security:甲"],
        ["audit:A", "security:\uff41"],  # one name, written in two widths
        ["audit:甲", "owner:乙"],
        ["audit:甲", "security:"],
        ["audit:甲", "乙"],
    ],
)
def test_two_people_of_two_roles_must_agree(said) -> None:
    with pytest.raises(RetentionError, match="agree"):
        confirmations(said, PRUNE, anybody)
    assert confirmations(AGREED, PRUNE, anybody) == [Confirmation("audit", "甲"), Confirmation("security", "乙")]


@pytest.mark.parametrize("act", [PRUNE, ERASE])
def test_the_policies_are_asked_about_the_post_of_each_and_the_act(act) -> None:
    asked = []

    def may_do(post: str, act: str) -> bool:
        asked.append((post, act))
        return post != "security_administrator"

    with pytest.raises(RetentionError, match=f"a security_administrator may not agree to {act}; see policies/tables"):
        confirmations([*AGREED, "system:丙"], act, may_do)
    assert asked == [("audit_administrator", act), ("security_administrator", act)]


def test_a_third_who_may_not_spoils_what_two_agreed_to() -> None:
    with pytest.raises(RetentionError, match="a system_administrator may not"):
        confirmations([*AGREED, "system:丙"], PRUNE, lambda post, _: post != "system_administrator")


def test_roles_and_acts_are_posts_and_acts_of_the_policies() -> None:
    assert set(POST_OF.values()) <= set(POSTS)
    assert {PRUNE, ERASE} <= set(SERVICE_ACTS)
