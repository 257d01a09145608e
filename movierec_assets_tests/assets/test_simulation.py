"""The simulation as assets: the default scenario is materialised, another one is made beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from movierec_assets.automation import REFRESH_JOB
from movierec_assets.definitions import build_defs
from movierec_assets.domain.simulation.drawn import AXES
from movierec_assets.settings import load_settings
from movierec_assets_tests.curated.tables_of_tests import with_titles

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database

KEYS = [dg.AssetKey("simulated_users"), dg.AssetKey("simulated_sessions")]
SMALL = {"users": 50, "days": 30, "sessions_per_user": 8.0}
ROWS = "select scenario, count(*) from simulation.sessions group by 1 order by 1"


@pytest.fixture
def database(embedded_database: Database) -> Database:
    return with_titles(embedded_database)


def run(database: Database, config: dict[str, Any] | None = None) -> dg.ExecuteInProcessResult:
    settings = load_settings(home=Path(database.home), simulation=SMALL)
    job = build_defs(settings).resolve_job_def(REFRESH_JOB)
    steps = {"ops": {"simulate": {"config": config or {}}}}
    return job.execute_in_process(asset_selection=KEYS, run_config=steps, raise_on_error=False)


def materialised(result: dg.ExecuteInProcessResult) -> dict[dg.AssetKey, dg.AssetMaterialization]:
    """What a run materialised, by asset."""
    assert result.success
    return {
        e.asset_key: e.step_materialization_data.materialization
        for e in result.all_events
        if e.is_step_materialization and e.asset_key
    }


def test_the_default_scenario_is_materialised_with_its_report_and_plots(database: Database) -> None:
    made = materialised(run(database))
    assert set(made) == set(KEYS)
    sessions = made[KEYS[1]].metadata
    assert sessions["dagster/row_count"].value == 400
    assert sessions["seconds"].value > 0
    assert sessions["parameters"].value["users"] == 50  # type: ignore[index, call-overload]
    assert "popularity exponent" in str(sessions["fidelity"].value)
    assert len(AXES) == 8
    assert all("svg" in str(sessions[name].value) for name in AXES)
    versions = {m.tags["dagster/data_version"] for m in made.values() if m.tags}
    assert len(versions) == 1


def test_a_scenario_that_was_there_already_has_the_same_report_and_plots(database: Database) -> None:
    first = materialised(run(database))[KEYS[1]].metadata
    again = materialised(run(database))[KEYS[1]].metadata
    for name in ("fidelity", "dagster/row_count", "parameters"):
        assert again[name] == first[name]
    # Each chart has an identifier of its own.
    assert set(AXES) < set(again) == set(first)


def test_another_scenario_is_made_beside_it_and_leaves_an_observation_only(database: Database) -> None:
    assert run(database).success
    result = run(database, {"scenario": "tiny", "users": 10, "popularity_exponent": 1.2})
    assert result.success
    kinds = {e.event_type for e in result.all_events if e.asset_key in KEYS}
    assert dg.DagsterEventType.ASSET_OBSERVATION in kinds
    assert dg.DagsterEventType.ASSET_MATERIALIZATION not in kinds
    with database.connect() as connection:
        assert connection.execute(ROWS).fetchall() == [("default", 400), ("tiny", 80)]


def refusal(database: Database, config: dict[str, Any]) -> str:
    """Why a run was refused at once, at its start or in its step."""
    try:
        result = run(database, config)
    except dg.DagsterInvalidConfigError as error:
        return str(error)
    assert dg.DagsterEventType.STEP_UP_FOR_RETRY not in {e.event_type for e in result.all_events}
    return str(next(e for e in result.all_events if e.is_step_failure).step_failure_data.error)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"scenario": "Not Good"}, "scenario"),
        ({"users": 0}, "users must be a whole number from 1"),
        ({"hour_weights": [1.0]}, "hour_weights must be 24 numbers above 0"),
        ({"users": 1, "days": 1, "sessions_per_user": 5000.0}, "sessions_per_user must be at most"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(
    database: Database, config: dict[str, Any], message: str
) -> None:
    assert message in refusal(database, config)
    with database.connect() as connection:
        assert connection.execute(ROWS).fetchall() == []


def test_a_run_without_titles_is_refused_at_once_with_the_remedy(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("delete from catalog.titles")
    assert "land the catalogue's files" in refusal(database, {})
