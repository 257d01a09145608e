# ruff: noqa: S608  names come from the registry
"""See that the editable tables in PostgreSQL are the registry's."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from movierec_assets.curated.ddl import LOADED, VERSIONS, editable, metadata
from movierec_assets.curated.differences import changes
from movierec_assets.curated.other_partitions import make_other_partitions
from movierec_assets.curated.shape import declared_shape, found_shape
from movierec_assets.migrations import is_current, upgrade
from movierec_assets.publication.layout import literal

if TYPE_CHECKING:
    import psycopg
    import sqlalchemy as sa

    from movierec_assets.resources.database import Database

INSTALL_LOCK = "movierec: editable tables"


class TablesError(Exception):
    """The editable tables are not the registry's; the message says which, in what, and what to do."""


def ensure_tables(database: Database) -> None:
    """Upgrade the database where it is empty or older, then see that the tables are what the registry says.

    The way from one version to the next is `migrations`' alone. What somebody altered since, or what a database from
    before there were migrations lacks, is added where nothing can be lost by it: tables, columns that may be null,
    indexes, comments. Tables that differ otherwise are refused. Safe in several processes at once; where all is as it
    should be, four queries.

    Raises:
        TablesError: A table differs from the registry in a way that is not safe to change; nothing has changed.
        MigrationError: The database is of a newer version than the program's.
    """
    import sqlalchemy as sa

    defined = metadata()
    # The driver's own connection, so that the embedded server and one by URL are reached in the one way.
    engine = sa.create_engine("postgresql+psycopg://", creator=database.connect, poolclass=sa.NullPool)
    with engine.begin() as connection:
        # The driver's own, in the same transaction: an upgrade whose tables are refused has not happened.
        own: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        if is_current(own) and _last_seen(connection) == _digest(connection, defined):
            return
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock(hashtextextended('{INSTALL_LOCK}', 0))"))
        before = {name for name, _, _ in found_shape(connection, defined)}
        upgrade(own)
        found = found_shape(connection, defined)
        needed = changes(found, declared_shape(connection, defined))
        if needed.refused:
            raise TablesError(_explained(database, needed.refused))
        for schema in sorted({str(t.schema) for t in defined.tables.values()}):
            connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
        _forget_rows_of_lost_tables(connection, before)
        defined.create_all(connection)
        for statement in needed.safe:
            # Without parameters, as a percent sign is nothing but itself.
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        make_other_partitions(connection)
        seen = f"Rows as the graph brought them last. Tables {_digest(connection, defined)}."
        connection.execute(sa.text(f"COMMENT ON SCHEMA {LOADED} IS {literal(seen)}"))


def _last_seen(connection: sa.Connection) -> str | None:
    import sqlalchemy as sa

    said = connection.scalar(sa.text(f"SELECT obj_description(to_regnamespace('{LOADED}'), 'pg_namespace')"))
    return said.rpartition(" ")[2].removesuffix(".") if said else None


def _digest(connection: sa.Connection, defined: sa.MetaData) -> str:
    """Changes with the registry, with how tables are made from it, and with the tables that are there."""
    from sqlalchemy.schema import CreateIndex, CreateTable

    dialect, found = connection.dialect, found_shape(connection, defined)
    made = [
        *(str(CreateTable(t).compile(dialect=dialect)) for t in defined.sorted_tables),
        *sorted(
            str(CreateIndex(i).compile(dialect=dialect)) for t in defined.sorted_tables for i in t.indexes
        ),
        *((t.comment, [c.comment for c in t.columns]) for t in defined.sorted_tables),
    ]
    return hashlib.sha256(repr((made, sorted(found.items()))).encode()).hexdigest()[:16]


def _forget_rows_of_lost_tables(connection: sa.Connection, there: set[str]) -> None:
    """Nobody deleted the rows of a table that is made anew, so the graph has to bring them again."""
    import sqlalchemy as sa

    for lost in (t for t in editable() if t.lake and t.published_as not in there):
        kept = f"{LOADED}.{str(lost.published_as).partition('.')[2]}"
        if {kept, f"{LOADED}.{VERSIONS}"} <= there:
            connection.execute(sa.text(f"DELETE FROM {kept}"))
            connection.execute(
                sa.text(f"DELETE FROM {LOADED}.{VERSIONS} WHERE table_name = :name"), {"name": lost.name}
            )


def _explained(database: Database, refused: list[tuple[str, str]]) -> str:
    lines = [f"  {what}\n    {remedy};" for what, remedy in refused]
    return "\n".join(
        [
            f"tables in the {database.address} are of another version of the registry, and cannot be brought up to "
            "date without a decision; nothing was changed:",
            *lines,
            "Either go on with the version of the program that made them, or save what people entered and run the "
            "statements above as the owner; or, where nothing that people entered is to be kept, scenarios included, "
            "`DROP SCHEMA catalog, simulation, feedback, loaded CASCADE`, then `movierec run --force`.",
        ]
    )
