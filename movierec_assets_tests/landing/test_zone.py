"""What every landing zone promises, on a folder and on an S3 server."""

from __future__ import annotations

import hashlib
import io
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from movierec_assets.landing.local import LocalZone
from movierec_assets.landing.s3 import S3Zone
from movierec_assets.landing.zone import LandingChanged, LandingError, LandingMissing, LandingZone, open_zone
from movierec_assets.resources.landing_zone import LandingZoneResource
from movierec_assets_tests.landing.breaking_proxy import breaking_proxy

if TYPE_CHECKING:
    from movierec_assets_tests.s3 import S3Server

KEY = "movielens/ratings.csv"
LONG = os.urandom(3 << 20)


def put(zone: LandingZone, content: bytes, key: str = KEY) -> None:
    zone.put(key, io.BytesIO(content))


def write_behind(zone: LandingZone, key: str, content: bytes) -> None:
    """Write as a stranger to the zone would."""
    if isinstance(zone, S3Zone):
        zone.client.put_object(Bucket=zone.bucket, Key=zone.prefix + key, Body=content)
    else:
        path = Path(zone.uri, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_what_was_put_is_listed_read_and_hashed(zone: LandingZone, tmp_path: Path) -> None:
    put(zone, b"first")
    put(zone, LONG)
    (tmp_path / "source").write_bytes(b"from a path")
    zone.put("movielens/movies.csv", tmp_path / "source")
    movies, ratings = zone.list()
    assert (movies.key, movies.size, ratings.key, ratings.size) == (
        "movielens/movies.csv",
        11,
        KEY,
        len(LONG),
    )
    assert abs(ratings.modified - datetime.now(UTC)) < timedelta(minutes=1)
    with zone.open(KEY) as stream:
        assert stream.read(10) + stream.read() == LONG
    assert zone.content_hash(KEY, ratings.etag) == hashlib.sha256(LONG).hexdigest()
    # Only a listing of S3 tells fractions of seconds.
    assert replace(zone.stat(KEY), modified=ratings.modified) == ratings


@pytest.mark.parametrize("start", [0, 1, 5, len(LONG) - 1])
def test_a_stream_may_begin_inside_the_file(zone: LandingZone, start: int) -> None:
    put(zone, LONG)
    with zone.open(KEY, zone.stat(KEY).etag, start) as stream:
        assert stream.read(7) + stream.read() == LONG[start:]


def test_a_reader_who_stops_early_can_see_whether_the_file_was_replaced(zone: LandingZone) -> None:
    put(zone, b"old")
    etag = zone.stat(KEY).etag
    zone.check_unchanged(KEY, etag)
    put(zone, b"new")
    with pytest.raises(LandingChanged, match="replaced while it was read"):
        zone.check_unchanged(KEY, etag)
    zone.delete(KEY)
    with pytest.raises(LandingChanged, match="replaced while it was read"):
        zone.check_unchanged(KEY, etag)


def test_an_empty_zone_lists_nothing(zone: LandingZone) -> None:
    assert zone.list() == []


def test_hidden_and_partial_files_have_not_landed(zone: LandingZone) -> None:
    for key in (".hidden.csv", "movielens/.x.part", "movielens/a.csv.part", ".tmp/a.csv", "movielens/a.csv"):
        write_behind(zone, key, b"x")
    assert [o.key for o in zone.list()] == ["movielens/a.csv"]


def test_a_missing_file_is_told_apart(zone: LandingZone) -> None:
    assert not zone.exists(KEY)
    for ask in (zone.stat, zone.open, zone.content_hash):
        with pytest.raises(LandingMissing, match=r"ratings\.csv does not exist: land it"):
            ask(KEY)


def test_deleting_twice_is_the_same_as_once(zone: LandingZone) -> None:
    put(zone, b"x")
    zone.delete(KEY)
    zone.delete(KEY)
    assert not zone.exists(KEY)


def test_a_version_that_is_gone_is_not_read(zone: LandingZone) -> None:
    put(zone, b"old")
    etag = zone.stat(KEY).etag
    put(zone, b"new")
    assert zone.stat(KEY).etag != etag
    with pytest.raises(LandingChanged):
        zone.open(KEY, etag)


@pytest.mark.parametrize("how", ["put", "behind", "delete"])
def test_a_file_replaced_while_it_is_read_is_noticed(zone: LandingZone, how: str) -> None:
    put(zone, LONG)
    with zone.open(KEY) as stream:
        stream.read(1 << 20)
        if how == "put":
            put(zone, LONG[::-1])
        elif how == "behind":
            write_behind(zone, KEY, LONG[::-1])
        else:
            zone.delete(KEY)
        with pytest.raises(LandingChanged, match="replaced while it was read"):
            stream.read()


def test_a_put_that_fails_leaves_the_old_file_and_no_other(zone: LandingZone) -> None:
    class Breaks(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ValueError("source broke")

    put(zone, b"old")
    with pytest.raises(ValueError, match="source broke"):
        zone.put(KEY, Breaks())
    with zone.open(KEY) as stream:
        assert stream.read() == b"old"
    assert [o.key for o in zone.list()] == [KEY]


def test_more_than_a_thousand_files_are_listed(zone: LandingZone) -> None:
    keys = [f"movielens/{number:04d}.csv" for number in range(1001)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: write_behind(zone, key, b"x"), keys))
    assert [o.key for o in zone.list()] == keys


def test_a_key_can_not_leave_a_local_zone(tmp_path: Path) -> None:
    zone = LocalZone(str(tmp_path / "landing"))
    for key in ("../outside.csv", "/etc/passwd", "a/../../b"):
        with pytest.raises(LandingError, match="is no key"):
            put(zone, b"x", key)


def test_a_local_zone_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "landing").write_text("x")
    zone = LocalZone(str(tmp_path / "landing"))
    with pytest.raises(LandingError, match=r"not a folder .*MOVIEREC_LANDING_URI"):
        zone.list()
    with pytest.raises(LandingError, match="MOVIEREC_LANDING_URI"):
        put(zone, b"x")


def test_a_broken_connection_is_resumed(s3_server: S3Server) -> None:
    with breaking_proxy(s3_server.endpoint) as proxy:
        bucket, client = s3_server.new_bucket(), replace(s3_server, endpoint=proxy.endpoint).client()
        zone = open_zone(f"s3://{bucket}", client)
        open_zone(f"s3://{bucket}", s3_server.client()).put(KEY, io.BytesIO(LONG))
        proxy.cut_after = 1_000_000
        with zone.open(KEY) as stream:
            assert stream.read() == LONG
        assert proxy.cuts >= 3


def test_a_file_replaced_while_its_connection_is_broken_is_noticed(s3_server: S3Server) -> None:
    with breaking_proxy(s3_server.endpoint) as proxy:
        bucket, client = s3_server.new_bucket(), replace(s3_server, endpoint=proxy.endpoint).client()
        zone, direct = open_zone(f"s3://{bucket}", client), open_zone(f"s3://{bucket}", s3_server.client())
        put(direct, LONG)
        proxy.cut_after = 1_500_000
        with zone.open(KEY) as stream:
            stream.read(10)
            put(direct, LONG[::-1])
            with pytest.raises(LandingChanged):
                stream.read()


def test_a_bucket_that_is_not_there_is_named(s3_server: S3Server) -> None:
    zone = open_zone("s3://no-such-bucket/x", s3_server.client())
    with pytest.raises(LandingError, match=r"s3://no-such-bucket/x: no such bucket; .*MOVIEREC_LANDING_URI"):
        zone.list()
    with pytest.raises(LandingError, match=r"no such bucket"):
        put(zone, b"x")


def test_a_server_that_is_not_there_is_named_with_its_variable(
    s3_environment: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    zone = open_zone("s3://bucket", replace(s3_environment, endpoint=address).client())
    with pytest.raises(LandingError, match=rf"{address}.*AWS_ENDPOINT_URL"):
        zone.list()


def test_the_resource_reaches_s3_by_the_standard_variables(s3_environment: S3Server) -> None:
    zone = LandingZoneResource(uri=f"s3://{s3_environment.new_bucket()}/landing").zone()
    put(zone, b"x")
    assert [o.key for o in zone.list()] == [KEY]
