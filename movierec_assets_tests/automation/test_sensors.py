"""Real ticks of the sensors: on the real graph, the real database and Dagster's own storage in it."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from movierec_assets.automation import LANDED_JOB, REFRESH_JOB, sensors
from movierec_assets.automation.conditions import automated
from movierec_assets.automation.sensors import landing_sensor, log_failures
from movierec_assets.definitions import build_assets, build_defs, build_resources
from movierec_assets.instance import open_instance
from movierec_assets.landing import ledger
from movierec_assets_tests.homes import AFTER_RATINGS
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
MOVIELENS = ("movies", "ratings", "tags", "links")


def with_rating(rating: str) -> str:
    return TINY["ratings.csv"].replace("1,1,5.0,1000000001", f"1,1,{rating},1000000001")


@dataclass
class Daemon:
    """Does what Dagster's daemon does, one step at a call."""

    home: Home
    instance: dg.DagsterInstance
    definitions: dg.Definitions
    cursor: Any = None

    def tick(self) -> Any:
        """One tick of the landing sensor; its observations are stored, as the daemon stores them."""
        resources = {k: self.definitions.resources[k] for k in ("landing", "database")}  # type: ignore[index]
        with dg.build_sensor_context(instance=self.instance, resources=resources) as context:
            result = landing_sensor(30)(context)
        for event in getattr(result, "asset_events", []):
            self.instance.report_runless_asset_event(event)
        return result

    def request(self) -> dg.RunRequest:
        """The one run that a tick asks for."""
        requests = self.tick().run_requests
        assert len(requests) == 1
        return requests[0]

    def nothing(self) -> bool:
        """Whether a tick asks for nothing."""
        return isinstance(self.tick(), dg.SkipReason)

    def launch(self, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
        """Run what a tick asked for."""
        return self._execute(LANDED_JOB, list(request.asset_selection or []))

    def stale(self, at: datetime.datetime = NOW) -> set[str]:
        """One tick of the automation conditions: the names of what is requested."""
        result = dg.evaluate_automation_conditions(
            defs=self.definitions, instance=self.instance, cursor=self.cursor, evaluation_time=at
        )
        self.cursor = result.cursor
        keys = self.definitions.resolve_all_asset_keys()
        return {k.to_user_string() for k in keys if result.get_num_requested(k)}

    def refresh(self, names: set[str]) -> dg.ExecuteInProcessResult:
        """Run what the conditions asked for."""
        return self._execute(REFRESH_JOB, [dg.AssetKey(n) for n in names])

    def states(self) -> dict[str, str]:
        """State of each landing file in the ledger."""
        with self.home.connect() as connection:
            return {e.key.removeprefix("movielens/"): e.state for e in ledger.entries(connection)}

    def _execute(self, job: str, selection: list[dg.AssetKey]) -> dg.ExecuteInProcessResult:
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, asset_selection=selection, raise_on_error=False
        )


@contextmanager
def daemon_of(home: Home, **settings: Any) -> Iterator[Daemon]:
    definitions = build_defs(home.settings(**settings))
    database = definitions.resources["database"]  # type: ignore[index]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DAGSTER_HOME", "MOVIEREC_DAGSTER_DATABASE_URL"):
            patch.setenv(name, "")  # open_instance sets them; this puts them back
        with open_instance(home.settings(), database) as instance:
            yield Daemon(home, instance, definitions)


@pytest.fixture
def fresh(ready_home: Home) -> Iterator[Daemon]:
    with daemon_of(ready_home) as daemon:
        yield daemon


@pytest.fixture
def settled(tiny_home: Home) -> Iterator[Daemon]:
    with daemon_of(tiny_home) as daemon:
        yield daemon


def test_new_files_start_exactly_one_run_and_then_nothing(fresh: Daemon) -> None:
    request = fresh.request()
    names = {k.to_user_string() for k in request.asset_selection or []}
    assert names == {"raw_movies", "raw_ratings", "raw_tags", "raw_links"}
    assert fresh.states() == dict.fromkeys(sorted(TINY), "seen")
    assert fresh.launch(request).success
    assert fresh.nothing()
    assert fresh.states() == dict.fromkeys(sorted(TINY), "loaded")


def test_repeated_tick_asks_for_the_same_run(fresh: Daemon) -> None:
    assert fresh.request().run_key == fresh.request().run_key


def test_finished_home_starts_nothing(settled: Daemon) -> None:
    assert settled.nothing()


def test_overwritten_file_starts_one_run_of_that_file_only(settled: Daemon) -> None:
    settled.home.write("ratings.csv", with_rating("3.0"))
    request = settled.request()
    assert request.asset_selection == [dg.AssetKey("raw_ratings")]
    assert settled.launch(request).success
    assert settled.nothing()


def test_identical_upload_starts_nothing(settled: Daemon) -> None:
    settled.home.write("tags.csv", TINY["tags.csv"].replace("\n", "\r\n"))
    assert settled.nothing()


def test_content_that_comes_back_starts_a_run_of_its_own_each_time(settled: Daemon) -> None:
    keys = []
    for rating in ("3.0", "4.0", "3.0"):
        settled.home.write("ratings.csv", with_rating(rating))
        request = settled.request()
        keys.append(request.run_key)
        assert settled.launch(request).success
    assert len(set(keys)) == 3


def test_failed_run_is_written_down_and_does_not_loop(settled: Daemon) -> None:
    settled.home.write("ratings.csv", "no header at all\n")
    assert not settled.launch(settled.request()).success
    assert settled.nothing()
    assert settled.states()["ratings.csv"] == "failed"
    settled.home.write("ratings.csv", with_rating("3.0"))
    assert settled.launch(settled.request()).success
    assert settled.nothing()
    assert settled.states()["ratings.csv"] == "loaded"


def test_the_ledger_says_what_was_wrong_with_a_file_that_is_not_asked_for_again(settled: Daemon) -> None:
    settled.home.write("ratings.csv", "no header at all\n")
    settled.launch(settled.request())
    with settled.home.connect() as connection:
        (failed,) = ledger.entries(connection, ("failed",))
    assert "has the header `no header at all`, expected `userId,movieId,rating,timestamp`" in str(
        failed.error
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sensors, "RETRY_AFTER", datetime.timedelta(0))
        assert settled.nothing()


def test_a_file_whose_run_failed_for_another_reason_is_asked_for_again_after_an_hour(settled: Daemon) -> None:
    settled.home.write("ratings.csv", with_rating("3.0"))
    first = settled.request()
    run_id = settled.refresh({"movie_stats"}).run_id
    with settled.home.connect() as connection:
        entry = next(e for e in ledger.entries(connection) if e.key.endswith("ratings.csv"))
        ledger.mark(connection, entry.key, entry.content_hash, "loading", run_id=run_id)
    assert settled.nothing()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sensors, "RETRY_AFTER", datetime.timedelta(0))
        again = settled.request()
    assert again.run_key != first.run_key
    assert settled.launch(again).success
    assert settled.nothing()
    assert settled.states()["ratings.csv"] == "loaded"


def test_raw_assets_whose_code_changed_are_requested_though_no_file_is_new(settled: Daemon) -> None:
    def newer(spec: dg.AssetSpec) -> dg.AssetSpec:
        changed = spec.key.path[-1] in ("raw_ratings", "cleaned_ratings", "quarantine_ratings")
        return spec.replace_attributes(code_version="newer") if changed else spec

    assets = dg.map_asset_specs(newer, build_assets(settled.home.settings()))
    resources = build_resources(settled.home.settings())
    settled.definitions = dg.Definitions(assets=automated(assets, lambda versions: {}), resources=resources)
    assert settled.stale() == {"raw_ratings", "cleaned_ratings", "quarantine_ratings"}


def test_run_killed_while_it_loaded_is_failed_in_the_ledger(settled: Daemon) -> None:
    settled.home.write("ratings.csv", with_rating("3.0"))
    settled.request()
    # A run that ended, and of which the ledger was not told.
    run_id = settled.refresh({"movie_stats"}).run_id
    with settled.home.connect() as connection:
        entry = next(e for e in ledger.entries(connection) if e.key.endswith("ratings.csv"))
        ledger.mark(connection, entry.key, entry.content_hash, "loading", run_id=run_id)
    assert settled.nothing()
    assert settled.states()["ratings.csv"] == "failed"


def test_deleted_file_starts_nothing_and_is_told(settled: Daemon) -> None:
    (settled.home.landing / "links.csv").unlink()
    result = settled.tick()
    assert not result.run_requests
    assert [event.tags["dagster/data_version"] for event in result.asset_events] == ["missing"]
    assert settled.states()["links.csv"] == "deleted"


def test_nothing_is_requested_before_its_input_exists(fresh: Daemon) -> None:
    request = fresh.request()
    assert fresh.stale() == set()
    fresh.launch(request)
    requested = fresh.stale()
    assert "cleaned_ratings" in requested
    assert "recommendations" in requested
    assert fresh.refresh(requested).success
    assert fresh.stale() == set()


def test_changed_content_requests_what_reads_it_and_ends_at_equal_content(settled: Daemon) -> None:
    assert settled.stale() == set()
    settled.home.write("ratings.csv", TINY["ratings.csv"] + "7,1\n")
    request = settled.request()
    assert settled.stale() == set()
    settled.launch(request)
    assert settled.stale() == {"cleaned_ratings", "quarantine_ratings"}
    assert settled.refresh({"cleaned_ratings", "quarantine_ratings"}).success
    assert settled.stale() == set()


def test_changed_rating_is_followed_step_by_step_to_the_recommendations(settled: Daemon) -> None:
    settled.home.write("ratings.csv", with_rating("3.0"))
    settled.launch(settled.request())
    requests = []
    while requested := settled.stale():
        requests.append(requested)
        assert settled.refresh(requested).success
    assert requests[0] == {"cleaned_ratings", "quarantine_ratings"}
    followed = set[str]().union(*requests[1:])
    assert followed == AFTER_RATINGS
    assert settled.home.made() == set()


def test_changed_parameter_requests_the_model_and_then_what_reads_it(tiny_home: Home) -> None:
    with daemon_of(tiny_home, als={"rank": 4}) as daemon:
        assert daemon.stale() == {"als_model"}
        assert daemon.refresh({"als_model"}).success
        assert daemon.stale() == {"model_evaluation", "recommendations", "movie_factors"}


def test_what_is_lost_soon_after_it_was_requested_is_requested_again(tiny_home: Home) -> None:
    with daemon_of(tiny_home, top_n=2) as daemon:
        minute = datetime.timedelta(minutes=1)
        assert daemon.stale() == {"recommendations"}
        assert daemon.refresh({"recommendations"}).success
        assert daemon.stale(NOW + minute) == set()
        shutil.rmtree(tiny_home.path / "lake" / "recommendations")
        assert daemon.stale(NOW + 2 * minute) == {"recommendations"}
        assert daemon.stale(NOW + 3 * minute) == set()


def test_same_situation_is_requested_once_and_again_after_an_hour(tiny_home: Home) -> None:
    with daemon_of(tiny_home, top_n=3) as daemon:
        minute, hour = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
        assert daemon.stale(NOW) == {"recommendations"}
        assert daemon.stale(NOW + minute) == set()
        assert daemon.stale(NOW + hour - minute) == set()
        assert daemon.stale(NOW + hour) == {"recommendations"}
        assert daemon.stale(NOW + hour + minute) == set()


def test_a_clock_that_is_set_back_puts_off_nothing(tiny_home: Home) -> None:
    with daemon_of(tiny_home, top_n=3) as daemon:
        day = datetime.timedelta(days=1)
        assert daemon.stale(NOW + day) == {"recommendations"}
        assert daemon.stale(NOW) == {"recommendations"}


def test_failed_run_is_logged_with_its_reason(settled: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    settled.home.write("ratings.csv", "no header at all\n")
    result = settled.launch(settled.request())
    run = settled.instance.get_run_by_id(result.run_id)
    assert run is not None
    event = next(e for e in result.all_events if e.is_run_failure or e.event_type_value == "PIPELINE_FAILURE")
    context = dg.build_run_status_sensor_context(
        sensor_name="log_failures",
        dagster_event=event,
        dagster_instance=settled.instance,
        dagster_run=run,
    ).for_run_failure()
    log_failures(context)
    captured = capsys.readouterr()
    assert run.run_id in captured.out + captured.err
    assert LANDED_JOB in captured.out + captured.err


def test_daily_schedule_takes_in_what_has_landed_once_a_day(settled: Daemon) -> None:
    from movierec_assets.automation.jobs import schedules

    (daily,) = schedules()
    assert (daily.cron_schedule, daily.job_name) == ("0 5 * * *", LANDED_JOB)
    resources = {k: settled.definitions.resources[k] for k in ("landing", "database")}  # type: ignore[index]

    def request() -> Any:
        with dg.build_schedule_context(
            instance=settled.instance, resources=resources, scheduled_execution_time=NOW
        ) as context:
            return daily(context)

    assert request().run_key == request().run_key
    assert {k.to_user_string() for k in request().asset_selection} == {f"raw_{n}" for n in MOVIELENS}
    assert settled.launch(request()).success
    for name in TINY:
        (settled.home.landing / name).unlink()
    assert isinstance(request(), dg.SkipReason)
