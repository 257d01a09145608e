"""The same graph on other parts: landing zone and lake on S3 with PostgreSQL by URL, and Apache Spark as the engine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from movierec_assets.automation.sensors import landing_sensor
from movierec_assets.automation.walk import NOT_LANDED
from movierec_assets.cli.session import walking
from movierec_assets.definitions import build_resources
from movierec_assets.instance import open_instance
from movierec_assets.landing.land import land
from movierec_assets.landing.zone import open_zone
from movierec_assets.resources.database import Database
from movierec_assets.runtime import open_lake
from movierec_assets.settings import Settings, load_settings
from movierec_assets_tests.s3 import S3Server

TABLES = {
    "cleaned_movies": "movieId",
    "cleaned_ratings": "userId",
    "cleaned_tags": "userId",
    "cleaned_links": "movieId",
    "quarantine_links": "line",
    "joined_features": "userId",
    "movie_stats": "movieId",
}


@pytest.fixture
def embedded(home: Path, tiny_movielens: Path) -> Settings:
    """The embedded profile, run to its end."""
    settings = load_settings(home=home)
    run(settings, tiny_movielens)
    return settings


def run(settings: Settings, data: Path | None = None) -> dict[str, Any]:
    if data is not None:
        land(open_zone(settings.landing_uri), str(data), downloads=settings.home / "downloads")
    with walking(settings, None, force=False, quiet=True) as walk:
        report = walk.go()
    assert report.ok, report
    return {o.asset: o for o in report.outcomes if o.cause != NOT_LANDED}


def rows(settings: Settings, name: str) -> list[dict[str, Any]]:
    return sorted(open_lake(settings).open(name).arrow().to_pylist(), key=repr)


def published(settings: Settings) -> list[Any]:
    database = Database(url=settings.database_url.get_secret_value(), home=str(settings.home))
    with database.connect() as connection:
        return connection.execute(
            "SELECT user_id, rank, movie_id, predicted_rating FROM serving.recommendations ORDER BY 1, 2"
        ).fetchall()


@pytest.fixture
def remote(s3_environment: S3Server, tcp_database: Database, tmp_path: Path) -> Settings:
    """Landing zone and lake on an S3 server, PostgreSQL over TCP."""
    return load_settings(
        home=tmp_path / "home",
        landing_uri=f"s3://{s3_environment.new_bucket()}/in",
        lake_uri=f"s3://{s3_environment.new_bucket()}/lake",
        database_url=tcp_database.url,
    )


def test_s3_and_postgresql_by_url_give_the_results_of_the_embedded_profile(
    embedded: Settings, remote: Settings, tiny_movielens: Path
) -> None:
    outcomes = run(remote, tiny_movielens)
    assert {o.status for o in outcomes.values()} == {"materialised"}
    for name in TABLES:
        assert rows(remote, name) == rows(embedded, name), name
    assert published(remote) == published(embedded) != []
    assert {o.status for o in run(remote).values()} == {"fresh"}


def test_an_object_that_is_new_or_overwritten_on_s3_requests_exactly_one_run(
    remote: Settings, tiny_movielens: Path
) -> None:
    database = Database(url=remote.database_url.get_secret_value(), home=str(remote.home))
    with open_instance(remote, database) as instance:

        def tick() -> dg.SensorResult | dg.SkipReason:
            parts = {k: v for k, v in build_resources(remote).items() if k in ("landing", "database")}
            with dg.build_sensor_context(instance=instance, resources=parts) as context:
                result = landing_sensor(30)(context)
            assert isinstance(result, dg.SensorResult | dg.SkipReason)
            return result

        def assets_of(result: dg.SensorResult | dg.SkipReason) -> list[str]:
            assert isinstance(result, dg.SensorResult)
            (request,) = result.run_requests or []
            return sorted(key.to_user_string() for key in request.asset_selection or [])

        assert isinstance(tick(), dg.SkipReason)
        land(open_zone(remote.landing_uri), str(tiny_movielens), downloads=remote.home)
        assert assets_of(tick()) == ["raw_links", "raw_movies", "raw_ratings", "raw_tags"]
        run(remote)
        assert not getattr(tick(), "run_requests", None)
        zone = open_zone(remote.landing_uri)
        with zone.open("movielens/tags.csv") as stream:
            before = stream.read()
        changed = tiny_movielens / "again.csv"
        changed.write_bytes(before + b"1,1,another,1500000000\r\n")
        zone.put("movielens/tags.csv", changed)
        assert assets_of(tick()) == ["raw_tags"]


@pytest.mark.usefixtures("java_or_skip")
def test_apache_spark_gives_the_rows_of_the_embedded_engine(
    embedded: Settings, tmp_path: Path, tiny_movielens: Path
) -> None:
    spark = load_settings(
        home=embedded.home,
        lake_uri=str(tmp_path / "lake"),
        engine="local[2]",
        landing_uri=embedded.landing_uri,
    )
    # A process of its own, as MLlib works on one session in a process only.
    variables = {
        "MOVIEREC_HOME": str(spark.home),
        "MOVIEREC_LAKE_URI": spark.lake_uri,
        "MOVIEREC_ENGINE": spark.engine,
        # How good the models are is compared elsewhere; to MLlib each iteration is many jobs, however small.
        "MOVIEREC_ALS__MAX_ITER": "1",
        "MOVIEREC_RANKING__MAX_ITER": "1",
    }
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from movierec_assets.cli import script; script()",
            "run",
            "--force",
            "--json",
        ],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in TABLES:
        assert rows(spark, name) == rows(embedded, name), name
    users = {user for user, *_ in published(spark)}
    assert users == {row["userId"] for row in rows(embedded, "cleaned_ratings")}
