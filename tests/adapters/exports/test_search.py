"""Search finds by each criterion what a plain look at every entry finds, newest first, and says how many."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from datetime import timedelta

import duckdb
import pytest

from adapters.exports.articles import article_id
from adapters.exports.columns import Keeper
from adapters.exports.database import Database
from adapters.exports.search import Criteria, search
from adapters.stores.log_reader import LogReader
from pdp.errors import RequestError, UnavailableError


def everything(database):
    return database.rows('SELECT * FROM entries ORDER BY "at" DESC, log, entry_index DESC').members()


@pytest.mark.parametrize(
    ("criteria", "matches"),
    [
        (Criteria(), lambda _: True),
        (Criteria(kind="rejection"), lambda row: row["kind"] == "rejection"),
        (Criteria(outcome="PARTIAL"), lambda row: row["outcome"] == "PARTIAL"),
        (Criteria(body="unit-1"), lambda row: row["body"] == "unit-1"),
        (Criteria(dataset="bj:1d624dc30eb747d7"), lambda row: row["dataset"] == "bj:1d624dc30eb747d7"),
        (Criteria(request_id="req-ask_partial_fields"), lambda row: row["request_id"] == "req-ask_partial_fields"),
        (Criteria(application="xc-app-2"), lambda row: row["application"] == "xc-app-2"),
        (Criteria(scenario="sc-tingche-zhili"), lambda row: row["scenario"] == "sc-tingche-zhili"),
        (Criteria(rule="fields_outside_scope"), lambda row: "fields_outside_scope" in (row["rules"] or ())),
        (Criteria(rule="no_"), lambda _: False),
        (Criteria(article="art_21__para_4"), lambda row: "art_21__para_4" in (row["articles"] or ())),
        (
            Criteria(article="art_21"),
            lambda row: any(one.startswith("art_21__") for one in row["articles"] or ()),
        ),
        (Criteria(article="art_2"), lambda row: any(one.startswith("art_2__") for one in row["articles"] or ())),
        (
            Criteria(outcome="DENY", body="xicheng-weijianwei"),
            lambda row: row["outcome"] == "DENY" and row["body"] == "xicheng-weijianwei",
        ),
    ],
)
def test_search_finds_what_a_look_at_every_entry_finds(database, criteria, matches):
    expected = [row["id"] for row in everything(database) if matches(row)]

    found = search(database, criteria, 1000)

    assert [row["id"] for row in found.entries] == expected
    assert found.count == len(expected)


def test_a_person_is_found_as_who_asked_and_as_who_acted(database):
    (staff,) = {row["staff"] for row in everything(database) if row["staff"]}
    (asked,) = {row["person"] for row in everything(database) if row["person"]}

    assert [row["staff"] for row in search(database, Criteria(person=staff)).entries] == [staff]
    assert [row["person"] for row in search(database, Criteria(person=asked)).entries] == [asked]


def test_a_limit_keeps_the_newest_and_the_count_of_all(database):
    newest = everything(database)[:3]

    found = search(database, Criteria(), 3)

    assert [row["id"] for row in found.entries] == [row["id"] for row in newest]
    assert found.count == len(everything(database))
    assert not search(database, Criteria(), 0).entries


def test_a_period_counts_its_beginning_and_not_its_end(database):
    last, before, *_ = everything(database)

    found = search(database, Criteria(since=before["at"], until=last["at"]))

    assert [row["id"] for row in found.entries] == [before["id"]]
    assert not search(database, Criteria(since=last["at"] + timedelta(microseconds=1))).count


@pytest.mark.parametrize("typed", ["' OR '1'='1", "x'; DROP VIEW entries; --", "$limit", '"', "%"])
@pytest.mark.parametrize("criterion", ["body", "rule", "article", "person", "kind", "request_id", "application"])
def test_what_somebody_types_is_a_value_and_never_sql(database, criterion, typed):
    assert search(database, Criteria(**{criterion: typed})).count == 0
    assert search(database, Criteria()).count > 0


def test_the_database_reads_its_own_files_only(database, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    for statement in (f"FROM read_csv('{other}')", f"COPY entries TO '{tmp_path}/out.csv'"):
        with pytest.raises(duckdb.PermissionException):
            database.rows(statement)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("第二十一条第四款", "art_21__para_4"),
        ("第 二十一 条 第 四 款", "art_21__para_4"),
        ("第十条", "art_10"),
        ("第四十条", "art_40"),
        ("第21条第4款", "art_21__para_4"),
        ("第二十七条第一款第(三)项", "art_27__para_1__item_3"),
        ("第二十七条第一款第三项", "art_27__para_1__item_3"),
        ("第二十七条第一款第\uff08三\uff09项", "art_27__para_1__item_3"),
        ("第四十二条第(一)项", "art_42__para_1__item_1"),
        ("21.4", "art_21__para_4"),
        ("art_21__para_4", "art_21__para_4"),
    ],
)
def test_an_article_is_meant_however_it_is_written(written, meant):
    assert article_id(written) == meant


@pytest.mark.parametrize("written", ["", "二十一", "第条", "21.4.1.1", "第二十一条第四", "' OR 1"])
def test_what_is_no_article_is_refused(written):
    with pytest.raises(RequestError, match="不是条款"):
        article_id(written)


def test_without_any_entry_the_operator_is_told():
    with pytest.raises(UnavailableError, match="nothing to look at"):
        Database([])


def test_several_logs_are_searched_as_one(story, tmp_path):
    for name in ("n1-0", "n1-1"):
        shutil.copytree(story.data / "n1-0", tmp_path / name)
    note = tmp_path / "n1-1" / "state" / "checkpoint"
    note.write_text(note.read_text().replace("pdp.local/n1-0", "pdp.local/n1-1"))
    keeper = Keeper(tmp_path, LogReader)

    with ExitStack() as stack:
        columns = [stack.enter_context(keeper.up_to_date(LogReader(tmp_path / name))) for name in ("n1-0", "n1-1")]
        database = stack.enter_context(Database(columns))
        found = search(database, Criteria(outcome="PARTIAL"), 3)
        alone = search(stack.enter_context(Database(columns[:1])), Criteria(outcome="PARTIAL"))

    assert found.count == 2 * alone.count
    assert [(one["log"], one["id"]) for one in found.entries] == [
        ("pdp.local/n1-0", alone.entries[0]["id"]),
        ("pdp.local/n1-1", alone.entries[0]["id"]),
        ("pdp.local/n1-0", alone.entries[1]["id"]),
    ]
