"""The simulation as assets: the default scenario is materialised, another one is made beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from movierec_assets.automation import REFRESH_JOB
from movierec_assets.curated import ensure_tables
from movierec_assets.definitions import build_defs
from movierec_assets.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets.resources.database import Database

KEYS = [dg.AssetKey("simulated_users"), dg.AssetKey("simulated_sessions")]
SMALL = {"users": 50, "days": 30, "sessions_per_user": 8.0}
ROWS = "select scenario, count(*) from simulation.sessions group by 1 order by 1"


@pytest.fixture
def database(embedded_database: Database) -> Database:
    ensure_tables(embedded_database)
    with embedded_database.connect() as connection:
        connection.execute(
            "insert into catalog.titles (title_id, title, kind, release_year, runtime_minutes, imdb_votes)"
            " select 'ts' || n, 'Show ' || n, 'show', 2010, 40, n from generate_series(1, 12) n"
        )
    return embedded_database


def run(
    database: Database, tmp_path: Path, config: dict[str, Any] | None = None
) -> dg.ExecuteInProcessResult:
    settings = load_settings(home=tmp_path, simulation=SMALL)
    definitions = build_defs(settings, resource_overrides={"database": database})
    job = definitions.resolve_job_def(REFRESH_JOB)
    steps = {"ops": {"simulate": {"config": config or {}}}}
    return job.execute_in_process(asset_selection=KEYS, run_config=steps, raise_on_error=False)


def test_the_default_scenario_is_materialised_with_its_report_and_plots(
    database: Database, tmp_path: Path
) -> None:
    result = run(database, tmp_path)
    assert result.success
    made = {
        e.asset_key: e.step_materialization_data.materialization
        for e in result.all_events
        if e.is_step_materialization
    }
    assert set(made) == set(KEYS)
    sessions = made[KEYS[1]].metadata
    assert sessions["dagster/row_count"].value == 400
    assert sessions["parameters"].value["users"] == 50  # type: ignore[index, call-overload]
    assert "popularity exponent" in str(sessions["fidelity"].value)
    assert "svg" in str(sessions["hours"].value)
    versions = {m.tags["dagster/data_version"] for m in made.values() if m.tags}
    assert len(versions) == 1


def test_another_scenario_is_made_beside_it_and_leaves_an_observation_only(
    database: Database, tmp_path: Path
) -> None:
    assert run(database, tmp_path).success
    result = run(database, tmp_path, {"scenario": "tiny", "users": 10, "popularity_exponent": 1.2})
    assert result.success
    kinds = {e.event_type for e in result.all_events if e.asset_key in KEYS}
    assert dg.DagsterEventType.ASSET_OBSERVATION in kinds
    assert dg.DagsterEventType.ASSET_MATERIALIZATION not in kinds
    with database.connect() as connection:
        assert connection.execute(ROWS).fetchall() == [("default", 400), ("tiny", 80)]


def refusal(database: Database, tmp_path: Path, config: dict[str, Any]) -> str:
    """Why a run was refused, at its start or in its step."""
    try:
        result = run(database, tmp_path, config)
    except dg.DagsterInvalidConfigError as error:
        return str(error)
    return str(next(e for e in result.all_events if e.is_step_failure).step_failure_data.error)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"scenario": "Not Good"}, "scenario"),
        ({"users": 0}, "users must be a whole number from 1"),
        ({"hour_weights": [1.0]}, "hour_weights must be 24 numbers above 0"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(
    database: Database, tmp_path: Path, config: dict[str, Any], message: str
) -> None:
    assert message in refusal(database, tmp_path, config)
    with database.connect() as connection:
        assert connection.execute(ROWS).fetchall() == []
