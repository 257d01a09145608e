"""Tiny frames in and out of an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from movierec_assets.schema import LandingFile, table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def frame(session: SparkSession, name: str, rows: Sequence[Sequence[Any]]) -> DataFrame:
    """Rows as the registry's table of that name."""
    return session.createDataFrame([tuple(r) for r in rows], table(name).spark_schema())


def raw_frame(session: SparkSession, file: LandingFile, rows: Sequence[Sequence[Any]]) -> DataFrame:
    """Readable rows as `raw_<source>`, numbered from line 2."""
    return frame(
        session,
        f"raw_{file.source}",
        [(*row, line, file.path, f"text of {line}", None) for line, row in enumerate(rows, 2)],
    )


def rows_of(data: DataFrame) -> list[tuple[Any, ...]]:
    """The rows, sorted."""
    return sorted((tuple(row) for row in data.collect()), key=repr)
