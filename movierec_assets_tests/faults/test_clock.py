"""The clock is set back: what is written down lies in the future then, and nothing may wait for it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from movierec_assets.automation import LANDED_JOB
from movierec_assets.landing import ledger
from movierec_assets.resources.turns import bury_dead_runs
from movierec_assets_tests.automation.test_sensors import daemon_of
from movierec_assets_tests.homes import AFTER_RATINGS
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

DAY = 86400
MOMENTS = """
SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
    AND (data_type LIKE 'timestamp%' OR (table_name, column_name) IN (('runs', 'start_time'), ('runs', 'end_time')))
"""
RATINGS = (TINY["ratings.csv"] + "7,1,5.0,1000000200\n7,3,4.0,1000000201\n").replace("\n", "\r\n")


def put_forward(home: Home) -> int:
    """Move every moment that database and landing zone hold by a day, as if the clock had been a day ahead."""
    moved = 0
    with home.connect() as connection:
        # Ratings are of when somebody rated.
        for schema, table, column, kind in connection.execute(MOMENTS).fetchall():
            later = f"'{DAY} seconds'::interval" if kind.startswith("timestamp") else str(DAY)
            statement = f'UPDATE "{schema}"."{table}" SET "{column}" = "{column}" + {later}'
            moved += connection.execute(statement.encode()).rowcount
    for path in home.landing.iterdir():
        os.utime(path, (time.time() + DAY, time.time() + DAY))
    return moved


def test_a_home_whose_past_lies_in_the_future_takes_in_what_lands_now_and_then_rests(tiny_home: Home) -> None:
    assert put_forward(tiny_home) > 500
    assert tiny_home.made() == set()
    tiny_home.write("ratings.csv", RATINGS)
    made = tiny_home.made()
    assert made >= AFTER_RATINGS
    live = "select count(*) > 0 from serving.recommendations where user_id = 7"
    assert tiny_home.rows(live) == [(True,)]
    assert tiny_home.made() == set()


def test_the_daemon_asks_for_what_lands_now_and_again_for_what_failed_later_than_now(tiny_home: Home) -> None:
    put_forward(tiny_home)
    with daemon_of(tiny_home) as daemon:
        assert daemon.nothing()
        tiny_home.write("ratings.csv", RATINGS)
        first = daemon.request()
        run_id = daemon.refresh({"movie_stats"}).run_id
        with tiny_home.connect() as connection:
            entry = next(e for e in ledger.entries(connection) if e.key.endswith("ratings.csv"))
            ledger.mark(connection, entry.key, entry.content_hash, "loading", run_id=run_id)
        assert daemon.nothing()
        put_forward(tiny_home)
        again = daemon.request()
        assert again.run_key != first.run_key
        assert daemon.launch(again).success
        assert daemon.nothing()
        assert set(daemon.states().values()) == {"loaded"}


def test_a_run_that_began_later_than_now_and_whose_process_is_gone_is_buried(tiny_home: Home) -> None:
    with daemon_of(tiny_home) as daemon:
        run = daemon.instance.create_run_for_job(daemon.definitions.resolve_job_def(LANDED_JOB))
        daemon.instance.report_run_canceling(run)
        with tiny_home.connect() as looking:
            assert bury_dead_runs(daemon.instance, looking) == []
            put_forward(tiny_home)
            assert bury_dead_runs(daemon.instance, looking) == [run.run_id]
