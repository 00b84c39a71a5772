"""Promises about registered callers: their posts are those of the policies."""

from __future__ import annotations

from typing import get_args

from adapters.callers import Post
from pdp.ledger.posts import POSTS


def test_a_caller_may_bring_exactly_the_posts_that_the_policies_know():
    assert get_args(Post) == POSTS
