# ruff: noqa: S608  every name in these statements comes from the registry
"""Bring a new version of an editable table into PostgreSQL: a three-way merge, so that nobody's edits are lost.

The rows that the graph brought last are the common ancestor (`merge-base`, as version control has it). What changed
between them and the new rows is applied to the live table, column by column and only where the live value is still
the ancestor's; rows that people added, changed or deleted stay as they made them. One transaction: readers see the
table before or after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec_assets.curated.ddl import LOADED, VERSIONS
from movierec_assets.curated.deleting import delete
from movierec_assets.curated.merge_statements import INCOMING, MergeStatements
from movierec_assets.publication.layout import quoted
from movierec_assets.schema import Table

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa


@dataclass(frozen=True)
class Merged:
    """What a merge did to the live table.

    Attributes:
        changed: Whether the version was a new one.
        inserted: Rows.
        updated: Rows.
        deleted: Rows.
        kept: Rows that the graph no longer has, or has otherwise, and that stay because they were edited or because
            rows of other tables need them.
    """

    changed: bool
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    kept: int = 0


def merge(
    connection: psycopg.Connection,
    declared: Table,
    rows: pa.Table | pa.RecordBatchReader,
    data_version: str,
    run_id: str | None,
) -> Merged:
    """Merge; nothing happens if that version was the last one.

    Args:
        connection: Where `ensure_tables` has run. In autocommit mode, or with no transaction open.
        declared: The table's entry in the registry.
        rows: All its rows, with its columns.
        data_version: Content hash of the rows.
        run_id: Dagster run that brings them, if any.

    Raises:
        psycopg.Error: A row breaks a constraint; nothing has changed.
    """
    statements = MergeStatements(declared)
    with connection.transaction():
        _take_turn(connection, declared)
        last = connection.execute(
            f"SELECT data_version FROM {LOADED}.{VERSIONS} WHERE table_name = %s".encode(), [declared.name]
        ).fetchone()
        if last == (data_version,):
            return Merged(changed=False)
        connection.execute(statements.stage())
        brought = _copy(connection, declared, rows)
        deleted = delete(connection, declared, statements.dropped())
        updated = connection.execute(statements.update()).rowcount
        inserted = connection.execute(statements.insert()).rowcount
        (kept,) = connection.execute(statements.count_kept()).fetchone() or (0,)
        connection.execute(statements.remember())
        connection.execute(
            f"INSERT INTO {LOADED}.{VERSIONS} (table_name, data_version, rows, run_id) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (table_name) DO UPDATE SET data_version = excluded.data_version, rows = excluded.rows,"
            " run_id = excluded.run_id, loaded_at = now()".encode(),
            [declared.name, data_version, brought, run_id],
        )
        connection.execute(f"DROP TABLE {INCOMING}".encode())
    return Merged(True, inserted, updated, deleted, kept)


def sweep(connection: psycopg.Connection, declared: Table) -> int:
    """Delete rows that the graph no longer has and that stayed because they were needed, as far as they no longer are.

    Returns:
        How many.
    """
    statements = MergeStatements(declared)
    with connection.transaction():
        _take_turn(connection, declared)
        deleted = delete(connection, declared, statements.needed_before())
        connection.execute(statements.forget_needed())
    return deleted


def _take_turn(connection: psycopg.Connection, declared: Table) -> None:
    lock = f"movierec: merge {declared.name}"
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lock])


def _copy(connection: psycopg.Connection, declared: Table, rows: pa.Table | pa.RecordBatchReader) -> int:
    import pyarrow as pa
    from pyarrow import csv

    # Only nulls stand unquoted and empty, which is how PostgreSQL tells them from empty texts.
    options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
    names = declared.column_names
    count = 0
    copied = f"COPY {INCOMING} ({', '.join(map(quoted, names))}) FROM STDIN (FORMAT csv)".encode()
    with connection.cursor() as cursor, cursor.copy(copied) as copy:
        for batch in rows.to_batches() if isinstance(rows, pa.Table) else rows:
            buffer = pa.BufferOutputStream()
            csv.write_csv(batch.select(names), buffer, options)
            copy.write(memoryview(buffer.getvalue()))
            count += batch.num_rows
    return count
