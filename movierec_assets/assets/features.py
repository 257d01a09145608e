"""Features: ratings with all that is known of the movie, and statistics per movie."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from movierec_assets.assets import plots
from movierec_assets.assets.spec import lake_spec
from movierec_assets.checks.generated import examine, hand_over
from movierec_assets.domain.movielens import join, stats
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.schema import table


@dg.asset(**lake_spec("joined_features", "1", {"pyspark", "deltalake"}))
def joined_features(
    cleaned_ratings: LakeTable, cleaned_movies: LakeTable, cleaned_tags: LakeTable, cleaned_links: LakeTable
) -> Iterator[Any]:
    """Ratings inner join movies, left join tags and links."""
    joined = join.joined_features(
        cleaned_ratings.spark(), cleaned_movies.spark(), cleaned_tags.spark(), cleaned_links.spark()
    )
    yield from hand_over(examine(table("joined_features"), joined))


@dg.asset(**lake_spec("movie_stats", "1", {"pyspark", "deltalake", "postgres"}))
def movie_stats(cleaned_ratings: LakeTable) -> Iterator[Any]:
    """Mean and count of the ratings of each movie, with their distribution as plots."""
    ratings = cleaned_ratings.spark()
    result = stats.movie_stats(ratings)
    distribution = sorted(ratings.groupBy("rating").count().collect())
    # As Arrow: a `Row` a movie would take longer than the asset.
    counts = result.select("rating_count").toArrow().sort_by([("rating_count", "descending")])[0].to_pylist()
    shown = [round(i * (len(counts) - 1) / 49) for i in range(50)] if len(counts) > 50 else range(len(counts))
    yield from hand_over(
        examine(table("movie_stats"), result),
        metadata={
            "rating_distribution": plots.bars(
                "Ratings",
                [f"{r:g}" for r, _ in distribution],
                [n for _, n in distribution],
                "stars",
                "ratings",
            ),
            "long_tail": plots.line(
                "Ratings per movie",
                [str(i + 1) for i in shown],
                [counts[i] for i in shown],
                "movie, most rated first",
                "ratings",
                log=True,
            ),
        },
    )


def assets() -> list[dg.AssetsDefinition]:
    """The feature assets."""
    return [joined_features, movie_stats]
