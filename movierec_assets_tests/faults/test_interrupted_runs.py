"""First runs that are killed, and runs that are interrupted: the next one completes what is missing."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from movierec_assets_tests.faults import plan
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

RATINGS = [f"1,1,{n / 2},1000000001" for n in range(1, 11)]
CONTENT = "select user_id, rank, movie_id, predicted_rating, model_version from serving.recommendations order by 1, 2"


def ratings_with(line: str) -> str:
    return TINY["ratings.csv"].replace("1,1,5.0,1000000001", line).replace("\n", "\r\n")


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


@pytest.mark.parametrize(
    ("number", "shares"),
    [
        (signal.SIGINT, (0.3, 0.5, 0.7) if plan.LONG else (0.6,)),
        (signal.SIGTERM, (0.3, 0.5, 0.7) if plan.LONG else (0.4,)),
    ],
)
def test_an_interrupted_run_ends_at_once_and_the_next_one_goes_on_from_there(
    tiny_home: Home, number: signal.Signals, shares: tuple[float, ...]
) -> None:
    began = time.monotonic()
    tiny_home.start("run", "--json", "--force").communicate()
    whole = time.monotonic() - began
    for change, share in enumerate(shares, start=1):
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
