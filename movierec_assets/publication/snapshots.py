"""Which snapshots there are, and going back to one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from movierec_assets.publication.layout import Layout, PublicationError, dataset_lock
from movierec_assets.schema import TABLES

if TYPE_CHECKING:
    import psycopg

    from movierec_assets.resources.database import Database


@dataclass(frozen=True)
class Snapshot:
    """A published snapshot that is kept.

    Attributes:
        dataset: Name in the registry.
        snapshot_id: Its number; later ones are larger.
        storage: Table of schema `publication` that holds the rows.
        data_version: Content hash of the rows.
        rows: Their number.
        run_id: Dagster run that published it, if any.
        published_at: When, with time zone.
        current: Whether it is live.
    """

    dataset: str
    snapshot_id: int
    storage: str
    data_version: str
    rows: int
    run_id: str | None
    published_at: datetime
    current: bool


def history(connection: psycopg.Connection, dataset: str | None = None) -> list[Snapshot]:
    """The snapshots that are kept, of one dataset or all, newest first within each.

    Needs `ensure_schema` to have run. A dataset that was never published has none.
    """
    rows = connection.execute(
        "SELECT s.dataset, s.snapshot_id, storage, data_version, rows, run_id, published_at, c.dataset IS NOT NULL "
        "FROM publication.snapshots s LEFT JOIN publication.current c USING (dataset, snapshot_id) "
        "WHERE %(dataset)s::text IS NULL OR s.dataset = %(dataset)s ORDER BY s.dataset, s.snapshot_id DESC",
        {"dataset": dataset},
    )
    return [Snapshot(*row) for row in rows.fetchall()]


def rollback(db: Database, dataset: str, to: int | None = None) -> int:
    """Make an earlier snapshot live again, for every reader at once.

    Args:
        db: Where `ensure_schema` has run.
        dataset: Name in the registry, such as `recommendations`.
        to: The snapshot's number; the newest before the live one if left out.

    Returns:
        The number of the snapshot that is live now.

    Raises:
        PublicationError: There is no such snapshot; the message lists those there are.
    """
    with db.connect() as connection:
        connection.execute(f"SELECT pg_advisory_xact_lock({dataset_lock(dataset)})")
        kept = history(connection, dataset)
        live = next((s.snapshot_id for s in kept if s.current), None)
        if live is None:
            raise PublicationError(f"{dataset} was never published, so there is nothing to go back to")
        storage = Layout(TABLES[dataset]).storage if dataset in TABLES else kept[0].storage
        fitting = [s.snapshot_id for s in kept if s.storage == storage]
        earlier = [number for number in fitting if number < live]
        target = to if to is not None else next(iter(earlier), None)
        if target not in fitting:
            asked = "no snapshot before the live one" if to is None else f"no snapshot {to}"
            others = ", ".join(f"{n} (live)" if n == live else str(n) for n in fitting)
            raise PublicationError(
                f"{dataset} has {asked} with today's columns; there are {others or 'none'}"
            )
        connection.execute(
            "UPDATE publication.current SET snapshot_id = %s WHERE dataset = %s", (target, dataset)
        )
    return int(target)
