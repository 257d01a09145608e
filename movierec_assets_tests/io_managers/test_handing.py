"""Rows computed here reach the engine whatever their size, and leave nothing behind."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from movierec_assets.io_managers.handing import rows_of_engine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = 20_000_000
"""160 MB: above what one message to the engine may hold."""


def test_rows_of_any_size_reach_the_embedded_engine_and_their_file_is_gone_afterwards(
    spark_embedded: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "with a blank"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with rows_of_engine(spark_embedded, pa.table({"number": np.arange(ROWS)}), same_machine=True) as rows:
        assert rows.selectExpr("count(*)", "sum(number)").first() == (ROWS, ROWS * (ROWS - 1) // 2)
        assert [p for p in folder.iterdir() if p.name.startswith("movierec-rows-")]
    assert not [p for p in folder.iterdir() if p.name.startswith("movierec-rows-")]


def test_types_and_nulls_are_kept(spark_embedded: SparkSession) -> None:
    rows = pa.table(
        {"a": pa.array([1, None], pa.int64()), "b": ["x", None], "c": pa.array([0.5, None], pa.float32())}
    )
    for same_machine in (True, False):
        with rows_of_engine(spark_embedded, rows, same_machine=same_machine) as found:
            assert found.dtypes == [("a", "bigint"), ("b", "string"), ("c", "float")]
            assert found.orderBy("a", ascending=False).toArrow().to_pylist() == rows.to_pylist()
