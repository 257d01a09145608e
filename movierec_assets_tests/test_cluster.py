"""The whole graph on an Apache Spark cluster, with lake and landing zone on S3: the embedded engine's rows.

A short form of what a cluster does in production: master, two workers and Connect server on loopback, an S3 server, and
PostgreSQL over TCP.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from movierec_assets.io_managers.factors_io_manager import model_store
from movierec_assets.landing.land import land
from movierec_assets.landing.sample import sample
from movierec_assets.landing.zone import open_zone
from movierec_assets.resources.database import Database
from movierec_assets.resources.embedded_postgres import stop_embedded
from movierec_assets.runtime import open_lake
from movierec_assets.settings import Settings, load_settings
from movierec_assets_tests.databases import emptied
from movierec_assets_tests.requirements_of_tests import required
from movierec_assets_tests.s3 import S3Server
from movierec_assets_tests.spark_clusters import Cluster, running_cluster

pytestmark = pytest.mark.skipif(not required("cluster"), reason="`make cluster-test` starts the cluster")

RATINGS = 5_000
RUN = "from movierec_assets.cli import script; script()"
SOURCES = ("movies", "ratings", "tags", "links")
SAME = (
    *(f"{layer}_{source}" for layer in ("raw", "cleaned", "quarantine") for source in SOURCES),
    "joined_features",
    "movie_stats",
    "popular_movies",
    "rating_histories",
)
"""Tables whose rows do not depend on who trained a model."""
MODELS_BEGUN = """
SELECT count(*) FROM dagster.event_logs WHERE dagster_event_type = 'STEP_START' AND step_key = 'als_model'
"""
LIVE = "SELECT dataset, rows FROM publication.snapshots JOIN publication.current USING (dataset, snapshot_id)"
BAD_LINES = b'1,2,9.5,1\r\n\xff,1,2,3\n1,"2\n3",4,5\n\xef\xbb\xbf1,2,3,4\n\n7,7,1.5\n8,1,3.5,"1"\n,1,2,3'


@dataclass(frozen=True)
class Side:
    """One run of the graph, and where it left what it made."""

    settings: Settings
    places: dict[str, str]

    @property
    def variables(self) -> dict[str, str]:
        """Of the environment. One factor, as with more of them a small model's error depends on where it starts."""
        return {**self.places, "MOVIEREC_ALS__RANK": "1"}

    def command(self) -> list[str]:
        return [sys.executable, "-c", RUN, "run", "--force"]

    def run(self) -> dict[str, str]:
        """What became of each asset, in a process of its own, as MLlib works on one session in a process only."""
        environment = {**os.environ, **self.variables}
        done = subprocess.run(
            [*self.command(), "--json"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return {
            a["asset"]: a["status"] for a in json.loads(done.stdout)["assets"] if a["status"] != "skipped"
        }

    def rows(self, name: str) -> list[dict[str, Any]]:
        return sorted(open_lake(self.settings).open(name).arrow().to_pylist(), key=repr)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        database = Database(url=self.settings.database_url.get_secret_value(), home=str(self.settings.home))
        with database.connect() as connection:
            return connection.execute(statement.encode()).fetchall()

    def rmse(self) -> float:
        """Error of the rating model on what it was trained on, in stars."""
        model = model_store(self.settings.lake_uri, "als_model")[0].read()
        ratings = open_lake(self.settings).open("cleaned_ratings").arrow()
        predicted = model.predict(ratings["userId"], ratings["movieId"])
        return float(np.sqrt(np.nanmean((predicted - ratings["rating"].to_numpy()) ** 2)))


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of generated MovieLens files, with lines that nobody can read."""
    folder = tmp_path_factory.mktemp("generated")
    sample(open_zone(str(folder)), RATINGS)
    with (folder / "movielens" / "ratings.csv").open("ab") as ratings:
        ratings.write(BAD_LINES)
    return folder / "movielens"


@pytest.fixture(scope="module")
def cluster(java_or_skip: None, s3_server: S3Server) -> Iterator[Cluster]:
    with running_cluster(2, s3_server.environment | {"SPARK_DRIVER_MEMORY": "1g"}) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def embedded(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    """The embedded engine's run, all local."""
    home = tmp_path_factory.mktemp("embedded")
    side = Side(load_settings(home=home), {"MOVIEREC_HOME": str(home)})
    land(open_zone(side.settings.landing_uri), str(landed), downloads=home)
    side.run()
    yield side
    stop_embedded(home)


@pytest.fixture(scope="module")
def spread(
    cluster: Cluster,
    s3_server: S3Server,
    landed: Path,
    tcp_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Side]:
    """The cluster's run."""
    home = tmp_path_factory.mktemp("spread")
    emptied(Database(url=tcp_url, home=str(home)))
    places = {
        "home": str(home),
        "landing_uri": f"s3://{s3_server.new_bucket()}/in",
        "lake_uri": f"s3://{s3_server.new_bucket()}/lake",
        "database_url": tcp_url,
        "engine": cluster.url,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3_server.environment.items():
            patch.setenv(name, value)
        side = Side(load_settings(**places), {f"MOVIEREC_{k.upper()}": v for k, v in places.items()})
        land(open_zone(side.settings.landing_uri), str(landed), downloads=home)
        assert set(side.run().values()) == {"materialised"}
        yield side


def test_lake_and_quarantine_hold_the_rows_of_the_embedded_engine(spread: Side, embedded: Side) -> None:
    for name in SAME:
        assert spread.rows(name) == embedded.rows(name), name
    assert len(spread.rows("quarantine_ratings")) > 5


def test_the_content_hashes_are_those_of_the_embedded_engine(spread: Side, embedded: Side) -> None:
    for name in SAME:
        assert open_lake(spread.settings).content_hash(name) == open_lake(embedded.settings).content_hash(
            name
        )


def test_the_rating_models_error_is_within_one_percent(spread: Side, embedded: Side) -> None:
    assert spread.rmse() == pytest.approx(embedded.rmse(), rel=0.01)


def test_the_evaluation_says_of_the_baselines_what_the_embedded_engine_says(
    spread: Side, embedded: Side
) -> None:
    def figures(side: Side) -> dict[tuple[str, ...], list[float]]:
        return {
            (row["protocol"], row["recommender"], row["metric"]): [
                np.nan if row[name] is None else row[name] for name in ("value", "low", "users")
            ]
            for row in side.rows("model_evaluation")
            if row["recommender"] in ("popularity", "damped_mean")
        }

    there, here = figures(spread), figures(embedded)
    assert set(there) == set(here) != set()
    for key, values in here.items():
        assert there[key] == pytest.approx(values, rel=1e-6, nan_ok=True), key
    assert {row["recommender"] for row in spread.rows("model_evaluation")} >= {"ranking_model", "als_model"}


def test_every_table_is_published_as_the_lake_has_it(spread: Side) -> None:
    assert spread.sql("SELECT * FROM publication.loads") == []
    stored = dict(spread.sql(LIVE))
    assert {"recommendations", "rating_histories", "movie_factors", "similar_movies"} <= set(stored)
    for name, rows in stored.items():
        assert len(spread.rows(str(name))) == rows, name
    found = spread.sql("SELECT user_id, movie_ids, ratings FROM serving.rating_histories ORDER BY 1")
    lake = sorted((r["userId"], r["movieIds"], r["ratings"]) for r in spread.rows("rating_histories"))
    assert found == lake


def test_a_lost_worker_does_not_lose_the_run(
    spread: Side, embedded: Side, cluster: Cluster, landed: Path
) -> None:
    with (landed / "ratings.csv").open("ab") as ratings:
        ratings.write(b"\n1,1,5.0,2000000000\n")
    for side in (embedded, spread):
        land(open_zone(side.settings.landing_uri), str(landed), downloads=side.settings.home)
    embedded.run()
    begun = spread.sql(MODELS_BEGUN)
    environment = {**os.environ, **spread.variables}
    with subprocess.Popen(
        spread.command(), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        deadline = time.monotonic() + 300
        # Ingested and cleaned anew by then, so that shuffles and factors lie on both workers.
        while spread.sql(MODELS_BEGUN) == begun:
            assert run.poll() is None, run.communicate()[0][-3000:]
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1)
        cluster.workers[1].kill()
        said, _ = run.communicate(timeout=500)
    assert run.returncode == 0, said[-5000:]
    for name in SAME:
        assert spread.rows(name) == embedded.rows(name), name
    assert spread.rmse() == pytest.approx(embedded.rmse(), rel=0.01)
