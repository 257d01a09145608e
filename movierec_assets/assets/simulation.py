"""The simulation: fabricated users and their viewings, and how near they are to what was asked."""

import dataclasses
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import dagster as dg
from pydantic import Field, create_model

from movierec_assets.assets import plots
from movierec_assets.assets.spec import NETWORK_RETRIES, OWNER, column_lineage, column_schema
from movierec_assets.curated import scenarios
from movierec_assets.domain.simulation.curves import curves
from movierec_assets.domain.simulation.fidelity import report
from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.tally import Tally
from movierec_assets.resources.database import Database
from movierec_assets.resources.turns import Turns
from movierec_assets.schema import table

DEFAULT = "default"
USERS, SESSIONS = "simulated_users", "simulated_sessions"
POINTS = 60
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


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
        parameters = SimulationParameters.from_json(given)
        done = scenarios.load(database, name, parameters)
        for asset, rows in ((USERS, done.users), (SESSIONS, done.sessions)):
            metadata: dict[str, Any] = {"scenario": name, "dagster/row_count": rows}
            if asset == SESSIONS and done.tally:
                metadata |= _fidelity(done.tally)
            if name != DEFAULT:
                yield dg.AssetObservation(asset, metadata=metadata)
                continue
            metadata["parameters"] = dg.MetadataValue.json(parameters.to_json())
            yield dg.MaterializeResult(
                asset, metadata=metadata, data_version=dg.DataVersion(done.data_version)
            )

    simulate.__annotations__["config"] = config_type
    asset: dg.AssetsDefinition = dg.multi_asset(
        name="simulate",
        specs=[_spec(USERS, defaults), _spec(SESSIONS, defaults)],
        retry_policy=NETWORK_RETRIES,
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


def _fidelity(tally: Tally) -> dict[str, Any]:
    """The report as a table and the curves as plots, as the UI shows them."""
    lines = ["| what | asked | got | difference |", "| --- | --: | --: | --: |"]
    for row in (asdict(r) for r in report(tally)):
        got, apart = row["got"], row["relative_difference"]
        cells = ["" if got is None else f"{got:,.6g}", "" if apart is None else f"{apart:+.2%}"]
        lines.append(f"| {row['what']} | {row['asked']:,.6g} | {' | '.join(cells)} |")
    made: dict[str, Any] = {"fidelity": dg.MetadataValue.md("\n".join(lines))}
    found = curves(tally)
    for name, x, y in (
        ("popularity", "title, most popular first", "share of sessions"),
        ("activity", "user, most active first", "sessions"),
        ("hours", "hour of the day, UTC", "share of sessions"),
        ("weekdays", "day of the week", "share of sessions"),
        ("subscriptions", "day", "subscriptions begun"),
    ):
        curve = found[name]
        shown = _some(len(curve.x))
        labels = WEEKDAYS if name == "weekdays" else [f"{curve.x[i]:g}" for i in shown]
        series = {
            "asked": [float(curve.asked[i]) for i in shown],
            "got": [float(curve.got[i]) for i in shown],
        }
        made[name] = plots.lines(name.capitalize(), labels, series, x, y)
    return made


def _some(n: int) -> list[int]:
    """At most `POINTS` places of n, evenly spread, both ends included."""
    return list(range(n)) if n <= POINTS else [round(i * (n - 1) / (POINTS - 1)) for i in range(POINTS)]


def assets(settings: SimulationParameters) -> list[dg.AssetsDefinition]:
    """The simulation's assets."""
    return [simulation_asset(settings)]
