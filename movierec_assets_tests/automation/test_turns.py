"""One run at a time on one database, and an end for runs whose process is gone."""

from __future__ import annotations

import datetime
import threading
import time
from typing import TYPE_CHECKING

import dagster as dg
import pytest
import yaml

from movierec_assets.automation import LANDED_JOB
from movierec_assets.resources import turns
from movierec_assets.resources.turns import WALK_TAG, bury_dead_runs, take_turn
from movierec_assets.settings import CHECKOUT
from movierec_assets_tests.automation.test_sensors import daemon_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from movierec_assets_tests.automation.test_sensors import Daemon
    from movierec_assets_tests.homes import Home


RATINGS = [dg.AssetKey("raw_ratings")]


@pytest.fixture
def settled(tiny_home: Home) -> Iterator[Daemon]:
    with daemon_of(tiny_home) as daemon:
        yield daemon


def begun(daemon: Daemon, tags: dict[str, str] | None = None) -> dg.DagsterRun:
    """A run that is said to have started, and whose process does not exist."""
    job = daemon.definitions.resolve_job_def(LANDED_JOB)
    run = daemon.instance.create_run_for_job(job, tags=tags or {})
    return daemon.instance.report_run_canceling(run) or daemon.instance.get_run_by_id(run.run_id)  # type: ignore[return-value]


def status(daemon: Daemon, run: dg.DagsterRun) -> dg.DagsterRunStatus:
    found = daemon.instance.get_run_by_id(run.run_id)
    assert found is not None
    return found.status


def connection(daemon: Daemon) -> psycopg.Connection:
    return daemon.home.connect()


def test_a_run_waits_until_the_walk_that_is_under_way_has_ended(settled: Daemon) -> None:
    results: list[dg.ExecuteInProcessResult] = []
    job = settled.definitions.resolve_job_def(LANDED_JOB)
    with connection(settled) as walk:
        take_turn(walk, lambda words: None)
        run = threading.Thread(
            target=lambda: results.append(
                job.execute_in_process(instance=settled.instance, asset_selection=RATINGS)
            )
        )
        run.start()
        time.sleep(3)
        started = settled.instance.get_event_records(
            dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
        )
        assert run.is_alive()
        assert started
        assert not results
    run.join(180)
    assert results[0].success


def test_a_run_of_a_walk_does_not_wait_for_the_walk_itself(settled: Daemon) -> None:
    job = settled.definitions.resolve_job_def(LANDED_JOB)
    with connection(settled) as walk:
        take_turn(walk, lambda words: None)
        assert job.execute_in_process(
            instance=settled.instance, asset_selection=RATINGS, tags={WALK_TAG: "1"}
        ).success


def test_a_run_whose_process_is_gone_is_reported_failed_when_it_had_time_to_start(
    settled: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(settled)
    with connection(settled) as looking:
        assert bury_dead_runs(settled.instance, looking) == []
        monkeypatch.setattr(turns, "STARTING", datetime.timedelta(0))
        assert bury_dead_runs(settled.instance, looking) == [run.run_id]
    assert status(settled, run) == dg.DagsterRunStatus.FAILURE


def test_a_launched_run_is_dead_only_when_dagster_too_would_no_longer_wait_for_its_process(
    settled: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = yaml.safe_load((CHECKOUT / "dagster.yaml").read_text())["run_monitoring"]
    assert datetime.timedelta(seconds=configured["start_timeout_seconds"]) == turns.LAUNCHING
    job = settled.definitions.resolve_job_def(LANDED_JOB)
    run = settled.instance.create_run_for_job(job)
    launch = dg.DagsterEvent(dg.DagsterEventType.RUN_STARTING.value, job.name)
    settled.instance.report_dagster_event(launch, run.run_id)
    assert status(settled, run) == dg.DagsterRunStatus.STARTING
    monkeypatch.setattr(turns, "STARTING", datetime.timedelta(0))
    with connection(settled) as living, connection(settled) as looking:
        assert bury_dead_runs(settled.instance, looking) == []
        monkeypatch.setattr(turns, "LAUNCHING", datetime.timedelta(0))
        living.execute(f"SELECT pg_advisory_lock({turns.ALIVE})".encode(), [run.run_id])
        assert bury_dead_runs(settled.instance, looking) == []
        living.execute(f"SELECT pg_advisory_unlock({turns.ALIVE})".encode(), [run.run_id])
        assert bury_dead_runs(settled.instance, looking) == [run.run_id]
    assert status(settled, run) == dg.DagsterRunStatus.FAILURE


def test_a_run_whose_process_lives_is_left_alone(settled: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "STARTING", datetime.timedelta(0))
    run = begun(settled)
    with connection(settled) as living, connection(settled) as looking:
        living.execute(f"SELECT pg_advisory_lock({turns.ALIVE})".encode(), [run.run_id])
        assert bury_dead_runs(settled.instance, looking) == []
    assert status(settled, run) == dg.DagsterRunStatus.CANCELING


def test_a_run_of_a_walk_is_dead_as_soon_as_no_walk_is_under_way(settled: Daemon) -> None:
    run = begun(settled, {WALK_TAG: "1"})
    with connection(settled) as looking:
        with connection(settled) as walk:
            take_turn(walk, lambda words: None)
            assert bury_dead_runs(settled.instance, looking) == []
        # The server notices a moment later that the connection is gone.
        end = time.monotonic() + 20
        while not (buried := bury_dead_runs(settled.instance, looking)):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert buried == [run.run_id]


def test_the_sensor_buries_dead_runs_as_they_would_block_the_queue(
    settled: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "STARTING", datetime.timedelta(0))
    run = begun(settled)
    settled.tick()
    assert status(settled, run) == dg.DagsterRunStatus.FAILURE
