"""Ratings without a time, where the order in time matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def with_times(ratings: pa.Table) -> pa.Table:
    """The ratings with no null in `timestamp`: one without a time counts as old as the oldest.

    So it may be learnt from and is not asked for where the newest are held out. 0 where none has a time.
    """
    import pyarrow.compute as pc

    times = ratings["timestamp"]
    if not times.null_count:
        return ratings
    oldest = pc.min(times).as_py() or 0
    place = ratings.column_names.index("timestamp")
    return ratings.set_column(place, ratings.schema.field(place), pc.fill_null(times, oldest))
