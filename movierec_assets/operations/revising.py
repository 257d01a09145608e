"""For developers: the next migration, from what the registry says now (`make revision ARGS="what changes"`).

It is a draft: statements that cannot lose anything stand as they are, others below a comment that says why they were
refused, to be replaced by what keeps the rows.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from movierec_assets.curated.ddl import metadata
from movierec_assets.curated.differences import changes
from movierec_assets.curated.shape import declared_shape, found_shape
from movierec_assets.migrations.upgrading import FOLDER, known, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    import sqlalchemy as sa

SCRIPT = '''"""{summary}."""

from movierec_assets.migrations.beside import run_sql_beside

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    """Run the SQL beside this file."""
    run_sql_beside(__file__)
'''


def draft(connection: sa.Connection, defined: sa.MetaData) -> str:
    """The SQL between the tables that the migrations make and those of a registry; empty where they are the same.

    Args:
        connection: In a transaction, on a database that the migrations have made.
        defined: The registry's tables, as `curated.metadata` gives them.
    """
    found = found_shape(connection, defined)
    needed = changes(found, declared_shape(connection, defined))
    there = {name for name, _, _ in found}
    new = [t for t in defined.sorted_tables if t.fullname not in there]
    lines = [statement for t in new for statement in _made(connection, t)]
    # A comment may be on a column that wants a decision first.
    comments = [statement for statement in needed.safe if statement.startswith("COMMENT")]
    lines += [f"{statement};" for statement in needed.safe if statement not in comments]
    for what, remedy in needed.refused:
        lines += [f"-- Decide what becomes of the rows. {what}", f"{remedy};"]
    lines += [f"{statement};" for statement in comments]
    return "\n".join(lines) + "\n" if lines else ""


def _made(connection: sa.Connection, table: sa.Table) -> Iterator[str]:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateIndex, CreateTable, SetColumnComment, SetTableComment

    written = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    literal = {"literal_binds": True}
    yield f"CREATE SCHEMA IF NOT EXISTS {table.schema};"
    yield f"{str(CreateTable(table).compile(dialect=written)).strip()};"
    for index in sorted(table.indexes, key=lambda i: str(i.name)):
        yield f"{CreateIndex(index).compile(dialect=written)};"
    if table.comment:
        yield f"{SetTableComment(table).compile(dialect=written, compile_kwargs=literal)};"
    for column in table.columns:
        if column.comment:
            yield f"{SetColumnComment(column).compile(dialect=written, compile_kwargs=literal)};"


def write(summary: str, sql: str, folder: Path) -> Path:
    """Write the next revision and its SQL; returns the SQL's file."""
    before = known()[-1]
    revision = f"{int(before) + 1:04}"
    name = re.sub(r"\W+", "_", summary.lower()).strip("_")[:60]
    script = folder / f"r{revision}_{name}.py"
    script.write_text(SCRIPT.format(summary=summary.rstrip("."), revision=revision, before=before))
    script.with_suffix(".sql").write_text(sql)
    return script.with_suffix(".sql")


def main() -> None:
    """Draft a revision in a database of its own, which is thrown away."""
    import sqlalchemy as sa

    from movierec_assets.resources.database import Database
    from movierec_assets.resources.embedded_postgres import stop_embedded

    if len(sys.argv) != 2:
        sys.exit('say what changes: make revision ARGS="titles have a language"')
    with tempfile.TemporaryDirectory() as home:
        database = Database(home=home)
        engine = sa.create_engine("postgresql+psycopg://", creator=database.connect, poolclass=sa.NullPool)
        with engine.begin() as connection:
            own: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]
            upgrade(own)
            sql = draft(connection, metadata())
        stop_embedded(home)
    if not sql:
        sys.exit("the migrations make what the registry says: there is nothing to write")
    sys.stdout.write(f"{write(sys.argv[1], sql, FOLDER / 'versions')}\n")


if __name__ == "__main__":
    main()
