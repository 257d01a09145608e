"""Figures about runs, assets, files and backups for Prometheus; the web API counts its own requests itself."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

import dagster as dg
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from movierec_assets.operations.backup import Manifest
from movierec_assets.operations.backup.manifest import NAME, BackupError
from movierec_assets.schema import TABLES

if TYPE_CHECKING:
    import psycopg

    from movierec_assets.io_managers.lake import Lake
    from movierec_assets.settings import Settings

ENDS = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE)


class Figures:
    """Gauges by name, made when first set."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}

    def set(self, name: str, help_: str, value: float, **labels: str) -> None:
        """Set `movierec_NAME` for these labels."""
        if name not in self._gauges:
            self._gauges[name] = Gauge(f"movierec_{name}", help_, list(labels), registry=self._registry)
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set(value)

    def text(self) -> str:
        """In Prometheus's text format."""
        return generate_latest(self._registry).decode()


def measure(
    settings: Settings,
    connection: psycopg.Connection,
    lake: Lake,
    instance: dg.DagsterInstance,
    stale: Collection[str],
) -> str:
    """Everything there is to know at this moment.

    Args:
        settings: Of the project.
        connection: The owner's.
        lake: The lake.
        instance: Dagster's.
        stale: Names of the assets that a run would make.

    Returns:
        Prometheus's text format; times are seconds since 1970.
    """
    figures = Figures()
    figures.set("assets_stale", "Assets that a run would make.", len(stale))
    _runs(figures, instance)
    _assets(figures, instance)
    for state, count in connection.execute("SELECT state, count(*) FROM ledger.files GROUP BY 1"):
        figures.set("landing_files", "Files of the landing zone by what became of them.", count, state=state)
    query = (
        "SELECT dataset, rows, published_at FROM publication.current JOIN publication.snapshots"
        " USING (dataset, snapshot_id)"
    )
    for dataset, rows, at in connection.execute(query):
        figures.set("published_rows", "Rows of the live snapshot.", rows, dataset=dataset)
        moment = at.timestamp()
        figures.set(
            "published_timestamp_seconds", "When the live content went live.", moment, dataset=dataset
        )
    for name in (n for n in TABLES if n.startswith("quarantine_") and lake.exists(n)):
        source = name.removeprefix("quarantine_")
        figures.set("quarantine_rows", "Rejected rows.", lake.open(name).rows(), source=source)
    if moments := _backups(settings):
        figures.set("backup_timestamp_seconds", "Moment of the newest backup.", max(moments))
    free = shutil.disk_usage(settings.home).free
    figures.set("home_free_bytes", "Room on the disk of MOVIEREC_HOME.", free)
    return figures.text()


def _runs(figures: Figures, instance: dg.DagsterInstance) -> None:
    for status in ENDS:
        filters = dg.RunsFilter(statuses=[status])
        state = status.value.lower()
        figures.set("runs", "Runs that are kept.", instance.get_runs_count(filters), status=state)
        for record in instance.get_run_records(filters, limit=1):
            if record.end_time is not None:
                name, text = "last_run_timestamp_seconds", "End of the latest run."
                figures.set(name, text, record.end_time, status=state)


def _assets(figures: Figures, instance: dg.DagsterInstance) -> None:
    for key in instance.all_asset_keys():
        if event := instance.get_latest_materialization_event(key):
            name, text = "asset_materialized_timestamp_seconds", "Last materialisation."
            figures.set(name, text, event.timestamp, asset=key.to_user_string())


def _backups(settings: Settings) -> list[float]:
    moments = []
    for path in (settings.home / "backups").glob(f"*/{NAME}"):
        try:
            moments.append(datetime.fromisoformat(Manifest.read(path.parent).made_at).timestamp())
        except BackupError:
            # A damaged one is none.
            continue
    return moments
