"""What each user has rated, as one row a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.schema import table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


def rating_histories(ratings: DataFrame) -> DataFrame:
    """Table `rating_histories` from `cleaned_ratings`, rows in no order."""
    from pyspark.sql import functions as F  # noqa: N812

    pair = F.struct(
        F.col("movieId").cast("int").alias("movieId"), F.col("rating").cast("float").alias("rating")
    )
    gathered = ratings.groupBy("userId").agg(F.sort_array(F.collect_list(pair)).alias("pairs"))
    return gathered.select(
        "userId",
        F.transform("pairs", lambda p: p["movieId"]).alias("movieIds"),
        F.transform("pairs", lambda p: p["rating"]).alias("ratings"),
    )


def rating_histories_native(ratings: pa.Table) -> pa.Table:
    """The same in this process, ordered by user.

    Args:
        ratings: `userId`, `movieId`, `rating`; a user and a movie at most once, ids below 2³¹.
    """
    import pyarrow as pa

    from movierec_assets.domain.recommender.index import as_array, both_ways, encode

    schema = table("rating_histories").arrow_schema()
    if not ratings.num_rows:
        return schema.empty_table()
    (user_ids, user), (movie_ids, movie) = (
        encode(as_array(ratings[c], np.int64)) for c in ("userId", "movieId")
    )
    values = as_array(ratings["rating"], np.float32)
    by_user, _ = both_ways(user, movie, values, (user_ids.size, movie_ids.size))
    starts = pa.array(by_user.indptr.astype(np.int32))
    lists = [
        pa.ListArray.from_arrays(starts, pa.array(values))
        for values in (movie_ids.astype(np.int32)[by_user.columns], by_user.values)
    ]
    return pa.Table.from_arrays([pa.array(user_ids), *lists], schema=schema)
