"""Old runs of Dagster with their events and logs, by Dagster's public API."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from movierec_assets.instance import SCHEMA, open_instance
from movierec_assets.operations.pruning.parts import Gone

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets.resources.database import Database
    from movierec_assets.settings import Settings

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def prune(settings: Settings, database: Database, days: int, *, dry_run: bool) -> Iterator[Gone]:
    """Finished runs, but for those by which an asset is known to be fresh or stale."""
    before = datetime.now(UTC) - timedelta(days=days)
    with open_instance(settings, database) as instance:
        kept = {event.run_id for key in instance.all_asset_keys() if (event := _last(instance, key))}
        filters = dg.RunsFilter(statuses=FINISHED, updated_before=before)
        old = [r.dagster_run.run_id for r in instance.get_run_records(filters)]
        old = [run_id for run_id in old if run_id not in kept]
        logs = [settings.home / "dagster" / "storage" / run_id for run_id in old]
        size = _rows_bytes(database, old) + sum(map(_bytes, logs))
        if old:
            yield Gone("runs", "Dagster", len(old), size)
        if not old or dry_run:
            return
        for run_id, folder in zip(old, logs, strict=True):
            instance.delete_run(run_id)
            shutil.rmtree(folder, ignore_errors=True)
    with database.connect(autocommit=True) as connection:
        connection.execute(f"VACUUM (SKIP_LOCKED) {SCHEMA}.event_logs, {SCHEMA}.runs".encode())


def _last(instance: dg.DagsterInstance, key: dg.AssetKey) -> dg.EventLogEntry | None:
    return instance.get_latest_materialization_event(key)


def _rows_bytes(database: Database, run_ids: list[str]) -> int:
    """Of their events, as the database stores them."""
    with database.connect() as connection:
        query = f"SELECT sum(pg_column_size(e)) FROM {SCHEMA}.event_logs e WHERE run_id = ANY(%s)"  # noqa: S608
        row = connection.execute(query.encode(), [run_ids]).fetchone()
    return int(row[0] or 0) if row else 0


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
