"""The contract of the lake, the same on disk and on an S3 server, for engine and stream writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from movierec_assets.io_managers.errors import LakeError
from movierec_assets.io_managers.filesystem import filesystem
from movierec_assets.io_managers.lake import Lake, LakeTable
from movierec_assets.io_managers.lake_io_manager import load_as, preview, storage_options
from movierec_assets.resources.engine import open_session

ROWS = pa.table(
    {"id": pa.array([1, 2, 3]), "tags": pa.array([["a", "b"], [], ["c"]]), "note": ["x", None, ""]}
)


@pytest.fixture(params=["lake", "a lake with blanks, 100 % Zoë's", "s3"])
def lake_uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param != "s3":
        return str(tmp_path / request.param)
    server = request.getfixturevalue("s3_environment")
    return f"s3://{server.new_bucket()}/lake"


@pytest.fixture
def session(lake_uri: str) -> Iterator[SparkSession]:
    with open_session() as opened:
        yield opened


@pytest.fixture
def lake(lake_uri: str, session: SparkSession) -> Lake:
    return Lake(lake_uri, storage_options(), lambda: session)


def stream(table: pa.Table) -> Any:
    return lambda: pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=2))


def by_id(table: pa.Table) -> list[dict[str, Any]]:
    return table.sort_by("id").to_pylist()


def test_what_the_engine_writes_is_read_back_row_for_row(lake: Lake, session: SparkSession) -> None:
    written = lake.write("t", session.createDataFrame(ROWS), "h1")
    assert (written.version, written.changed, written.rows) == (0, True, 3)
    assert by_id(lake.open("t").arrow()) == ROWS.to_pylist()
    assert by_id(lake.open("t").spark().toArrow()) == ROWS.to_pylist()


def test_what_a_stream_writes_is_read_back_row_for_row(lake: Lake) -> None:
    written = lake.write("t", stream(ROWS), "h1")
    assert (written.version, written.changed, written.rows) == (0, True, 3)
    assert written.bytes > 0
    assert by_id(lake.open("t").arrow()) == ROWS.to_pylist()
    assert by_id(lake.open("t").spark().toArrow()) == ROWS.to_pylist()


def test_unchanged_content_makes_no_commit_and_is_not_even_read(lake: Lake) -> None:
    lake.write("t", stream(ROWS), "h1")

    def never() -> pa.RecordBatchReader:
        raise AssertionError("opened")

    written = lake.write("t", never, "h1")
    assert (written.version, written.changed, written.rows) == (0, False, 3)


def test_changed_content_replaces_the_table_and_the_old_version_stays_loadable(
    lake: Lake, session: SparkSession
) -> None:
    lake.write("t", stream(ROWS), "h1")
    written = lake.write("t", session.createDataFrame(ROWS.slice(0, 1)), "h2")
    assert (written.version, written.changed, written.rows) == (1, True, 1)
    assert lake.open("t").rows() == 1
    assert by_id(lake.open("t", 0).arrow()) == ROWS.to_pylist()
    assert by_id(lake.open("t", 0).spark().toArrow()) == ROWS.to_pylist()


def test_a_table_may_change_its_columns(lake: Lake, session: SparkSession) -> None:
    lake.write("t", stream(ROWS), "h1")
    lake.write("t", session.createDataFrame(pa.table({"other": [1.5]})), "h2")
    assert lake.open("t").arrow().to_pylist() == [{"other": 1.5}]


def test_an_empty_table_keeps_its_columns(lake: Lake, session: SparkSession) -> None:
    lake.write("engine", session.createDataFrame(ROWS).where("id > 9"), "h1")
    lake.write("stream", stream(ROWS.slice(0, 0)), "h1")
    for name in ("engine", "stream"):
        assert lake.open(name).arrow().column_names == ROWS.column_names
        assert lake.open(name).rows() == 0


def test_a_stream_that_breaks_leaves_the_table_as_it_was(lake: Lake) -> None:
    lake.write("t", stream(ROWS), "h1")

    def broken() -> pa.RecordBatchReader:
        def batches() -> Iterator[pa.RecordBatch]:
            yield from ROWS.to_batches()
            raise OSError("cut")

        return pa.RecordBatchReader.from_batches(ROWS.schema, batches())

    with pytest.raises(Exception, match="cut"):
        lake.write("t", broken, "h2")
    assert lake.delta("t").version() == 0
    assert lake.content_hash("t") == "h1"


def test_a_table_that_is_not_there_is_named(lake: Lake) -> None:
    assert lake.content_hash("nothing") is None
    with pytest.raises(LakeError, match="nothing is not in the lake"):
        lake.open("nothing").arrow()


def test_a_version_that_is_not_there_is_named_with_those_that_are(lake: Lake) -> None:
    lake.write("t", stream(ROWS), "h1")
    with pytest.raises(LakeError, match="no version 7; there are 0 to 0"):
        lake.open("t", 7).arrow()


def test_some_columns_and_the_first_rows_can_be_read(lake: Lake) -> None:
    lake.write("t", stream(ROWS), "h1")
    first = lake.open("t").arrow(["note", "id"], limit=2)
    assert first.column_names == ["note", "id"]
    assert first.num_rows == 2
    assert all(row in ROWS.select(["note", "id"]).to_pylist() for row in first.to_pylist())
    assert lake.open("t").arrow(limit=0).num_rows == 0


def test_the_annotation_chooses_what_a_consumer_gets(lake: Lake) -> None:
    import pyspark.sql

    lake.write("t", stream(ROWS), "h1")
    table = lake.open("t")
    assert load_as(table, LakeTable, "x") is table
    assert isinstance(load_as(table, pd.DataFrame, "x"), pd.DataFrame)
    assert isinstance(load_as(table, pa.Table, "x"), pa.Table)
    assert isinstance(load_as(table, pl.DataFrame, "x"), pl.DataFrame)
    assert by_id(load_as(table, pyspark.sql.DataFrame, "x").toArrow()) == ROWS.to_pylist()
    assert by_id(load_as(table, Any, "x").toArrow()) == ROWS.to_pylist()


def test_an_unsupported_annotation_names_the_supported_ones(lake: Lake) -> None:
    with pytest.raises(
        TypeError, match=r"'ratings' is annotated builtins\.dict.*LakeTable, pyspark.DataFrame, pandas"
    ):
        load_as(lake.open("t"), dict, "ratings")


def test_a_preview_escapes_what_would_break_its_table() -> None:
    rows = pa.table({"a": ["x|y\nz", "w" * 100], "b": [None, 1]})
    assert preview(rows).splitlines() == [
        "| a | b |",
        "| --- | --- |",
        "| x\\|y z |  |",
        f"| {'w' * 79}… | 1 |",
    ]


@pytest.mark.parametrize("engine_writes", [True, False])
def test_two_first_writes_at_once_leave_the_rows_of_one(
    lake: Lake, session: SparkSession, engine_writes: bool
) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    for number in range(5):
        name, together = f"t{number}", Barrier(2)

        def write(_: int, name: str = name, together: Barrier = together) -> None:
            together.wait()
            # The loser of two overwrites may be told so; it must not add its rows.
            with suppress(Exception):
                lake.write(name, session.createDataFrame(ROWS) if engine_writes else stream(ROWS), "h")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(write, range(2)))
        assert by_id(lake.open(name).arrow()) == ROWS.to_pylist()


def test_an_equal_write_repairs_a_table_whose_files_are_lost(lake: Lake) -> None:
    lake.write("t", stream(ROWS), "h1")
    store, path = filesystem(lake.table_uri("t"))
    for name in lake.delta("t").file_uris():
        store.delete_file(f"{path}/{name.rpartition('/')[2]}")
    assert lake.write("t", stream(ROWS), "h1").changed
    assert not lake.write("t", stream(ROWS), "h1").changed
    assert by_id(lake.open("t").arrow()) == ROWS.to_pylist()
