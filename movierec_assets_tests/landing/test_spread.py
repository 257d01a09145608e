"""A landing file read by Apache Spark's executors: the records and the hash that this process reads, and its errors."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.landing.ingestion import Intake, open_records
from movierec_assets.landing.spread import spread_hash, spread_records
from movierec_assets.landing.zone import LandingChanged, LandingMissing, LandingZone, open_zone
from movierec_assets.schema import LANDING_FILES

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

RATINGS = LANDING_FILES["ratings"]
DATA = b"userId,movieId,rating,timestamp\r\n" + b"".join(
    b"%d,%d,3.5,%d\r\n" % (i, i * 7, i) + (b'\n1,"2\n3",4,5\n\xff,1,2,3\n' if i % 10 == 0 else b"")
    for i in range(200)
)


@pytest.fixture
def zone(tmp_path: Path) -> LandingZone:
    zone = open_zone(str(tmp_path / "landing"))
    (tmp_path / "landing" / "movielens").mkdir(parents=True)
    (tmp_path / "landing" / RATINGS.path).write_bytes(DATA)
    return zone


def intake(zone: LandingZone) -> Intake:
    found = zone.stat(RATINGS.path)
    return Intake(RATINGS, found.etag, zone.content_hash(RATINGS.path), found.size, RATINGS)


def by_line(table: Any) -> list[Any]:
    rows: list[Any] = table.sort_by("_line").to_pylist()
    return rows


@pytest.mark.parametrize("range_bytes", [100, 2_000, 1 << 20])
def test_ranges_read_by_executors_give_the_records_of_the_file(
    zone: LandingZone, spark_local: SparkSession, range_bytes: int
) -> None:
    taken = intake(zone)
    found = spread_records(spark_local, zone.uri, taken, range_bytes)
    assert by_line(found.toArrow()) == by_line(open_records(zone, taken).read_all())


def test_a_file_that_was_replaced_since_is_not_read(zone: LandingZone, spark_local: SparkSession) -> None:
    records = spread_records(spark_local, zone.uri, intake(zone), 1 << 20)
    zone.put(RATINGS.path, zone.open(RATINGS.path))
    with pytest.raises(Exception, match="LandingChanged"):
        records.count()


def test_an_executor_hashes_a_file_as_the_zone_does(zone: LandingZone, spark_local: SparkSession) -> None:
    etag = zone.stat(RATINGS.path).etag
    assert spread_hash(spark_local, zone.uri, RATINGS.path, etag) == hashlib.sha256(DATA).hexdigest()
    with pytest.raises(LandingChanged):
        spread_hash(spark_local, zone.uri, RATINGS.path, "another")
    with pytest.raises(LandingMissing, match=r"none\.csv does not exist"):
        spread_hash(spark_local, zone.uri, "movielens/none.csv", None)
