"""Tables that another version of the registry made: brought up to date where that is safe, else refused by name."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from movierec_assets.curated import TablesError, ensure_tables, metadata
from movierec_assets.curated.ddl import editable
from movierec_assets.curated.installing import INSTALL_LOCK
from movierec_assets.curated.shape import declared_shape, found_shape
from movierec_assets.schema import Column, table
from movierec_assets_tests.curated.tables_of_tests import bring, execute, genre, query, title, with_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from movierec_assets.resources.database import Database
    from movierec_assets.schema import Table

TITLES, ENTRIES = table("titles"), table("list_entries")
ROW = (
    "INSERT INTO catalog.titles (title_id, title, kind, release_year, runtime_minutes)"
    " VALUES ('tm1', 'A', 'movie', 2000, 9)"
)
OBJECTS = "SELECT oid::regclass::text, relkind FROM pg_class WHERE relname !~ '^pg_' ORDER BY 1"


def connected(database: Database) -> sa.Engine:
    return sa.create_engine("postgresql+psycopg://", creator=database.connect, poolclass=sa.NullPool)


def written_by(database: Database, *changed: Table, without: tuple[str, ...] = ()) -> Database:
    """The database as a registry would have made it that has other tables of these names, or lacks some."""
    named = {t.name: t for t in changed}
    older = metadata([named.get(t.name, t) for t in editable() if t.name not in without])
    with connected(database).begin() as connection:
        for schema in {str(t.schema) for t in older.tables.values()}:
            connection.execute(sa.schema.CreateSchema(schema))
        older.create_all(connection)
    return database


def as_declared(database: Database) -> bool:
    with connected(database).begin() as connection:
        return found_shape(connection, metadata()) == declared_shape(connection, metadata())


def without_column(declared: Table, name: str) -> Table:
    indexes = tuple(columns for columns in declared.indexes if name not in columns)
    return replace(declared, columns=tuple(c for c in declared.columns if c.name != name), indexes=indexes)


def with_column(declared: Table, name: str, **changes: object) -> Table:
    columns = tuple(replace(c, **changes) if c.name == name else c for c in declared.columns)  # type: ignore[arg-type]
    return replace(declared, columns=columns)


def statements(error: TablesError) -> str:
    """What the refusal says to run."""
    return "\n".join(re.findall(r"^    (.*;)$", str(error), re.MULTILINE))


def test_what_an_older_registry_did_not_have_is_added_and_every_row_stays(any_database: Database) -> None:
    older = without_column(with_column(TITLES, "title", description="Name, 100 % as given."), "movie_id")
    written_by(any_database, replace(older, indexes=()), without=("people", "credits"))
    execute(any_database, ROW)
    ensure_tables(any_database)
    assert as_declared(any_database)
    assert query(any_database, "SELECT title_id, movie_id FROM catalog.titles") == [("tm1", None)]
    assert query(any_database, "SELECT count(*) FROM catalog.credits") == [(0,)]
    bring(any_database, "titles", "1", [title("tm1"), title("tm2", movie_id=7)])
    bring(any_database, "titles", "2", [title("tm1"), title("tm2", movie_id=8)])
    assert query(any_database, "SELECT movie_id FROM catalog.titles ORDER BY title_id") == [(None,), (8,)]


def test_a_column_that_is_added_to_a_partitioned_table_is_in_every_partition(any_database: Database) -> None:
    written_by(any_database, without_column(table("simulated_users"), "activity_rank"))
    execute(
        any_database,
        "CREATE TABLE simulation.users_a PARTITION OF simulation.users FOR VALUES IN ('a');"
        " INSERT INTO simulation.users VALUES ('a', 1, '2000-01-01', '2020-01-01', NULL, 'basic', NULL)",
    )
    ensure_tables(any_database)
    assert as_declared(any_database)
    assert query(any_database, "SELECT user_id, activity_rank FROM simulation.users_a") == [(1, None)]


def of_kind() -> Table:
    """The lists' rows with the kind in their key, as they once were."""
    kind = Column("kind", "string", "`movie` or `show`.", pattern="movie|show")
    return replace(ENTRIES, columns=(*ENTRIES.columns, kind), key=("list", "kind", "title_id"))


OTHERWISE = {
    "another key and a column": (
        of_kind(),
        ("catalog.list_entries: column kind (`text NOT NULL`) is not in the registry", "loaded.list_entries"),
    ),
    "a column that must not be null": (
        without_column(TITLES, "is_year_best"),
        (
            "catalog.titles: column is_year_best is missing, the registry has `boolean NOT NULL DEFAULT false`",
        ),
    ),
    "another type": (
        with_column(TITLES, "runtime_minutes", type="int64"),
        ("catalog.titles: column runtime_minutes is `bigint NOT NULL`, the registry has `integer NOT NULL`",),
    ),
    "null allowed": (
        with_column(TITLES, "title", nullable=True),
        ("catalog.titles: column title is `text`, the registry has `text NOT NULL`",),
    ),
    "null forbidden": (
        with_column(TITLES, "imdb_score", nullable=False),
        ("catalog.titles: column imdb_score is `double precision NOT NULL`",),
    ),
    "another check": (
        with_column(TITLES, "release_year", minimum=1900),
        ("catalog.titles: constraint titles_release_year_check is `CHECK (((release_year >= 1900)",),
    ),
    "no check": (
        with_column(TITLES, "kind", pattern=None),
        ("catalog.titles: constraint titles_kind_check is missing, the registry has `CHECK",),
    ),
    "no reference": (
        replace(ENTRIES, foreign_keys=()),
        ("catalog.list_entries: constraint list_entries_title_id_fkey is missing",),
    ),
    "another index of that name": (
        replace(TITLES, indexes=(("title", "kind"), *TITLES.indexes[1:])),
        ("catalog.titles: index titles_title_idx is `CREATE INDEX titles_title_idx ON catalog.titles",),
    ),
}


@pytest.mark.parametrize("case", OTHERWISE)
def test_tables_of_another_shape_are_refused_by_name_and_the_refusal_tells_how_to_change_them(
    embedded_database: Database, case: str
) -> None:
    other, said = OTHERWISE[case]
    written_by(embedded_database, other, without=("people", "credits"))
    before = query(embedded_database, OBJECTS)
    with pytest.raises(TablesError, match=r"another version of the registry") as caught:
        ensure_tables(embedded_database)
    for words in said:
        assert words in str(caught.value)
    assert query(embedded_database, OBJECTS) == before
    execute(embedded_database, statements(caught.value))
    ensure_tables(embedded_database)
    assert as_declared(embedded_database)


@pytest.mark.parametrize("lost", [("catalog", "loaded"), ("loaded",)])
def test_a_column_that_the_owner_adds_as_told_is_the_graphs_and_no_edit(
    embedded_database: Database, lost: tuple[str, ...]
) -> None:
    with_tables(embedded_database)
    bring(embedded_database, "titles", "1", [title("tm1")])
    for schema in lost:
        execute(embedded_database, f"ALTER TABLE {schema}.titles DROP is_year_best")
    with pytest.raises(TablesError) as caught:
        ensure_tables(embedded_database)
    execute(embedded_database, statements(caught.value))
    ensure_tables(embedded_database)
    bring(embedded_database, "titles", "2", [title("tm1", is_year_best=True)])
    assert query(embedded_database, "SELECT is_year_best FROM catalog.titles") == [(True,)]


BY_HAND = {
    "ALTER TABLE catalog.titles ADD mine text": "catalog.titles: column mine (`text`) is not in the registry",
    "ALTER TABLE catalog.titles ADD CHECK (title <> 'X')": "catalog.titles: constraint titles_title_check1 (`CHECK",
    "ALTER TABLE loaded.titles DROP title": "loaded.titles: column title is missing, the registry has `text`",
    "ALTER TABLE loaded.titles DROP _gone": "loaded.titles: column _gone is missing, the registry has `boolean",
    "DROP TABLE catalog.genres; CREATE VIEW catalog.genres AS SELECT 1 x": (
        "catalog.genres: is no table, the registry has it plain"
    ),
    "DROP TABLE simulation.sessions; CREATE TABLE simulation.sessions (x int PRIMARY KEY)": (
        "simulation.sessions: is plain, the registry has it partitioned by LIST (scenario)"
    ),
}


@pytest.mark.parametrize("statement", BY_HAND)
def test_tables_that_somebody_altered_are_looked_at_again(
    embedded_database: Database, statement: str
) -> None:
    execute(with_tables(embedded_database), statement)
    with pytest.raises(TablesError, match=re.escape(BY_HAND[statement])) as caught:
        ensure_tables(embedded_database)
    execute(embedded_database, statements(caught.value))
    ensure_tables(embedded_database)
    assert as_declared(embedded_database)


def test_a_table_that_was_lost_gets_its_rows_from_the_graph_again(any_database: Database) -> None:
    bring(with_tables(any_database), "titles", "1", [title("tm1"), title("tm2")])
    bring(any_database, "genres", "1", [genre("tm1", "drama")])
    execute(any_database, "DELETE FROM catalog.titles WHERE title_id = 'tm2'; DROP TABLE catalog.genres")
    ensure_tables(any_database)
    assert bring(any_database, "genres", "1", [genre("tm1", "drama")]).inserted == 1
    assert bring(any_database, "titles", "2", [title("tm1"), title("tm2")]).inserted == 0


def test_a_persons_indexes_tables_and_views_are_nobodys_business(any_database: Database) -> None:
    with_tables(any_database)
    execute(
        any_database,
        "CREATE INDEX mine ON catalog.titles (lower(title)); CREATE TABLE catalog.notes (title_id text"
        " REFERENCES catalog.titles); CREATE VIEW catalog.old AS SELECT title FROM catalog.titles",
    )
    before = query(any_database, OBJECTS)
    ensure_tables(any_database)
    assert query(any_database, OBJECTS) == before


@pytest.fixture
def busy(any_database: Database) -> Iterator[Database]:
    """The database with its tables, and somebody who is making some."""
    with_tables(any_database)
    with any_database.connect() as other:
        other.execute(f"SELECT pg_advisory_xact_lock(hashtextextended('{INSTALL_LOCK}', 0))".encode())
        yield any_database


def test_where_all_is_as_it_should_be_nobody_waits_and_nothing_is_tried_out(busy: Database) -> None:
    ensure_tables(busy)
