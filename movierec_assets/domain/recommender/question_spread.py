"""What a split asks, found out on Apache Spark: only of the users ranked for do ratings come to this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import positions
from movierec_assets.domain.recommender.leakage import Leakage
from movierec_assets.domain.recommender.question import Asked, Question
from movierec_assets.domain.recommender.ranking import Popularity
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets.domain.recommender.split_spread import HELD

if TYPE_CHECKING:
    import numpy.typing as npt
    from pyspark.sql import DataFrame


@dataclass(frozen=True, eq=False)
class SpreadQuestion:
    """A split on Apache Spark.

    Attributes:
        train: All training ratings, there.
        asked_users: Column `userId`: the users ranked for, there.
        question: What is asked, here. `train`, `relevant` and `warm` hold ratings of the users ranked for only, its
            other figures are of all.
        sums: float64[n_items] sum of the training ratings of each item of `question.popularity`.
    """

    train: DataFrame
    asked_users: DataFrame
    question: Question
    sums: npt.NDArray[np.float64]


def leakage_spread(split: DataFrame) -> Leakage:
    """`leakage.leakage` of the two sides of a split.

    Args:
        split: Ratings with `_held`.
    """
    from pyspark.sql import functions as F  # noqa: N812

    train, test = split.where(~split[HELD]), split.where(split[HELD])
    pairs = test.select("userId", "movieId")
    first: Any = test.agg(F.min("timestamp")).collect()[0][0]
    later = train.where(F.col("timestamp") > F.lit(first)).count()
    return Leakage(train.join(pairs, ["userId", "movieId"], "left_semi").count(), later)


def question_spread(split: DataFrame, most_users: int) -> SpreadQuestion:
    """`Question.of` of the two sides of a split, for at most so many users.

    Args:
        split: `userId`, `movieId`, `rating`, `timestamp` and `_held`; both sides have rows.
        most_users: As there.
    """
    from pyspark.sql import functions as F  # noqa: N812

    train, test = split.where(~split[HELD]).drop(HELD), split.where(split[HELD]).drop(HELD)
    user_ids = train.select("userId").distinct().withColumn("_user", F.lit(True))
    of_items = train.groupBy("movieId").agg(F.count(F.lit(1)).alias("n"), F.sum("rating").alias("sum"))
    catalogue = of_items.toArrow().sort_by("movieId")
    popularity = Popularity(catalogue["movieId"].to_numpy(), catalogue["n"].to_numpy())

    item_ids = of_items.select("movieId", F.lit(True).alias("_item"))
    known = test.join(user_ids, "userId", "left").join(item_ids, "movieId", "left")
    user, item = F.col("_user").isNotNull(), F.col("_item").isNotNull()
    facts: Any = known.agg(
        F.count(F.lit(1)).alias("rows"),
        F.count_distinct(F.when(~user, F.col("userId"))).alias("cold_users"),
        F.count_distinct(F.when(~item, F.col("movieId"))).alias("cold_items"),
        F.count_if(~(user & item)).alias("cold_rows"),
    ).collect()[0]
    lowest = F.xxhash64(F.lit(0).cast("bigint"), F.col("userId"), F.lit(0).cast("bigint"))
    warm = known.where(user).select("userId").distinct()
    chosen = warm.orderBy(lowest, "userId").limit(most_users).toArrow()
    asked_users = split.sparkSession.createDataFrame(chosen)

    sides = [
        _ratings(side.join(F.broadcast(asked_users), "userId", "left_semi").toArrow())
        for side in (train, test)
    ]
    asked = Asked(
        train_rows=int(popularity.counts.sum()),
        test_rows=int(facts["rows"]),
        users=chosen.num_rows,
        # A test row of any rating is relevant, so every user who has one is ranked for.
        users_without_relevant=0,
        cold_users=int(facts["cold_users"]),
        cold_items=int(facts["cold_items"]),
        cold_rows=int(facts["cold_rows"]),
    )
    in_catalogue = positions(popularity.item_ids, sides[1].items) >= 0
    question = Question(sides[0], sides[1], sides[1].where(in_catalogue), popularity, asked)
    return SpreadQuestion(train, asked_users, question, catalogue["sum"].to_numpy())


def _ratings(rows: Any) -> Ratings:
    return Ratings.from_table(rows)
