"""Promises of Casbin tables: the row that matches, none, or a refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.engines.casbin_tables import CasbinTables
from pdp.errors import PolicyError, UnavailableError


def test_the_row_that_matches_is_reported(table_job):
    assert CasbinTables().matches([table_job]) == [[0, None, 1, None]]


def test_an_empty_table_matches_nothing(table_job):
    assert CasbinTables().matches([replace(table_job, rows=())]) == [[None] * 4]


def test_a_cell_is_data_and_never_another_row(table_job):
    breakout = ("sharing", "read\np, opening, *, open", "share")

    assert CasbinTables().matches([replace(table_job, rows=(breakout,))]) == [[None] * 4]


def test_rows_that_casbin_would_not_keep_are_refused(table_job):
    with pytest.raises(PolicyError, match="not the rows it was given"):
        CasbinTables().matches([replace(table_job, rows=(table_job.rows[0], table_job.rows[0]))])


@pytest.mark.parametrize("model", ["", "[matchers]\nm = r.relation =="])
def test_a_model_that_casbin_cannot_read_is_refused(table_job, model):
    with pytest.raises((PolicyError, UnavailableError)):
        CasbinTables().matches([replace(table_job, model=model)])


def test_a_matcher_that_reads_no_row_is_not_what_the_cells_say(table_job):
    model = table_job.model.replace("m = ", 'm = r.relation == "other" || ')
    lone = replace(table_job, model=model, requests=(("other", "platform"),))

    assert CasbinTables().matches([lone]) == [[0]]  # compilation holds this against the cells, and refuses


@pytest.mark.parametrize("row", [-2, 2])
def test_a_row_that_does_not_exist_refuses_the_load(table_job, worker, row):
    code = f'print(json.dumps({{"job": 0, "answers": [0, {row}, 1, -1]}}))\nprint(json.dumps({{"done": 1}}))'

    with pytest.raises(UnavailableError, match="no full answer"):
        CasbinTables(worker(code)).matches([table_job])
