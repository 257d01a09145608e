"""Rows that Python functions make on the executors, as a table of the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from movierec_assets.schema import Table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


def mapped(
    rows: DataFrame, work: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]], table: Table
) -> DataFrame:
    """`mapInArrow` to the columns and types of a table.

    Args:
        rows: What the function gets, a partition a call.
        work: Goes to the executors; gives batches in the table's Arrow schema.
        table: What comes out.
    """
    found = rows.mapInArrow(work, table.spark_schema())
    # Spark 4.2 gives a function's texts the type `string collate UTF8_BINARY`, which other readers of Delta refuse.
    return found.select(*(found[c.name].cast(c.spark_type).alias(c.name) for c in table.columns))
