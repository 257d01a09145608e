"""What the web API starts from when it answers for ratings that no model was trained on: histories and factors."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import dagster as dg

from movierec_assets.assets.spec import lake_spec
from movierec_assets.checks.evaluation import stop_unless_evaluated
from movierec_assets.checks.generated import examine, hand_over
from movierec_assets.domain.movielens import histories
from movierec_assets.domain.recommender import factor_table
from movierec_assets.io_managers.factors_io_manager import StoredModel
from movierec_assets.io_managers.handing import rows_of_engine
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.resources.engine import Engine
from movierec_assets.schema import table


@dg.asset(**lake_spec("rating_histories", "1", {"numba", "postgres", "deltalake"}))
def rating_histories(engine: Engine, cleaned_ratings: LakeTable) -> Iterator[Any]:
    """One row per user with all movies rated."""
    declared = table("rating_histories")
    with ExitStack() as stack:
        if engine.native:
            gathered = histories.rating_histories_native(
                cleaned_ratings.arrow(["userId", "movieId", "rating"])
            )
            session = cleaned_ratings.lake.session()
            rows = stack.enter_context(rows_of_engine(session, gathered, same_machine=True))
            del gathered
        else:
            # Looked at first and written then, and each time it would be gathered anew.
            rows = histories.rating_histories(cleaned_ratings.spark()).persist()
        yield from hand_over(examine(declared, rows))


@dg.asset(**lake_spec("movie_factors", "1", {"postgres", "deltalake"}))
def movie_factors(
    engine: Engine, ranking_model: StoredModel, als_model: StoredModel, model_evaluation: LakeTable
) -> Iterator[Any]:
    """The movies' side of both models; a model's movies fit any one machine."""
    stop_unless_evaluated(model_evaluation, ranking_model.version)
    models = {
        "ranking_model": (ranking_model.movies(), ranking_model.version),
        "als_model": (als_model.movies(), als_model.version),
    }
    session = model_evaluation.lake.session()
    with rows_of_engine(session, factor_table.movie_factors(models), same_machine=engine.native) as rows:
        yield from hand_over(examine(table("movie_factors"), rows))


def assets() -> list[dg.AssetsDefinition]:
    """The assets that requests are answered from."""
    return [rating_histories, movie_factors]
