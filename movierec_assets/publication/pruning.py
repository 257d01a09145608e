"""Forget old snapshots. Rows are deleted, not tables dropped, so no reader ever waits or loses what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.publication.layout import Layout, dataset_lock, quoted

if TYPE_CHECKING:
    import psycopg

    from movierec_assets.resources.database import Database

_FORGOTTEN = """
SELECT snapshot_id, storage FROM publication.snapshots s
WHERE dataset = %(dataset)s
AND snapshot_id <> (SELECT snapshot_id FROM publication.current WHERE dataset = %(dataset)s)
AND (storage <> %(storage)s OR snapshot_id NOT IN (
    SELECT o.snapshot_id FROM publication.snapshots o
    WHERE o.dataset = %(dataset)s AND o.storage = %(storage)s
    AND o.snapshot_id <> (SELECT snapshot_id FROM publication.current WHERE dataset = %(dataset)s)
    ORDER BY o.snapshot_id DESC LIMIT %(others)s
))
"""
_ABANDONED = "DELETE FROM publication.loads WHERE dataset = %s RETURNING snapshot_id, storage"
_DELETE = "DELETE FROM publication.{} WHERE snapshot_id = %s"
_UNUSED = """
SELECT tablename FROM pg_tables t WHERE schemaname = 'publication' AND tablename ~ %(pattern)s
AND tablename <> %(storage)s
AND NOT EXISTS (SELECT FROM publication.snapshots WHERE storage = t.tablename)
AND NOT EXISTS (SELECT FROM publication.loads WHERE storage = t.tablename)
"""


def prune(db: Database, layout: Layout, keep: int) -> None:
    """Keep the live snapshot and the newest others, `keep` in all, and give the space of the rest back for reuse.

    What a killed publisher loaded by several connections goes too. Snapshots with other columns than today's are
    forgotten, and their storage table is dropped unless it is in use.
    """
    facts = {"dataset": layout.table.name, "storage": layout.storage, "others": max(keep, 1) - 1}
    with db.connect(autocommit=True) as connection:
        with connection.transaction():
            connection.execute(f"SELECT pg_advisory_xact_lock({dataset_lock(layout.table.name)})")
            # Who publishes holds the lock, so nobody goes on with a load that is still there.
            abandoned = connection.execute(_ABANDONED, (layout.table.name,)).fetchall()
            for snapshot_id, storage in abandoned:
                connection.execute(_DELETE.format(quoted(storage)), (snapshot_id,))
            forgotten = connection.execute(_FORGOTTEN, facts).fetchall()
            for snapshot_id, storage in forgotten:
                connection.execute(_DELETE.format(quoted(storage)), (snapshot_id,))
                connection.execute("DELETE FROM publication.snapshots WHERE snapshot_id = %s", (snapshot_id,))
        _drop_unused(connection, layout)
        # Besides the space, this marks the new rows visible to all, which index-only scans need. PostgreSQL's own
        # vacuum comes a minute later, when an embedded server may have stopped.
        connection.execute(f"VACUUM (SKIP_LOCKED) publication.{quoted(layout.storage)}")


def _drop_unused(connection: psycopg.Connection, layout: Layout) -> None:
    from psycopg.errors import DependentObjectsStillExist, LockNotAvailable

    pattern = f"^{layout.storage[:-8]}[0-9a-f]{{8}}$"
    unused = connection.execute(_UNUSED, {"pattern": pattern, "storage": layout.storage}).fetchall()
    for (storage,) in unused:
        try:
            with connection.transaction():
                table = f"publication.{quoted(storage)}"
                connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE NOWAIT")
                connection.execute(f"DROP TABLE {table}")
        except (LockNotAvailable, DependentObjectsStillExist):
            # Somebody still reads it; it is empty, and the next publication tries again.
            continue
