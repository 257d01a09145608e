# ruff: noqa: S608  every name in these statements comes from the registry
"""Bring a new version of an editable table into PostgreSQL: a three-way merge, so that nobody's edits are lost.

The rows that the graph brought last are the common ancestor (`merge-base`, as version control has it). What changed
between them and the new rows is applied to the live table, column by column and only where the live value is still
the ancestor's; rows that people added, changed or deleted stay as they made them. One transaction: readers see the
table before or after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec_assets.curated.ddl import GONE, LOADED, VERSIONS, editable
from movierec_assets.publication.layout import quoted
from movierec_assets.schema import Table, table

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa

INCOMING = "incoming"


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
    statements = _Statements(declared)
    with connection.transaction():
        _take_turn(connection, declared)
        last = connection.execute(
            f"SELECT data_version FROM {LOADED}.{VERSIONS} WHERE table_name = %s".encode(), [declared.name]
        ).fetchone()
        if last == (data_version,):
            return Merged(changed=False)
        # Whether a row is needed must show when it is deleted, and not only at the end.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute(statements.stage())
        brought = _copy(connection, declared, rows)
        deleted = _delete(connection, statements)
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


def _delete(connection: psycopg.Connection, statements: _Statements) -> int:
    """Delete what the graph no longer has; how many rows.

    A row stays that a row of another table needs. That may be anybody's table, one that cannot be read included, so the
    database is asked by trying.
    """
    if (deleted := _tried(connection, statements.delete())) is not None:
        return deleted
    doomed = connection.execute(statements.doomed()).fetchall()
    return sum(_tried(connection, statements.delete_one(), key) or 0 for key in doomed)


def _tried(connection: psycopg.Connection, statement: bytes, key: Sequence[object] = ()) -> int | None:
    """How many rows it deleted; None where one is needed."""
    from psycopg.errors import ForeignKeyViolation, RestrictViolation

    try:
        with connection.transaction():
            return connection.execute(statement, key).rowcount
    except (ForeignKeyViolation, RestrictViolation):
        return None


def sweep(connection: psycopg.Connection, declared: Table) -> int:
    """Delete rows that the graph no longer has and that stayed because they were needed, as far as they no longer are.

    Returns:
        How many.
    """
    statements = _Statements(declared)
    with connection.transaction():
        _take_turn(connection, declared)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        gone = connection.execute(statements.gone()).fetchall()
        deleted = sum(_tried(connection, statements.delete_gone(), key) or 0 for key in gone)
        connection.execute(statements.forget_gone())
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
    copied = f"COPY {INCOMING} ({_list(names)}) FROM STDIN (FORMAT csv)".encode()
    with connection.cursor() as cursor, cursor.copy(copied) as copy:
        for batch in rows.to_batches() if isinstance(rows, pa.Table) else rows:
            buffer = pa.BufferOutputStream()
            csv.write_csv(batch.select(names), buffer, options)
            copy.write(memoryview(buffer.getvalue()))
            count += batch.num_rows
    return count


class _Statements:
    """The merge's SQL; every name in it comes from the registry."""

    def __init__(self, declared: Table) -> None:
        self._table = declared
        schema, _, name = str(declared.published_as).partition(".")
        self._live, self._base = f"{schema}.{quoted(name)}", f"{LOADED}.{quoted(name)}"
        self._columns, self._key = declared.column_names, declared.key
        self._values = [name for name in self._columns if name not in self._key]

    def stage(self) -> bytes:
        return f"CREATE TEMP TABLE {INCOMING} (LIKE {self._live}) ON COMMIT DROP".encode()

    def delete(self) -> bytes:
        return (
            f"DELETE FROM {self._live} live USING {self._base} base"
            f" WHERE {self._dropped()} AND {self._free('live')}"
        ).encode()

    def doomed(self) -> bytes:
        return (
            f"SELECT {_list(self._key, 'live')} FROM {self._live} live, {self._base} base"
            f" WHERE {self._dropped()} AND {self._free('live')}"
        ).encode()

    def delete_one(self) -> bytes:
        key = " AND ".join(f"live.{quoted(k)} = %s" for k in self._key)
        return self.delete() + f" AND {key}".encode()

    def gone(self) -> bytes:
        return f"SELECT {_list(self._key, 'base')} FROM {self._base} base WHERE base.{GONE}".encode()

    def delete_gone(self) -> bytes:
        key = " AND ".join(f"live.{quoted(k)} = %s" for k in self._key)
        return (
            f"DELETE FROM {self._live} live USING {self._base} base"
            f" WHERE {self._same('live', 'base')} AND {self._equal('live', 'base')} AND base.{GONE}"
            f" AND {self._free('live')} AND {key}"
        ).encode()

    def forget_gone(self) -> bytes:
        return (
            f"DELETE FROM {self._base} base WHERE base.{GONE}"
            f" AND NOT EXISTS (SELECT FROM {self._live} live WHERE {self._same('live', 'base')})"
        ).encode()

    def update(self) -> bytes:
        merged = {
            c: f"CASE WHEN live.{c} IS NOT DISTINCT FROM base.{c} THEN new.{c} ELSE live.{c} END"
            for c in map(quoted, self._values)
        }
        changes = " OR ".join(f"live.{c} IS DISTINCT FROM ({value})" for c, value in merged.items())
        if not merged:
            # A table that is all key has rows that come and go, and none that change.
            return f"UPDATE {self._live} SET {quoted(self._key[0])} = {quoted(self._key[0])} WHERE false".encode()
        return (
            f"UPDATE {self._live} live SET {', '.join(f'{c} = {value}' for c, value in merged.items())}"
            f" FROM {self._base} base, {INCOMING} new"
            f" WHERE {self._same('live', 'base')} AND {self._same('new', 'base')} AND ({changes})"
        ).encode()

    def insert(self) -> bytes:
        return (
            f"INSERT INTO {self._live} ({_list(self._columns)}) SELECT {_list(self._columns, 'new')}"
            f" FROM {INCOMING} new WHERE NOT EXISTS"
            f" (SELECT FROM {self._base} base WHERE {self._same('new', 'base')} AND NOT base.{GONE})"
            f"{self._parents('new')}"
            " ON CONFLICT DO NOTHING"
        ).encode()

    def count_kept(self) -> bytes:
        differs = f"NOT ({self._equal('live', 'new')})"
        return (
            f"SELECT (SELECT count(*) FROM {self._live} live JOIN {self._base} base ON {self._same('live', 'base')}"
            f" WHERE {self._gone('base')}) + (SELECT count(*) FROM {self._live} live JOIN {INCOMING} new"
            f" ON {self._same('live', 'new')} WHERE {differs})"
        ).encode()

    def remember(self) -> bytes:
        # A row that stays because it is needed remains the graph's own, for a later merge to delete.
        return (
            f"DELETE FROM {self._base} base WHERE NOT EXISTS (SELECT FROM {self._live} live WHERE {self._dropped()});"
            f" UPDATE {self._base} SET {GONE} = true;"
            f" INSERT INTO {self._base} ({_list(self._columns)})"
            f" SELECT {_list(self._columns)} FROM {INCOMING}"
        ).encode()

    def _same(self, a: str, b: str) -> str:
        return " AND ".join(f"{a}.{k} = {b}.{k}" for k in map(quoted, self._key))

    def _equal(self, a: str, b: str) -> str:
        return f"ROW({_list(self._columns, a)}) IS NOT DISTINCT FROM ROW({_list(self._columns, b)})"

    def _dropped(self) -> str:
        """Whether the graph no longer has a row that nobody edited."""
        return f"{self._same('live', 'base')} AND {self._equal('live', 'base')} AND {self._gone('base')}"

    def _gone(self, base: str) -> str:
        return f"NOT EXISTS (SELECT FROM {INCOMING} new WHERE {self._same('new', base)})"

    def _free(self, live: str) -> str:
        """Whether no row of another editable table points at it.

        The graph takes nothing along: rows below a title that people added or edited keep it, and what the graph itself
        brought there is deleted by the merge of its own table, which then sweeps.
        """
        pointing = [
            f"NOT EXISTS (SELECT FROM {other.published_as} r WHERE "
            + " AND ".join(
                f"r.{quoted(mine)} = {live}.{quoted(key)}"
                for mine, key in zip(reference.columns, self._key, strict=True)
            )
            + ")"
            for other in editable()
            for reference in other.foreign_keys
            if reference.table == self._table.name
        ]
        return " AND ".join(pointing) or "true"

    def _parents(self, new: str) -> str:
        """The rows that it points at are there; people may have deleted them."""
        found = ""
        for reference in self._table.foreign_keys:
            other = table(reference.table)
            met = " AND ".join(
                f"p.{quoted(key)} = {new}.{quoted(mine)}"
                for mine, key in zip(reference.columns, other.key, strict=True)
            )
            found += f" AND EXISTS (SELECT FROM {other.published_as} p WHERE {met})"
        return found


def _list(columns: Iterable[str], alias: str = "") -> str:
    return ", ".join(f"{alias}.{quoted(c)}" if alias else quoted(c) for c in columns)
