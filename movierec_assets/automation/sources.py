"""Keeps Dagster's view of the landing files, and the ledger, in step with what lies in the landing zone."""

from __future__ import annotations

from dataclasses import dataclass

import dagster as dg
import psycopg

from movierec_assets.assets.landing import source_key
from movierec_assets.automation.staleness import DATA_VERSION_TAG, recorded
from movierec_assets.landing import ledger
from movierec_assets.landing.ingestion import files_by_dataset, missing_message
from movierec_assets.landing.zone import LandingZone
from movierec_assets.schema import LANDING_FILES, LandingFile

MISSING = "missing"
RUN_FAILED = "its run failed"
"""Why a file is not loaded that has nothing wrong with it as far as is known."""


@dataclass(frozen=True)
class Landed:
    """What lies in the landing zone.

    Attributes:
        content: Content hash by source; `missing` where the file has not landed.
        absent: Datasets of which nothing has landed.
        incomplete: By dataset of which some files are missing, what to tell.
    """

    content: dict[str, str]
    absent: list[str]
    incomplete: dict[str, str]

    @property
    def sources(self) -> list[LandingFile]:
        """The files of the datasets that have landed, in part or whole."""
        return [f for f in LANDING_FILES.values() if f.dataset not in self.absent]


def look(connection: psycopg.Connection, zone: LandingZone) -> Landed:
    """Reconcile the ledger with the zone; only what was written since the last look is read."""
    ledger.reconcile(connection, zone)
    known = ledger.contents(connection)
    content = {f.source: known.get(f.path, MISSING) for f in LANDING_FILES.values()}
    absent, incomplete = [], {}
    for dataset, files in files_by_dataset().items():
        missing = [f for f in files if content[f.source] == MISSING]
        if len(missing) == len(files):
            absent.append(dataset)
        elif missing:
            incomplete[dataset] = missing_message(zone, missing)
    return Landed(content, absent, incomplete)


def observations(instance: dg.DagsterInstance, landed: Landed) -> list[dg.AssetObservation]:
    """Observations of the sources whose content is not what was observed last."""
    found = []
    for file in landed.sources:
        key, version = source_key(file), landed.content[file.source]
        last = recorded(instance, key, source=True)
        if last is None or last.data_version != version:
            found.append(
                dg.AssetObservation(key, metadata={"content_hash": version}, tags={DATA_VERSION_TAG: version})
            )
    return found


def settle(connection: psycopg.Connection, instance: dg.DagsterInstance) -> None:
    """Write into the ledger how the runs that took files in have ended.

    The truth is in the last materialisation of the raw asset and in the run's status, so a crash between a run and
    this is mended at the next call.
    """
    for entry in ledger.entries(connection, ("seen", "loading", "failed")):
        file = next((f for f in LANDING_FILES.values() if f.path == entry.key), None)
        if file is None or entry.content_hash is None:
            continue
        last = recorded(instance, dg.AssetKey(f"raw_{file.source}"))
        if last is not None and last.metadata.get("file_content_hash") == entry.content_hash:
            ledger.mark(connection, entry.key, entry.content_hash, "loaded", run_id=last.run_id)
        elif entry.state == "loading" and entry.run_id:
            run = instance.get_run_by_id(entry.run_id)
            if run is None or run.is_finished:
                ledger.mark(
                    connection,
                    entry.key,
                    entry.content_hash,
                    "failed",
                    run_id=entry.run_id,
                    error=RUN_FAILED,
                )
