"""Statistics of movies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.domain.recommender.popular import STEPS, damped

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


def popular_movies(stats: DataFrame, movies: DataFrame) -> DataFrame:
    """Table `popular_movies` from `movie_stats` and `cleaned_movies`, rows in no order; of known movies only.

    In the order of the baseline `popular.damped_mean`, by which the list is judged: by `popular.damped` of the movie's
    ratings, m being the mean of all ratings of known movies; equal ones by ascending id.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    # In whole millionths again, so that sums do not depend on the order in which an engine adds.
    total = F.round(F.col("average_rating") * F.col("rating_count") * MILLION).cast("bigint")
    known = stats.join(movies, "movieId", "left_semi").withColumn("total", total)
    ratings = F.sum("rating_count").cast("double") * MILLION
    prior = known.agg((F.sum("total").cast("double") / ratings).alias("m"))
    score = damped(F.col("total").cast("double") / MILLION, F.col("rating_count").cast("double"), F.col("m"))
    # As `popular.damped_scores` rounds: of halves, each engine's own rounding makes something else.
    steps = F.floor(score * STEPS + 0.5).cast("double") / STEPS
    scored = known.crossJoin(prior).withColumn("damped_mean", steps)
    order = Window.partitionBy(F.lit(1)).orderBy(F.desc("damped_mean"), "movieId")
    ranked = scored.withColumn("rank", F.row_number().over(order))
    return ranked.select("rank", "movieId", "damped_mean", "average_rating", "rating_count")
