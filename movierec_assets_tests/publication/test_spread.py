"""Executors load a snapshot in parts, each once whatever is run again; readers see it whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from movierec_assets.publication import PublicationError, history, publish_spread
from movierec_assets.publication.layout import Layout
from movierec_assets.publication.spread import Loader
from movierec_assets_tests.publication.snapshots_of_tests import (
    SCORES,
    live,
    prepared,
    publish_scores,
    scores,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from movierec_assets.publication import Publication
    from movierec_assets.resources.database import Database

ROWS = 1_000
STORAGE = f"publication.{Layout(SCORES).storage}"


def parts_of(session: SparkSession, number: int, parts: int = 4) -> DataFrame:
    """The rows of that number in several partitions."""
    return session.createDataFrame(scores(number, ROWS)).repartition(parts, "movieId")


def publish_parts(database: Database, session: SparkSession, number: int) -> Publication:
    return publish_spread(database, SCORES, parts_of(session, number), str(number), f"run-{number}", 2)


def answer(database: Database, statement: str) -> Any:
    with database.connect() as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


def begun(database: Database) -> int:
    """A load that nobody goes on with: the number of its snapshot."""
    statement = "INSERT INTO publication.loads (snapshot_id, dataset, storage) VALUES ({}, '{}', '{}')"
    number = int(answer(database, "SELECT nextval('publication.snapshot_id')"))
    with database.connect() as connection:
        connection.execute(statement.format(number, SCORES.name, Layout(SCORES).storage).encode())
    return number


def load(database: Database, data: DataFrame, number: int) -> None:
    data.mapInArrow(Loader(database.uri, SCORES, number).load, "part int").collect()


def test_all_rows_are_published_and_equal_content_is_not_loaded_again(
    tcp_database: Database, spark_local: SparkSession
) -> None:
    prepared(tcp_database)
    first = publish_parts(tcp_database, spark_local, 1)
    assert (first.rows, first.changed) == (ROWS, True)
    assert live(tcp_database) == (ROWS, 1, 1)
    again = publish_parts(tcp_database, spark_local, 1)
    assert (again.snapshot_id, again.rows, again.changed) == (first.snapshot_id, ROWS, False)
    one = (
        "SELECT row(movie_id, rank, score, mean, title, genres)::text FROM serving.scores WHERE movie_id = 7"
    )
    assert answer(tcp_database, one) == '(7,1,0.5,1,"movie 7","{Drama,Crime}")'


def test_the_last_snapshots_are_kept_whoever_published_them(
    tcp_database: Database, spark_local: SparkSession
) -> None:
    publish_scores(prepared(tcp_database), 1)
    for number in (2, 3):
        publish_parts(tcp_database, spark_local, number)
    with tcp_database.connect() as connection:
        assert [(s.data_version, s.rows) for s in history(connection)] == [("3", ROWS), ("2", ROWS)]
    assert answer(tcp_database, f"SELECT count(*) FROM {STORAGE}") == 2 * ROWS


def test_a_part_that_is_loaded_again_is_there_once(tcp_database: Database, spark_local: SparkSession) -> None:
    number, data = begun(prepared(tcp_database)), parts_of(spark_local, 1)
    for _ in range(2):
        load(tcp_database, data, number)
    assert answer(tcp_database, f"SELECT count(*) FROM {STORAGE}") == ROWS
    assert answer(tcp_database, "SELECT sum(rows) FROM publication.load_parts") == ROWS


def test_what_a_killed_publisher_loaded_is_gone_after_the_next_publication_and_nobody_adds_to_it(
    tcp_database: Database, spark_local: SparkSession
) -> None:
    # One part: what other tasks of a failed job still do would meet the next test's database.
    number, data = begun(prepared(tcp_database)), parts_of(spark_local, 1, parts=1)
    load(tcp_database, data, number)
    publish_parts(tcp_database, spark_local, 2)
    assert live(tcp_database) == (ROWS, 2, 2)
    assert answer(tcp_database, f"SELECT count(*) FROM {STORAGE}") == ROWS
    with pytest.raises(Exception, match="load_parts_snapshot_id_fkey"):
        load(tcp_database, data, number)
    assert answer(tcp_database, f"SELECT count(*) FROM {STORAGE}") == ROWS


def test_rows_that_do_not_fit_leave_the_live_ones_and_no_password_is_told(
    tcp_database: Database, spark_local: SparkSession
) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    publish_parts(prepared(tcp_database), spark_local, 1)
    twice = parts_of(spark_local, 2, parts=1).withColumn("movieId", F.lit(1).cast("bigint"))
    with pytest.raises(PublicationError, match=r"what was live stays live.*duplicate key") as error:
        publish_spread(tcp_database, SCORES, twice, "2", None, 2)
    password = psycopg.conninfo.conninfo_to_dict(tcp_database.uri)["password"]
    assert str(password) not in str(error.value)
    assert live(tcp_database) == (ROWS, 1, 1)
    publish_parts(tcp_database, spark_local, 3)
    assert answer(tcp_database, "SELECT count(*) FROM publication.loads") == 0
