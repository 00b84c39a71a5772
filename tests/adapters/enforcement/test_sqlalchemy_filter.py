"""Promises of filters in SQL: the rows that deciding row by row lets pass, bound parameters, or nothing."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import CompileError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, with_loader_criteria

from adapters.enforcement.canonical import row_filter
from adapters.enforcement.refused import RefusedError
from adapters.enforcement.rows import passes
from adapters.enforcement.sqlalchemy_filter import where
from tests.adapters.enforcement.filters import TYPES, filters, rows
from tests.adapters.stores.postgres import serving


class Base(DeclarativeBase):
    """Tables of these tests."""


class Person(Base):
    """One row."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    dept: Mapped[str | None] = mapped_column(sa.String(64))
    name: Mapped[str | None] = mapped_column(sa.Text)
    age: Mapped[int | None] = mapped_column(sa.BigInteger)
    year: Mapped[int | None] = mapped_column(sa.Numeric(20, 2))
    open: Mapped[bool | None]
    day: Mapped[date | None]


COLUMNS = {name: getattr(Person, name) for name in TYPES}
PEOPLE = Person.__table__


@pytest.fixture(scope="module")
def sqlite():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def postgres():
    with serving() as server:
        engine = sa.create_engine(server.url().replace("postgresql://", "postgresql+psycopg://"))
        Base.metadata.create_all(engine)
        with engine.connect() as connection:
            yield connection
        engine.dispose()


def chosen(connection, said, given_rows):
    """Return the numbers of the rows that the database lets pass."""
    with connection.begin() as transaction:
        for number, row in enumerate(given_rows):
            day = None if row["day"] is None else date.fromisoformat(row["day"])
            connection.execute(sa.insert(PEOPLE).values(id=number, **{**row, "day": day}))
        found = connection.execute(sa.select(Person.id).where(where(row_filter(said), COLUMNS)).order_by(Person.id))
        numbers = [number for (number,) in found]
        transaction.rollback()
    return numbers


def decided(said, given_rows):
    """Return the numbers of the rows that pass when each is decided on its own."""
    return [number for number, row in enumerate(given_rows) if passes(row_filter(said), row)]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters(), rows())
def test_sqlite_chooses_the_rows_that_pass_one_by_one(sqlite, said, given_rows):
    assert chosen(sqlite, said, given_rows) == decided(said, given_rows)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters(), rows())
def test_postgresql_chooses_the_rows_that_pass_one_by_one(postgres, said, given_rows):
    assert chosen(postgres, said, given_rows) == decided(said, given_rows)


@given(filters(("dept", "name")), st.sampled_from(["sqlite", "postgresql"]))
def test_no_constant_is_ever_part_of_the_text(said, dialect):
    condition = where(row_filter(said), COLUMNS)

    text = str(condition.compile(dialect=sa.create_mock_engine(f"{dialect}://", lambda *_: None).dialect))

    assert "OR 1=1" not in text
    assert "朝" not in text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("salary", "A"), ("id); DROP TABLE people; --", "A"), ("__class__", "A"), ("dept", 1), ("dept", True),
        ("age", "1"), ("age", True), ("open", 1), ("open", "true"), ("day", "2020-1-1"),
        ("day", "20200101"), ("day", 20200101),
    ],
)  # fmt: skip
def test_an_unknown_field_or_another_type_is_refused_and_never_ignored(field, value):
    for operator, constant in (("eq", value), ("in", [value])):
        ast = {"type": "field", "field": field, "operator": operator, "value": constant}
        with pytest.raises(RefusedError):
            where(row_filter({"kind": "conditional", "ast": ast}), COLUMNS)


def test_a_database_whose_comparisons_nobody_has_tried_is_refused():
    ast = {"type": "field", "field": "dept", "operator": "eq", "value": "A"}
    condition = where(row_filter({"kind": "conditional", "ast": ast}), COLUMNS)

    with pytest.raises(CompileError, match="not tested on mysql"):
        condition.compile(dialect=mysql.dialect())


def test_loader_criteria_bind_every_query_of_a_session():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    ast = {"type": "field", "field": "dept", "operator": "eq", "value": "A"}
    condition = where(row_filter({"kind": "conditional", "ast": ast}), COLUMNS)
    with Session(engine) as session:
        session.add_all([Person(id=1, dept="A"), Person(id=2, dept="B"), Person(id=3)])
        session.commit()

        found = session.scalars(sa.select(Person.id).options(with_loader_criteria(Person, condition))).all()

    assert found == [1]
    engine.dispose()


def test_two_columns_never_share_what_was_compiled(sqlite):
    said = [{"type": "field", "field": name, "operator": "eq", "value": "A"} for name in ("dept", "name")]
    filters_of = [row_filter({"kind": "conditional", "ast": ast}) for ast in said]
    nothing = dict.fromkeys(TYPES)
    with sqlite.begin() as transaction:
        sqlite.execute(sa.insert(PEOPLE), [{"id": 1, **nothing, "dept": "A"}, {"id": 2, **nothing, "name": "A"}])
        found = [sqlite.scalars(sa.select(Person.id).where(where(one, COLUMNS))).all() for one in filters_of]
        transaction.rollback()

    assert found == [[1], [2]]
