"""Apache Spark's Java process is killed in the middle of a run: the run says so, and the next one completes.

Sail, the embedded engine, lives in the run's process and is killed with it in test_killed_at_any_moment.py. Long form
only: each run takes half a minute.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psutil
import pytest

from movierec_assets_tests.faults import plan
from movierec_assets_tests.faults.contents import lake_contents, variant
from movierec_assets_tests.faults.report import Fault
from movierec_assets_tests.faults.storm import end_of_run, wait_for
from movierec_assets_tests.faults.system import System

if TYPE_CHECKING:
    import random

    from movierec_assets_tests.faults.contents import Contents
    from movierec_assets_tests.faults.report import Report
    from movierec_assets_tests.homes import Home

MADE = (
    "cleaned_ratings",
    "quarantine_ratings",
    "cleaned_tags",
    "quarantine_tags",
    "joined_features",
    "movie_stats",
)
SELECT = ("--select", "+joined_features", "--select", "+movie_stats")


@pytest.mark.skipif(not plan.ENGINE_FAULTS, reason="`make fault-test` does it")
@pytest.mark.usefixtures("java_or_skip")
def test_a_run_whose_engine_is_killed_fails_in_words_and_the_next_one_completes(
    ready_home: Home, clean: list[Contents], report: Report, chance: random.Random
) -> None:
    system = System(ready_home, None, chance, MOVIEREC_ENGINE="local[2]")
    began = time.monotonic()
    for number in range(plan.ENGINE_FAULTS):
        current = number % len(clean)
        system.land(variant(current))
        run = psutil.Process(system.start_run(*SELECT).pid)

        def engine(run: psutil.Process = run) -> list[psutil.Process]:
            return [p for p in run.children(recursive=True) if p.name() == "java"]

        wait_for("the Java process", lambda: bool(engine()))
        # It needs some ten seconds to start, and the tables as long again.
        time.sleep(chance.uniform(2, 22))
        for process in engine():
            process.kill()
        fault = Fault("Apache Spark", time.monotonic())
        report.faults.append(fault)
        end_of_run(system, report)
        system.start_run(*SELECT)
        assert end_of_run(system, report), report.messages
        found = lake_contents(ready_home.settings(), set(MADE))
        report.violations += [
            f"after recovery {name} is {found[name]}, of a clean run {clean[current].lake[name]}"
            for name in MADE
            if found[name] != clean[current].lake[name]
        ]
        fault.recovered = time.monotonic() - fault.at
    report.seconds += time.monotonic() - began
    assert report.violations == [], f"seed {plan.SEED}"
