"""The one meeting place: every asset, job, sensor and resource, bound to one set of settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import dagster as dg

from movierec_assets.assets import (
    catalog,
    cleaned,
    evaluation,
    evaluation_history,
    features,
    landing,
    model,
    request_time,
    searching,
    serving,
    simulation,
)
from movierec_assets.automation import jobs, sensors
from movierec_assets.automation.conditions import automated
from movierec_assets.io_managers.factors_io_manager import FactorsIOManager
from movierec_assets.io_managers.inventory import lost
from movierec_assets.io_managers.table_io_manager import TableIOManager
from movierec_assets.resources.database import Database, open_database
from movierec_assets.resources.engine import Engine
from movierec_assets.resources.landing_zone import LandingZoneResource
from movierec_assets.resources.turns import Turns
from movierec_assets.settings import Settings, load_settings


def build_assets(
    settings: Settings, database: Database | None = None
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Every asset, with the daemon's policy, which looks into that database; the settings' own if left out."""
    return automated(
        [
            *landing.assets(),
            *cleaned.assets(),
            *features.assets(),
            *model.assets(settings.als, settings.ranking),
            evaluation.evaluation_asset(settings.accepted_model),
            evaluation_history.evaluation_history,
            searching.search_asset(settings.als, settings.ranking),
            *serving.assets(settings.top_n),
            *request_time.assets(),
            *catalog.assets(),
            *simulation.assets(settings.simulation),
        ],
        partial(lost, settings.lake_uri, database or open_database(settings)),
    )


def build_resources(settings: Settings) -> dict[str, Any]:
    """Resources and IO managers; nothing is started."""
    engine = Engine(engine=settings.engine, s3="s3://" in settings.landing_uri + settings.lake_uri)
    database = open_database(settings)
    turns = Turns(database=database)
    return {
        "engine": engine,
        "database": database,
        "turns": turns,
        "landing": LandingZoneResource(uri=settings.landing_uri, engine=settings.engine),
        "lake": TableIOManager(
            uri=settings.lake_uri,
            engine=engine,
            turns=turns,
            database=database,
            snapshots_kept=settings.snapshots_kept,
        ),
        "factors": FactorsIOManager(uri=settings.lake_uri, turns=turns),
    }


def build_defs(
    settings: Settings,
    resource_overrides: Mapping[str, Any] | None = None,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """The application for one set of settings; the seam for tests, notebooks and the command line.

    Args:
        settings: Where everything lies.
        resource_overrides: Resources by key that replace the settings' own.
        loggers: Loggers by name that a run may ask for in its configuration.
    """
    resources = {**build_resources(settings), **(resource_overrides or {})}
    return dg.Definitions(
        assets=build_assets(settings, resources["database"]),
        jobs=jobs.jobs(),
        schedules=jobs.schedules(),
        sensors=sensors.sensors(settings.poll_seconds),
        resources=resources,
        executor=dg.in_process_executor,
        loggers=loggers,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads, from the settings of the environment."""
    return build_defs(load_settings())
