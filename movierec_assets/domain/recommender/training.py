"""What the model is trained on: the ratings of known movies, natively or on Apache Spark."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from movierec_assets.domain.recommender.als import AlsModel, fit
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.spark_model import SparkModel

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


def train_native(
    ratings: pa.Table,
    movies: pa.Table,
    params: AlsParams | RankingParams,
    progress: Callable[[int, float], None] | None = None,
) -> AlsModel:
    """Train in this process.

    Args:
        ratings: `userId`, `movieId`, `rating`.
        movies: `movieId`; ratings of other movies are left out.
        params: Parameters.
        progress: As for `fit`.

    Raises:
        ValueError: No rating is of a known movie.
    """
    known = of_known_movies(ratings, movies)
    return fit(known["userId"], known["movieId"], known["rating"], params, progress)


def of_known_movies(ratings: pa.Table, movies: pa.Table) -> pa.Table:
    """The ratings, any columns, of movies that are in the other table's `movieId`."""
    import pyarrow.compute as pc

    return ratings.filter(pc.is_in(ratings["movieId"], movies["movieId"].combine_chunks()))


def train_mllib(
    ratings: DataFrame, movies: DataFrame, params: AlsParams | RankingParams, rows: int
) -> SparkModel:
    """Train by MLlib on the engine of the DataFrames, where the model stays.

    Args:
        ratings: The columns of `train_native`.
        movies: The same.
        params: Parameters.
        rows: About how many ratings there are.
    """
    from movierec_assets.domain.recommender.mllib import fit_mllib

    known = ratings.join(movies, "movieId", "left_semi").select("userId", "movieId", "rating")
    return SparkModel(fit_mllib(known, params, rows), params)
