"""One run of the job `tune` in this process, for the command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from movierec_assets.assets.searching import NAME
from movierec_assets.automation import TUNE_JOB
from movierec_assets.automation.walk import why_failed
from movierec_assets.resources.turns import WALK_TAG


class TuningError(Exception):
    """The search failed; the message says why. What it tried is kept."""


def tune(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    config: Mapping[str, Any],
    loggers: Mapping[str, Any],
) -> dict[str, Any]:
    """Materialise `model_search`; the caller holds the turn.

    Args:
        definitions: The application.
        instance: Dagster's instance.
        config: Of the asset.
        loggers: Configuration of the run's loggers.

    Returns:
        The metadata of the materialisation.

    Raises:
        TuningError: It failed.
    """
    result = definitions.resolve_job_def(TUNE_JOB).execute_in_process(
        instance=instance,
        run_config={"loggers": dict(loggers), "ops": {NAME: {"config": dict(config)}}},
        # As for a walk's runs, no retry by the daemon.
        tags={WALK_TAG: "1", "dagster/max_retries": "0"},
        raise_on_error=False,
    )
    if not result.success:
        failures = [event for event in result.all_events if event.is_step_failure]
        raise TuningError(why_failed(failures[0]) if failures else "its run failed")
    (event,) = result.asset_materializations_for_node(NAME)
    return {name: value.value for name, value in event.metadata.items()}
