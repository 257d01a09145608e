"""What applications read: the top N of every user, published in PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import dagster as dg
from pydantic import Field, create_model

from movierec_assets.assets.spec import lake_spec
from movierec_assets.checks.evaluation import stop_unless_evaluated
from movierec_assets.checks.generated import examine, hand_over
from movierec_assets.checks.recommendations import recommendation_results, recommendation_specs
from movierec_assets.domain.movielens import stats
from movierec_assets.domain.recommender import recommending
from movierec_assets.domain.recommender.recommending_spread import recommend_spread
from movierec_assets.io_managers.factors_io_manager import StoredModel
from movierec_assets.io_managers.handing import rows_of_engine
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.resources.engine import Engine
from movierec_assets.schema import table

NAME = "recommendations"
SIMILAR = 20
"""Movies alike that are kept for each."""


class RecommendationsConfig(dg.Config):
    """How many recommendations a user gets."""

    top_n: int = Field(10, ge=1, le=1000, description="At most so many movies per user.")


def recommendations_asset(top_n: int) -> dg.AssetsDefinition:
    """The asset `recommendations`, with this N as its default."""
    config_type = create_model(
        "RecommendationsConfig", __base__=RecommendationsConfig, top_n=(int, Field(top_n, ge=1, le=1000))
    )
    spec = lake_spec(NAME, "3", {"numba", "postgres", "deltalake"})
    spec["check_specs"] = [*spec["check_specs"], *recommendation_specs(NAME)]
    spec["metadata"] = {**spec["metadata"], "parameters": {"top_n": top_n}}

    def recommendations(
        config: RecommendationsConfig,
        engine: Engine,
        ranking_model: StoredModel,
        als_model: StoredModel,
        model_evaluation: LakeTable,
        cleaned_ratings: LakeTable,
        cleaned_movies: LakeTable,
    ) -> Iterator[Any]:
        stop_unless_evaluated(model_evaluation, ranking_model.version)
        session, version = cleaned_ratings.lake.session(), ranking_model.version
        with ExitStack() as stack:
            movies = cleaned_movies.arrow(["movieId", "title", "year"])
            if engine.native:
                ratings = cleaned_ratings.arrow(["userId", "movieId", "rating"])
                best = recommending.recommend_native(
                    ranking_model.native(), als_model.native(), ratings, movies, config.top_n, version
                )
                del ratings
                rows = stack.enter_context(rows_of_engine(session, best, same_machine=True))
                del best
            else:
                models = [(model.mllib(session), model.movies()) for model in (ranking_model, als_model)]
                # Looked at twice and written once, and each time it would be computed anew.
                rows = recommend_spread(
                    models[0], models[1], cleaned_ratings.spark(), movies, config.top_n, version
                ).persist()
            checks = recommendation_results(
                NAME, rows, cleaned_ratings.spark(), cleaned_movies.spark(), config.top_n
            )
            metadata = {"parameters": dg.MetadataValue.json(config.model_dump())}
            yield from hand_over(examine(table(NAME), rows), checks, metadata)

    recommendations.__annotations__["config"] = config_type
    asset: dg.AssetsDefinition = dg.asset(**spec)(recommendations)
    return asset


@dg.asset(**lake_spec("similar_movies", "2", {"numba", "postgres", "deltalake"}))
def similar_movies(
    engine: Engine, ranking_model: StoredModel, model_evaluation: LakeTable, movie_stats: LakeTable
) -> Iterator[Any]:
    """The nearest movies of each by cosine; a model's movies fit any one machine, so they are compared on this one."""
    stop_unless_evaluated(model_evaluation, ranking_model.version)
    declared = table("similar_movies")
    alike = recommending.similar_native(ranking_model.movies(), SIMILAR)
    with rows_of_engine(movie_stats.lake.session(), alike, same_machine=engine.native) as found:
        counted = recommending.with_counts(found, movie_stats.spark(), ranking_model.version)
        yield from hand_over(examine(declared, counted))


@dg.asset(**lake_spec("popular_movies", "3", {"pyspark", "postgres", "deltalake"}))
def popular_movies(movie_stats: LakeTable, cleaned_movies: LakeTable) -> Iterator[Any]:
    """All rated movies by damped mean; one that no file names has no title to be shown by."""
    popular = stats.popular_movies(movie_stats.spark(), cleaned_movies.spark())
    yield from hand_over(examine(table("popular_movies"), popular))


def assets(top_n: int) -> list[dg.AssetsDefinition]:
    """The serving assets."""
    return [recommendations_asset(top_n), similar_movies, popular_movies]
