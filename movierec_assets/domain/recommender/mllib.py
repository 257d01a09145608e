"""Training and top-N by Apache Spark's MLlib, for when the engine is Spark; same objective as `als.py`.

A native model becomes an MLlib model through its persistent form, `movierec_assets.io_managers.factors`.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.solver import alpha_of

if TYPE_CHECKING:
    import numpy.typing as npt
    from pyspark.ml.recommendation import ALSModel
    from pyspark.sql import DataFrame

GROWTH = 4
"""Users are asked for in groups whose numbers of seen items differ by at most this factor."""


def fit_mllib(ratings: DataFrame, params: AlsParams | RankingParams) -> ALSModel:
    """Train by MLlib.

    Args:
        ratings: Columns `userId`, `movieId` (integers that fit 32 bits, MLlib's limit) and `rating`.
        params: Parameters.

    Raises:
        RuntimeError: Another session of this process is the active one.
    """
    from pyspark.ml.recommendation import ALS
    from pyspark.sql import SparkSession

    # Over Spark Connect fit runs on the data's session, all that is asked of the model on the active one.
    if SparkSession.getActiveSession() is not ratings.sparkSession:
        raise RuntimeError(
            "MLlib needs the data's Spark session to be this thread's active one, which is the first opened:"
            " stop the other sessions of this process, then open this one again"
        )

    return ALS(
        userCol="userId",
        itemCol="movieId",
        ratingCol="rating",
        rank=params.rank,
        maxIter=params.max_iter,
        regParam=params.reg_param,
        nonnegative=params.nonnegative,
        coldStartStrategy=params.cold_start_strategy,
        seed=params.seed,
        implicitPrefs=isinstance(params, RankingParams),
        alpha=alpha_of(params),
    ).fit(ratings.select("userId", "movieId", "rating"))


def recommend_mllib(model: ALSModel, n: int, seen: DataFrame) -> DataFrame:
    """The `n` items of highest predicted rating per user, seen ones left out.

    MLlib ranks all items, seen ones included, so each user is asked for n plus as many as they may have
    seen, and the answer is cut to n afterwards. Users with a like number of seen items are asked for
    together, so that one who has seen everything does not make the answer long for all.

    Args:
        model: The model.
        n: Rows per user, 1 or more; a user with fewer unseen items gets fewer.
        seen: Columns `userId` and `movieId`, no pair twice.

    Returns:
        Columns `userId`, `rank` (1 is the best), `movieId`, `score`, in no order. Equal scores
        are ranked by ascending movie; where they lie on MLlib's own cut, MLlib chooses which of them it
        returns.

    Raises:
        ValueError: `n` is less than 1.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    if n < 1:
        raise ValueError(f"n must be 1 or more, not {n}")
    counts = (
        model.userFactors.select(F.col("id").alias("userId"))
        .join(seen.groupBy("userId").agg(F.count("*").alias("seen")), "userId", "left")
        .select("userId", F.coalesce("seen", F.lit(0)).alias("seen"))
    )
    most: int = counts.agg(F.max("seen")).collect()[0][0] or 0
    parts, low, high = [], -1, n
    while low < most:
        group = counts.where((F.col("seen") > low) & (F.col("seen") <= high))
        parts.append(model.recommendForUserSubset(group, n + min(high, most)))
        low, high = high, high * GROWTH
    best = reduce(lambda a, b: a.unionAll(b), parts).select("userId", F.explode("recommendations").alias("r"))
    unseen = best.select(
        F.col("userId").cast("bigint"),
        F.col("r.movieId").cast("bigint").alias("movieId"),
        F.col("r.rating").alias("score"),
    ).join(seen.select("userId", "movieId"), ["userId", "movieId"], "left_anti")
    order = Window.partitionBy("userId").orderBy(F.desc("score"), "movieId")
    ranked = unseen.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= n)
    return ranked.select("userId", "rank", "movieId", "score")


def from_mllib(model: ALSModel, params: AlsParams | RankingParams) -> AlsModel:
    """The same model in memory, without training loss, which MLlib does not tell.

    Args:
        model: A model of `fit_mllib`.
        params: What it was trained with.
    """
    user_ids, user_factors = factor_arrays(model.userFactors.toArrow(), params.rank)
    item_ids, item_factors = factor_arrays(model.itemFactors.toArrow(), params.rank)
    return AlsModel(user_ids, item_ids, user_factors, item_factors, params)


def factor_arrays(table: Any, rank: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Ids, ascending, and their factors, from a table as MLlib keeps it.

    Args:
        table: pyarrow.Table with `id` (integer) and `features` (list of `rank` floats), in any order.
        rank: Factors per row.

    Returns:
        int64[n] and float32[n, rank].

    Raises:
        ValueError: A row has another number of factors.
    """
    table = table.select(["id", "features"]).sort_by("id").combine_chunks()
    ids = table["id"].to_numpy().astype(np.int64)
    features = table["features"].combine_chunks().flatten().to_numpy().astype(np.float32)
    if features.size != ids.size * rank:
        raise ValueError(
            f"{ids.size} rows of {rank} factors were expected, not {features.size} factors in all"
        )
    return ids, features.reshape(-1, rank)
