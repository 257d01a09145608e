"""A bad network before landing zone and lake: what passes is tried again, what lasts ends the command with words."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from movierec_assets.io_managers.inventory import MODELS
from movierec_assets.landing.zone import open_zone
from movierec_assets.runtime import open_lake
from movierec_assets_tests.faults import plan
from movierec_assets_tests.faults.contents import LEDGER, lake_contents, statement, variant
from movierec_assets_tests.faults.proxy import FINE, S3Proxy, s3_proxy
from movierec_assets_tests.requirements_of_tests import require
from movierec_assets_tests.s3 import INSTALL

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from movierec_assets.settings import Settings
    from movierec_assets_tests.faults.contents import Contents
    from movierec_assets_tests.homes import Done, Home
    from movierec_assets_tests.s3 import S3Server

pytestmark = pytest.mark.skipif(not plan.LONG, reason="`make fault-test` does it")

PASSING = {"slow": 3, "cut": 2, "reset": 1, "500": 2, "503": 2, FINE: 90}
"""Faults in a hundred answers."""
CUTS = 4
ROWS = 150_000
"""Of a file that takes several reads."""
MOST_REQUESTS, MOST_SECONDS = 12, 10
"""Of a command whose credentials are refused."""
EXPIRED = ("the credentials have expired (ExpiredToken)", "renew AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN")


@dataclass(frozen=True)
class Far:
    """A home whose landing zone and lake are reached over the proxy."""

    home: Home
    proxy: S3Proxy
    landing: str
    lake: str

    def settings(self) -> Settings:
        """For who goes past the proxy."""
        return self.home.settings(landing_uri=self.landing, lake_uri=self.lake)

    def land(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            open_zone(self.landing).put(f"movielens/{name}", io.BytesIO(text.encode()))

    def movierec(self, *arguments: str, **variables: str) -> Done:
        places = {"MOVIEREC_LANDING_URI": self.landing, "MOVIEREC_LAKE_URI": self.lake}
        return self.home.movierec(*arguments, **places, AWS_ENDPOINT_URL=self.proxy.endpoint, **variables)

    def holds(self, expected: Contents) -> None:
        """Lake, published tables and ledger are as after an undisturbed run."""
        assert lake_contents(self.settings(), set(expected.lake)) == expected.lake
        assert dict(self.home.rows(statement(list(expected.published)))) == expected.published
        assert self.home.rows(LEDGER) == expected.ledger

    def is_nowhere_half(self, allowed: list[Contents]) -> None:
        """Each table that is in the lake by now is as after one of the undisturbed runs."""
        lake = open_lake(self.settings())
        if there := {name for name in {*allowed[0].lake} - {*MODELS} if lake.exists(name)}:
            for name, content in lake_contents(self.settings(), there).items():
                assert content in {contents.lake[name] for contents in allowed}, name


@pytest.fixture
def far(ready_home: Home, s3_environment: S3Server, chance: random.Random) -> Iterator[Far]:
    require("s3", s3_environment.program == "versitygw", INSTALL)
    buckets = (f"s3://{s3_environment.new_bucket()}" for _ in range(2))
    with s3_proxy(s3_environment.endpoint, chance) as proxy:
        yield Far(ready_home, proxy, *buckets)


def test_a_run_over_a_bad_network_gives_what_an_undisturbed_one_gives(
    far: Far, clean: list[Contents]
) -> None:
    far.land(variant(0))
    far.proxy.spoil(PASSING)
    done = far.movierec("run")
    assert done.code == 0, done
    assert set(far.proxy.seen) == set(PASSING)
    far.holds(clean[0])


@pytest.mark.parametrize("command", ["run", "land", "doctor", "show"])
def test_expired_credentials_end_a_command_at_once_with_what_to_do(
    far: Far, tiny_movielens: Path, command: str
) -> None:
    further = {"land": [str(tiny_movielens)], "show": ["cleaned_ratings"]}.get(command, [])
    far.proxy.spoil({"expired": 1})
    began = time.monotonic()
    done = far.movierec(command, *further)
    assert time.monotonic() - began < MOST_SECONDS
    assert far.proxy.seen["expired"] <= MOST_REQUESTS
    assert done.code == 1
    place = far.lake if command == "show" else far.landing
    for words in (place, *EXPIRED):
        assert words in done.out + done.err
    assert "Traceback" not in done.err


def test_credentials_that_expire_during_a_run_end_it_at_once_and_with_new_ones_the_next_completes(
    far: Far, clean: list[Contents], chance: random.Random
) -> None:
    for number in range(6 if plan.LONG else 2):
        far.land(variant(number % len(clean)))
        before = chance.randint(10, 300)
        far.proxy.spoil({"expired": 1}, after=before)
        done = far.movierec("run")
        assert done.code == 1, before
        assert far.proxy.seen["expired"] <= 3 * MOST_REQUESTS, before
        assert "have expired" in done.err, (before, done)
        assert "Traceback" not in done.err
        far.is_nowhere_half(clean)
    far.proxy.spoil({FINE: 1})
    assert far.movierec("run").code == 0
    far.holds(clean[number % len(clean)])


def test_a_wrong_secret_is_told_at_once_and_not_repeated(far: Far) -> None:
    for command, place in ((("run",), far.landing), (("show", "cleaned_ratings"), far.lake)):
        done = far.movierec(*command, AWS_SECRET_ACCESS_KEY="hunter2-hunter2")
        assert done.code == 1
        assert place in done.err
        assert "the server denies access (SignatureDoesNotMatch); check AWS_ACCESS_KEY_ID" in done.err
        assert "hunter2" not in done.err + done.out
    assert far.proxy.seen.total() <= MOST_REQUESTS


def test_a_landing_file_whose_transfer_is_cut_again_and_again_is_taken_in_whole(far: Far) -> None:
    lines = [f"{1 + n // 100},{1 + n % 6},{1 + n % 5}.0,{1000000000 + n}" for n in range(ROWS)]
    text = "userId,movieId,rating,timestamp\r\n" + "\r\n".join(lines) + "\r\n"
    far.land({**variant(0), "ratings.csv": text})
    far.proxy.spoil({"cut": 1}, only="ratings.csv")
    cuts, ended = 0, threading.Event()

    def calm_down() -> None:
        nonlocal cuts
        while (cuts := far.proxy.seen["cut"]) < CUTS and not ended.wait(0.02):
            pass
        far.proxy.spoil({FINE: 1})

    calming = threading.Thread(target=calm_down)
    calming.start()
    try:
        done = far.movierec("run", "--select", "raw_ratings")
    finally:
        ended.set()
        calming.join()
    assert done.code == 0, done
    # The first answer is cut in any case.
    assert cuts >= 1
    table = open_lake(far.settings()).open("raw_ratings").arrow(["timestamp"])["timestamp"]
    assert sorted(table.to_pylist()) == [1000000000 + n for n in range(ROWS)]
    (found,) = far.home.rows("select content_hash, size from ledger.files where key like '%ratings.csv'")
    assert found == (hashlib.sha256(text.encode()).hexdigest(), len(text))


def test_a_server_that_stays_overloaded_is_given_up_after_some_attempts(far: Far) -> None:
    far.land(variant(0))
    for only in ("", far.lake.removeprefix("s3:/")):
        far.proxy.spoil({"503": 1}, only=only)
        began = time.monotonic()
        done = far.movierec("run")
        assert done.code == 1
        assert time.monotonic() - began < 120
        assert "Please reduce your request rate" in done.err
        assert "Traceback" not in done.err
