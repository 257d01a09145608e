"""How good the models are, measured before anything of them is published."""

# No `from __future__ import annotations`: Dagster must see the types of the inputs themselves.

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import dagster as dg
from pydantic import Field, create_model

from movierec_assets.assets import plots
from movierec_assets.assets.evaluation_history import history, live
from movierec_assets.assets.spec import lake_spec
from movierec_assets.checks.evaluation import evaluation_specs, gate_result, leakage_result
from movierec_assets.checks.generated import examine, hand_over
from movierec_assets.domain.movielens.times import with_times
from movierec_assets.domain.recommender import comparing
from movierec_assets.domain.recommender.comparing_spread import compare_spread
from movierec_assets.domain.recommender.gate import METRIC, MODEL, judge
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets.domain.recommender.training import of_known_movies
from movierec_assets.io_managers.factors_io_manager import StoredModel
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.resources.engine import Engine
from movierec_assets.schema import table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

NAME = "model_evaluation"
MOST_RATINGS = 10_000_000
"""Evaluated in this process, where the engine is embedded; of more, whole users are left out. Lists are made for 20,000
users on any engine, and all recommenders are asked the same."""
COLUMNS = ["userId", "movieId", "rating", "timestamp"]


def evaluation_asset(accepted_model: str) -> dg.AssetsDefinition:
    """The asset `model_evaluation`, with this version as the one accepted whatever its evaluation says."""
    config_type = create_model(
        "ModelEvaluationConfig",
        __base__=dg.Config,
        accepted_model=(
            str,
            Field(accepted_model, description="Version of ranking_model that is published all the same."),
        ),
    )
    spec = lake_spec(NAME, "3", {"numba", "postgres", "deltalake"})
    spec["check_specs"] = [*spec["check_specs"], *evaluation_specs(NAME)]

    def model_evaluation(
        config: dg.Config,
        engine: Engine,
        ranking_model: StoredModel,
        als_model: StoredModel,
        cleaned_ratings: LakeTable,
        cleaned_movies: LakeTable,
    ) -> Iterator[Any]:
        started = time.monotonic()
        ranking, als = (
            cast(RankingParams, ranking_model.movies().params),
            cast(AlsParams, als_model.movies().params),
        )
        if engine.native:
            ratings, parts = sampled_ratings(cleaned_ratings, cleaned_movies)
            compared = comparing.compare(ratings, ranking, als)
        else:
            rated = of_known_movies_spread(cleaned_ratings, cleaned_movies)
            parts, compared = 1, compare_spread(rated, ranking, als)
        versions = {MODEL: ranking_model.version, "als_model": als_model.version}
        rows = comparing.evaluation_table(compared, versions)
        past = history(cleaned_ratings.lake, NAME)
        verdict = judge({name: one.evaluations for name, one in compared.items()}, live(past))
        checks = [
            leakage_result(NAME, {name: one.leakage for name, one in compared.items()}),
            gate_result(NAME, verdict, ranking_model.version, config.model_dump()["accepted_model"]),
        ]
        metadata = {
            "users_looked_at": "all" if parts == 1 else f"one of {parts}, by hash",
            "users_asked": {
                name: one.asked.users if one.evaluations else f"{one.asked.users}, too few: passed over"
                for name, one in compared.items()
            },
            **_plots(rows, past),
        }
        session = cleaned_ratings.lake.session()
        found = session.createDataFrame(rows, table(NAME).spark_schema())
        examined = replace(examine(table(NAME), found), started=started)
        yield from hand_over(examined, checks, metadata)

    model_evaluation.__annotations__["config"] = config_type
    asset: dg.AssetsDefinition = dg.asset(**spec)(model_evaluation)
    return asset


def sampled_ratings(ratings: LakeTable, movies: LakeTable, most: int = MOST_RATINGS) -> tuple[Ratings, int]:
    """Ratings of known movies: all, or those of every n-th user by hash where there are too many.

    A rating without a time counts as the oldest.

    Args:
        ratings: `cleaned_ratings`.
        movies: `cleaned_movies`.
        most: Ratings that one process looks at, about.

    Returns:
        The ratings, and n.
    """
    from pyspark.sql import functions as F  # noqa: N812

    if ratings.rows() <= most:
        rows = of_known_movies(ratings.arrow(COLUMNS), movies.arrow(["movieId"]))
        return Ratings.from_table(with_times(rows)), 1
    parts = -(-ratings.rows() // most)
    wanted = F.pmod(F.xxhash64("userId"), F.lit(parts)) == 0
    sampled = of_known_movies_spread(ratings, movies).where(wanted)
    return Ratings.from_table(with_times(sampled.toArrow())), parts


def of_known_movies_spread(ratings: LakeTable, movies: LakeTable) -> "DataFrame":
    """Ratings of known movies on the engine: the columns `COLUMNS`, in no order."""
    return ratings.spark().join(movies.spark(), "movieId", "left_semi").select(*COLUMNS)


def _plots(rows: "pa.Table", past: list[list[dict[str, Any]]]) -> Mapping[str, Any]:
    """A plot per protocol of nDCG by recommender with its interval; and the ranking model's over the versions."""
    now = [row for row in rows.to_pylist() if row["metric"] == METRIC]
    versions = [*past, now]
    found: dict[str, Any] = {}
    for protocol in dict.fromkeys(row["protocol"] for row in now):
        asked = [row for row in now if row["protocol"] == protocol and row["value"] is not None]
        if not asked:
            continue
        title = f"nDCG@{asked[0]['k']}, {protocol}, {asked[0]['users']:,} users"
        labels = [row["recommender"] for row in asked]
        found[f"ndcg_{protocol}"] = plots.bars_with_intervals(
            title, labels, [(row["low"], row["value"], row["high"]) for row in asked], "recommender", "nDCG"
        )
    protocols = dict.fromkeys(row["protocol"] for version in versions for row in version)
    found["ndcg_history"] = plots.lines(
        "nDCG of the ranking model over versions of this table, the newest last",
        [str(i - len(versions) + 1) for i in range(len(versions))],
        {protocol: [_value(version, protocol) for version in versions] for protocol in protocols},
        "versions ago",
        "nDCG",
    )
    return found


def _value(version: list[dict[str, Any]], protocol: str) -> float | None:
    return next((r["value"] for r in version if (r["protocol"], r["recommender"]) == (protocol, MODEL)), None)
