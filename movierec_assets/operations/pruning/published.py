"""Snapshots of published tables beyond those that are kept for rollback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from movierec_assets.operations.pruning.parts import Gone
from movierec_assets.publication import ensure_schema, history
from movierec_assets.publication.layout import Layout, quoted
from movierec_assets.publication.pruning import prune as forget
from movierec_assets.schema import TABLES

if TYPE_CHECKING:
    import psycopg

    from movierec_assets.resources.database import Database


def prune(database: Database, keep: int, *, dry_run: bool) -> Iterator[Gone]:
    """Keep of each table the live snapshot and the newest others, `keep` in all."""
    for table in (t for t in TABLES.values() if t.published_as and not t.editable):
        layout = Layout(table)
        with database.connect() as connection:
            ensure_schema(connection)
            found = history(connection, table.name)
            fitting = [s for s in found if s.storage == layout.storage]
            others = [s for s in fitting if not s.current]
            kept = [s for s in fitting if s.current] + others[: max(keep, 1) - 1]
            old = [s for s in found if s not in kept]
            size = sum(_bytes(connection, s.storage, s.rows) for s in old)
        if old:
            yield Gone("publication", str(table.published_as), len(old), size)
        if old and not dry_run:
            forget(database, layout, keep)


def _bytes(connection: psycopg.Connection, storage: str, rows: int) -> int:
    """The part of the storage table, its indexes included, that so many rows take."""
    row = connection.execute(
        "SELECT pg_total_relation_size(to_regclass(%(name)s)), "
        "(SELECT sum(rows) FROM publication.snapshots WHERE storage = %(storage)s)",
        {"name": f"publication.{quoted(storage)}", "storage": storage},
    ).fetchone()
    return int(row[0] * rows / row[1]) if row and row[0] and row[1] else 0
