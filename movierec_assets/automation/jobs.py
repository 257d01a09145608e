"""Jobs and the schedule: `refresh` materialises any selection, `landed` takes in the landing files, once a day all."""

from typing import Any

import dagster as dg

from movierec_assets.automation import LANDED_JOB, REFRESH_JOB


def jobs() -> list[Any]:
    """The jobs."""
    return [
        dg.define_asset_job(
            REFRESH_JOB, selection=dg.AssetSelection.all(), description="Materialise any selection of assets."
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
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat())

    return [daily]
