"""What people see of each asset in the UI: what it declares, and what a finished run tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from movierec_assets.definitions import build_assets
from movierec_assets.instance import open_instance
from movierec_assets.io_managers.inventory import MODELS
from movierec_assets.resources.database import Database
from movierec_assets.schema import LANDING_FILES, TABLES
from movierec_assets.settings import load_settings
from movierec_assets_tests.homes import MOVIELENS_ASSETS

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets_tests.homes import Home

ASSETS = {
    name: table
    for name, table in TABLES.items()
    if name != "simulated_scenarios" and table.layer != "feedback"
}
LAKE = [*(name for name, table in TABLES.items() if table.lake), *MODELS]


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dg.AssetSpec]:
    definitions = build_assets(load_settings(home=tmp_path_factory.mktemp("home")))
    found = [s for d in definitions for s in ([d] if isinstance(d, dg.AssetSpec) else d.specs)]
    return {s.key.to_user_string(): s for s in found}


def columns_of(spec: dg.AssetSpec) -> list[str]:
    return [c.name for c in spec.metadata["dagster/column_schema"].columns]


def test_every_asset_says_what_it_is_whose_and_made_with_what(specs: dict[str, dg.AssetSpec]) -> None:
    assert len(specs) == len(LANDING_FILES) + len(ASSETS) + len(MODELS) == 61
    for name, spec in specs.items():
        assert spec.description, name
        assert spec.owners == ["team:movierec"], name
        assert spec.kinds, name
        layer = ASSETS[name].layer if name in ASSETS else "model" if name in MODELS else "sources"
        assert spec.group_name == layer, name
        assert (spec.code_version is None) == (spec.group_name == "sources"), name


def test_every_table_shows_the_columns_of_the_registry_and_the_model_those_it_is_shown_with(
    specs: dict[str, dg.AssetSpec],
) -> None:
    made = {name: spec for name, spec in specs.items() if spec.group_name != "sources"}
    assert {name: columns_of(spec) for name, spec in made.items()} == {
        **{name: table.column_names for name, table in ASSETS.items()},
        **{name: ["side", "id", "factors"] for name in MODELS},
    }


def test_column_lineage_leads_to_columns_of_direct_inputs(specs: dict[str, dg.AssetSpec]) -> None:
    without = []
    for name, spec in specs.items():
        if spec.group_name in ("sources", "raw"):
            continue
        lineage = spec.metadata.get("dagster/column_lineage")
        if lineage is None:
            without.append(name)
            continue
        above = {dep.asset_key.to_user_string() for dep in spec.deps}
        for column, sources in lineage.deps_by_column.items():
            assert column in columns_of(spec), (name, column)
            assert sources, (name, column)
            for source in sources:
                upstream = source.asset_key.to_user_string()
                assert upstream in above, (name, column)
                assert source.column_name in columns_of(specs[upstream]), (name, column)
    # Nothing of a fabricated user comes from anywhere.
    assert without == ["simulated_users"]


def test_every_check_blocks_and_every_table_made_from_others_has_those_of_the_registry(
    tmp_path: Path,
) -> None:
    checks: dict[str, set[str]] = {}
    for definition in build_assets(load_settings(home=tmp_path)):
        if isinstance(definition, dg.AssetsDefinition):
            for check in definition.check_specs:
                assert check.blocking, check
                assert check.description, check
                checks.setdefault(check.asset_key.to_user_string(), set()).add(check.name)
    generated = {"columns_and_types", "nulls", "ranges", "keys"}
    further = {
        **{f"cleaned_{source}": {"row_conservation", "some_rows_kept"} for source in LANDING_FILES},
        "model_evaluation": {"no_leak", "beats_popularity"},
        "recommendations": {"no_seen_movie", "at_most_n", "known_movies"},
    }
    assert checks == {
        name: generated | further.get(name, set())
        for name, table in TABLES.items()
        if table.lake and table.layer != "raw"
    }


def told(home: Home) -> dict[str, dict[str, Any]]:
    """The metadata of the last materialisation of every asset."""
    settings = home.settings()
    with open_instance(settings, Database(home=str(home.path))) as instance:
        events = {n: instance.get_latest_materialization_event(dg.AssetKey(n)) for n in LAKE}
    found = {}
    for name, event in events.items():
        # Only MovieLens has landed there.
        if event is None or event.asset_materialization is None:
            continue
        found[name] = {k: v.value for k, v in event.asset_materialization.metadata.items()}
    assert len(found) == MOVIELENS_ASSETS
    return found


@pytest.fixture
def metadata(tiny_home: Home) -> dict[str, dict[str, Any]]:
    return told(tiny_home)


def test_a_finished_run_tells_rows_place_size_seconds_and_a_preview_of_every_asset(
    metadata: dict[str, dict[str, Any]],
) -> None:
    counts = {
        "raw_ratings": 22,
        "cleaned_links": 7,
        "quarantine_links": 1,
        "quarantine_tags": 0,
        "als_model": 13,
        "ranking_model": 13,
        "similar_movies": 42,
    }
    assert {name: metadata[name]["dagster/row_count"] for name in counts} == counts
    for name, facts in metadata.items():
        # The home is a copy; its run wrote where the original was.
        place = facts["dagster/uri"].rpartition("/lake/")[2]
        assert place.rpartition("/")[0] == f"models/{name}" if name in MODELS else place == name
        assert 0 < facts["seconds"] < 600, name
        assert facts["size"] > 0 or not facts["dagster/row_count"], name
        head, rule, *rows = facts["preview"].splitlines()
        columns = TABLES[name].column_names if name in TABLES else ["side", "id", "factors"]
        assert head == f"| {' | '.join(columns)} |"
        assert set(rule) <= set("| -")
        expected = 6 if name in MODELS else min(facts["dagster/row_count"], 5)
        assert len(rows) == expected, name
    assert metadata["quarantine_links"]["preview"].splitlines()[2] == (
        "| links | movielens/links.csv | 8 | tmdbId: null | 7,0081846, |"
    )


def test_a_finished_run_tells_what_cleaning_kept_and_draws_ratings_long_tail_and_training_error(
    metadata: dict[str, dict[str, Any]],
) -> None:
    links = metadata["cleaned_links"]
    assert (links["before"], links["kept"], links["quarantined"]) == (8, 7, 1)
    for name, plot in (
        ("movie_stats", "rating_distribution"),
        ("movie_stats", "long_tail"),
        ("als_model", "training_loss"),
        ("ranking_model", "training_loss"),
        ("model_evaluation", "ndcg_per-user"),
        ("model_evaluation", "ndcg_history"),
    ):
        assert "](data:image/svg+xml;base64," in metadata[name][plot], plot
    assert metadata["als_model"]["parameters"]["rank"] == 10
    assert metadata["ranking_model"]["parameters"]["alpha"] == 0.5
    assert (metadata["als_model"]["users"], metadata["als_model"]["movies"]) == (6, 7)
    assert metadata["recommendations"]["parameters"] == {"top_n": 10}
    assert metadata["recommendations"]["published_as"] == "serving.recommendations"
