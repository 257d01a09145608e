"""What a recommendation list must never do: repeat a seen movie, be longer than N, name an unknown movie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CHECKS = {
    "no_seen_movie": "Nobody is recommended a movie that they have rated.",
    "at_most_n": "No user has more than N recommendations.",
    "known_movies": "Every recommended movie is in `cleaned_movies`.",
}


def recommendation_specs(asset: str) -> list[dg.AssetCheckSpec]:
    """The checks, all blocking."""
    return [
        dg.AssetCheckSpec(name, asset=asset, description=text, blocking=True) for name, text in CHECKS.items()
    ]


def recommendation_results(
    asset: str, rows: DataFrame, ratings: DataFrame, movies: DataFrame, top_n: int
) -> list[dg.AssetCheckResult]:
    """Count the rows that break each check, in one pass over them.

    Args:
        asset: Asset that the results belong to.
        rows: The recommendations.
        ratings: `cleaned_ratings`; a user and a movie at most once.
        movies: `cleaned_movies`; a movie at most once.
        top_n: N.
    """
    from pyspark.sql import functions as F  # noqa: N812

    seen = ratings.select("userId", "movieId", F.lit(True).alias("seen"))
    known = movies.select("movieId", F.lit(True).alias("known"))
    rules = {
        "no_seen_movie": F.col("seen").isNotNull(),
        "at_most_n": F.col("rank") > top_n,
        "known_movies": F.col("known").isNull(),
    }
    joined = rows.join(seen, ["userId", "movieId"], "left").join(known, "movieId", "left")
    broken = joined.agg(*(F.count_if(rule).alias(name) for name, rule in rules.items())).collect()[0].asDict()
    return [
        dg.AssetCheckResult(
            passed=count == 0,
            asset_key=dg.AssetKey(asset),
            check_name=name,
            metadata={"rows": count},
            description=f"{count} rows break it: {CHECKS[name]}" if count else None,
        )
        for name, count in broken.items()
    ]
