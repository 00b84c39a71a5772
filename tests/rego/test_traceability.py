"""Rule, article, text and reading find each other in all directions; what nothing reads would rot."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from pdp.model import Effect

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rego" / "access" / "rules"
TABLES = sorted((ROOT / "policies" / "tables").glob("*.csv"))
POSTS = "posts"  # says who acts for a body, and so may rest on a unit that only sets up an office
COUNTS = {Effect.FORBID: 44, Effect.REFER: 14, Effect.DOUBT: 43, Effect.OBLIGE: 17, Effect.ADVISE: 21}
LIMITS = {Effect.FORBID, Effect.REFER, Effect.DOUBT}
UNIT = re.compile(r"art_\d+(?:__para_\d+(?:__item_\d+)?)?")
GROUP = re.compile(r"# (art_\w+(?:, art_\w+)*) (\S.*)")


def stated(package):
    """Return name -> values, as the sets of `rego/access/<package>` state them."""
    source = (ROOT / "rego" / "access" / package / f"{package}.rego").read_text(encoding="utf-8")
    sets = re.findall(r"^(\w+) := \{([^}]*)\}", source, re.MULTILINE)
    return {name: re.findall(r'"(\w+)"', values) for name, values in sets}


def compared(rule):
    """Return the readings that the body of `rule` compares."""
    conditions = [condition for bodies in rule.bodies.values() for body in bodies for condition in body]
    return {condition.name for condition in conditions if condition.subject == "readings"}


def of(rules, *effects: Effect):
    return {name for name, rule in rules.items() if rule.effect in effects}


def test_the_law_is_stated_in_as_many_rules_of_each_effect(rules):
    assert Counter(rule.effect for rule in rules.values()) == COUNTS


def test_folder_package_and_rule_bear_one_name(rules):
    for folder, rule in rules.items():
        assert (rule.id, rule.package) == (folder, f"access.rules.{folder}")


def test_each_folder_holds_a_rule_and_its_test_and_nothing_else(rules):
    for folder in rules:
        assert {path.name for path in (RULES / folder).iterdir()} == {f"{folder}.rego", f"{folder}_test.rego"}


def test_each_rule_says_in_chinese_what_it_states_and_in_english_what_follows(rules):
    for name, rule in rules.items():
        assert re.search(r"[\u4e00-\u9fff]{4}", rule.title), name
        assert not rule.title.endswith(("。", ".")), name
        assert re.fullmatch(r"[A-Z][^\u4e00-\u9fff]+\.", rule.description), name


def test_no_two_rules_say_the_same_unless_one_is_a_duty(rules):
    titles = Counter(rule.title for rule in rules.values() if rule.effect is not Effect.OBLIGE)

    assert [title for title, times in titles.items() if times > 1] == []


def test_a_body_is_as_short_as_a_sentence(rules):
    for name, rule in rules.items():
        longest = max(len(body) for bodies in rule.bodies.values() for body in bodies)
        assert longest <= 5, name


def test_every_unit_a_rule_cites_is_coded(rules, instrument):
    for name, rule in rules.items():
        cited = {*rule.articles, *rule.exceptions.values()}
        assert cited, name
        assert {unit for unit in cited if not instrument.units[unit].coded} == set(), name


def test_an_exception_is_a_helper_whose_absence_the_rule_asks(rules):
    for name, rule in rules.items():
        negated = {
            condition.name for body in rule.bodies[rule.effect] for condition in body if condition.negated
        } & rule.bodies.keys()
        assert set(rule.exceptions) == negated, name


def test_every_refusal_names_a_remedy_and_every_remedy_is_named(rules, duties):
    limits = [rules[name] for name in of(rules, *LIMITS)]

    assert {rule.remedy for rule in limits} == set(duties.remedies)


@pytest.mark.parametrize(("effect", "section"), [(Effect.OBLIGE, "obligations"), (Effect.ADVISE, "advisories")])
def test_what_goes_with_a_decision_has_its_text_and_cites_as_its_rule_does(rules, duties, effect, section):
    texts = getattr(duties, section)

    assert set(texts) == of(rules, effect)
    for name, text in texts.items():
        assert text.articles == rules[name].articles, name


def test_every_unit_a_remedy_cites_is_in_the_register(duties, instrument):
    for remedy in duties.remedies.values():
        assert set(remedy.articles) <= set(instrument.units), remedy.id


def test_whoever_is_sent_to_another_regime_is_told_which(rules, duties):
    sent = {name for name, rule in rules.items() if rule.remedy == "other_regime"}

    assert set(duties.remedies["other_regime"].see_also) == sent


def test_a_pointer_to_another_law_stands_under_the_remedy_of_its_rule(rules, duties):
    for remedy in duties.remedies.values():
        for name in remedy.see_also:
            assert rules[name].remedy == remedy.id, name


def test_the_vocabulary_of_the_rego_tests_is_that_of_the_service(vocabulary):
    shipped = {name: list(fact.values) for name, fact in vocabulary.facts.items()}

    assert stated("facts") == shipped


def test_every_fact_that_settles_something_is_read(rules, vocabulary):
    columns = {cell.strip() for table in TABLES for cell in table.read_text(encoding="utf-8").split("\n")[0].split(",")}
    read = {fact for rule in rules.values() for fact in rule.reads} | columns

    assert set(vocabulary.facts) - read == set()


def test_a_fact_for_advice_is_read_by_advice_alone(rules, vocabulary):
    advisory = {name for name, fact in vocabulary.facts.items() if fact.advisory_only}
    settling = {fact for rule in rules.values() if rule.effect is not Effect.ADVISE for fact in rule.reads}

    assert advisory & settling == set()


def test_main_knows_the_readings_that_rules_compare_with_all_their_options(rules, readings):
    names = {name for rule in rules.values() for name in compared(rule)}

    assert stated("readings") == {name: list(readings.entries[name].options) for name in sorted(names)}


def test_a_reading_that_switches_a_rule_says_so_and_the_rule_names_it(rules, readings):
    for name, rule in rules.items():
        for reading in compared(rule):
            assert name in readings.entries[reading].touches, reading
            assert f"reading: {reading}\n" in rule.source or f"reading: [{reading}" in rule.source, name


def test_a_reading_that_a_rule_names_touches_it_or_a_fact_it_reads(rules, readings):
    for name, rule in rules.items():
        for reading in rule.readings:
            assert {name, *rule.reads} & set(readings.entries[reading].touches), (name, reading)


def test_a_rule_that_a_reading_touches_names_that_reading(rules, readings):
    for reading in readings.entries.values():
        for name in set(reading.touches) & set(rules):
            assert reading.id in rules[name].readings, (reading.id, name)


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_every_group_of_rows_cites_what_it_may_rest_on_and_says_in_chinese_what_it_grants(table, instrument):
    lines = table.read_text(encoding="utf-8").splitlines()
    groups = [GROUP.fullmatch(line) for line in lines[1:] if line.startswith("#")]

    assert groups
    assert all(groups)
    for group in groups:
        units, title = group.groups()
        assert all(UNIT.fullmatch(unit) for unit in units.split(", ")), units
        for unit in map(instrument.units.__getitem__, units.split(", ")):
            assert unit.coded or (table.stem == POSTS and unit.why.startswith(("组织职责", "属于其他流程"))), unit.id
        assert re.search(r"[\u4e00-\u9fff]{4}", title), title


def test_a_row_bears_the_name_of_no_rule(rules):
    rows = {
        line.rsplit(",", 1)[1].strip()
        for table in TABLES
        for line in table.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    }

    assert rows & set(rules) == set()
