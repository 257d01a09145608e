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
    """Count the rows that break each check.

    Args:
        asset: Asset that the results belong to.
        rows: The recommendations.
        ratings: `cleaned_ratings`.
        movies: `cleaned_movies`.
        top_n: N.
    """
    broken = {
        "no_seen_movie": rows.join(ratings, ["userId", "movieId"], "left_semi").count(),
        "at_most_n": rows.where(rows["rank"] > top_n).count(),
        "known_movies": rows.join(movies, "movieId", "left_anti").count(),
    }
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
