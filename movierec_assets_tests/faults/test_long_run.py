"""Files come, change and go at random for a long time: nothing is missed, nothing runs more often than it must.

In short the ticks are made one after the other, and only what they ask for is told: memory says nothing before a
process is warm. `make fault-test` has `movierec up` do 300 of its own, which takes 25 minutes: Dagster looks for due
sensors every 5 seconds.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from movierec_assets.automation.staleness import Graph
from movierec_assets.definitions import build_assets
from movierec_assets_tests.automation.test_sensors import daemon_of
from movierec_assets_tests.faults import plan
from movierec_assets_tests.faults.coming_and_going import ComingAndGoing
from movierec_assets_tests.faults.contents import LEDGER, clean_contents, lake_contents, statement
from movierec_assets_tests.faults.storm import UNFINISHED
from movierec_assets_tests.running_up import running_up

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from movierec_assets_tests.faults.contents import Contents
    from movierec_assets_tests.homes import Home

SHORT_TICKS = 30
TICKS = 300
WARM = 100
"""Ticks after which a process has met all that it will: caches of code, connections, the allocator's own pools."""
GROWTH_MB = {"daemon": 8.0, "code server": 8.0, "web API": 4.0}
"""Most that a part may grow in 100 ticks once it is warm. A guess still: no run has come to its end. After 78 ticks on
a busy machine the daemon had 167 MB, the code server 250; another run's had 149 and 229 in the beginning."""
SETTLE_SECONDS = 900
"""What is queued by the last tick, a run at a time, and what follows from it."""
TICKED = "select count(*) from dagster.job_ticks where tick_body::text like '%landing_files%'"
RUNS = "select count(*) from dagster.runs where pipeline_name {} 'landed'"
AT_ONCE = "select count(*) from dagster.runs where status in ('STARTED', 'STARTING', 'CANCELING')"


def differences(home: Home, expected: Contents) -> list[str]:
    """What is not as after a clean run over the same files."""
    lake = lake_contents(home.settings(), set(expected.lake))
    published = dict(home.rows(statement(list(expected.published))))
    # Files that are none of the dataset's stand in the ledger too.
    keys = {row[0] for row in expected.ledger}
    ledger = [row for row in home.rows(LEDGER) if row[0] in keys]
    return [
        *(name for name, text in expected.lake.items() if lake[name] != text),
        *(view for view, text in expected.published.items() if published[view] != text),
        *(f"ledger: {row}" for row in set(ledger) ^ set(expected.ledger)),
    ]


def test_each_change_starts_one_run_at_most_and_the_end_is_that_of_a_clean_run(
    tiny_home: Home, ready_home: Home, chance: random.Random
) -> None:
    files = ComingAndGoing(tiny_home, chance)
    keys: set[str] = set()
    runs = 0
    with daemon_of(tiny_home) as daemon:
        for tick in range(SHORT_TICKS):
            if tick == SHORT_TICKS - 2:
                files.settle()
            elif tick < SHORT_TICKS - 2 and chance.random() < 0.4:
                files.something()
            for request in getattr(daemon.tick(), "run_requests", None) or []:
                # As the daemon does, which knows a key that it has met.
                if request.run_key not in keys and chance.random() < 0.8:
                    keys.add(request.run_key)
                    daemon.launch(request)
                    runs += 1
        assert runs <= files.changes, f"seed {plan.SEED}"
        while not daemon.nothing():
            daemon.launch(daemon.request())
    tiny_home.run()
    assert differences(tiny_home, clean_contents(ready_home, files.files)) == [], f"seed {plan.SEED}"


@contextmanager
def asked(api: str) -> Iterator[None]:
    """The web API is asked for recommendations all the while, 20 times a second."""
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(0.05):
            with suppress(OSError):
                urllib.request.urlopen(f"{api}/v1/movielens-users/1/recommendations", timeout=10).read()

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def megabytes(parts: dict[str, psutil.Process]) -> dict[str, float]:
    return {name: process.memory_info().rss / 1e6 for name, process in parts.items()}


def growth(samples: list[tuple[int, float]]) -> float:
    """MB for each 100 ticks, by the line that fits best."""
    middle = sum(tick for tick, _ in samples) / len(samples)
    slope = sum((tick - middle) * size for tick, size in samples) / sum((t - middle) ** 2 for t, _ in samples)
    return 100 * slope


def longest_way(home: Home) -> int:
    """Assets one after the other between a file and the end of the graph."""
    graph = Graph.of(build_assets(home.settings()))
    depth: dict[object, int] = {}
    for key, asset in graph.assets.items():
        depth[key] = 1 + max((depth.get(above, 0) for above in asset.upstream), default=0)
    return max(depth.values())


def settled(home: Home) -> bool:
    """Whether no run is under way or due; asked no more often than every few seconds."""
    time.sleep(3)
    if home.rows(UNFINISHED) != [(0,)]:
        return False
    return not json.loads(home.movierec("run", "--dry-run", "--json").out)["stale"]


@pytest.mark.skipif(not plan.LONG, reason="`make fault-test` does it")
@pytest.mark.timeout(3600)
def test_memory_stays_flat_over_hundreds_of_ticks_and_no_run_is_one_too_many(
    tiny_home: Home, ready_home: Home, chance: random.Random, tmp_path: Path
) -> None:
    files = ComingAndGoing(tiny_home, chance)
    before = {sign: tiny_home.rows(RUNS.format(sign))[0][0] for sign in ("=", "<>")}
    samples: dict[str, list[tuple[int, float]]] = {}
    with running_up(tmp_path, {**tiny_home.variables, "MOVIEREC_POLL_SECONDS": "5"}) as up, asked(up.api):
        parts, most_at_once, done = up.parts(), 0, 0
        assert set(parts) == set(GROWTH_MB)
        while done < TICKS:
            if chance.random() < 0.2:
                files.something()
            until = time.monotonic() + chance.uniform(1, 10)
            while time.monotonic() < until:
                most_at_once = max(most_at_once, tiny_home.rows(AT_ONCE)[0][0])
                time.sleep(0.5)
            done = tiny_home.rows(TICKED)[0][0]
            for name, size in megabytes(parts).items():
                samples.setdefault(name, []).append((done, size))
        sizes = {name: f"{found[0][1]:.0f} to {found[-1][1]:.0f} MB" for name, found in samples.items()}
        grown = {name: growth([s for s in found if s[0] >= WARM]) for name, found in samples.items()}
        print(f"{done} ticks, {files.changes} changes: {sizes}, in 100 ticks {grown}")  # noqa: T201
        files.settle()
        up.wait_for("the last content", lambda: settled(tiny_home), SETTLE_SECONDS)
    runs = {sign: tiny_home.rows(RUNS.format(sign))[0][0] - number for sign, number in before.items()}
    print(f"runs {runs}, at once {most_at_once}")  # noqa: T201
    assert runs["="] <= files.changes, f"seed {plan.SEED}"
    assert runs["<>"] <= files.changes * longest_way(tiny_home), f"seed {plan.SEED}"
    assert most_at_once == 1
    assert {n: g for n, g in grown.items() if g > GROWTH_MB[n]} == {}, f"seed {plan.SEED}"
    assert differences(tiny_home, clean_contents(ready_home, files.files)) == [], f"seed {plan.SEED}"
