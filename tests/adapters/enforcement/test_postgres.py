"""Promises of PostgreSQL that carries decisions out: a real server shows what the decision releases, or nothing."""

from __future__ import annotations

import json
from types import SimpleNamespace

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.enforcement.canonical import released
from adapters.enforcement.masks import Means, Shape
from adapters.enforcement.postgres import SET, ReleasedTable, settings_of, setup_sql
from adapters.enforcement.refused import RefusedError
from adapters.enforcement.rows import passes
from tests.adapters.stores.postgres import serving

FIELDS = {"name": "name", "phone": "phone", "dept": "dept", "age": "age", "open": "is_open"}
TABLE = ReleasedTable(
    "people", FIELDS, frozenset({"name", "phone", "dept"}), {"dept": "text", "age": "bigint", "open": "boolean"}
)
CONSTANTS = {
    "dept": st.sampled_from(["A", "a", "B", "", "' OR 1=1 --", "朝阳区"]),
    "age": st.sampled_from([0, 7, 18]),
    "open": st.booleans(),
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.none() | st.sampled_from(["甲乙丙", "x", ""]),
            "phone": st.none() | st.sampled_from(["13912345678", "1391"]),
            **{name: st.none() | constants for name, constants in CONSTANTS.items()},
        }
    ),
    max_size=5,
)
MASKS = st.dictionaries(
    st.sampled_from(sorted(FIELDS)),
    st.sampled_from(
        [
            {"method": "null"}, {"method": "redact"}, {"method": "hash"}, {"method": "generalise", "table": "t"},
            {"method": "partial", "keep_prefix": 3, "keep_suffix": 1},
            {"method": "partial", "keep_prefix": 0, "keep_suffix": 0},
        ]
    ),
)  # fmt: skip
NOTHING = {"fields": [], "row_filter": {"kind": "none"}, "masks": [], "default_field": "deny"}
ALL = {**NOTHING, "fields": ["name"], "row_filter": {"kind": "all"}}


@st.composite
def choices(draw):
    """Return filters that the policy can express."""

    def one() -> dict[str, object]:
        name = draw(st.sampled_from(sorted(CONSTANTS)))
        if draw(st.booleans()):
            return {"type": "field", "field": name, "operator": "eq", "value": draw(CONSTANTS[name])}
        return {"type": "field", "field": name, "operator": "in", "value": draw(st.lists(CONSTANTS[name], min_size=1))}

    parts = [one() for _ in range(draw(st.integers(1, 3)))]
    ast = parts[0] if len(parts) == 1 else {"type": "compound", "operator": "and", "value": parts}
    return {"kind": "conditional", "ast": ast}


@pytest.fixture(scope="module")
def database():
    """A server with the table, its policy and its view; and a connection of its owner, one of the reader."""
    with serving() as server, psycopg.connect(server.url(), autocommit=True) as owner:
        owner.execute("CREATE TABLE people (id bigint, name text, phone text, dept text, age bigint, is_open boolean)")
        owner.execute("CREATE ROLE release_view NOLOGIN; CREATE ROLE data_reader NOLOGIN")
        for _ in range(2):  # it can be set up again
            owner.execute(setup_sql(TABLE, "release_view", "data_reader"))
        with psycopg.connect(server.url()) as reader:
            reader.execute("SET SESSION AUTHORIZATION data_reader")
            reader.commit()
            yield SimpleNamespace(owner=owner, reader=reader)


def decided(said):
    return SimpleNamespace(id="d", released=released(said))


def read(database, setting=None):
    """Return what the reader sees under `setting`, in one transaction."""
    with database.reader.transaction():
        if setting is not None:
            database.reader.execute(SET, [setting])
        found = database.reader.execute("SELECT * FROM people_released")
        names = [column.name for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]


def fill(database, given_rows):
    database.owner.execute("TRUNCATE people")
    for number, row in enumerate(given_rows):
        members = [number, row["name"], row["phone"], row["dept"], row["age"], row["open"]]
        database.owner.execute("INSERT INTO people VALUES (%s, %s, %s, %s, %s, %s)", members)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    choices() | st.sampled_from([{"kind": "all"}, {"kind": "none"}]),
    ROWS,
    st.sets(st.sampled_from(sorted(FIELDS))),
    MASKS,
)
def test_the_view_shows_the_rows_and_values_that_deciding_row_by_row_releases(
    database, given_filter, given_rows, fields, masks
):
    said = {
        **NOTHING, "row_filter": given_filter, "fields": sorted(fields),
        "masks": [{"field": name, **mask} for name, mask in masks.items()],
    }  # fmt: skip
    fill(database, given_rows)

    found = read(database, settings_of(decided(said), TABLE))

    shape = Shape(released(said), Means())
    rows = [shape.of(row) for row in given_rows if passes(released(said).rows, row)]
    expected = [{column: row.get(field) for field, column in FIELDS.items()} for row in rows]
    assert sorted(map(repr, found)) == sorted(map(repr, expected))


def some_rows(database):
    fill(database, [{"name": "甲", "phone": "13912345678", "dept": "A", "age": 7, "open": True}])


@pytest.mark.parametrize(
    "setting",
    [
        None, "", "{}", '{"table":"people"}', '{"table":"people","kind":"conditional"}',
        '{"table":"people","kind":"none"}',
        '{"table":"other","kind":"all","clear":["name"]}', '{"kind":"all","clear":["name"]}',
        '{"table":"people","kind":"conditional","in":{"name":["甲"]}}',
        '{"table":"people","kind":"conditional","in":null}',
        '{"table":"people","kind":"conditional","in":{"dept":null}}', '{"table":"people","kind":"conditional","in":[]}',
        '{"table":"people","kind":"ALL"}', "[]", "7",
    ],
)  # fmt: skip
def test_without_a_decision_that_chooses_them_there_are_no_rows(database, setting):
    some_rows(database)

    assert read(database, setting) == []


def test_what_is_no_json_is_an_error_and_all_without_clear_is_rows_of_nulls(database):
    some_rows(database)

    with pytest.raises(psycopg.DataError):
        read(database, "nonsense")
    assert read(database, '{"table":"people","kind":"all"}') == [dict.fromkeys(FIELDS.values())]


def test_a_decision_ends_with_its_transaction(database):
    some_rows(database)

    assert read(database, settings_of(decided(ALL), TABLE))[0]["name"] == "甲"
    assert read(database) == []


def test_the_table_itself_is_not_for_the_reader(database):
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.reader.transaction():
        database.reader.execute("SELECT * FROM people")


@pytest.mark.parametrize(
    "ast",
    [
        {"type": "field", "field": "name", "operator": "eq", "value": "甲"},
        {"type": "field", "field": "dept", "operator": "ne", "value": "A"},
        {"type": "field", "field": "age", "operator": "gte", "value": 7},
        {"type": "field", "field": "dept", "operator": "startswith", "value": "A"},
        {"type": "field", "field": "dept", "operator": "eq", "value": 7},
        {"type": "field", "field": "age", "operator": "in", "value": ["7"]},
        {"type": "field", "field": "salary", "operator": "eq", "value": "A"},
        *(
            {"type": "compound", "operator": operator, "value": [
                {"type": "field", "field": "dept", "operator": "eq", "value": "A"}
            ]}
            for operator in ("or", "not")
        ),
    ],
)  # fmt: skip
def test_a_filter_that_the_policy_cannot_express_is_refused_and_never_widened(ast):
    with pytest.raises(RefusedError):
        settings_of(decided({**NOTHING, "row_filter": {"kind": "conditional", "ast": ast}}), TABLE)


def test_the_setting_is_text_that_ends_nothing(database):
    some_rows(database)
    said = {**ALL, "fields": ["name", "x'); DROP TABLE people; --"]}

    assert json.loads(settings_of(decided(said), TABLE))["clear"] == ["name"]
    assert len(read(database, settings_of(decided(said), TABLE))) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"name": "people; --"}, {"name": "People"}, {"fields": {"a": "b c"}}, {"fields": {"a": "x", "b": "x"}},
        {"filterable": {"salary": "text"}}, {"filterable": {"dept": "json"}}, {"texts": frozenset({"salary"})},
    ],
)  # fmt: skip
def test_names_that_would_have_to_be_quoted_are_refused(other):
    known = {"name": "people", "fields": FIELDS, "texts": frozenset(), "filterable": {}}
    with pytest.raises(ValueError, match=r"table and columns|filterable"):
        ReleasedTable(**{**known, **other})


@pytest.mark.parametrize(("owner", "reader"), [("a b", "c"), ("a", "c;d"), ("a", "a")])
def test_roles_are_two_and_plain(owner, reader):
    with pytest.raises(ValueError, match="two roles"):
        setup_sql(TABLE, owner, reader)
