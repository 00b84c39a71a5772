"""Promises of query engines: a user asks for one body and scenario, a table holds one dataset, and both can end."""

import pytest

from pdp.ledger.matter import states
from pdp.ledger.scope import moment
from pdp.ledger.states import MappedTable

DAY = moment("2026-02-20")
USER = {"id": "b_sc1", "engine": "trino", "body": "B", "scenario": "sc-1"}
TABLE = {"id": "hive.town.r", "engine": "trino", "dataset": "R"}


@pytest.fixture
def told(scribe):
    """Return a scribe to a town with A's dataset R, whose fields are a, b and c."""
    told = scribe().bodies().dataset()
    told.say("system.registered", "2026-01-01", id="B-sys", body="B", post="核定", duties=["duty-B"])
    return told


def test_a_user_asks_for_the_body_and_scenario_last_registered(told):
    told.say("query_user.registered", "2026-02-01", **USER)
    seq = told.say("query_user.registered", "2026-02-03", **USER | {"scenario": "sc-2", "system": "B-sys"})

    before, after = (told.world.query_user("trino", "b_sc1", moment(day)) for day in ("2026-02-02", "2026-02-03"))
    assert (before.body, before.scenario) == ("B", "sc-1")
    assert (after.scenario, after.system, after.said) == ("sc-2", "B-sys", {"query_user": (seq,)})
    assert told.world.query_user("other", "b_sc1", DAY).body == ""
    assert told.world.query_user("trino", "b_sc1", moment("2026-01-31")).until == moment("2026-02-01")


def test_a_user_that_is_withdrawn_asks_for_nobody(told):
    told.say("query_user.registered", "2026-02-01", **USER)
    told.say("query_user.withdrawn", "2026-02-03", id="b_sc1", engine="trino")

    assert told.world.query_user("trino", "b_sc1", moment("2026-02-02")).body == "B"
    assert told.world.query_user("trino", "b_sc1", DAY).body == ""
    assert "is not there" in told.refused("query_user.withdrawn", "2026-02-04", id="b_sc1", engine="trino")
    assert "is not there" in told.refused("query_user.withdrawn", "2026-02-04", id="b_sc1", engine="other")


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"body": "X"}, "no registered body"),
        ({"body": "unheard"}, "no registered body"),
        ({"system": "unheard"}, 'none of "B"'),
        ({"system": "B-sys", "body": "A"}, 'none of "A"'),
        ({"id": "a user"}, "an id has"),
        ({"channel": "anywhere"}, "one of its words"),
    ],
)
def test_a_user_is_registered_for_what_is_registered(told, changed, fault):
    assert fault in told.refused("query_user.registered", "2026-02-01", by="registrar", **USER | changed)


@pytest.mark.parametrize("speaker", ["A", "B", "X", "regulator"])
def test_only_the_registrar_says_for_whom_a_user_asks(told, speaker):
    assert "is for the registrar" in told.refused("query_user.registered", "2026-02-01", by=speaker, **USER)


def test_a_table_holds_one_dataset_until_that_ends(told):
    told.dataset("R2")
    told.say("table.mapped", "2026-02-01", by="regulator", **TABLE, columns={"col_a": "a"})

    table = told.world.table("trino", "hive.town.r", DAY)
    assert (table.dataset, table.columns) == ("R", {"col_a": "a"})
    assert "end that first" in told.refused("table.mapped", "2026-02-02", **TABLE | {"dataset": "R2"})
    told.say("table.unmapped", "2026-02-03", id="hive.town.r", engine="trino")
    assert told.world.table("trino", "hive.town.r", DAY) == MappedTable()
    told.say("table.mapped", "2026-02-04", **TABLE | {"dataset": "R2"})
    assert told.world.table("trino", "hive.town.r", DAY).dataset == "R2"
    assert told.world.table("other", "hive.town.r", DAY).dataset == ""


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"dataset": "unheard"}, "in no catalogue"),
        ({"columns": {"col_a": "z"}}, 'no field of "R"'),
        ({"columns": {}}, "does not name for each column"),
        ({"columns": {"col_a": 1}}, "does not name for each column"),
    ],
)
def test_a_table_is_mapped_to_what_the_catalogue_has(told, changed, fault):
    assert fault in told.refused("table.mapped", "2026-02-01", **TABLE | changed)


@pytest.mark.parametrize("speaker", ["A", "B", "X", "cyberspace"])
def test_a_table_is_mapped_by_the_platform_or_the_registrar_and_by_no_provider(told, speaker):
    refusal = told.refused("table.mapped", "2026-02-01", by=speaker, **TABLE)

    assert "is for the registrar or bigdata_platform" in refusal
    assert "art_3__para_3" in refusal


def test_what_is_known_of_both_can_be_looked_up(told):
    told.say("query_user.registered", "2026-02-01", **USER)
    told.say("table.mapped", "2026-02-01", **TABLE)

    assert states(told.world, "query_user/trino/b_sc1", DAY) == [told.world.query_user("trino", "b_sc1", DAY)]
    assert states(told.world, "table/trino/hive.town.r", DAY) == [told.world.table("trino", "hive.town.r", DAY)]
