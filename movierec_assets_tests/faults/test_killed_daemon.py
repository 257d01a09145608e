"""The daemon's processes are killed at any moment, and started again: what landed is published all the same.

Long form only: each kill takes half a minute. test_up.py does one.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from movierec_assets_tests.faults import plan
from movierec_assets_tests.faults.contents import lake_contents, statement, variant
from movierec_assets_tests.faults.report import Fault
from movierec_assets_tests.faults.storm import UNFINISHED, end_of_run, wait_for
from movierec_assets_tests.faults.system import System
from movierec_assets_tests.faults.watching import Watch

if TYPE_CHECKING:
    import random

    from movierec_assets_tests.faults.contents import Contents
    from movierec_assets_tests.faults.report import Report
    from movierec_assets_tests.homes import Home
    from movierec_assets_tests.s3 import S3Process

KINDS = {"daemon": 3, "run of the daemon": 3, "code server": 2, "database": 2, "S3 server": 2}
PATIENCE_SECONDS = 300
UP_SECONDS = 25
"""About as long as the daemon takes from an arrival to the last asset."""


@pytest.mark.skipif(not plan.DAEMON_FAULTS, reason="`make fault-test` does it")
def test_whatever_of_the_daemon_is_killed_what_landed_is_published(
    ready_home: Home, s3: S3Process | None, clean: list[Contents], report: Report, chance: random.Random
) -> None:
    kinds = plan.drawn({k: weight for k, weight in KINDS.items() if s3 or k != "S3 server"}, chance)
    with System(ready_home, s3, chance, MOVIEREC_POLL_SECONDS="5") as system:
        system.land(variant(0))
        system.start_run()
        assert end_of_run(system, report)
        system.serve_with_daemon()
        wait_for("web API", lambda: system.answers("web API"))
        last, began, done = 0, time.monotonic(), 0
        with Watch(system, clean, report) as watch:
            while done < plan.DAEMON_FAULTS and time.monotonic() - began < plan.SECONDS:
                last = (last + chance.randrange(1, len(clean))) % len(clean)
                system.land(variant(last))
                kind, until = next(kinds), time.monotonic() + chance.uniform(1, UP_SECONDS)
                time.sleep(until - time.monotonic())
                with suppress(psutil.NoSuchProcess):
                    wait_for(kind, lambda kind=kind: system.kill(kind), UP_SECONDS * 2)  # type: ignore[misc]
                fault = Fault(kind, time.monotonic())
                report.faults.append(fault)
                asked = statement(list(clean[last].published))
                expected = clean[last].published

                def published(asked: str = asked, expected: dict[str, str] = expected) -> bool:
                    with suppress(Exception):
                        return dict(ready_home.rows(asked)) == expected
                    return False

                wait_for(f"publication after {kind} was killed", published, PATIENCE_SECONDS)
                fault.recovered = time.monotonic() - fault.at
                if lake_contents(system.settings(), set(clean[last].lake)) != clean[last].lake:
                    report.violations.append(f"the lake is not as after a clean run, {kind} was killed")
                done += 1
            lost = watch.lost_writes()
        wait_for("the end of all runs", lambda: ready_home.rows(UNFINISHED) == [(0,)], PATIENCE_SECONDS)
        assert lost == set()
    report.seconds += time.monotonic() - began
    assert report.violations == [], f"seed {plan.SEED}"
