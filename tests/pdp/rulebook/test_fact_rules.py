"""Promises of reading the source of a pack's facts: a rule for each, no stranger, nothing that changes by itself."""

from __future__ import annotations

import pytest

from pdp.errors import PolicyError
from pdp.rulebook.fact_rules import PATH, read_fact_rules
from pdp.vocabulary import Fact, Vocabulary

VOCABULARY = Vocabulary.of({name: Fact(name, name, {}, (), "") for name in ("role", "status")})
DATA = {"entities": {"user": {"bob": {"role": "admin"}}}}
GOOD = """# Facts. The word http.send in a comment, or in a string, asks nobody.
package facts

import rego.v1

default role := "none"

role := data.entities.user[input.subject.id].role

status := "time.now_ns # no comment" if data.readings.strict == `data.nothing`

_helper(x) := {
	"package": x,
} if {
	not x
}
"""


def test_a_source_that_derives_every_fact_is_read():
    rules = read_fact_rules(GOOD, VOCABULARY, DATA, {"strict": "yes"})

    assert rules.names == ("role", "status")
    assert rules.data == {**DATA, "readings": {"strict": "yes"}}


WRONG = [
    ("package facts", "package access.facts", 1, "is not of package facts"),
    ('status := "time', '_status := "time', 1, "has no rule for the fact status"),
    ("default role", "default rolle", 6, "rolle is no fact"),
    ("_helper(x)", "helper(x)", 12, "helper is no fact"),
    ("data.entities", "data.entitys", 8, "data.entitys is nothing"),
    ("data.entities", "data[input.x]", 8, "data as a whole is read"),
    ("data.readings", "data.access", 10, "data.access is nothing"),
    ("not x", 'http.send({"url": x})', 15, "http.send answers otherwise from call to call"),
    ("not x", "time.now_ns() > x", 15, "time.now_ns answers otherwise"),
    ("not x", 'rand.intn("a", 3) == x', 15, "rand.intn answers otherwise"),
    ("not x", "opa.runtime().env == x", 15, "opa.runtime answers otherwise"),
    ("not x", "not unknown", 15, "unknown has no value"),
    ("not x", "x == roleof", 15, "roleof has no value"),
    ("not x", "some y in x; y.a == z.b", 15, "z has no value"),
    ("not x", "net.lookup_ip_addr(x)", 15, "net.lookup_ip_addr answers otherwise"),
]


@pytest.mark.parametrize(("old", "new", "line", "fault"), WRONG, ids=[case[3] for case in WRONG])
def test_what_cannot_be_used_is_refused_where_it_stands(old, new, line, fault):
    assert old in GOOD
    with pytest.raises(PolicyError, match=fault) as refused:
        read_fact_rules(GOOD.replace(old, new, 1), VOCABULARY, DATA, {})
    assert (refused.value.path, refused.value.line) == (PATH, line)


GIVEN = [
    "some y in x; y == 1",
    "some i, y in x; x[i] == y",
    "some y; x[y] == 1",
    "every y in x { y > 0 }",
    "y := x; y > 1",
    "[a, b] := x; a == b",
    "y = x; y > 1",
    "x[y] > 1",
    "count([y | some y in x; y > 1]) > 0",
    "{k: v | some k, v in x} == {}",
    "_helper(x).a.b == true",
    'object.get(x, ["a", "b"], null) == false',
    "x in data.entities.user with input as {}",
    "_ = x",
]


@pytest.mark.parametrize("line", GIVEN)
def test_a_name_that_gets_its_value_in_any_way_may_be_used(line):
    source = GOOD.replace("not x", line)

    assert read_fact_rules(source, VOCABULARY, DATA, {}).source == source


def test_members_of_the_question_may_be_called_as_they_like():
    source = GOOD.replace("not x", "x == input.data.stranger; input.http.send")

    assert read_fact_rules(source, VOCABULARY, DATA, {}).source == source
