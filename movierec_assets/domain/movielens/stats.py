"""Statistics of movies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def movie_stats(ratings: DataFrame) -> DataFrame:
    """Table `movie_stats`: mean and number of the ratings of each rated movie, rows in no order.

    The mean is taken over tenths of a star as whole numbers, so that it is the same in whatever order an engine adds.
    """
    from pyspark.sql import functions as F  # noqa: N812

    tenths = F.sum(F.round(F.col("rating") * 10).cast("bigint"))
    counted = ratings.groupBy("movieId").agg(tenths.alias("tenths"), F.count(F.lit(1)).alias("rating_count"))
    mean = F.col("tenths").cast("double") / (F.col("rating_count").cast("double") * 10.0)
    return counted.select("movieId", mean.alias("average_rating"), "rating_count")
