"""The columns say what the log says, follow it, and are rebuilt wherever they are not this log's."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from adapters.exports.columns import PIECES, Keeper
from adapters.exports.database import Database
from adapters.exports.verdict_columns import fact_columns
from adapters.stores.log_reader import LogReader
from pdp.errors import UnavailableError
from pdp.log.entry import FIRST, entry_bytes, leaf_hash, record_of
from pdp.log.frames import RECORD, SegmentHeader, frame_bytes
from pdp.log.instants import utc
from pdp.log.readable import Legend, spell_out

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    from adapters.exports.columns import Columns

    class Story(Protocol):
        """The log of the fixture `story`; test files are collected by path and import nothing of each other."""

        data: Path
        log: LogReader

        def __init__(self, data: Path) -> None: ...

        def sign(self, origin: str, entries: list[bytes]) -> None:
            """Sign the tree over `entries`."""
            ...


SMALL = 8  # entries a part


@pytest.fixture
def copied(story, tmp_path) -> Path:
    """Return a data folder with a copy of the log, and no columns."""
    shutil.copytree(story.data / "n1-0", tmp_path / "n1-0")
    return tmp_path


def log_in(data: Path) -> LogReader:
    return LogReader(data / "n1-0")


def brought_up(data: Path, *, full: int = SMALL, workers: int = 1) -> list[str]:
    """Return the names of the parts after bringing them up."""
    with Keeper(data, LogReader, full, workers).up_to_date(log_in(data)) as columns:
        return [part.path.name for part in columns.parts]


def name(first: int, last: int) -> str:
    return f"{first:020d}-{last:020d}.parquet"


def rows(data: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return what somebody else finds with DuckDB alone."""
    with duckdb.connect() as database:
        files = str(data / "columns" / "n1-0" / "*.parquet")
        return database.execute(sql.replace("LOG", "read_parquet($files)"), {"files": files}).fetchall()


def signed_at(story: Story, data: Path, size: int) -> None:
    """Let the log in `data` be signed up to `size` entries and no further."""
    entries = [entry for _, entry in story.log.records(0, size)]
    story_there = type(story)(data)
    story_there.sign(story.log.checkpoint.origin, entries)


def test_duckdb_reads_the_folder_alone_and_every_entry_is_there_once(copied, story):
    brought_up(copied)
    size = story.log.checkpoint.size

    assert rows(copied, "SELECT count(*), count(DISTINCT entry_index), max(entry_index) FROM LOG") == [
        (size, size, size - 1)
    ]


def test_columns_say_of_each_decision_what_its_record_says(columns, database):
    ((activation,),) = database.rows("SELECT min(entry_index) FROM entries WHERE kind = 'rulebook.activated'").rows
    facts = json.loads(record_of(next(columns.log.records(activation))[1]))["facts"]
    told = {row["entry_index"]: row for row in database.rows("SELECT * FROM entries").members()}

    for index, entry in columns.log.records():
        record, row = json.loads(record_of(entry)), told[index]
        assert (row["id"], row["kind"], row["leaf"]) == (record["id"], record["kind"], leaf_hash(entry).hex())
        assert utc(row["at"]) == record["at"]
        if record["kind"] == "decision":
            spelled = spell_out(record, Legend(tuple(facts)))
            assert row["outcome"] == spelled["outcome"]
            assert row["dataset"] == spelled["request"]["dataset"]
            assert row["body"] == spelled["request"].get("subject", {}).get("body")
            assert row["duties"] == [duty["id"] for duty in spelled.get("duties", [])]
            assert row["remedies"] == ([way for way in record["remedies"]] if "remedies" in record else None)  # noqa: C416
            assert utc(row["valid_until"]) == spelled["valid_until"]
            if "facts" in spelled:
                assert {fact: row[f"fact_{fact}"] for fact in facts if row[f"fact_{fact}"]} == spelled["facts"]
                assert row["findings"] == spelled["findings"]


def test_what_a_partial_answer_keeps_back_counts_among_rules_and_articles_and_not_among_findings(database):
    (told,) = database.rows(
        "SELECT findings, rules, articles, fields_asked, fields_granted, fields_withheld FROM entries "
        "WHERE outcome = 'PARTIAL' AND groups IS NULL"
    ).members()

    assert "fields_outside_scope" in told["rules"]
    assert "fields_outside_scope" not in {found["rule"] for found in told["findings"]}
    assert {"art_19__para_3", "art_24__para_1"} <= set(told["articles"])
    assert set(told["fields_asked"]) == {*told["fields_granted"], *told["fields_withheld"]}


def test_where_groups_differ_a_fact_has_the_values_of_all_in_their_order(database):
    (told,) = database.rows("SELECT * FROM entries WHERE groups IS NOT NULL").members()

    assert [group["outcome"] for group in told["groups"]] == ["PARTIAL", "DENY"]
    assert told["fact_sharing_class"] == "unconditional|conditional"
    assert told["fact_relation"] == "sharing"


def test_a_fact_that_applies_to_some_groups_is_a_dash_for_the_others():
    assert fact_columns("yes - a | yes b -", ["x", "y", "z"]) == {"x": "yes", "y": "-|b", "z": "a|-"}
    assert fact_columns("- yes", ["x", "y"]) == {"y": "yes"}
    with pytest.raises(ValueError, match="zip"):
        fact_columns("yes", ["x", "y"])


def test_nothing_unsigned_is_ever_in_a_column(copied, story):
    signed_at(story, copied, 10)

    assert brought_up(copied) == [name(0, 7), name(8, 9)]
    assert rows(copied, "SELECT max(entry_index) FROM LOG") == [(9,)]


def test_columns_follow_the_log_and_only_new_entries_are_read(copied, story):
    signed_at(story, copied, 10)
    brought_up(copied)
    before = (copied / "columns" / "n1-0" / name(0, 7)).stat().st_mtime_ns
    signed_at(story, copied, 12)

    told: list[int] = []
    announced: list[int] = []
    with Keeper(copied, LogReader, SMALL, 1).up_to_date(
        log_in(copied), lambda total: announced.append(total) or told.append
    ):
        pass

    assert (announced, sum(told)) == ([2], 2)
    assert (copied / "columns" / "n1-0" / name(0, 7)).stat().st_mtime_ns == before


def test_small_parts_become_one_when_their_block_is_complete(copied, story):
    for size in (9, 10, 12, 16):
        signed_at(story, copied, size)
        names = brought_up(copied)

    assert names == [name(0, 7), name(8, 15)]
    assert rows(copied, "SELECT count(DISTINCT leaf) FROM LOG") == [(16,)]


def test_small_parts_become_one_when_they_are_many(copied, story):
    for size in range(1, PIECES + 2):
        signed_at(story, copied, size)
        names = brought_up(copied, full=1000)

    assert names == [name(0, PIECES)]


@pytest.mark.parametrize("harm", ["truncated", "renamed", "foreign", "another form", "nothing"])
def test_a_part_that_does_not_belong_to_the_log_is_built_again(copied, harm):
    names = brought_up(copied)
    folder = copied / "columns" / "n1-0"
    whole = rows(copied, "SELECT entry_index, leaf FROM LOG ORDER BY entry_index")
    path = folder / names[1]
    if harm == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif harm == "renamed":
        path.rename(folder / name(8, 14))
    elif harm == "foreign":
        shutil.copyfile(folder / names[0], path)
    elif harm == "another form":
        path.write_bytes(path.read_bytes().replace(b'"form":1', b'"form":0'))
    (folder / f".{name(8, 15)}.123").write_bytes(b"begun and not finished")

    assert brought_up(copied) == names
    assert rows(copied, "SELECT entry_index, leaf FROM LOG ORDER BY entry_index") == whole
    assert {entry.name for entry in folder.iterdir()} == {*names, "lock"}


def test_columns_of_a_log_that_was_replaced_by_another_are_built_again(copied, story):
    brought_up(copied)
    records = [record_of(entry) for _, entry in story.log.records(1)]
    shutil.rmtree(copied / "n1-0")
    relinked(copied, story, records)

    names = brought_up(copied)

    assert names[0] == name(0, 7)
    assert rows(copied, "SELECT leaf FROM LOG WHERE entry_index = 0") == [(leaf_hash(log_in(copied).entry(0)).hex(),)]
    assert rows(copied, "SELECT count(*) FROM LOG") == [(len(records),)]


def test_columns_of_a_log_set_back_to_an_older_copy_are_cut_with_it(copied, story):
    brought_up(copied)
    signed_at(story, copied, 12)

    assert brought_up(copied) == [name(0, 7), name(8, 11)]


def test_a_merge_that_was_cut_off_leaves_no_entry_twice(copied, story):
    signed_at(story, copied, 12)
    brought_up(copied)
    piece = copied / "columns" / "n1-0" / name(8, 11)
    kept = piece.read_bytes()
    signed_at(story, copied, 16)
    brought_up(copied)
    piece.write_bytes(kept)  # the merged part had its name, and this one was not gone yet

    assert brought_up(copied) == [name(0, 7), name(8, 15)]
    assert not piece.exists()


def test_processes_build_the_same_columns_as_one(copied, monkeypatch):
    brought_up(copied, workers=1)
    alone = rows(copied, "SELECT * FROM LOG ORDER BY entry_index")
    shutil.rmtree(copied / "columns")
    monkeypatch.setattr("adapters.exports.columns.WORTH", 1)

    brought_up(copied, workers=2)

    assert rows(copied, "SELECT * FROM LOG ORDER BY entry_index") == alone


@pytest.mark.parametrize("workers", [1, 2])
def test_a_damaged_entry_is_told_of_with_its_place_and_no_part_holds_it(copied, story, monkeypatch, workers):
    monkeypatch.setattr("adapters.exports.columns.WORTH", 1)
    (segment,) = (copied / "n1-0" / "journal").glob("*.seg")
    data = bytearray(segment.read_bytes())
    data[data.index(b"share_deemed")] ^= 1
    segment.write_bytes(data)

    with pytest.raises(UnavailableError, match=r"\.seg: byte [0-9]+: no intact frame"):
        brought_up(copied, workers=workers)
    damaged = next(index for index, entry in story.log.records() if b"share_deemed" in entry)
    first = damaged // SMALL * SMALL
    assert not (copied / "columns" / "n1-0" / name(first, first + SMALL - 1)).exists()


@pytest.fixture
def with_a_new_fact(story, tmp_path) -> tuple[Path, int]:
    """Return a data folder whose log ends with a revision that knows one fact more, and the number of its entries."""
    entries = [entry for _, entry in story.log.records()]
    places = [place for place, entry in enumerate(entries) if b'"kind":"rulebook.activated"' in entry]
    activation = json.loads(record_of(entries[places[1]]))
    activation["facts"].append("moon_phase")
    activation["revision"]["set"] = "ab" * 32
    later = json.dumps(activation, separators=(",", ":")).encode()
    relinked(tmp_path / "later", story, [*map(record_of, entries[: places[1]]), later])
    return tmp_path / "later", places[1] + 1


def test_all_parts_get_a_column_for_each_fact_that_any_revision_has(with_a_new_fact):
    data, size = with_a_new_fact

    brought_up(data)

    read = rows(data, "SELECT count(*), count(fact_moon_phase), count(fact_relation) > 0 FROM LOG")
    assert read == [(size, 0, True)]


def test_parts_that_were_left_unlike_each_other_are_made_alike_at_the_next_start(with_a_new_fact, monkeypatch):
    data, size = with_a_new_fact
    tidy = Keeper._tidy  # noqa: SLF001  # what a stop cuts off
    monkeypatch.setattr(Keeper, "_tidy", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        brought_up(data)
    with pytest.raises(duckdb.Error):
        rows(data, "SELECT count(fact_moon_phase) FROM LOG")
    monkeypatch.setattr(Keeper, "_tidy", tidy)

    brought_up(data)

    assert rows(data, "SELECT count(*), count(fact_moon_phase) FROM LOG") == [(size, 0)]


def test_a_decision_whose_revision_nobody_explained_is_an_error_and_no_guess(story, tmp_path):
    records = [record_of(entry) for _, entry in story.log.records() if b'"rulebook.activated"' not in entry]
    data = tmp_path / "silent"
    relinked(data, story, records)

    with pytest.raises(UnavailableError, match="look for the older part"):
        brought_up(data)
    assert not list((data / "columns" / "n1-0").glob("*.parquet"))


def test_what_others_brought_further_meanwhile_is_not_shown(copied, story):
    signed_at(story, copied, 10)
    older = log_in(copied).note
    signed_at(story, copied, 12)
    with Keeper(copied, LogReader, SMALL, 1).up_to_date(log_in(copied)) as columns:
        behind: Columns = type(columns)(columns.log, older, columns.parts)
        with Database([behind]) as database:
            assert database.rows("SELECT max(entry_index) FROM entries").rows == [(9,)]


def test_what_a_log_was_pruned_of_is_dropped_from_the_columns_too(copied):
    brought_up(copied)

    Keeper(copied, LogReader).drop(log_in(copied))

    assert not list((copied / "columns" / "n1-0").glob("*.parquet"))


def test_where_columns_cannot_be_written_the_operator_is_told_where(copied):
    (copied / "columns").write_text("in the way")

    with pytest.raises(UnavailableError, match=r"columns/n1-0: cannot be written"):
        brought_up(copied)


def relinked(data: Path, story: Story, records: list[bytes]) -> None:
    """Write a signed log of `records`, linked anew, in one segment."""
    entries: list[bytes] = []
    for index, record in enumerate(records):
        entries.append(entry_bytes(leaf_hash(entries[-1]).hex() if entries else FIRST, record, index))
    segment = bytearray(SegmentHeader(0, 0, 0, bytes(32), bytes(32)).pack())
    for index, entry in enumerate(entries):
        segment += frame_bytes(RECORD, index, index, 0, entry)
        segment += bytes(-len(segment) % 4096)
    journal = data / "n1-0" / "journal"
    journal.mkdir(parents=True)
    (journal / f"{0:020d}.seg").write_bytes(segment)
    type(story)(data).sign(story.log.checkpoint.origin, entries)
