"""Statistics of movies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MILLION = 1_000_000.0


def movie_stats(ratings: DataFrame) -> DataFrame:
    """Table `movie_stats`: mean and number of the ratings of each rated movie, rows in no order.

    The mean is taken over millionths of a star as whole numbers, so that it is the same in whatever order an engine
    adds.
    """
    from pyspark.sql import functions as F  # noqa: N812

    total = F.sum(F.round(F.col("rating") * MILLION).cast("bigint"))
    counted = ratings.groupBy("movieId").agg(total.alias("total"), F.count(F.lit(1)).alias("rating_count"))
    mean = F.col("total").cast("double") / (F.col("rating_count").cast("double") * MILLION)
    return counted.select("movieId", mean.alias("average_rating"), "rating_count")
