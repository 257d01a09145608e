"""What dagster.yaml asks of the queue, of runs whose process is gone, and of old ticks is what Dagster reads of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.assets.spec import POOL
from movierec_assets.automation import LANDED_JOB, REFRESH_JOB, TUNE_JOB
from movierec_assets_tests.automation.test_sensors import daemon_of
from movierec_assets_tests.homes import _folder

if TYPE_CHECKING:
    from movierec_assets_tests.automation.test_sensors import Daemon
    from movierec_assets_tests.homes import Home


@pytest.fixture(scope="module")
def daemon(_ready_tiny: Home) -> Iterator[Daemon]:
    with _folder() as folder, daemon_of(_ready_tiny.copy(folder / "home")) as daemon:
        yield daemon


@pytest.mark.parametrize("job", [REFRESH_JOB, LANDED_JOB, TUNE_JOB])
def test_every_step_of_every_job_is_of_the_pool_of_which_one_run_goes_at_a_time(
    daemon: Daemon, job: str
) -> None:
    operations = daemon.definitions.resolve_job_def(job).all_node_defs
    assert {node.name: node.pools for node in operations if node.pools != {POOL}} == {}


def test_the_queue_lets_one_run_of_the_pool_go_and_holds_back_the_others(daemon: Daemon) -> None:
    instance: Any = daemon.instance
    found = instance.get_concurrency_config()
    assert (found.pool_config.pool_granularity.value, found.pool_config.default_pool_limit) == ("run", 1)
    assert found.run_queue_config.max_concurrent_runs > 1
    assert found.run_queue_config.should_block_op_concurrency_limited_runs


def test_runs_whose_process_is_gone_are_reported_and_tried_again_and_those_that_failed_by_themselves_are_not(
    daemon: Daemon,
) -> None:
    instance: Any = daemon.instance
    assert instance.run_monitoring_enabled
    # In the middle they cannot go on: their process was the one that held it.
    assert instance.run_monitoring_max_resume_run_attempts == 0
    assert (instance.run_retries_enabled, instance.run_retries_max_retries) == (True, 2)
    assert instance.run_retries_retry_on_asset_or_op_failure is False


def test_ticks_are_kept_for_a_time_that_is_set(daemon: Daemon) -> None:
    instance: Any = daemon.instance
    days = instance.get_settings("retention")["sensor"]["purge_after_days"]
    assert days["skipped"] < days["failure"] <= days["success"]
