"""The checks on recommendations count exactly the rows that break them, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from movierec_assets.checks.recommendations import CHECKS, recommendation_results

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

GOOD = [(1, 1, 30), (1, 2, 40), (2, 1, 10)]


@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        (GOOD, (0, 0, 0)),
        ([], (0, 0, 0)),
        ([*GOOD, (1, 1, 10), (1, 2, 20)], (2, 0, 0)),
        ([*GOOD, (2, 3, 20), (2, 4, 40)], (0, 2, 0)),
        ([*GOOD, (2, 2, 99)], (0, 0, 1)),
        ([(1, 3, 10), (2, 3, 99)], (1, 2, 1)),
    ],
)
def test_each_check_counts_the_rows_that_break_it(
    engine_session: SparkSession, rows: list[tuple[int, int, int]], broken: tuple[int, int, int]
) -> None:
    recommended = engine_session.createDataFrame(rows, "userId bigint, rank int, movieId bigint")
    ratings = engine_session.createDataFrame(
        [(1, 10, 4.0), (1, 20, 3.0), (2, 30, 5.0)], "userId bigint, movieId bigint, rating double"
    )
    movies = engine_session.createDataFrame([(10,), (20,), (30,), (40,)], "movieId bigint")
    results = recommendation_results("recommendations", recommended, ratings, movies, 2)
    assert [(r.check_name, r.metadata["rows"].value, r.passed) for r in results] == [
        (name, count, count == 0) for name, count in zip(CHECKS, broken, strict=True)
    ]
