"""Promises of the compiled table of posts: who may do what, and what no single post may do."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from pdp.errors import UnavailableError
from pdp.ledger.kinds import KINDS
from pdp.ledger.posts import POSTS, SERVICE_ACTS
from pdp.ledger.speakers import ROLES
from pdp.rulebook.build import Answers, build, questions

ADMINISTRATORS = ("system_administrator", "security_administrator", "audit_administrator")
IMPORTS = ("catalogue.import", "ledger.import")  # they record statements in others' names
ANSWERS = (
    "application.acknowledged", "application.incomplete_noticed", "application.agreed", "application.agreed_in_part",
    "application.refused", "opening.approved", "opening.rejected", "objection.corrected", "objection.rejected",
    "objection.fed_back",
)  # fmt: skip
FITS = {  # role of a body towards the matter -> the posts of those who act for it there
    "registrar": {"registrar"},
    "provider": {"provider_officer"},
    "applicant": {"applicant_officer", "public_applicant"},
    "objector": {"applicant_officer", "public_applicant"},
    "regulator": {"regulator_officer"},
    "cyberspace": {"cyberspace_officer"},
    "city_platform": {"platform_officer"},
    "bigdata_platform": {"platform_officer"},
    "issuer": {"provider_officer", "cyberspace_officer"},
    "subject": {"public_applicant"},
    "principal": {"provider_officer"},
}


@pytest.fixture(scope="session")
def acts_of(rulebook):
    """Return what tells every act that a post may do."""
    return lambda post: {act for act in (*KINDS, *SERVICE_ACTS) if rulebook.may_do(post, act)}


@pytest.fixture(scope="session")
def posts_of(rulebook):
    """Return what tells every post that may do an act."""
    return lambda act: {post for post in POSTS if rulebook.may_do(post, act)}


def test_what_the_engine_granted_is_what_the_rows_say(rulebook, policies):
    assert rulebook.posts == {row.cells for row in policies.posts.rows}


def test_no_post_and_no_act_outside_the_closed_lists_may_do_anything(rulebook):
    assert not KINDS.keys() & set(SERVICE_ACTS)
    assert len({*POSTS}) == len(POSTS)
    for post, act in [("nobody", "policy.activate"), ("registrar", "nothing"), ("", ""), ("*", "*")]:
        assert not rulebook.may_do(post, act)


@pytest.mark.parametrize("act", [*KINDS, *SERVICE_ACTS])
def test_every_act_can_be_done_by_somebody(posts_of, act):
    assert posts_of(act)


@pytest.mark.parametrize("post", POSTS)
def test_every_post_is_there_for_something(acts_of, post):
    assert acts_of(post)


def test_whatever_role_may_record_a_kind_has_a_post_that_may_do_it(rulebook, posts_of):
    assert set(FITS) == set(ROLES)
    assert {(role, kind) for role, kind in rulebook.administration if not posts_of(kind) & FITS[role]} == set()


def test_whatever_post_may_do_a_kind_acts_for_a_role_that_may_record_it(rulebook):
    lent = {(post, kind) for role, kind in rulebook.administration for post in FITS[role]}

    assert {(post, act) for post, act in rulebook.posts if act in KINDS} - lent == set()


def test_who_changes_the_policy_cannot_touch_log_keys_or_people(acts_of, posts_of):
    assert posts_of("policy.activate") == {"system_administrator", "legal_reviewer"}
    for post in posts_of("policy.activate"):
        assert not acts_of(post) & {"log.prune", "log.seal", "key.rotate", "person.erase"}


@pytest.mark.parametrize("act", ["log.prune", "person.erase"])
def test_deleting_takes_security_and_audit_and_nobody_else(posts_of, act):
    assert posts_of(act) == {"security_administrator", "audit_administrator"}


def test_who_gives_access_reads_no_log_and_who_reads_the_log_gives_no_access(posts_of):
    for given, read in [("caller.register", "log.read"), ("key.rotate", "log.seal"), ("key.rotate", "log.read")]:
        assert not posts_of(given) & posts_of(read)


def test_no_two_administrators_share_an_act_but_the_deletions_that_need_both(acts_of):
    for one, other in combinations(ADMINISTRATORS, 2):
        assert acts_of(one) & acts_of(other) <= {"log.prune", "person.erase"}


@pytest.mark.parametrize("post", [*ADMINISTRATORS, "legal_reviewer"])
def test_no_administrator_records_an_act_of_the_law(acts_of, post):
    assert not acts_of(post) & {*KINDS, *IMPORTS}


def test_an_observer_reads_findings_and_approves_and_answers_nothing(acts_of):
    assert acts_of("observer") == {"finding.read"}


def test_the_provider_alone_answers_whoever_else_there_is(posts_of, acts_of):
    for act in ANSWERS:
        assert posts_of(act) == {"provider_officer"}, act
    assert not acts_of("regulator_officer") & set(ANSWERS)


@pytest.mark.parametrize(
    ("asks", "settles"),
    [
        ("application.received", "application.agreed"),
        ("opening.applied", "opening.approved"),
        ("objection.raised", "objection.rejected"),
        ("objection.fed_back", "objection.extended"),
        ("dataset.class_proposed", "dataset.approved"),
        ("sanction.corrected", "sanction.lifted"),
    ],
)
def test_nobody_settles_what_the_same_post_asks_for(posts_of, asks, settles):
    assert not posts_of(asks) & posts_of(settles)


def test_an_engine_that_grants_more_than_the_rows_is_not_believed(policies):
    small = replace(policies, rules={}, permissions=first_row_only(policies.permissions))
    asked = questions(small)
    honest = [[matching_row(job, request) for request in job.requests] for job in asked.tables]
    assert build(small, asked, Answers([], honest)).may_do("audit_administrator", "log.read")

    place = asked.tables[3].requests.index(("system_administrator", "log.prune"))
    honest[3][place] = 0
    with pytest.raises(UnavailableError, match=r"posts\.csv: for system_administrator, log\.prune the engine reports"):
        build(small, asked, Answers([], honest))


def first_row_only(table):
    return replace(table, rows=table.rows[:1])


def matching_row(job, request):
    matching = (
        place
        for place, row in enumerate(job.rows)
        if all(cell in {"*", value} for cell, value in zip(row, request, strict=False))
    )
    return next(matching, None)
