"""Readers during publications: always one whole snapshot, at every moment, and never a wait or an error."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from movierec_assets.publication import ensure_schema, history, rollback
from movierec_assets_tests.publication.snapshots_of_tests import SCORES, live, prepared, publish_scores

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database

READ = "SELECT count(*), min(mean), max(mean), sum(rank) FROM serving.scores"


def test_readers_see_one_whole_snapshot_through_thirty_publications(any_database: Database) -> None:
    publish_scores(prepared(any_database), 0, rows=500)
    stop = threading.Event()

    def read(prepare: bool) -> tuple[set[Any], float]:
        seen, slowest = set(), 0.0
        with any_database.connect(autocommit=True) as connection:
            while not stop.is_set():
                start = time.monotonic()
                seen.add(connection.execute(READ, prepare=prepare).fetchone())
                slowest = max(slowest, time.monotonic() - start)
        return seen, slowest

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, prepare) for prepare in (False, False, True, True)]
        try:
            for number in range(1, 31):
                publish_scores(any_database, number, rows=500 + number, keep=2)
        finally:
            stop.set()
        answers = [reader.result() for reader in readers]
    for seen, slowest in answers:
        assert len(seen) > 5
        assert seen <= {(500 + n, float(n), float(n), 500 + n) for n in range(31)}
        assert slowest < 5


def test_a_statement_planned_before_a_flip_and_run_after_it_sees_whole_rows(any_database: Database) -> None:
    publish_scores(prepared(any_database), 1)
    with any_database.connect(autocommit=True) as connection:
        # The planner calls the function to estimate the condition, so planning takes a second.
        connection.execute(
            "CREATE FUNCTION slow() RETURNS bigint STABLE LANGUAGE plpgsql "
            "AS $$ BEGIN PERFORM pg_sleep(1); RETURN -1; END $$"
        )
        publishing = threading.Timer(0.3, publish_scores, (any_database, 2))
        publishing.start()
        row = connection.execute(
            "SELECT count(*), max(mean) FROM serving.scores WHERE movie_id > slow()"
        ).fetchone()
        publishing.join()
    assert row in {(100, 1.0), (100, 2.0)}
    assert live(any_database) == (100, 2, 2)


def test_a_transaction_with_its_own_snapshot_keeps_it_while_its_rows_are_pruned(
    any_database: Database,
) -> None:
    publish_scores(prepared(any_database), 1)
    with any_database.connect() as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert connection.execute(READ).fetchone() == (100, 1, 1, 100)
        for number in (2, 3, 4):
            publish_scores(any_database, number, keep=1)
        assert connection.execute(READ).fetchone() == (100, 1, 1, 100)
        connection.rollback()
        assert connection.execute(READ).fetchone() == (100, 4, 4, 100)


def test_an_open_transaction_of_a_reader_holds_no_publication_up(any_database: Database) -> None:
    publish_scores(prepared(any_database), 1)
    with any_database.connect() as connection:
        connection.execute(READ)
        for number in (2, 3, 4):
            assert publish_scores(any_database, number, keep=1).seconds < 10
            assert connection.execute(READ).fetchone() == (100, number, number, 100)


def test_publishers_of_one_table_take_turns(any_database: Database) -> None:
    prepared(any_database)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: publish_scores(any_database, n, keep=10), [1, 2, 3, 4, 4, 4]))
    with any_database.connect() as connection:
        kept = history(connection)
    assert [s.snapshot_id for s in kept] == sorted({d.snapshot_id for d in done if d.changed}, reverse=True)
    assert live(any_database)[0] == 100
    assert kept[0].current


def test_publishing_and_rolling_back_at_once_leave_a_whole_table(any_database: Database) -> None:
    prepared(any_database)
    publish_scores(any_database, 1)
    publish_scores(any_database, 2)
    with ThreadPoolExecutor(2) as pool:
        publishing = [pool.submit(publish_scores, any_database, n, keep=2) for n in range(3, 9)]
        for _ in range(6):
            rollback(any_database, "scores", _some_kept(any_database))
        assert all(p.result().changed for p in publishing)
    rows, smallest, largest = live(any_database)
    assert rows == 100
    assert smallest == largest


def _some_kept(database: Database) -> int:
    with database.connect() as connection:
        return history(connection)[0].snapshot_id


@pytest.mark.parametrize("number", range(3))
def test_the_layout_may_be_made_by_many_at_once(any_database: Database, number: int) -> None:
    def ensure(_: int) -> None:
        with any_database.connect() as connection:
            ensure_schema(connection, [SCORES])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(ensure, range(6)))
    assert publish_scores(any_database, number).changed
