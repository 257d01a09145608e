"""The table of recommendations made by the executors of Apache Spark: natively, each for a part of the users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.mapped import mapped
from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.mllib import factor_arrays
from movierec_assets.domain.recommender.recommending import recommend_native
from movierec_assets.schema import table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.ml.recommendation import ALSModel
    from pyspark.sql import DataFrame


@dataclass(frozen=True, eq=False)
class Recommending:
    """What a task does; goes to the executors, with all of the models but their users.

    Attributes:
        ranking: Decides the order; knows no users.
        rating: Predicts the ratings; knows no users.
        movies: As for `recommend_native`.
        n: Movies per user.
        version: Version of the ranking model.
    """

    ranking: AlsModel
    rating: AlsModel
    movies: pa.Table
    n: int
    version: str

    def rows(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The recommendations of the users of each batch.

        Args:
            batches: `userId`; `ranking` and `rating`, the factors in the two models, null where one does not know the
                user; `movieIds` and `ratings`, what the user has rated.
        """
        import pyarrow as pa

        for batch in batches:
            users = pa.Table.from_batches([batch])
            lengths = users["movieIds"].combine_chunks().value_lengths().to_numpy(zero_copy_only=False)
            rated = pa.table(
                {
                    "userId": np.repeat(users["userId"].to_numpy(), lengths),
                    "movieId": users["movieIds"].combine_chunks().flatten(),
                    "rating": users["ratings"].combine_chunks().flatten(),
                }
            )
            models = _with_users(self.ranking, users, "ranking"), _with_users(self.rating, users, "rating")
            yield from recommend_native(*models, rated, self.movies, self.n, self.version).to_batches()


def recommend_spread(
    ranking: tuple[ALSModel, AlsModel],
    rating: tuple[ALSModel, AlsModel],
    ratings: DataFrame,
    movies: pa.Table,
    n: int,
    version: str,
) -> DataFrame:
    """What `recommend_native` gives, as a DataFrame; rows in no order.

    MLlib's own `recommendForAllUsers` ranks all movies for each user, seen ones included, and so has to be asked for
    many more than `n`; its answer would then be joined with ratings, predictions and reasons.

    Args:
        ranking: On Apache Spark, and its movies in this process, from where they go to every executor.
        rating: The same of the model that predicts the ratings.
        ratings: As for `recommend_native`.
        movies: As for `recommend_native`, in this process.
        n: Movies per user.
        version: Version of the ranking model.
    """
    from pyspark.sql import functions as F  # noqa: N812

    pair = F.struct("movieId", F.col("rating").cast("float").alias("rating"))
    rated = ratings.groupBy("userId").agg(F.collect_list(pair).alias("pairs"))
    factors = [
        model.userFactors.select(F.col("id").cast("bigint").alias("userId"), F.col("features").alias(name))
        for (model, _), name in ((ranking, "ranking"), (rating, "rating"))
    ]
    users = factors[0].join(factors[1], "userId", "left").join(rated, "userId")
    asked = users.select(
        "userId",
        "ranking",
        "rating",
        F.transform("pairs", lambda p: p["movieId"]).alias("movieIds"),
        F.transform("pairs", lambda p: p["rating"]).alias("ratings"),
    )
    work = Recommending(ranking[1], rating[1], movies, n, version)
    return mapped(asked, work.rows, table("recommendations"))


def _with_users(model: AlsModel, users: Any, column: str) -> AlsModel:
    """The model with those of the users that it knows."""
    known = users.filter(users[column].is_valid()).select(["userId", column])
    ids, factors = factor_arrays(known.rename_columns(["id", "features"]), model.params.rank)
    return replace(model, user_ids=ids, user_factors=factors)
