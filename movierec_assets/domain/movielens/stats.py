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


def popular_movies(stats: DataFrame, movies: DataFrame) -> DataFrame:
    """Table `popular_movies` from `movie_stats` and `cleaned_movies`, rows in no order; of known movies only.

    The damped mean is `(n · mean + k · m) / (n + k)`, m being the mean of all ratings and k the mean number of ratings
    of a movie: a Bayesian average whose prior weighs as much as an average movie's own ratings. Equal ones are ordered
    by number of ratings, then by id.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    ratings = F.sum("rating_count")
    known = stats.join(movies, "movieId", "left_semi")
    prior = known.agg(
        (F.sum(F.col("average_rating") * F.col("rating_count")) / ratings).alias("m"),
        (ratings / F.count(F.lit(1))).alias("k"),
    )
    n, k = F.col("rating_count"), F.col("k")
    # Rounded, so that the order in which an engine adds does not show.
    damped = F.round((n * F.col("average_rating") + k * F.col("m")) / (n + k), 9)
    scored = known.crossJoin(prior).withColumn("damped_mean", damped)
    order = Window.partitionBy(F.lit(1)).orderBy(F.desc("damped_mean"), F.desc("rating_count"), "movieId")
    ranked = scored.withColumn("rank", F.row_number().over(order))
    return ranked.select("rank", "movieId", "damped_mean", "average_rating", "rating_count")
