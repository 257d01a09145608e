"""The simulation: fabricated users and their viewings, and how near they are to what was asked."""

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import dagster as dg
from pydantic import Field, create_model

from movierec_assets.assets import fidelity
from movierec_assets.assets.spec import NETWORK_RETRIES, OWNER, POOL, column_lineage, column_schema
from movierec_assets.curated import TablesError, scenarios
from movierec_assets.curated.held import ASSETS, DEFAULT, ScenarioError
from movierec_assets.domain.simulation.parameters import SimulationParameterError, SimulationParameters
from movierec_assets.resources.database import Database
from movierec_assets.resources.turns import Turns
from movierec_assets.schema import table


def simulation_asset(settings: SimulationParameters) -> dg.AssetsDefinition:
    """The assets `simulated_users` and `simulated_sessions`, with these parameters as defaults of the run config.

    They are the scenario `default`. A run whose config names another scenario makes that one beside it and leaves an
    observation, no materialisation: staleness is about the default one.
    """
    defaults = settings.to_json()
    config_type = create_model("SimulationConfig", __base__=dg.Config, **_config_fields(defaults))

    def simulate(config: dg.Config, database: Database, turns: Turns) -> Iterator[Any]:
        given = config.model_dump()
        name = given.pop("scenario")
        started = time.monotonic()
        try:
            parameters = SimulationParameters.from_json(given)
            made = scenarios.load(database, name, parameters).scenario
        except (ScenarioError, SimulationParameterError, TablesError) as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        for asset, rows, report in zip(
            ASSETS, (made.users, made.sessions), ({}, fidelity.metadata(made)), strict=True
        ):
            # Both are made at once.
            seconds = round(time.monotonic() - started, 3)
            metadata: dict[str, Any] = {
                "scenario": name,
                "dagster/row_count": rows,
                "seconds": seconds,
                **report,
            }
            if name != DEFAULT:
                yield dg.AssetObservation(asset, metadata=metadata)
                continue
            metadata["parameters"] = dg.MetadataValue.json(parameters.to_json())
            yield dg.MaterializeResult(
                asset, metadata=metadata, data_version=dg.DataVersion(made.data_version)
            )

    simulate.__annotations__["config"] = config_type
    asset: dg.AssetsDefinition = dg.multi_asset(
        name="simulate",
        specs=[_spec(name, defaults) for name in ASSETS],
        retry_policy=NETWORK_RETRIES,
        pool=POOL,
    )(simulate)
    return asset


def _spec(name: str, defaults: dict[str, Any]) -> dg.AssetSpec:
    declared = table(name)
    return dg.AssetSpec(
        name,
        deps=["titles", "genres"],
        description=declared.description,
        group_name=declared.layer,
        kinds={"numpy", "postgres"},
        owners=[OWNER],
        code_version=f"{scenarios.GENERATOR}-{declared.fingerprint()}",
        metadata={
            "dagster/column_schema": column_schema(declared),
            **({"dagster/column_lineage": column_lineage(declared)} if declared.lineage else {}),
            "published_as": declared.published_as,
            "parameters": defaults,
        },
        skippable=True,
    )


def _config_fields(defaults: dict[str, Any]) -> dict[str, Any]:
    pattern, meaning = (
        table("simulated_scenarios").columns[0].pattern,
        "Scenario; one of that name is replaced.",
    )
    kinds = {"date": str, "tuple[float, ...]": list[float], "int": int, "float": float}
    return {
        "scenario": (str, Field(DEFAULT, pattern=f"^(?:{pattern})$", description=meaning)),
        **{
            f.name: (kinds[str(f.type)], Field(defaults[f.name]))
            for f in dataclasses.fields(SimulationParameters)
        },
    }


def assets(settings: SimulationParameters) -> list[dg.AssetsDefinition]:
    """The simulation's assets."""
    return [simulation_asset(settings)]
