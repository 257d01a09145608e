"""Rows that this process has computed, for the engine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from movierec_assets.io_managers.filesystem import plain_path

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


@contextmanager
def rows_of_engine(session: SparkSession, rows: pa.Table, *, same_machine: bool) -> Iterator[DataFrame]:
    """A table as a DataFrame of the engine, as long as the context lasts; rows in no order.

    An engine on this machine reads a file: Sail 0.7 takes messages of at most 128 MiB, which the recommendations of
    some hundred thousand users exceed. Apache Spark's client sends a large table in parts.

    Args:
        session: A session of the engine.
        rows: Of any size.
        same_machine: Whether the engine reads the files of this machine.
    """
    if not same_machine:
        yield session.createDataFrame(rows)
        return
    from pyarrow import parquet

    with tempfile.TemporaryDirectory(prefix="movierec-rows-") as folder:
        parquet.write_table(rows, f"{folder}/rows.parquet", compression="lz4")
        yield session.read.parquet(plain_path(folder))
