"""`movierec init`: what is missing is made, what is there is left alone, and a second time there is nothing to do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from movierec_assets.landing.s3 import S3Zone
from movierec_assets.landing.zone import LandingError

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home
    from movierec_assets_tests.s3 import S3Server

MADE = """
SELECT to_regclass('serving.recommendations') IS NOT NULL, to_regclass('simulation.users') IS NOT NULL,
       to_regclass('access.keys') IS NOT NULL, to_regclass('ledger.files') IS NOT NULL,
       to_regclass('dagster.runs') IS NOT NULL, EXISTS (SELECT FROM pg_roles WHERE rolname = 'movierec_login')
"""


def test_buckets_tables_and_roles_are_made_once(empty_home: Home, s3_environment: S3Server) -> None:
    landing, lake = (f"test-{uuid4().hex[:12]}" for _ in range(2))
    places = {"MOVIEREC_LANDING_URI": f"s3://{landing}", "MOVIEREC_LAKE_URI": f"s3://{lake}/deep/down"}
    done = empty_home.movierec("init", **places)
    assert done.code == 0, done.err
    first, second, *steps, last = done.err.splitlines()
    assert (first, second) == (f"made the bucket {landing}", f"made the bucket {lake}")
    assert [step[:15] for step in steps] == [f"database {number:04}: " for number in range(1, len(steps) + 1)]
    assert last.startswith("roles and rights: ")
    assert empty_home.rows(MADE) == [(True,) * 6]
    assert {landing, lake} <= {b["Name"] for b in s3_environment.client().list_buckets()["Buckets"]}
    assert empty_home.movierec("init", **places).err == "everything was so already\n"


def test_it_leaves_what_a_run_has_published_and_people_have_entered(both_home: Home) -> None:
    counts = "SELECT (SELECT count(*) FROM serving.recommendations), (SELECT count(*) FROM simulation.users)"
    before = both_home.rows(counts)
    assert before[0][0] > 0
    assert both_home.movierec("init").code == 0
    assert both_home.rows(counts) == before
    assert json.loads(both_home.movierec("run", "--dry-run", "--json").out)["stale"] == []


def test_a_bucket_that_is_there_is_left_alone(s3_environment: S3Server) -> None:
    bucket = s3_environment.new_bucket()
    s3_environment.client().put_object(Bucket=bucket, Key="kept", Body=b"1")
    assert not S3Zone(f"s3://{bucket}", s3_environment.client()).ensure_bucket()
    assert s3_environment.client().list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_a_server_that_cannot_be_reached_is_told_with_what_to_check(
    empty_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    done = empty_home.movierec("init", MOVIEREC_LANDING_URI="s3://landing", MOVIEREC_LAKE_URI="s3://lake")
    assert done.code == 1
    assert "s3://landing: " in done.err
    assert "check MOVIEREC_LANDING_URI and AWS_ENDPOINT_URL" in done.err


def test_keys_that_are_refused_are_told_and_not_repeated(s3_environment: S3Server) -> None:
    if s3_environment.program == "moto":
        pytest.skip("moto's server takes every key")
    wrong = replace(s3_environment, secret_key="hunter2-hunter2").client()
    with pytest.raises(LandingError, match="denies access") as error:
        S3Zone("s3://somewhere", wrong).ensure_bucket()
    assert "hunter2" not in str(error.value)
