"""Every part is killed at any moment while readers look on: nothing is ever missing, half, mixed, lost or doubled.

`make fault-test` does it 200 times in all. The table of what came of it is printed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from movierec_assets_tests.faults import plan
from movierec_assets_tests.faults.contents import variant
from movierec_assets_tests.faults.storm import (
    UNFINISHED,
    converged,
    differences,
    end_of_run,
    killed,
    look_at_the_lake,
    wait_for,
)
from movierec_assets_tests.faults.system import System
from movierec_assets_tests.faults.watching import Watch

if TYPE_CHECKING:
    import random

    from movierec_assets_tests.faults.contents import Contents
    from movierec_assets_tests.faults.report import Fault, Report
    from movierec_assets_tests.homes import Home
    from movierec_assets_tests.s3 import S3Process

KINDS = {"run": 5, "database": 3, "database backend": 2, "S3 server": 3, "web API": 1, "web API worker": 2}
MOST_IN_A_ROW = 6
FAULTS = plan.FAULTS - plan.DAEMON_FAULTS - plan.ENGINE_FAULTS


def test_whatever_is_killed_and_when_readers_see_whole_tables_and_the_next_run_completes(
    ready_home: Home, s3: S3Process | None, clean: list[Contents], report: Report, chance: random.Random
) -> None:
    kinds = plan.drawn({k: weight for k, weight in KINDS.items() if s3 or k != "S3 server"}, chance)
    with System(ready_home, s3, chance) as system:
        system.land(variant(0))
        began = time.monotonic()
        system.start_run()
        assert end_of_run(system, report)
        whole = time.monotonic() - began
        assert differences(system, clean[0]) == []
        wait_for("web API", lambda: system.answers("web API"))
        last, done, began = 0, 0, time.monotonic()
        with Watch(system, clean, report) as watch:
            while done < FAULTS and time.monotonic() - began < plan.SECONDS:
                in_a_row: list[Fault] = []
                for _ in range(chance.randint(1, min(MOST_IN_A_ROW, FAULTS - done))):
                    if system.run is None:
                        last = (last + chance.randrange(1, len(clean))) % len(clean)
                        system.land(variant(last))
                        system.start_run()
                    time.sleep(chance.uniform(0.05, 0.7) * whole)
                    in_a_row += killed(system, next(kinds), report)
                    look_at_the_lake(system, clean, report)
                    if system.run is not None and not system.runs():
                        end_of_run(system, report)
                if system.run is not None:
                    end_of_run(system, report)
                system.start_run()
                assert end_of_run(system, report), f"seed {plan.SEED}: {report.messages}"
                converged(system, clean[last], report, in_a_row)
                done += len(in_a_row)
            lost = watch.lost_writes()
        assert ready_home.rows(UNFINISHED) == [(0,)]
        assert lost == set()
    report.seconds += time.monotonic() - began
    assert report.violations == [], f"seed {plan.SEED}"
