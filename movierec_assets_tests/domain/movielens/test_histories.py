"""Rating histories: a row a user, movies ascending, the same on every engine and natively."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from movierec_assets.domain.movielens.histories import rating_histories, rating_histories_native
from movierec_assets.domain.profile import profile, schema_differences
from movierec_assets.schema import table
from movierec_assets_tests.frames import frame, rows_of

RATINGS = [(7, 30, 0.5, 1), (2, 9, 4.5, 2), (7, 2, 5.0, None), (7, 300, 3.0, 4), (2, 2_147_483_647, 1.0, 5)]
HISTORIES = [(2, [9, 2_147_483_647], [4.5, 1.0]), (7, [2, 30, 300], [5.0, 0.5, 3.0])]


def arrow(ratings):
    return pa.table(dict(zip(("userId", "movieId", "rating"), zip(*ratings, strict=True), strict=False)))


def test_all_that_a_user_rated_is_one_row_ordered_by_movie(engine_session):
    found = rating_histories(frame(engine_session, "cleaned_ratings", RATINGS))
    assert schema_differences(found, table("rating_histories")) == []
    assert rows_of(found) == HISTORIES


def test_the_native_way_gives_the_same_ordered_by_user():
    found = rating_histories_native(arrow(RATINGS))
    assert found.schema == table("rating_histories").arrow_schema()
    assert [tuple(row.values()) for row in found.to_pylist()] == HISTORIES


def test_without_ratings_there_are_no_histories():
    empty = pa.table(
        {"userId": pa.array([], "int64"), "movieId": pa.array([], "int64"), "rating": pa.array([], "f8")}
    )
    found = rating_histories_native(empty)
    assert (found.num_rows, found.schema) == (0, table("rating_histories").arrow_schema())


@pytest.mark.parametrize("seed", range(3))
def test_in_whatever_order_ratings_come_the_content_is_the_same(spark_embedded, seed):
    shuffled = [RATINGS[i] for i in np.random.default_rng(seed).permutation(len(RATINGS))]
    native = rating_histories_native(arrow(shuffled))
    assert native == rating_histories_native(arrow(RATINGS))
    declared = table("rating_histories")
    by_engine = rating_histories(frame(spark_embedded, "cleaned_ratings", shuffled))
    assert profile(by_engine, declared) == profile(spark_embedded.createDataFrame(native), declared)
