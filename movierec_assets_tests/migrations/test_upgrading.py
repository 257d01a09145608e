"""The migrations alone: what they make of an empty database, and what they refuse."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from movierec_assets.curated import ensure_tables, metadata
from movierec_assets.curated.ddl import editable
from movierec_assets.curated.shape import declared_shape, found_shape
from movierec_assets.migrations import MigrationError, is_current, pending, statements, upgrade, version
from movierec_assets.migrations.upgrading import FOLDER, known
from movierec_assets.operations.revising import draft, write
from movierec_assets.publication import ensure_schema
from movierec_assets.schema import Column
from movierec_assets_tests.homes import Home

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets.resources.database import Database

OBJECTS = """
SELECT oid::regclass::text, relkind FROM pg_class WHERE relname !~ '^pg_'
UNION ALL SELECT nspname, 'schema' FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1
"""


def connected(database: Database) -> sa.Engine:
    return sa.create_engine("postgresql+psycopg://", creator=database.connect, poolclass=sa.NullPool)


def objects(database: Database) -> list[tuple[str, str]]:
    with database.connect() as connection:
        return connection.execute(OBJECTS).fetchall()


def upgraded(database: Database) -> Database:
    with database.connect() as connection:
        assert upgrade(connection)
    return database


def test_the_migrations_make_of_an_empty_database_what_the_registry_says(any_database: Database) -> None:
    with connected(upgraded(any_database)).begin() as connection:
        assert found_shape(connection, metadata()) == declared_shape(connection, metadata())
        assert draft(connection, metadata()) == ""
    before = objects(any_database)
    ensure_tables(any_database)
    assert objects(any_database) == before


def test_a_second_upgrade_does_nothing(any_database: Database) -> None:
    with upgraded(any_database).connect() as connection:
        assert not upgrade(connection)
        assert (version(connection), pending(connection)) == (known()[-1], [])


def test_the_revisions_follow_each_other_and_their_files_names_say_how() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    steps = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    assert [step.revision for step in steps] == known()
    assert [step.down_revision for step in steps] == [None, *known()[:-1]]


def test_every_revision_leads_to_this_version_from_where_it_ends(embedded_database: Database) -> None:
    for found in known():
        assert statements(found).count("-- Running upgrade") == len(known()) - known().index(found) - 1


def test_a_database_of_a_newer_program_is_refused_and_left_alone(any_database: Database) -> None:
    with upgraded(any_database).connect() as connection:
        connection.execute("UPDATE migrations.alembic_version SET version_num = '9999'")
    before = objects(any_database)
    said = f"is of version 9999, made by a newer program than this one, which knows 0001 to {known()[-1]}"
    for use in (ensure_schema, upgrade, pending, is_current):
        with pytest.raises(MigrationError, match=said), any_database.connect() as connection:
            use(connection)
    with pytest.raises(MigrationError, match=said):
        ensure_tables(any_database)
    assert objects(any_database) == before


def test_an_upgrade_that_fails_has_done_nothing(any_database: Database) -> None:
    with any_database.connect() as connection:
        connection.execute("CREATE SCHEMA access; CREATE VIEW access.keys AS SELECT 1 AS mine")
    before = objects(any_database)
    with (
        pytest.raises(psycopg.errors.WrongObjectType, match="keys"),
        any_database.connect() as connection,
    ):
        upgrade(connection)
    assert objects(any_database) == before


def test_of_two_upgrades_at_once_one_does_it(any_database: Database) -> None:
    def once(_: int) -> bool:
        with any_database.connect() as connection:
            return upgrade(connection)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(once, range(4))) == [False, False, False, True]


def test_a_dry_run_prints_the_sql_that_would_run_and_changes_nothing(
    empty_home: Home, embedded_database: Database
) -> None:
    done = empty_home.movierec("migrate", "--dry-run")
    assert done.code == 0
    assert [line[:16] for line in done.err.splitlines()] == [f"would run {v}: " for v in known()]
    assert empty_home.rows("SELECT to_regnamespace('ledger') IS NULL") == [(True,)]
    with embedded_database.connect() as connection:
        connection.execute(done.out.encode())
        assert is_current(connection)


def test_migrate_makes_every_table_and_a_second_time_finds_nothing_to_do(empty_home: Home) -> None:
    assert [line[:11] for line in empty_home.movierec("migrate").err.splitlines()] == [
        f"done {v}: " for v in known()
    ]
    made = empty_home.rows("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1")
    assert {"access", "catalog", "dagster", "feedback", "ledger", "publication", "serving"} <= {
        n for (n,) in made
    }
    second = empty_home.movierec("migrate")
    assert (second.code, "is of this version" in second.err) == (0, True)


def changed_registry() -> sa.MetaData:
    """The registry with a column that may be null, and with another that must not be, in two tables."""
    note = Column("note", "string", "What a person remarks: 100 % optional.", nullable=True)
    must = Column("must", "int64", "A number.", nullable=False)
    more = {"titles": note, "people": must}
    return metadata(
        [replace(t, columns=(*t.columns, more[t.name])) if t.name in more else t for t in editable()]
    )


def test_the_next_revision_is_drafted_from_the_registry_and_says_what_wants_a_decision(
    embedded_database: Database, tmp_path: Path
) -> None:
    with connected(upgraded(embedded_database)).begin() as connection:
        sql = draft(connection, changed_registry())
        assert "-- Decide what becomes of the rows. catalog.people: column must is missing" in sql
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
        assert found_shape(connection, changed_registry()) == declared_shape(connection, changed_registry())
    path = write("Titles have a note.", sql, tmp_path)
    revision: dict[str, object] = {}
    exec(compile(path.with_suffix(".py").read_text(), "revision", "exec"), revision)
    assert (revision["revision"], revision["down_revision"]) == (f"{int(known()[-1]) + 1:04}", known()[-1])
    assert path.read_text() == sql
