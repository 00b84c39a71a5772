"""Promises of the subset: what is inside it is read as written, what is outside is refused with its line."""

from __future__ import annotations

from itertools import product

import pytest
import yaml

from pdp.errors import PolicyError
from pdp.model import Effect
from pdp.readings import Reading, Readings
from pdp.rulebook.subset import read_rule
from pdp.vocabulary import Fact, Value, Vocabulary

PATH = "rego/access/rules/example/example.rego"
HEAD = """# METADATA
# title: 示例规则,不得提供
# description: An example.
# custom:
#   articles: [art_1__para_1, art_2__para_1]
#   remedy: wait
package access.rules.example

"""
LINE = HEAD.count("\n") + 1  # of the first line after the package


def fact(name, *values: str):
    return Fact(name, name, {value: Value(value, value) for value in values}, (), "")


VOCABULARY = Vocabulary.of(
    {
        "relation": fact("relation", "own_use", "sharing", "opening", "unknown"),
        "channel": fact("channel", "platform", "chain", "direct", "unknown"),
        "grade": fact("grade", "general", "core"),
        **{f"wide_{name}": fact(f"wide_{name}", *(f"v{number}" for number in range(20))) for name in "abc"},
    }
)
READINGS = Readings({"strict": Reading("strict", "?", (), {"yes": "是", "no": "否"}, "yes", "", "", "")})


def read(body, head=HEAD, path=PATH):
    return read_rule(path, head + body, VOCABULARY, READINGS)


def table(rule):
    """Return the combinations of relation and channel for which our reading of the source holds."""
    facts = VOCABULARY.facts
    return {
        (relation, channel)
        for relation, channel in product(facts["relation"].values, facts["channel"].values)
        if rule.holds({"relation": relation, "channel": channel, "grade": "core"}, READINGS.constants)
    }


def test_a_rule_is_read_with_everything_it_states():
    body = """forbid if {
	input.relation in {"sharing", "opening"}
	data.readings.strict == "yes"
	not _through_platform
}

_through_platform if input.channel == "platform"
"""
    rule = read(
        body, HEAD.replace("wait", "wait\n#   reading: strict\n#   exceptions: {_through_platform: art_3__para_1}")
    )

    assert (rule.id, rule.effect, rule.package) == ("example", Effect.FORBID, "access.rules.example")
    assert (rule.title, rule.description) == ("示例规则,不得提供", "An example.")
    assert (rule.articles, rule.remedy) == (("art_1__para_1", "art_2__para_1"), "wait")
    assert rule.exceptions == {"_through_platform": "art_3__para_1"}
    assert rule.readings == ("strict",)
    assert rule.reads == ("channel", "relation")
    assert rule.named == {"relation": {"sharing", "opening"}, "channel": {"platform"}}
    assert table(rule) == set(product(("sharing", "opening"), ("chain", "direct", "unknown")))


SAYS = [
    ('forbid if input.relation == "sharing"', {"sharing"}),
    ('forbid if input.relation != "sharing"', {"own_use", "opening", "unknown"}),
    ('forbid if not input.relation == "sharing"', {"own_use", "opening", "unknown"}),
    ('forbid if not input.relation != "sharing"', {"sharing"}),
    ('forbid if input.relation in {"sharing", "opening"}', {"sharing", "opening"}),
    ('forbid if not input.relation in {"sharing", "opening"}', {"own_use", "unknown"}),
    ('forbid if {\n\tinput.relation in {\n\t\t"sharing",\n\t\t"opening",\n\t}\n}', {"sharing", "opening"}),
    ('forbid if input.relation == "sharing"\n\nforbid if input.relation == "opening"', {"sharing", "opening"}),
    ('forbid if { input.relation != "sharing"; input.relation != "opening" }', {"own_use", "unknown"}),
    ('forbid if {\n\tinput.relation == "sharing" # why\n\n\tinput.relation != "opening"\n}', {"sharing"}),
    ('forbid if _a\n\n_a if not _b\n\n_b if input.relation == "sharing"', {"own_use", "opening", "unknown"}),
    ('forbid if _a\n_a if input.relation == "sharing"\n_a if input.relation == "opening"', {"sharing", "opening"}),
    ('forbid if {\n\tdata.readings.strict == "no"\n\tinput.relation == "sharing"\n}', set()),
    ('forbid if {\n\tdata.readings.strict != "no"\n\tinput.relation == "sharing"\n}', {"sharing"}),
]


@pytest.mark.parametrize(("body", "relations"), SAYS)
def test_a_body_says_what_it_says(body, relations):
    assert {relation for relation, _ in table(read(body))} == relations


TWENTY = ", ".join(f'"v{number}"' for number in range(19))
WIDE = (
    f"forbid if {{\n\tinput.wide_a in {{{TWENTY}}}\n\tinput.wide_b in {{{TWENTY}}}\n\tinput.wide_c in {{{TWENTY}}}\n}}"
)
OUTSIDE = {  # source after the package -> line it is refused at, words of the fault or remedy
    'forbid if data.x.forbid with input as {"relation": "sharing"}': (0, "only tests replace input"),
    "forbid if {\n\tx := input.relation\n}": (1, "compare where the fact is used"),
    'forbid if {\n\tinput.relation = "sharing"\n}': (1, "compare with =="),
    "forbid if {\n\tsome x in input.relation\n}": (1, "name each value"),
    "forbid if {\n\tevery x in input.relation { x }\n}": (1, "name each value"),
    'forbid if input.relation == "sharing" else if input.relation == "opening"': (0, "second body"),
    'forbid contains "x" if input.relation == "sharing"': (0, "a rule says yes or nothing"),
    "default forbid := false": (0, "total by itself"),
    "import rego.v1": (0, "write facts and readings in full"),
    "import input.relation as r": (0, "write facts and readings in full"),
    "forbid := true": (0, "compare where the fact is used"),
    "forbid if true": (0, "a rule says yes or nothing"),
    "forbid if false": (0, "a rule says yes or nothing"),
    "forbid if {\n\tinput.relation == null\n}": (1, "unknown"),
    'forbid if input["relation"] == "sharing"': (0, "name the fact"),
    "forbid if input[x]": (0, "name the fact"),
    'forbid if input.relation in ["sharing"]': (0, "name the fact"),
    "forbid if input.relation": (0, "every value counts as true"),
    "forbid if not input.relation": (0, "every value counts as true"),
    "forbid if data.readings.strict": (0, "every value counts as true"),
    'forbid if input.relation < "sharing"': (0, "pdp/facts"),
    'forbid if input.relation > "sharing"': (0, "pdp/facts"),
    'forbid if input.relation <= "sharing"': (0, "pdp/facts"),
    'forbid if input.relation >= "sharing"': (0, "pdp/facts"),
    "forbid if input.relation == 1": (0, "words of the vocabulary"),
    "forbid if input.relation + 1": (0, "pdp/facts"),
    "forbid if count(input.relation) == 1": (0, "functions and built-ins"),
    'forbid if startswith(input.relation, "s")': (0, "functions and built-ins"),
    'forbid if regex.match("^s", input.relation)': (0, "functions and built-ins"),
    "forbid if time.now_ns() > 1": (0, "functions and built-ins"),
    'forbid if http.send({"url": "x"}).status == 200': (0, "functions and built-ins"),
    "forbid if opa.runtime()": (0, "functions and built-ins"),
    "forbid if rego.metadata.rule()": (0, "functions and built-ins"),
    'forbid if _f("x")\n_f(x) if input.relation == x': (0, "without arguments"),
    '_f(x) if input.relation == x\nforbid if _f("x")': (0, "without arguments"),
    'forbid if {"a" | input.relation == "sharing"}': (0, "comprehensions"),
    'forbid if input.relation in {x | x := "sharing"}': (0, "comprehensions"),
    'forbid if input.relation in {"sharing": 1}': (0, "objects are outside"),
    "forbid if input.relation in {}": (0, "double quotes"),
    'forbid if input.relation in {"sharing", "sharing"}': (0, "named twice"),
    'forbid if input.relation in "sharing"': (0, "write a set"),
    'forbid if input.relation == {"sharing"}': (0, "double quotes"),
    "forbid if input.relation == input.channel": (0, "double quotes"),
    "forbid if input.relation == data.readings.strict": (0, "double quotes"),
    'forbid if "sharing" == input.relation': (0, "write the fact first"),
    "forbid if input.relation == `sharing`": (0, "plain double quotes"),
    'forbid if input.relation == "shar\\u0069ng"': (0, "without backslash"),
    'forbid if input.relation == "sharing': (0, "on one line"),
    "forbid if input.relation == sharing": (0, "double quotes"),
    'forbid if input.relatoin == "sharing"': (0, 'write "relation"'),
    'forbid if input.relation == "sharign"': (0, 'write "sharing"'),
    'forbid if input.relation in {"sharing", "openning"}': (0, 'write "opening"'),
    'forbid if {\n\tinput.relation == "sharing"\n\tdata.readings.strikt == "yes"\n}': (2, 'write "strict"'),
    'forbid if {\n\tinput.relation == "sharing"\n\tdata.readings.strict == "maybe"\n}': (2, "is no value of reading"),
    'forbid if data.readings.strict == "yes"': (0, "reads no fact"),
    'forbid if data.policies.strict == "yes"': (0, "is no fact, reading or helper"),
    'forbid if input.relation.kind == "sharing"': (0, "is no fact, reading or helper"),
    "forbid if input": (0, "is no fact, reading or helper"),
    "forbid if helper": (0, "is no fact, reading or helper"),
    'forbid if data.access.rules.other.forbid == "x"': (0, "is no fact, reading or helper"),
    'forbid if not not input.relation == "sharing"': (0, "is no fact, reading or helper"),
    "forbid if _missing": (0, "is not defined"),
    'forbid if input.relation == "sharing"\n\n_spare if input.channel == "chain"': (2, "never used"),
    "forbid if _a\n\n_a if _a": (2, "asks itself"),
    "forbid if _a\n\n_a if _b\n\n_b if not _a": (4, "asks itself"),
    'forbid if input.relation == "sharing"\n\nrefer if input.relation == "opening"': (2, "two heads"),
    '_a if input.relation == "sharing"': (-LINE + 1, "no head"),
    "": (-LINE + 1, "no head"),
    'deny if input.relation == "sharing"': (0, "write one of forbid"),
    'permit if input.relation == "sharing"': (0, "write one of forbid"),
    'forbid_it if input.relation == "sharing"': (0, "write one of forbid"),
    '_a.b if input.relation == "sharing"': (0, "without dots"),
    "forbid if {\n}": (0, "the body is empty"),
    'forbid if {\n\tinput.relation == "sharing"\n': (2, "compare it"),
    'forbid if {\n\tinput.relation == "sharing" input.channel == "chain"\n}': (1, "one comparison a line"),
    'forbid if { input.relation == "sharing" } forbid if { input.relation == "opening" }': (0, "begin a new line"),
    'forbid if input.relation == "sharing"; input.channel == "chain"': (0, "begin a new line"),
    'forbid {\n\tinput.relation == "sharing"\n}': (0, "write: forbid if"),
    'forbid if input.relation == "sharing"\r\n': (0, "line feed alone"),
    'forbid if input.relation == "sharing" # a\r\n': (0, "line feed alone"),
    "forbid if input.relation == “sharing”": (0, "outside the subset"),
    'forbid if input.relation == "sharing"\n# METADATA\n# title: x': (1, "no single METADATA"),
    WIDE: (0, "8000 combinations"),
}  # fmt: skip


@pytest.mark.parametrize("body", OUTSIDE)
def test_a_source_outside_the_subset_is_refused_at_its_line(body):
    offset, words = OUTSIDE[body]

    with pytest.raises(PolicyError) as refused:
        read(body)
    assert (refused.value.path, refused.value.line) == (PATH, LINE + offset)
    assert words in str(refused.value)
    assert refused.value.remedy


def test_at_least_sixty_sources_are_refused():
    assert len(OUTSIDE) >= 60


RULE = 'forbid if input.relation == "sharing"\n'
MISPLACED = {  # head instead of the right one -> line, words
    HEAD.replace("# METADATA\n", ""): (1, "no single METADATA"),
    HEAD.replace("# METADATA", " # METADATA"): (1, "no single METADATA"),
    HEAD.replace("# title: 示例规则,不得提供\n", ""): (1, "lacks title"),
    HEAD.replace("#   articles: [art_1__para_1, art_2__para_1]\n", ""): (1, "lacks articles"),
    HEAD.replace("#   remedy: wait\n", ""): (1, "names no remedy"),
    HEAD.replace("remedy", "remedies"): (6, "is no line of METADATA"),
    HEAD.replace("#   remedy", "# remedy"): (6, "is no line of METADATA"),
    HEAD.replace("# title", "#  title"): (2, "is no line of METADATA"),
    HEAD.replace("# custom:\n", ""): (4, "is in the wrong place"),
    HEAD.replace("# custom:", "# custom: x"): (4, "is no line of METADATA"),
    HEAD.replace("[art_1__para_1, art_2__para_1]", "art_1__para_1, art_2__para_1"): (5, "several ids without brackets"),
    HEAD.replace("[art_1__para_1, art_2__para_1]", "[art_1__para_1, art_1__para_1]"): (5, "is named twice"),
    HEAD.replace("[art_1__para_1, art_2__para_1]", "[]"): (5, "is no id"),
    HEAD.replace("An example.", "It follows: nothing."): (3, "put it in double quotes"),
    HEAD.replace("An example.", "It # follows."): (3, "put it in double quotes"),
    HEAD.replace("wait", "wait\n#   exceptions: _a"): (7, "is no mapping"),
    HEAD.replace("wait", "wait\n#   exceptions: {_a: art_1__para_1}"): (1, "is no helper"),
    HEAD.replace("wait", "wait\n#   reading: strikt"): (1, "is no reading"),
    HEAD.replace("package", "\npackage"): (1, "directly above the package"),
    HEAD.replace("access.rules.example", "access.rules.other"): (7, "the folder says access.rules.example"),
    HEAD.replace("package access.rules.example\n", "package access.rules.example if\n"): (7, "begin a new line"),
}


@pytest.mark.parametrize("head", MISPLACED)
def test_metadata_of_another_shape_is_refused_at_its_line(head):
    line, words = MISPLACED[head]

    with pytest.raises(PolicyError, match=r".+") as refused:
        read(RULE, head)
    assert refused.value.line == line
    assert words in str(refused.value)


@pytest.mark.parametrize("effect", ["oblige", "advise"])
def test_a_rule_that_refuses_nothing_has_no_remedy(effect):
    body = RULE.replace("forbid", effect)

    assert read(body, HEAD.replace("#   remedy: wait\n", "")).remedy == ""
    with pytest.raises(PolicyError, match="names a remedy"):
        read(body)


@pytest.mark.parametrize("path", ["rego/access/rules/example/other.rego", "rego/example.rego", "example/example.rego"])
def test_a_rule_lies_in_the_folder_that_bears_its_name(path):
    with pytest.raises(PolicyError, match="bears the name of its folder"):
        read(RULE, path=path)


def test_metadata_is_read_as_yaml_reads_it(policies):
    for rule in policies.rules.values():
        comment = rule.source.split("# METADATA\n")[1].split("package ")[0]
        read_by_yaml = yaml.safe_load("\n".join(line[2:] for line in comment.splitlines()))
        custom = read_by_yaml["custom"]
        named = custom.get("reading", [])

        assert (rule.title, rule.description) == (read_by_yaml["title"], read_by_yaml["description"])
        assert rule.articles == tuple(custom["articles"])
        assert rule.remedy == custom.get("remedy", "")
        assert dict(rule.exceptions) == custom.get("exceptions", {})
        assert set(rule.readings) >= set([named] if isinstance(named, str) else named)
