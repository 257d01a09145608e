"""Old runs of Dagster with their events and logs, by Dagster's public API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from movierec_assets import compute_logs
from movierec_assets.instance import SCHEMA, open_instance
from movierec_assets.io_managers.errors import reaching
from movierec_assets.io_managers.filesystem import filesystem
from movierec_assets.operations.pruning.parts import Gone

if TYPE_CHECKING:
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
        if not old:
            return
        with reaching(settings.lake_uri):
            logs = {place: _log_bytes(place) for place in compute_logs.places(settings.lake_uri)}
        size = _rows_bytes(database, old) + sum(sizes[run_id] for sizes in logs.values() for run_id in old)
        yield Gone("runs", "Dagster", len(old), size)
        if dry_run:
            return
        # In this order, so that what a killed command has left is found again by the next one.
        with reaching(settings.lake_uri):
            for place, sizes in logs.items():
                store, folder = filesystem(place)
                for run_id in set(old) & set(sizes):
                    store.delete_dir(f"{folder}/{run_id}")
        for run_id in old:
            instance.delete_run(run_id)
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


def _log_bytes(place: str) -> Counter[str]:
    """Of what each run printed, by its number; runs of which nothing is there are left out."""
    from pyarrow import fs

    store, folder = filesystem(place)
    sizes: Counter[str] = Counter()
    for info in store.get_file_info(fs.FileSelector(folder, allow_not_found=True, recursive=True)):
        # Of a folder there is no size.
        sizes[info.path.removeprefix(f"{folder}/").partition("/")[0]] += info.size or 0
    return sizes
