"""Runs killed or interrupted: readers never see an empty table, and the next run completes."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from movierec_assets_tests.homes import MOVIELENS_ASSETS
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

KILLS = 6
RATINGS = [f"1,1,{n / 2},1000000001" for n in range(1, 11)]
ROWS = "select count(*), count(distinct user_id), count(distinct model_version) from serving.recommendations"
CONTENT = "select user_id, rank, movie_id, predicted_rating, model_version from serving.recommendations order by 1, 2"


def ratings_with(line: str) -> str:
    return TINY["ratings.csv"].replace("1,1,5.0,1000000001", line).replace("\n", "\r\n")


@contextmanager
def reading(home: Home) -> Iterator[set[tuple[int, ...]]]:
    """What readers see in the published table while the body runs."""
    seen: set[tuple[int, ...]] = set()
    stop = threading.Event()

    def read() -> None:
        with home.connect() as connection:
            while not stop.is_set():
                seen.add(tuple(connection.execute(ROWS.encode()).fetchall()[0]))
                stop.wait(0.005)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield seen
    finally:
        stop.set()
        reader.join()


@pytest.mark.parametrize("seed", [1])
def test_killed_runs_leave_what_is_published_whole_and_the_next_run_completes(
    tiny_home: Home, seed: int
) -> None:
    moments = random.Random(seed)
    killed = 0
    with reading(tiny_home) as seen:
        tiny_home.write("ratings.csv", ratings_with(RATINGS[0]))
        began = time.monotonic()
        tiny_home.start("run", "--json").communicate()
        whole = time.monotonic() - began
        for number in range(1, KILLS + 1):
            tiny_home.write("ratings.csv", ratings_with(RATINGS[number]))
            process = tiny_home.start("run", "--json")
            time.sleep(moments.uniform(0.1, 0.9) * whole)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                killed += 1
            process.communicate()
        assert killed >= KILLS // 2
        tiny_home.run()
    # 20 rows for 6 users, all of one model, at every moment.
    assert seen == {(20, 6, 1)}
    assert tiny_home.made() == set()
    unfinished = "select count(*) from dagster.runs where status not in ('SUCCESS', 'FAILURE')"
    assert tiny_home.rows(unfinished) == [(0,)]
    survived = tiny_home.rows(CONTENT)
    assert len(tiny_home.made("--force")) == MOVIELENS_ASSETS
    assert tiny_home.rows(CONTENT) == survived


def test_killed_first_run_is_completed_by_the_next_and_shown_as_failed(
    ready_home: Home, tiny_home: Home
) -> None:
    process = ready_home.start("run", "--json")
    while not (ready_home.path / "lake" / "cleaned_ratings" / "_delta_log").exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    done = ready_home.run()
    assert done["recommendations"]["status"] == "materialised"
    statuses = "select status from dagster.runs order by id"
    assert ready_home.rows(statuses) == [("FAILURE",), ("SUCCESS",)]
    assert ready_home.rows(CONTENT) == tiny_home.rows(CONTENT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_at_once_and_the_next_one_goes_on_from_there(
    tiny_home: Home, number: signal.Signals
) -> None:
    began = time.monotonic()
    tiny_home.start("run", "--json", "--force").communicate()
    whole = time.monotonic() - began
    for change, share in enumerate((0.3, 0.5, 0.7), start=1):
        tiny_home.write("ratings.csv", ratings_with(RATINGS[change]))
        process = tiny_home.start("run", "--json", "--force")
        server = tiny_home.path / "postgres" / "data" / "postmaster.pid"
        while not server.exists():  # before that Python itself is starting
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(share * whole / 2)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 128 + number, err
        assert err.decode().endswith("stopped; the next run goes on from here\n"), err
        gone = time.monotonic() + 20
        while server.exists():
            assert time.monotonic() < gone, "the embedded server goes on"
            time.sleep(0.05)
    assert tiny_home.run()["recommendations"]["status"] == "materialised"
    assert tiny_home.made() == set()
