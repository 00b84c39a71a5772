"""Promises about registered callers: their posts are those of the policies, and each proves itself."""

from __future__ import annotations

from typing import get_args

from adapters.callers import Caller, Callers, OneCaller, Post
from adapters.settings import Settings
from pdp.ledger.posts import POSTS


def test_a_caller_may_bring_exactly_the_posts_that_the_policies_know():
    assert get_args(Post) == POSTS


def test_a_caller_that_a_listener_proves_is_nobody_where_nothing_proves_it():
    placed, keyless = Caller(id="apisix"), Caller(id="console")
    settings = Settings(callers=(placed, keyless), listeners=({"caller": "apisix", "port": 0},))

    found = Callers(settings.registered, elsewhere=settings.elsewhere).who(None)

    assert found == keyless
    assert Callers((placed,), elsewhere=settings.elsewhere).who(None) is None


def test_whoever_is_on_this_machine_stays_so_beside_a_listener_of_its_own():
    settings = Settings(listeners=({"caller": "local", "port": 0},))

    found = Callers(settings.registered, elsewhere=settings.elsewhere).who(None)

    assert found is not None
    assert found.id == "local"


def test_at_a_place_of_its_own_a_caller_is_itself_whatever_is_sent():
    caller = Caller(id="apisix", rate=7)
    everywhere = Callers((caller,))
    place = OneCaller(caller, everywhere.rates)

    assert [place.who(sent) for sent in (None, b"", b"Bearer other", b"Basic dTpw")] == [caller] * 4
    assert place.rates is everywhere.rates
