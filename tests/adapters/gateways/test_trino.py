"""Promises of Trino's documents: what is not released is said aloud, and what nobody knows is not released."""

import asyncio
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import duckdb
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from adapters.callers import Callers
from adapters.gateways.http import Doors, HttpApp
from adapters.gateways.openapi_opa import opa_paths
from adapters.gateways.trino_sql import FilterError, expression, is_type, literal, masked
from adapters.logs import make_log
from pdp.ledger.body import statement
from tests.adapters.gateways.row_filters import filters, holds, rows
from tests.adapters.gateways.town import installed

TRINO = {"id": "trino-1", "doors": ["opa_data"], "dialect": "trino", "enforces": ["mask_fields", "filter_rows"]}
ROWS = {"type": "field", "field": "dept", "operator": "in", "value": ["A", "it's"]}
MASK = {"field": "phone", "method": "partial", "keep_prefix": 3, "keep_suffix": 4}
COLUMNS = {"xm": "name", "dh": "phone", "bm": "dept", "nl": "age"}
QUERY = "20260226_010203_00001_abcde"
TYPES = {"xm": "varchar(25)", "dh": "varchar", "bm": "varchar", "nl": "integer", "zz": 'row("a b" integer, c varchar)'}
SELECT, FILTER = "SelectFromColumns", "FilterColumns"


def entries(name, at, fields, sharing) -> list:
    """Return the statements by which dataset `name` can be shared, and is the table of the same name."""
    told = [
        ("dataset.catalogued", {"provider": "A", "title": name, "fields": fields}, "A"),
        ("dataset.mapped", {"resource_entry": "r", "data_entry": "d", "system_entry": "s", "table": "t"}, "A"),
        ("dataset.approved", {"sharing": sharing}, "G"),
        ("dataset.graded", {"grade": "general"}, "A"),
        ("dataset.regime_marked", {"regime": "none"}, "A"),
        ("dataset.personal_assessed", {"personal": "none"}, "A"),
        ("dataset.linked", {}, "A"),
    ]
    return [statement(kind, {"id": name, **members}, at, by) for kind, members, by in told]


def story(at) -> list:
    """Return what is said of three datasets, their tables, and the user of one scenario."""
    user = {"engine": "trino-1", "body": "B", "scenario": "sc-1", "purpose": "duty", "system": "B-sys"}
    applied = {"applicant": "B", "scenario": "sc-1", "purpose": "duty"}
    scope = {"fields": ["name", "phone"], "rows": ROWS, "masks": [MASK]}
    return [
        *entries("part", at, ["name", "phone", "dept", "age"], "conditional"),
        *entries("open", at, ["name", "age"], "unconditional"),
        *entries("shut", at, ["name", "age"], "conditional"),
        statement(
            "application.received", {"id": "A2", "dataset": "part", "scope": {"fields": ["name", "phone"]}, **applied},
            at, "B",
        ),
        statement("application.agreed_in_part", {"id": "A2", "scope": scope, "explanation": "部分同意"}, at, "A"),
        statement(
            "query_user.registered", {"id": "b_sc1", "channel": "bigdata_platform", "mode": "api", **user}, at,
            "registrar",
        ),
        statement("query_user.registered", {"id": "gone", **user}, at, "registrar"),
        statement("query_user.withdrawn", {"id": "gone", "engine": "trino-1"}, at, "registrar"),
        statement(
            "table.mapped", {"id": "hive.town.part", "engine": "trino-1", "dataset": "part", "columns": COLUMNS}, at,
            "registrar",
        ),
        statement("table.mapped", {"id": "hive.town.open", "engine": "trino-1", "dataset": "open"}, at, "registrar"),
        statement("table.mapped", {"id": "hive.town.shut", "engine": "trino-1", "dataset": "shut"}, at, "registrar"),
        statement("table.mapped", {"id": "hive.town.was", "engine": "trino-1", "dataset": "open"}, at, "registrar"),
        statement("table.unmapped", {"id": "hive.town.was", "engine": "trino-1"}, at, "registrar"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """A running service that Trino asks; tests share it."""
    with (
        installed(tmp_path_factory.mktemp("trino"), callers=[TRINO], tokens=[]) as made,
        asyncio.Runner() as runner,
    ):
        made.ledger.record(story(made.clock.now() - timedelta(days=1)))
        runner.run(made.begin())
        log, _ = make_log(StringIO(), "json")
        app = HttpApp(Doors(made.service, Callers(made.settings.registered), log, deadline=10))

        def put(document, action, user="b_sc1", **context: object) -> httpx.Response:
            identity = {"user": user, "groups": []}
            told = {"context": {"identity": identity, "queryId": QUERY, **context}, "action": action}

            async def once() -> httpx.Response:
                async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pdp") as client:
                    return await client.post(f"/v1/data/trino/{document}", json={"input": told})

            return runner.run(once())

        def result(document, action, user="b_sc1") -> object:
            response = put(document, action, user)
            assert response.status_code == 200, response.text
            return response.json()["result"]

        yield SimpleNamespace(put=put, result=result, made=made)
        runner.run(app.close())
        runner.run(made.end())


def table(name, *columns: str, schema="town") -> dict:
    """Return the resource of a table."""
    told = {"catalogName": "hive", "schemaName": schema, "tableName": name}
    return {"table": {**told, **({"columns": list(columns)} if columns else {})}}


def columns_of(name, *columns: str) -> list:
    """Return the resources of columns whose masks are asked for."""
    return [
        {"column": {"catalogName": "hive", "schemaName": "town", "tableName": name, "columnName": column,
                    "columnType": TYPES[column]}}
        for column in columns
    ]  # fmt: skip


def masks(engine, resources, user="b_sc1") -> dict[int, str]:
    """Return the masks by index; each index comes once."""
    told = engine.result("batchColumnMasks", {"operation": "GetColumnMask", "filterResources": resources}, user)
    assert len({mask["index"] for mask in told}) == len(told)
    return {mask["index"]: mask["viewExpression"]["expression"] for mask in told}


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        (table("open", "name", "age"), True),
        (table("open"), True),
        (table("part", "xm", "dh"), True),
        (table("part", "xm", "zz"), True),
        (table("part", "zz"), False),
        (table("shut", "name"), False),
        (table("was", "name"), False),
        (table("unheard", "name"), False),
        (table("open", "name", schema="other"), False),
        (table("a.b", "name"), False),
        (table("人口", "name"), False),
        (table("tables", "table_name", schema="information_schema"), True),
    ],
)
def test_a_table_can_be_read_if_its_dataset_is_shared(engine, resource, allowed):
    assert engine.result("allow", {"operation": SELECT, "resource": resource}) is allowed
    assert engine.result("allow", {"operation": SELECT, "resource": resource}, user="nobody") is False
    assert engine.result("allow", {"operation": SELECT, "resource": resource}, user="gone") is False


@pytest.mark.parametrize(
    "operation",
    [
        *("InsertIntoTable", "DeleteFromTable", "CreateTable", "DropTable", "ImpersonateUser", "ExecuteProcedure"),
        *("SetSystemSessionProperty", "CreateViewWithSelectFromColumns", "KillQueryOwnedBy", "selectfromcolumns", "x"),
    ],
)
def test_what_is_not_known_to_read_is_not_allowed(engine, operation):
    assert engine.result("allow", {"operation": operation, "resource": table("open", "name")}) is False
    assert engine.result("batch", {"operation": operation, "filterResources": [table("open")]}) == []


@pytest.mark.parametrize("operation", ["ExecuteQuery", "AccessCatalog", "ShowSchemas", "ShowTables", "FilterCatalogs"])
def test_a_query_can_be_begun_by_whoever_is_registered(engine, operation):
    assert engine.result("allow", {"operation": operation, "resource": {"catalog": {"name": "hive"}}}) is True
    assert engine.result("allow", {"operation": operation}, user="nobody") is False


def test_a_batch_names_the_places_of_tables_that_may_be_seen(engine):
    told = [table("unheard"), table("open"), table("was"), table("part"), table("open")]

    assert engine.result("batch", {"operation": "FilterTables", "filterResources": told}) == [1, 3, 4]
    assert engine.result("batch", {"operation": "FilterTables", "filterResources": told}, user="nobody") == []
    assert engine.result("batch", {"operation": "FilterTables", "filterResources": []}) == []


def test_a_batch_of_columns_names_places_within_the_one_table(engine):
    told = [table("part", "nl", "dh", "zz", "xm")]

    assert engine.result("batch", {"operation": FILTER, "filterResources": told}) == [1, 3]
    assert engine.result("batch", {"operation": FILTER, "filterResources": told}, user="nobody") == []
    assert engine.result("allow", {"operation": FILTER, "resource": table("part", "xm")}) is True
    assert engine.result("allow", {"operation": FILTER, "resource": table("part", "xm", "nl")}) is False
    assert engine.put("batch", {"operation": FILTER, "filterResources": [*told, *told]}).status_code == 400


def test_a_user_sees_its_own_queries_and_nobody_elses(engine):
    told = [{"user": {"user": name}} for name in ("other", "b_sc1")]

    assert engine.result("batch", {"operation": "FilterViewQueryOwnedBy", "filterResources": told}) == [1]
    assert engine.result("allow", {"operation": "FilterViewQueryOwnedBy", "resource": told[0]}) is False


@pytest.mark.parametrize(
    ("name", "user", "filters"),
    [
        ("open", "b_sc1", []),
        ("part", "b_sc1", [{"expression": """("bm" IN ('A', 'it''s'))"""}]),
        ("shut", "b_sc1", [{"expression": "false"}]),
        ("unheard", "b_sc1", [{"expression": "false"}]),
        ("was", "b_sc1", [{"expression": "false"}]),
        ("open", "nobody", [{"expression": "false"}]),
        ("open", "gone", [{"expression": "false"}]),
    ],
)
def test_only_where_all_rows_are_released_there_is_no_filter(engine, name, user, filters):
    assert engine.result("rowFilters", {"operation": "GetRowFilters", "resource": table(name)}, user) == filters


def test_a_column_that_is_withheld_or_unknown_is_null_and_a_masked_one_is_masked(engine):
    told = masks(engine, columns_of("part", "xm", "dh", "nl", "zz"))

    assert told == {
        1: """CAST(CASE WHEN "dh" IS NULL THEN NULL WHEN length("dh") > 3 + 4 THEN substr("dh", 1, 3) || '****' || """
        """substr("dh", -4) ELSE '***' END AS varchar)""",
        2: "CAST(NULL AS integer)",
        3: """CAST(NULL AS row("a b" integer, c varchar))""",
    }
    assert masks(engine, columns_of("unheard", "nl"), user="b_sc1") == {0: "CAST(NULL AS integer)"}
    assert masks(engine, columns_of("part", "xm"), user="nobody") == {0: "CAST(NULL AS varchar(25))"}
    assert masks(engine, [*columns_of("part", "nl"), *columns_of("shut", "nl")]).keys() == {0, 1}


def test_rows_of_a_query_are_grouped_by_its_id_in_the_record(engine):
    answer = engine.put("allow", {"operation": SELECT, "resource": table("open", "name")})

    record = engine.made.service.decision(answer.json()["decision_id"])
    assert record["request"]["dataset"] == "open"
    assert record["request"]["door"] == "opa_data"
    assert record["request"]["request_id"]
    others = engine.put("rowFilters", {"operation": "GetRowFilters", "resource": table("open")})
    assert (
        engine.made.service.decision(others.json()["decision_id"])["request"]["request_id"]
        == (record["request"]["request_id"])
    )


def test_no_column_mask_is_asked_for_one_by_one(engine):
    response = engine.put("columnMask", {"operation": "GetColumnMask", "resource": columns_of("part", "xm")[0]})

    assert (response.status_code, response.json()["code"]) == (404, "undefined_document")


@pytest.mark.parametrize(
    ("document", "action"),
    [
        ("allow", {}),
        ("allow", {"operation": SELECT}),
        ("allow", {"operation": SELECT, "resource": {"table": {"catalogName": "hive", "tableName": "open"}}}),
        ("allow", {"operation": SELECT, "resource": table("open", "a\nb")}),
        ("allow", {"operation": SELECT, "resource": {"table": {**table("open")["table"], "columns": "name"}}}),
        ("batch", {"operation": "FilterTables"}),
        ("batch", {"operation": "FilterTables", "filterResources": [1]}),
        ("rowFilters", {"operation": "GetRowFilters", "resource": {}}),
        ("batchColumnMasks", {"operation": "GetColumnMask", "filterResources": [table("open")]}),
        *(
            ("batchColumnMasks", {"filterResources": [{"column": {
                "catalogName": "h", "schemaName": "s", "tableName": "t", "columnName": "c", "columnType": bad,
            }}]})
            for bad in ("", "varchar)", "int; drop", "x' || 'y", 'row("a)', "(" * 3, "a" * 600)
        ),
    ],
)  # fmt: skip
def test_an_input_that_trino_does_not_send_is_bad(engine, document, action):
    response = engine.put(document, action)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")


def test_a_failure_is_an_error_and_never_no_limit(engine, monkeypatch):
    def down() -> None:
        raise OSError

    monkeypatch.setattr(engine.made.service, "known", down)

    for document in ("rowFilters", "batchColumnMasks", "allow", "batch"):
        response = engine.put(document, {"operation": SELECT, "resource": table("open"), "filterResources": []})
        assert (response.status_code, response.json()["code"]) == (503, "internal_error")
        assert "result" not in response.json()


@pytest.fixture(scope="module")
def database():
    """A database that reads SQL as Trino does, as far as it is used here."""
    with duckdb.connect() as connection:
        yield connection


@settings(max_examples=150, deadline=None)
@given(filters, st.lists(rows, min_size=1, max_size=8))
def test_a_database_reads_an_expression_as_the_filter_is_meant(database, node, told):
    database.execute("""CREATE OR REPLACE TABLE t (n INTEGER, "d""e p" VARCHAR, age BIGINT, "on" BOOLEAN)""")
    database.executemany(
        "INSERT INTO t VALUES (?, ?, ?, ?)", [(n, r["dept"], r["age"], r["on"]) for n, r in enumerate(told)]
    )
    condition = expression(node, {"dept": 'd"e p', "age": "age", "on": "on"}.__getitem__)
    found = {n for (n,) in database.execute(f"SELECT n FROM t WHERE {condition}").fetchall()}  # noqa: S608

    assert found == {n for n, row in enumerate(told) if holds(node, row) is True}


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_text_stays_one_text(database, text):
    assert database.execute(f"SELECT {literal(text)}").fetchone() == (text,)


jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "field", "operator", "value", "x"]), inner, max_size=4
    ),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(jsons | filters, st.sampled_from(["type", "operator", "value", "field"]), jsons)
def test_what_is_no_filter_is_never_all_rows(node, member, value):
    changed = {**node, member: value} if isinstance(node, dict) else node
    try:
        condition = expression(changed, {"dept": "dept", "age": "age", "on": "on"}.__getitem__)
    except FilterError:
        return
    assert condition.startswith(("(", "starts_with("))
    assert changed["type"] in {"field", "compound"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [("13912345678", "139****5678"), ("12345678", "123****5678"), ("1234567", "***"), ("", "***"), (None, None)],
)
def test_a_partial_mask_hides_something_or_all(database, value, shown):
    database.execute("CREATE OR REPLACE TABLE t (c VARCHAR)")
    database.execute("INSERT INTO t VALUES (?)", [value])
    assert database.execute(f"SELECT {masked(MASK, 'c', 'varchar')} FROM t").fetchone() == (shown,)  # noqa: S608


@pytest.mark.parametrize(
    ("mask", "of_type", "view"),
    [
        ({"method": "null"}, "varchar", "CAST(NULL AS varchar)"),
        ({"method": "redact"}, "varchar(9)", "CAST('***' AS varchar(9))"),
        ({"method": "redact"}, "bigint", "CAST(NULL AS bigint)"),
        ({"method": "hash"}, "varchar", "CAST('***' AS varchar)"),
        ({"method": "generalise", "table": "x"}, "date", "CAST(NULL AS date)"),
        ({"method": "partial", "keep_prefix": "3"}, "varchar", "CAST('***' AS varchar)"),
        ({"method": "unheard"}, "varchar", "CAST('***' AS varchar)"),
        ({}, "varchar", "CAST('***' AS varchar)"),
    ],
)
def test_what_a_mask_cannot_express_is_hidden_whole(mask, of_type, view):
    assert masked(mask, "c", of_type) == view


@pytest.mark.parametrize(
    "of_type",
    [
        *("varchar", "varchar(25)", "decimal(10, 2)", "timestamp(3) with time zone", "array(map(varchar, bigint))"),
        *('row("a ""b" integer, c row(d date))', "IPADDRESS"),
    ],
)
def test_a_type_is_read_as_one(of_type):
    assert is_type(of_type)


def test_the_examples_of_the_openapi_page_are_answered_as_it_says(engine):
    for path, methods in opa_paths({"/v1/data"}).items():
        operation = methods["post"]
        asked = operation["requestBody"]["content"]["application/json"]["examples"].get("trino")
        if asked is None:
            continue
        put = asked["value"]["input"]
        for user in (put["context"]["identity"]["user"], "nobody"):
            answer = engine.put(path.removeprefix("/v1/data/trino/"), put["action"], user)
            assert answer.status_code == 200
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            Draft202012Validator(schema).validate(answer.json())
