"""The splits of `split`, as a column of a DataFrame on Apache Spark: the same ratings are held out, to the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

HELD = "_held"
BUCKETS = 4096
LOW_HALF = (1 << 32) - 1


def time_cut_spread(ratings: DataFrame, fraction: float = 0.1, seed: int = 42) -> DataFrame:
    """`split.time_cut`: the ratings with the boolean column `_held`.

    Args:
        ratings: `userId`, `movieId` and `timestamp`, whole numbers without nulls.
        fraction: As there.
        seed: As there.
    """
    from pyspark.sql import functions as F  # noqa: N812

    rows = ratings.count()
    rest = int(np.rint((1 - fraction) * rows))
    if rest == rows:
        return ratings.withColumn(HELD, F.lit(False))
    hashed = _hash(seed)
    # The hash in halves, as a difference of two 64-bit numbers does not fit 64 bits.
    keys = [F.col("timestamp"), F.shiftright(hashed, 32), hashed.bitwiseAND(F.lit(LOW_HALF))]
    held, same = F.lit(False), F.lit(True)
    for key in keys:
        value, rest = value_at(ratings.where(same), key, rest)
        held, same = held | (same & (key > F.lit(value))), same & (key == F.lit(value))
    # The one at the cut is the first that is held out.
    return ratings.withColumn(HELD, held | same)


def stratified_by_user_spread(ratings: DataFrame, fraction: float = 0.25, seed: int = 42) -> DataFrame:
    """`split.stratified_by_user`: the ratings with the boolean column `_held`.

    Args:
        ratings: `userId` and `movieId`.
        fraction: As there.
        seed: As there.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    everything = Window.partitionBy("userId")
    place = F.row_number().over(everything.orderBy(_hash(seed)))
    kept = F.rint(F.lit(1 - fraction) * F.count(F.lit(1)).over(everything))
    return ratings.withColumn(HELD, place > kept)


def value_at(rows: DataFrame, key: Column, rank: int) -> tuple[int, int]:
    """The value at a place of the ascending order, by a few counts, however many rows there are.

    Args:
        rows: More than `rank`.
        key: A whole number of 64 bits, without nulls; the largest less the smallest must fit too.
        rank: From 0.

    Returns:
        The value, and the rank among the rows of that value.
    """
    from pyspark.sql import functions as F  # noqa: N812

    ends: Any = rows.agg(F.min(key), F.max(key)).collect()[0]
    low, high = int(ends[0]), int(ends[1])
    while low < high:
        width = (high - low) // BUCKETS + 1
        inside = rows.where(key.between(low, high)).select(
            F.call_function("div", key - F.lit(low), F.lit(width)).alias("bucket")
        )
        for bucket, count in sorted(tuple(r) for r in inside.groupBy("bucket").count().collect()):
            if rank < count:
                low, high = low + bucket * width, min(high, low + (bucket + 1) * width - 1)
                break
            rank -= count
    return low, rank


def _hash(seed: int) -> Column:
    """`hashing.pair_hash`."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.xxhash64(F.lit(seed).cast("bigint"), F.col("userId"), F.col("movieId"))
