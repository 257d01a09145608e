"""Ratings with all that is known of their movie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.schema import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def joined_features(ratings: DataFrame, movies: DataFrame, tags: DataFrame, links: DataFrame) -> DataFrame:
    """One row per rating of a known movie: ratings inner join movies, left join tags and links.

    Args:
        ratings: `cleaned_ratings`.
        movies: `cleaned_movies`.
        tags: `cleaned_tags`; gathered to one sorted list per user and movie first, so that no rating is repeated.
        links: `cleaned_links`.

    Returns:
        Table `joined_features`, rows in no order.
    """
    from pyspark.sql import functions as F  # noqa: N812

    gathered = tags.groupBy("userId", "movieId").agg(F.sort_array(F.collect_list("tag")).alias("tags"))
    joined = (
        ratings.join(movies, "movieId")
        .join(gathered, ["userId", "movieId"], "left")
        .join(links, "movieId", "left")
        .withColumn("tags", F.coalesce("tags", F.array().cast("array<string>")))
    )
    return joined.select(*table("joined_features").column_names)
