"""Publish a table: load a snapshot, flip the pointer, forget the oldest snapshots."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec_assets.publication.layout import Layout, PublicationError, dataset_lock, literal
from movierec_assets.publication.load_transaction import LoadTransaction
from movierec_assets.publication.pruning import prune
from movierec_assets.publication.views import show_storage
from movierec_assets.schema import Table

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.resources.database import Database

LIVE = """
SELECT snapshot_id, rows FROM publication.current JOIN publication.snapshots USING (dataset, snapshot_id)
WHERE dataset = {} AND data_version = {} AND storage = {}
"""
_INSERT = """
INSERT INTO publication.snapshots (snapshot_id, rows, dataset, storage, data_version, run_id) VALUES ({}, {}, {}, {})
"""
_FLIP = """
INSERT INTO publication.current (dataset, snapshot_id) VALUES ({}, {})
ON CONFLICT (dataset) DO UPDATE SET snapshot_id = excluded.snapshot_id
"""


@dataclass(frozen=True)
class Publication:
    """What a call of `publish` did.

    Attributes:
        snapshot_id: The live snapshot.
        rows: Its rows.
        seconds: Duration of the call.
        changed: Whether it is a new one.
    """

    snapshot_id: int
    rows: int
    seconds: float
    changed: bool


def publish(
    db: Database,
    table: Table,
    data: pa.Table | pa.RecordBatchReader,
    data_version: str,
    run_id: str | None,
    keep: int,
) -> Publication:
    """Make these rows the live ones; nothing happens if the live ones have that data version.

    Readers see the old snapshot until the new one is complete, then the new one. Two publishers of one table take
    turns. Whatever fails or is killed on the way leaves the old snapshot live and nothing else.

    Args:
        db: Where `ensure_schema` has run.
        table: Its entry in the registry, with `published_as`.
        data: All rows; columns of the table by name, in any order, further ones are left out.
        data_version: Content hash of the rows.
        run_id: Dagster run that publishes, if any.
        keep: Snapshots that stay for rollback, the live one included, at least 1.

    Raises:
        PublicationError: The rows do not fit the table, or the view cannot take its new columns.
        DatabaseError: There is no connection to be had.
    """
    import adbc_driver_manager

    start = time.perf_counter()
    layout = Layout(table)
    # ADBC's message would not say which variable to check.
    db.connect().close()
    try:
        with LoadTransaction(db.uri) as transaction:
            transaction.query(f"SELECT pg_advisory_xact_lock({dataset_lock(table.name)})::text")
            same = transaction.query(LIVE.format(*map(literal, (table.name, data_version, layout.storage))))
            for snapshot_id, rows in same:
                return Publication(snapshot_id, rows, time.perf_counter() - start, changed=False)
            snapshot_id = int(transaction.query("SELECT nextval('publication.snapshot_id')")[0][0])
            transaction.execute(layout.create_storage()[0])
            rows = transaction.copy("publication", layout.storage, with_snapshot(layout, data, snapshot_id))
            make_live(transaction, layout, snapshot_id, rows, data_version, run_id)
            transaction.commit()
    except adbc_driver_manager.Error as error:
        reason = " ".join(str(error).split())
        raise PublicationError(
            f"{table.name} could not be published as {table.published_as}; what was live stays live. {reason}"
        ) from None
    prune(db, layout, keep)
    return Publication(snapshot_id, rows, time.perf_counter() - start, changed=True)


def make_live(
    transaction: LoadTransaction,
    layout: Layout,
    snapshot_id: int,
    rows: int,
    data_version: str,
    run_id: str | None,
) -> None:
    """Write a loaded snapshot down and flip the pointer to it, when the transaction commits.

    Raises:
        PublicationError: The view cannot take the new columns.
    """
    transaction.execute(layout.analyze_storage())
    texts = ", ".join(map(literal, (layout.table.name, layout.storage, data_version)))
    run = "NULL" if run_id is None else literal(run_id)
    transaction.execute(_INSERT.format(snapshot_id, rows, texts, run))
    show_storage(transaction, layout)
    transaction.execute(_FLIP.format(literal(layout.table.name), snapshot_id))


def with_snapshot(
    layout: Layout, data: pa.Table | pa.RecordBatchReader, snapshot_id: int
) -> pa.RecordBatchReader:
    """The rows as the storage table has them: its columns' names, types and order, and the snapshot's number first.

    Raises:
        PublicationError: A column is missing.
    """
    import pyarrow as pa

    names = layout.table.column_names
    if missing := [name for name in names if name not in data.schema.names]:
        raise PublicationError(
            f"{layout.table.name} cannot be published: the data has no column {', '.join(missing)}; "
            f"it has {', '.join(data.schema.names)}"
        )
    types = [c.arrow_type() for c in layout.table.columns]
    schema = pa.schema([("snapshot_id", pa.int64()), *zip(layout.column_names, types, strict=True)])
    batches = data.to_batches() if isinstance(data, pa.Table) else data

    def stored() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            numbers = pa.repeat(pa.scalar(snapshot_id), batch.num_rows)
            columns = [batch.column(name).cast(kind) for name, kind in zip(names, types, strict=True)]
            yield pa.record_batch([numbers, *columns], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, stored())
