"""Publish a table of Apache Spark: its executors load the snapshot, each a part, and this process flips the pointer.

Many connections cannot share a transaction, so the parts are committed one by one, under the number of a snapshot that
no pointer names and no reader sees. A part is committed together with its mark in `publication.load_parts`: a task that
is run again, as after the loss of a worker, finds the mark and loads nothing. The flip is one transaction; it proves
first that all rows are there. What a killed publisher leaves is no snapshot, and the next publication deletes it; an
executor that still loads then fails, as the marks of a deleted load have nothing to refer to.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from movierec_assets.publication.layout import Layout, PublicationError, dataset_lock, literal
from movierec_assets.publication.load_transaction import LoadTransaction
from movierec_assets.publication.pruning import prune
from movierec_assets.publication.publishing import LIVE, Publication, make_live, with_snapshot
from movierec_assets.schema import Table

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from movierec_assets.resources.database import Database

MOST_CONNECTIONS = 32
"""Tasks that load at once, each by a connection of its own; PostgreSQL takes 100 by default."""
_BEGIN = "INSERT INTO publication.loads (snapshot_id, dataset, storage) VALUES (%s, %s, %s)"
_MARK = """
INSERT INTO publication.load_parts (snapshot_id, part) VALUES ({}, {}) ON CONFLICT DO NOTHING RETURNING part
"""
_COUNT = "UPDATE publication.load_parts SET rows = {} WHERE snapshot_id = {} AND part = {}"
_LOADED = "SELECT coalesce(sum(rows), 0)::bigint AS rows FROM publication.load_parts WHERE snapshot_id = {}"
_END = "DELETE FROM publication.loads WHERE snapshot_id = {}"


@dataclass(frozen=True)
class Loader:
    """What a task does; goes to the executors.

    Attributes:
        uri: Of the database as the executors reach it, password included.
        table: What the rows are.
        snapshot_id: Under which they are stored.
    """

    uri: str
    table: Table
    snapshot_id: int

    def load(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Store a part of the rows, unless a run of the same task did; gives nothing back."""
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        part, layout = context.partitionId(), Layout(self.table)
        with LoadTransaction(self.uri) as transaction:
            if transaction.query(_MARK.format(self.snapshot_id, part)):
                rows = transaction.copy("publication", layout.storage, self._stored(layout, batches))
                transaction.execute(_COUNT.format(rows, self.snapshot_id, part))
                transaction.commit()
        yield from ()

    def _stored(self, layout: Layout, batches: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
        import pyarrow as pa

        first = next(batches, None)
        if first is None:
            return with_snapshot(layout, self.table.arrow_schema().empty_table(), self.snapshot_id)
        reader = pa.RecordBatchReader.from_batches(first.schema, chain([first], batches))
        return with_snapshot(layout, reader, self.snapshot_id)


def publish_spread(
    db: Database, table: Table, data: DataFrame, data_version: str, run_id: str | None, keep: int
) -> Publication:
    """`publish` for rows that are on Apache Spark and go from its executors into the database.

    Readers see the old snapshot until the new one is complete, then the new one. Two publishers of one table take
    turns. Whatever fails or is killed on the way leaves the old snapshot live.

    Args:
        db: Where `ensure_schema` has run; its address must lead there from the executors too.
        table: Its entry in the registry, with `published_as`.
        data: All rows, read from where a task that is run again finds the same, as from a version of a Delta table.
        data_version: Content hash of the rows.
        run_id: Dagster run that publishes, if any.
        keep: Snapshots that stay for rollback, the live one included, at least 1.

    Raises:
        PublicationError: The rows do not fit the table, or not all of them arrived.
        DatabaseError: There is no connection to be had.
    """
    import adbc_driver_manager
    from pyspark.errors import PySparkException

    start, layout = time.perf_counter(), Layout(table)
    with db.connect(autocommit=True) as connection:
        # Held by the session, as the loading takes many transactions; `publish` takes turns by it too.
        connection.execute(f"SELECT pg_advisory_lock({dataset_lock(table.name)})")
        live = LIVE.format(*map(literal, (table.name, data_version, layout.storage)))
        for snapshot_id, rows in connection.execute(live).fetchall():
            return Publication(snapshot_id, rows, time.perf_counter() - start, changed=False)
        snapshot_id = _begun(connection, layout)
        try:
            wanted = data.select(*table.column_names)
            rows = wanted.count()
            loader = Loader(db.uri, table, snapshot_id)
            wanted.coalesce(MOST_CONNECTIONS).mapInArrow(loader.load, "part int").collect()
            _flip(db, layout, snapshot_id, rows, data_version, run_id)
        except (PySparkException, adbc_driver_manager.Error) as error:
            raise PublicationError(
                f"{table.name} could not be published as {table.published_as}; what was live stays live. "
                f"{reason(error, db)}"
            ) from None
    prune(db, layout, keep)
    return Publication(snapshot_id, rows, time.perf_counter() - start, changed=True)


def reason(error: Exception, db: Database) -> str:
    """What went wrong, on one line, without the password; of an executor's trace only its last line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("adbc_driver_manager.")), " ".join(lines)[:1000])
    return db.redacted(said)


def _begun(connection: psycopg.Connection, layout: Layout) -> int:
    """Number of a new snapshot, whose storage there is."""
    connection.execute(layout.create_storage()[0])
    row: tuple[Any, ...] | None = connection.execute("SELECT nextval('publication.snapshot_id')").fetchone()
    assert row is not None
    connection.execute(_BEGIN, (row[0], layout.table.name, layout.storage))
    return int(row[0])


def _flip(
    db: Database, layout: Layout, snapshot_id: int, rows: int, data_version: str, run_id: str | None
) -> None:
    """Make a loaded snapshot the live one.

    Raises:
        PublicationError: Not all rows are there.
    """
    with LoadTransaction(db.uri) as transaction:
        loaded = transaction.query(_LOADED.format(snapshot_id))[0][0]
        if loaded != rows:
            raise PublicationError(
                f"{layout.table.name} could not be published: {loaded} of {rows} rows arrived; what was live stays live"
            )
        make_live(transaction, layout, snapshot_id, rows, data_version, run_id)
        transaction.execute(_END.format(snapshot_id))
        transaction.commit()
