"""Ratings without a time."""

from __future__ import annotations

import pyarrow as pa
import pytest

from movierec_assets.domain.movielens.times import with_times


@pytest.mark.parametrize(
    ("given", "expected"),
    [([7, None, 5], [7, 5, 5]), ([None, None], [0, 0]), ([], []), ([7, 5], [7, 5])],
)
def test_a_rating_without_a_time_counts_as_the_oldest(given: list[int | None], expected: list[int]) -> None:
    rows = pa.table({"timestamp": pa.array(given, pa.int64()), "userId": pa.array([1] * len(given))})
    filled = with_times(rows)
    assert filled["timestamp"].to_pylist() == expected
    assert filled.schema == rows.schema
