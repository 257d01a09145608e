"""Training by Apache Spark's MLlib, for when the engine is Spark; same objective as `als.py`.

A native model becomes an MLlib model through its persistent form, `movierec_assets.io_managers.factors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.solver import alpha_of

if TYPE_CHECKING:
    import numpy.typing as npt
    from pyspark.ml.recommendation import ALSModel
    from pyspark.sql import DataFrame

LEAST_BLOCKS, BLOCK_RATINGS = 10, 10_000_000
"""Blocks of users and of items, each the work of a task: MLlib's default, and of how many ratings there is one more."""


def fit_mllib(ratings: DataFrame, params: AlsParams | RankingParams, rows: int = 0) -> ALSModel:
    """Train by MLlib.

    Args:
        ratings: Columns `userId`, `movieId` (integers that fit 32 bits, MLlib's limit) and `rating`.
        params: Parameters.
        rows: About how many ratings there are: many are trained on in more blocks.

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
        numUserBlocks=max(LEAST_BLOCKS, rows // BLOCK_RATINGS),
        numItemBlocks=max(LEAST_BLOCKS, rows // BLOCK_RATINGS),
    ).fit(ratings.select("userId", "movieId", "rating"))


def from_mllib(model: ALSModel, params: AlsParams | RankingParams, first: int | None = None) -> AlsModel:
    """The same model in memory, without training loss, which MLlib does not tell.

    Args:
        model: A model of `fit_mllib`.
        params: What it was trained with.
        first: At most so many users and items, those of the lowest ids; None for all.
    """
    sides = [model.userFactors, model.itemFactors]
    if first is not None:
        sides = [side.orderBy("id").limit(first) for side in sides]
    (user_ids, user_factors), (item_ids, item_factors) = (
        factor_arrays(side.toArrow(), params.rank) for side in sides
    )
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
