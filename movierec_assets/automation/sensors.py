"""What starts runs by itself: the landing sensor, the daemon's staleness policy, and a log line for failures."""

import hashlib
import time
import warnings

import dagster as dg

from movierec_assets.automation import LANDED_JOB
from movierec_assets.automation.conditions import RETRY_AFTER
from movierec_assets.automation.sources import RUN_FAILED, look, observations, settle
from movierec_assets.landing import ledger
from movierec_assets.migrations import upgrade
from movierec_assets.resources.database import Database
from movierec_assets.resources.landing_zone import LandingZoneResource
from movierec_assets.resources.turns import bury_dead_runs
from movierec_assets.schema import LANDING_FILES


def landing_files(
    context: dg.SensorEvaluationContext, landing: LandingZoneResource, database: Database
) -> dg.SensorResult | dg.SkipReason:
    """One tick: reconcile the ledger, tell Dagster, request one run for what is pending.

    The run key names each file's arrival in the ledger, so a tick that is repeated after a crash asks for the same
    run, and content that comes back asks for a new one. A file whose run failed without blame on the file is asked for
    again when `RETRY_AFTER` is over. Runs whose process is gone are reported failed here, as they block the queue.
    """
    with database.connect(autocommit=True) as connection:
        if dead := bury_dead_runs(context.instance, connection):
            context.log.warning("the processes of runs %s were killed", ", ".join(dead))
        upgrade(connection)
        landed = look(connection, landing.zone())
        settle(connection, context.instance)
        by_path = {f.path: f for f in LANDING_FILES.values()}
        known = [e for e in ledger.entries(connection, ("seen", "failed")) if e.key in by_path]
    pending = [e for e in known if e.state == "seen" or _due_again(context.instance, e)]
    events = observations(context.instance, landed)
    for message in landed.incomplete.values():
        context.log.warning(message)
    if not pending:
        if events:
            return dg.SensorResult(asset_events=events)
        return dg.SkipReason("nothing new in the landing zone")
    arrivals = sorted(
        f"{e.key} {e.content_hash} {e.changed_at.isoformat()}" + (f" after {e.run_id}" if e.run_id else "")
        for e in pending
    )
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=hashlib.sha256("\n".join(arrivals).encode()).hexdigest(),
                asset_selection=[dg.AssetKey(f"raw_{by_path[e.key].source}") for e in pending],
                tags={"movierec/files": str(len(pending))},
            )
        ],
        asset_events=events,
    )


def _due_again(instance: dg.DagsterInstance, entry: ledger.Entry) -> bool:
    if entry.error != RUN_FAILED or entry.run_id is None:
        return False
    records = instance.get_run_records(dg.RunsFilter(run_ids=[entry.run_id]), limit=1)
    # Either way, as the clock may have been set back since.
    return not records or abs(time.time() - (records[0].end_time or 0.0)) > RETRY_AFTER.total_seconds()


@dg.run_failure_sensor(
    name="log_failures",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Logs each failed run with its first error.",
)
def log_failures(context: dg.RunFailureSensorContext) -> None:
    """One line for each failed run."""
    context.log.error(
        "run %s of job %s failed: %s",
        context.dagster_run.run_id,
        context.dagster_run.job_name,
        context.failure_event.message,
    )


def landing_sensor(seconds: int) -> dg.SensorDefinition:
    """The sensor `landing_files`, which looks every so many seconds."""
    decorate = dg.sensor(
        name="landing_files",
        job_name=LANDED_JOB,
        minimum_interval_seconds=seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts one run for the landing files that are new or whose content changed.",
    )
    return decorate(landing_files)


def sensors(seconds: int) -> list[dg.SensorDefinition]:
    """The sensors; landing zone and graph are looked at every so many seconds."""
    with warnings.catch_warnings():
        # A condition of our own needs this parameter, which Dagster calls beta.
        warnings.simplefilter("ignore", dg.BetaWarning)
        stale_assets = dg.AutomationConditionSensorDefinition(
            "stale_assets",
            target=dg.AssetSelection.all() - dg.AssetSelection.groups("sources"),
            use_user_code_server=True,
            default_status=dg.DefaultSensorStatus.RUNNING,
            minimum_interval_seconds=seconds,
        )
    return [landing_sensor(seconds), log_failures, stale_assets]
