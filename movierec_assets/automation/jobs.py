"""Jobs and the schedule: `refresh` materialises any selection, `tune` searches, `landed` takes in the landing files.

The schedule does the last once a day.
"""

from typing import Any

import dagster as dg

from movierec_assets.automation import LANDED_JOB, REFRESH_JOB, TUNE_JOB
from movierec_assets.automation.sources import MISSING, look
from movierec_assets.migrations import upgrade
from movierec_assets.resources.database import Database
from movierec_assets.resources.landing_zone import LandingZoneResource
from movierec_assets.schema import TABLES


def jobs() -> list[Any]:
    """The jobs."""
    on_demand = dg.AssetSelection.assets(*(name for name, table in TABLES.items() if table.on_demand))
    return [
        dg.define_asset_job(
            REFRESH_JOB,
            selection=dg.AssetSelection.all() - on_demand,
            description="Materialise any selection of assets.",
        ),
        dg.define_asset_job(
            TUNE_JOB,
            selection=on_demand,
            description="Search for better parameters of a model; the configuration says of which and how long.",
        ),
        dg.define_asset_job(
            LANDED_JOB,
            selection=dg.AssetSelection.groups("raw"),
            description="Take in landing files that are new or changed; the rest of the graph follows by itself.",
        ),
    ]


def schedules() -> list[dg.ScheduleDefinition]:
    """The daily look at the landing zone, for whoever keeps the sensor off."""

    @dg.schedule(
        name="daily",
        job_name=LANDED_JOB,
        cron_schedule="0 5 * * *",
        execution_timezone="UTC",
        description="Every day at 05:00 UTC: take in what has landed. Unchanged files make no new version.",
    )
    def daily(
        context: dg.ScheduleEvaluationContext, landing: LandingZoneResource, database: Database
    ) -> dg.RunRequest | dg.SkipReason:
        with database.connect(autocommit=True) as connection:
            upgrade(connection)
            landed = look(connection, landing.zone())
        files = [f for f in landed.sources if landed.content[f.source] != MISSING]
        if not files:
            return dg.SkipReason("nothing has landed")
        return dg.RunRequest(
            run_key=context.scheduled_execution_time.isoformat(),
            asset_selection=[dg.AssetKey(f"raw_{f.source}") for f in files],
        )

    return [daily]
