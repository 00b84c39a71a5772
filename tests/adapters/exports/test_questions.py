"""Every question that regulators ask gives what really happened in a small log; its file says what it is for."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.assemble import compiled, open_ledger
from adapters.exports.questions import BEGINNING, END, ORDER, ask, parsed, queries
from pdp.errors import RequestError
from pdp.law import cite
from pdp.log.revision import digests, revision_set
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from adapters.exports.database import Database, Rows

GOLDEN = Path(__file__).parent / "golden"
GIVEN = {
    "who-read": ["bj:2b57c5bf21974959"],
    "what-did": ["xicheng-weijianwei"],
    "stale": ["seconds=0.05"],
}
LEFT_OUT = {"age", "detail", "index", "question"}  # what depends on clock readings, earlier events, wording


class Known:
    """What questions may need beside the log: the ledger's statements and the policies that decided."""

    def __init__(self, data: Path) -> None:
        policies, rulebook = compiled(Path(__file__).parents[3])
        self.policies = policies, revision_set(digests(rulebook.revision))
        with open_ledger(data) as ledger:
            self.statements = list(ledger.statements())


@pytest.fixture(scope="module")
def known(story) -> Known:
    return Known(story.data)


def answered(name: str, database: Database, known: Known, given: list[str], **period: datetime) -> Rows:
    """Return the answer to a question about the story."""
    query = queries()[name]
    return ask(database, query, query.values(given), statements=known.statements, policies=known.policies, **period)


class Names:
    """Names what changes from run to run by what happened: `decision 3` for an id or an instant, `person 1`."""

    def __init__(self, database: Database) -> None:
        found = database.rows(
            "SELECT id, shanghai(\"at\"), kind || ' ' || row_number() OVER (PARTITION BY kind ORDER BY entry_index), "
            "revision_set FROM entries ORDER BY entry_index"
        ).rows
        self._known: dict[object, str] = {}
        for record, at, label, revision in found:
            self._known[record] = self._known[at] = label
            self._known[revision] = "the revision"
        self._known.pop(None, None)
        self._persons: dict[str, str] = {}

    def of(self, value: object) -> object:
        """Return `value` as a golden file has it."""
        if isinstance(value, list):
            return [self.of(item) for item in value]
        if value in self._known:
            return self._known[value]
        if isinstance(value, str) and value.startswith("p1."):
            return self._persons.setdefault(value, f"person {len(self._persons) + 1}")
        return value.isoformat() if isinstance(value, date) else value


def golden(database: Database, rows: Rows) -> list[dict[str, object]]:
    """Return an answer as its golden file has it."""
    names = Names(database)
    told = [row for row in rows.members() if row.get("decisions") != 0]  # readings that no decision rests on are many
    told = [row for row in told if not str(row.get("kind", "")).startswith("key.")]  # keys are others' promises
    return [{name: names.of(value) for name, value in row.items() if name not in LEFT_OUT} for row in told]


@pytest.mark.parametrize("name", ORDER)
def test_each_question_tells_what_happened(name, database, known):
    given = GIVEN.get(name, [])
    if name == "person":
        given = [database.rows("SELECT staff FROM entries WHERE staff IS NOT NULL").rows[0][0]]

    rows = answered(name, database, known, given)

    expected = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert golden(database, rows) == expected
    assert expected, "a question that nothing in the story answers is not tested"
    assert set(rows.names) == set(queries()[name].titles)


def test_each_question_says_what_it_is_for_and_on_which_articles():
    for query in queries().values():
        assert query.purpose
        assert query.articles
        assert all(cite(article) for article in query.articles)


def test_every_file_is_a_question():
    folder = Path(__file__).parents[3] / "adapters" / "exports" / "queries"

    assert {path.stem for path in folder.glob("*.sql")} == set(ORDER)


def test_a_period_counts_its_beginning_and_not_its_end(database, known):
    (first,), *_, (last,) = database.rows('SELECT "at" FROM entries WHERE kind = \'decision\' ORDER BY "at"').rows

    def decided(since: datetime, until: datetime) -> int:
        days = answered("volume", database, known, [], since=since, until=until).members()
        return sum(day["decisions"] for day in days)

    whole = decided(BEGINNING, END)
    database.say({}, ["DROP VIEW decisions", "DROP VIEW period"])
    assert decided(first, last) == whole - 1


def test_a_clock_that_was_set_back_is_told_with_how_far(database, known):
    details = {row["kind"]: row["detail"] for row in answered("gaps", database, known, []).members()}

    assert 0 < json.loads(details["clock.stepped"])["back_ms"] <= 2000
    assert details["time.back"].endswith(" ms")


def test_a_stale_ledger_is_told_by_how_late_it_was(database, known):
    ages = [row["age"] for row in answered("stale", database, known, ["0.05"]).members()]

    assert ages == sorted(ages, reverse=True)
    assert all(0.05 < age < 1 for age in ages)


@pytest.mark.parametrize(
    ("name", "given", "fault"),
    [
        ("who-read", [], "dataset"),
        ("who-read", ["a", "b"], "没有这一参数"),
        ("who-read", ["dataset=a", "dataset=b"], "没有这一参数"),
        ("volume", ["dataset=a"], "没有这一参数"),
        ("stale", ["seconds=soon"], "不是数字"),
    ],
)
def test_a_parameter_that_is_missing_unknown_or_no_number_is_refused(name, given, fault):
    with pytest.raises(RequestError, match=fault):
        queries()[name].values(given)


def test_a_parameter_may_be_given_by_name_or_in_order_and_has_its_default():
    assert queries()["who-read"].values(["x"]) == queries()["who-read"].values(["dataset=x"]) == {"dataset": "x"}
    assert queries()["stale"].values([]) == {"seconds": 1.0}
    assert queries()["who-read"].values(["x=y"]) == {"dataset": "x=y"}


def test_what_somebody_types_is_a_value_and_never_sql(database, known):
    rows = answered("who-read", database, known, ["x' OR '1'='1"])

    assert rows.rows == []


def test_a_malformed_header_is_a_defect_that_shows():
    with pytest.raises(ValueError, match="no parameter"):
        parsed("x", "-- 用途\n-- parameter: dataset\nSELECT 1")


def test_local_time_is_eight_hours_ahead(database):
    ((local, instant),) = database.rows('SELECT shanghai("at"), "at" FROM entries WHERE entry_index = 0').rows

    assert local.replace(tzinfo=SHANGHAI) - instant == timedelta(0)
