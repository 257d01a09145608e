"""Every verb on every table and view as every role, tried over TCP on real databases: as the registry declares it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors

from movierec_assets.curated import ensure_tables
from movierec_assets.resources.database import Database
from movierec_assets.resources.embedded_postgres import start_embedded
from movierec_assets.schema.roles import ROLES, SCHEMAS
from movierec_assets_tests.access.granted import granted, login
from movierec_assets_tests.databases import emptied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERBS = {
    "SELECT": "SELECT * FROM {table} LIMIT 0",
    "INSERT": "INSERT INTO {table} DEFAULT VALUES",
    "UPDATE": "UPDATE {table} SET {column} = DEFAULT WHERE false",
    "DELETE": "DELETE FROM {table} WHERE false",
    "TRUNCATE": "TRUNCATE {table}",
    "TRIGGER": "CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "MAINTAIN": "REINDEX TABLE {table}",
    "ALTER": "ALTER TABLE {table} ADD COLUMN mine int",
    "COMMENT": "COMMENT ON TABLE {table} IS 'mine'",
    "DROP": "DROP TABLE {table}",
    "INDEX": "CREATE INDEX ON {table} ({column})",
}
ONLY_FOR_TABLES = set(VERBS) - {"SELECT", "INSERT", "UPDATE", "DELETE"}
RELATIONS = """
SELECT nspname, relname, format('%I.%I', nspname, relname), relkind IN ('v', 'm'),
    (SELECT format('%I', attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum = 1)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
"""


@pytest.fixture(scope="module", params=["embedded", "by URL"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """With every table that the project makes itself, and one more in each schema."""
    if request.param == "embedded":
        home: Path = request.getfixturevalue("open_home")
        found = Database(home=str(home), port=start_embedded(home).state.tcp_port)
    else:
        found = Database(home=str(tmp_path_factory.mktemp("home")), url=request.getfixturevalue("tcp_url"))
    ensure_tables(emptied(found))
    yield granted(found)
    emptied(found)


def allowed(connection: psycopg.Connection, statement: str) -> bool:
    """Whether the role may run it; anything that goes wrong after its rights were looked at counts as allowed."""
    try:
        with connection.transaction(force_rollback=True):
            # What is refused must be refused by rights, not by a setting that the role can change.
            connection.execute("SET TRANSACTION READ WRITE")
            connection.execute("SET LOCAL lock_timeout = '5s'")
            connection.execute(statement.encode())
    except errors.InsufficientPrivilege:
        return False
    except errors.LockNotAvailable as error:
        raise AssertionError(f"{statement} waits for a lock") from error
    except psycopg.Error:
        return True
    return True


def relations(database: Database) -> list[Any]:
    with database.connect() as connection:
        return connection.execute(RELATIONS.encode()).fetchall()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_on_every_table_and_view_what_is_declared_and_nothing_else(
    database: Database, role: str
) -> None:
    found, declared = {}, {}
    with login(database, role) as connection:
        for schema, plain, table, is_view, column in relations(database):
            verbs = [v for v in VERBS if not (is_view and v in ONLY_FOR_TABLES)]
            statements = {v: VERBS[v].format(table=table, column=column) for v in verbs}
            found[table] = {v for v, statement in statements.items() if allowed(connection, statement)}
            declared[table] = set(ROLES[role].may(schema, plain))
    assert found == declared
    assert {table.partition(".")[0] for table in found} == {*SCHEMAS, "public"}
    assert len(found) >= 14


def test_the_tables_that_were_tried_are_of_every_kind(database: Database) -> None:
    names = {table for _, _, table, _, _ in relations(database)}
    assert {
        *("serving.recommendations", "serving.movie_stats", "publication.current", "publication.snapshots"),
        *(
            "catalog.titles",
            "catalog.credits",
            "simulation.sessions",
            "simulation.users_other",
            "loaded.titles",
        ),
        *("ledger.files", "catalog.films", "simulation.extra", "simulation.extra_first", "raw.lines"),
    } <= names


@pytest.mark.parametrize("role", ROLES)
def test_no_role_may_make_anything_but_scientists_temporary_tables(database: Database, role: str) -> None:
    making = {
        **{schema: f"CREATE TABLE {schema}.mine (x int)" for schema in (*SCHEMAS, "public")},
        "view": "CREATE VIEW serving.mine AS SELECT 1",
        "schema": "CREATE SCHEMA mine",
        "role": "CREATE ROLE mine",
        "function": "CREATE FUNCTION catalog.mine() RETURNS int RETURN 1",
        "program": "COPY (SELECT 1) TO PROGRAM 'true'",
        "file": "SELECT pg_read_file('PG_VERSION')",
        "other role": "SET ROLE data_scientist" if role != "data_scientist" else "SET ROLE movierec_api",
        "temporary": "CREATE TEMP TABLE mine (x int)",
    }
    expected = {"temporary": ROLES[role].temporary_tables, "other role": bool(ROLES[role].becomes)}
    with login(database, role) as connection:
        may = {what for what, statement in making.items() if allowed(connection, statement)}
    assert may == {what for what, is_so in expected.items() if is_so}


def test_sequences_serve_those_who_may_insert(database: Database) -> None:
    sequence = "SELECT nextval('simulation.extra_session_id_seq')"
    may = {}
    for role in ROLES:
        with login(database, role) as connection:
            may[role] = allowed(connection, sequence)
    assert {role for role in ROLES if may[role]} == {"data_scientist", "movierec_api"}


def test_rights_on_a_partitioned_table_suffice_for_its_partitions(database: Database) -> None:
    with database.connect() as connection:
        connection.execute(
            "CREATE TABLE simulation.extra_second PARTITION OF simulation.extra FOR VALUES IN ('second')"
        )
        connection.execute("REVOKE ALL ON simulation.extra_second FROM data_scientist")
    with login(database, "data_scientist") as connection:
        connection.execute("INSERT INTO simulation.extra (scenario, rating) VALUES ('second', 4)")
        connection.execute("UPDATE simulation.extra SET rating = 5 WHERE scenario = 'second'")
        found = connection.execute("DELETE FROM simulation.extra WHERE scenario = 'second' RETURNING rating")
        assert found.fetchall() == [(5,)]
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT FROM simulation.extra_second")
