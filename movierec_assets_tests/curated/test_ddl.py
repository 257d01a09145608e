"""The editable tables as PostgreSQL has them: keys, references, checks, indexes, comments and units of the registry."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from movierec_assets.curated import ensure_tables
from movierec_assets.curated.ddl import editable
from movierec_assets.publication.layout import POSTGRES_TYPES
from movierec_assets_tests.curated.tables_of_tests import execute, query, with_tables

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database
    from movierec_assets.schema import Table

KEYS = """
SELECT k.table_name, array_agg(k.column_name::text ORDER BY k.ordinal_position)
FROM information_schema.table_constraints c JOIN information_schema.key_column_usage k
    USING (constraint_schema, constraint_name)
WHERE c.constraint_type = 'PRIMARY KEY' AND c.table_schema = 'catalog' GROUP BY 1
"""
COLUMNS = """
SELECT column_name::text, data_type::text, is_nullable = 'YES',
    col_description(format('%I.%I', table_schema, table_name)::regclass, ordinal_position)
FROM information_schema.columns WHERE table_schema = 'catalog' AND table_name = '{}' ORDER BY ordinal_position
"""
REFERENCES = """
SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND connamespace = 'catalog'::regnamespace ORDER BY 1, 2
"""
TITLE = "INSERT INTO catalog.titles (title_id, title, kind, release_year, runtime_minutes{}) VALUES ({})"


@pytest.fixture
def database(embedded_database: Database) -> Database:
    return with_tables(embedded_database)


def tables() -> dict[str, Table]:
    """The catalogue's editable tables, by name in PostgreSQL."""
    named = {str(t.published_as): t for t in editable()}
    return {name.partition(".")[2]: t for name, t in named.items() if name.startswith("catalog.")}


def test_every_table_has_the_registrys_key(database: Database) -> None:
    assert {name: tuple(key) for name, key in query(database, KEYS)} == {
        n: t.key for n, t in tables().items()
    }
    assert set(tables()) == {
        "titles",
        "genres",
        "production_countries",
        "people",
        "credits",
        "list_entries",
    }


def test_every_column_has_the_registrys_type_nullability_and_meaning_with_its_unit(
    database: Database,
) -> None:
    units = set()
    for name, declared in tables().items():
        assert query(database, COLUMNS.format(name)) == [
            (
                c.name,
                POSTGRES_TYPES[c.type],
                c.nullable,
                c.description + (f" Unit: {c.unit}." if c.unit else ""),
            )
            for c in declared.columns
        ]
        units |= {c.unit for c in declared.columns if c.unit}
        (comment,) = query(database, f"SELECT obj_description('catalog.{name}'::regclass)")
        assert comment == (declared.description,)
    assert units == {"minutes", "calendar year", "points of 10"}


def test_tables_of_titles_refer_to_them_and_go_along(database: Database) -> None:
    title = "FOREIGN KEY (title_id) REFERENCES catalog.titles(title_id) ON DELETE CASCADE"
    person = "FOREIGN KEY (person_id) REFERENCES catalog.people(person_id) ON DELETE CASCADE"
    assert query(database, REFERENCES) == [
        ("catalog.credits", person),
        ("catalog.credits", title),
        ("catalog.genres", title),
        ("catalog.list_entries", title),
        ("catalog.production_countries", title),
    ]


def test_columns_that_are_searched_by_are_indexed(database: Database) -> None:
    for name, declared in tables().items():
        found = query(
            database,
            "SELECT (SELECT array_agg(attname::text ORDER BY n) FROM unnest(indkey::int[]) WITH ORDINALITY k(num, n)"
            " JOIN pg_attribute ON attrelid = indrelid AND attnum = num)"
            f" FROM pg_index WHERE indrelid = 'catalog.{name}'::regclass",
        )
        assert {tuple(columns) for (columns,) in found} == {
            declared.key,
            *declared.unique,
            *declared.indexes,
        }


GOOD = "'tm1', 'A', 'movie', 2000, 90"
BROKEN = {
    "title_id": ("", "'x1', 'A', 'movie', 2000, 90"),
    "title": ("", "'tm1', ' ', 'movie', 2000, 90"),
    "kind": ("", "'tm1', 'A', 'MOVIE', 2000, 90"),
    "release_year": ("", "'tm1', 'A', 'movie', 1869, 90"),
    "runtime_minutes": ("", "'tm1', 'A', 'movie', 2000, -1"),
    "age_certification": (", age_certification", GOOD + ", 'X'"),
    "seasons": (", seasons", GOOD + ", 0"),
    "imdb_id": (", imdb_id", GOOD + ", E'tt0114709\\n'"),
    "imdb_score": (", imdb_score", GOOD + ", 10.1"),
    "imdb_votes": (", imdb_votes", GOOD + ", -1"),
    "movie_id": (", movie_id", GOOD + ", 0"),
}


@pytest.mark.parametrize("column", BROKEN)
def test_a_value_that_breaks_a_rule_of_the_registry_is_refused_by_name(
    database: Database, column: str
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=f"titles_{column}_check"):
        execute(database, TITLE.format(*BROKEN[column]))
    execute(database, TITLE.format("", GOOD))


def test_making_the_tables_again_changes_nothing(database: Database) -> None:
    execute(database, TITLE.format("", GOOD))
    tables_before = query(database, "SELECT oid FROM pg_class ORDER BY 1")
    ensure_tables(database)
    assert query(database, "SELECT oid FROM pg_class ORDER BY 1") == tables_before
    assert query(database, "SELECT title_id FROM catalog.titles") == [("tm1",)]


def test_a_table_that_was_dropped_is_made_again_beside_the_others(database: Database) -> None:
    execute(database, TITLE.format("", GOOD) + "; DROP TABLE catalog.genres")
    ensure_tables(database)
    assert query(database, "SELECT count(*) FROM catalog.genres") == [(0,)]
    assert query(database, "SELECT title_id FROM catalog.titles") == [("tm1",)]


def test_several_processes_may_make_the_tables_at_once(any_database: Database) -> None:
    program = (
        "import sys; from movierec_assets.resources.database import Database;"
        " from movierec_assets.curated import ensure_tables;"
        " ensure_tables(Database(home=sys.argv[1], url=sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, any_database.home, any_database.url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    errors = [process.communicate()[1] for process in processes]
    assert [(process.returncode, error) for process, error in zip(processes, errors, strict=True)] == [
        (0, "")
    ] * 4
    assert len(query(any_database, KEYS)) == len(tables())
