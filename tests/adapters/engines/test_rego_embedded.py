"""Promises of embedded Rego: a yes, a no, or a refusal, and "undefined" is none of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.engines.rego_embedded import EmbeddedRego
from pdp.errors import PolicyError, UnavailableError


def test_a_rule_is_answered_for_every_input_in_order(job):
    assert EmbeddedRego().evaluate([job]) == [[False, True, False, False]]


def test_a_rule_sees_the_readings_it_is_given(job):
    assert EmbeddedRego().evaluate([replace(job, readings={"strict": "no"})]) == [[False] * 4]


def test_jobs_do_not_know_of_each_other(job):
    other = replace(job, source=job.source.replace('"sharing"', '"opening"'))

    assert EmbeddedRego().evaluate([job, other, job]) == [
        [False, True, False, False],
        [False, False, False, True],
        [False, True, False, False],
    ]


def test_every_rule_is_told_as_its_table_arrives(job):
    told = []
    EmbeddedRego(answered=told.append).evaluate([job, replace(job, path="second")])

    assert told == [job.path, "second"]


@pytest.mark.parametrize("spoilt", ["forbid if {", "forbid if { input.relation == }"])
def test_a_source_the_engine_cannot_read_is_refused_at_its_line(job, spoilt):
    source = f"package access.rules.example\n\n# a sentence of the law: 公共数据\n{spoilt}\n"

    with pytest.raises(PolicyError) as refused:
        EmbeddedRego().evaluate([replace(job, source=source)])
    assert (refused.value.path, refused.value.line) == (job.path, 4)


CONFLICT = 'package access.rules.example\n\nforbid := "a"\n\nforbid := "b"\n'
BUILTIN = 'package access.rules.example\n\nforbid if to_number("abc") > 3\n'


@pytest.mark.parametrize("source", [CONFLICT, BUILTIN])
def test_an_error_at_evaluation_is_never_read_as_no(job, source):
    with pytest.raises(UnavailableError, match="one value was due"):
        EmbeddedRego().evaluate([replace(job, source=source)])


def test_the_version_is_the_installed_one():
    assert EmbeddedRego().version.count(".") == 2
