"""The steps of every storm of kills: wait, kill, look at what is there, compare with what a clean run gives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from movierec_assets_tests.faults import plan
from movierec_assets_tests.faults.contents import LEDGER, lake_contents, statement
from movierec_assets_tests.faults.report import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from movierec_assets_tests.faults.contents import Contents
    from movierec_assets_tests.faults.report import Report
    from movierec_assets_tests.faults.system import System

PATIENCE_SECONDS = 120
UNFINISHED = "select count(*) from dagster.runs where status not in ('SUCCESS', 'FAILURE', 'CANCELED')"


def wait_for(what: str, is_so: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> float:
    """When it is so (monotonic s)."""
    end = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > end:
            pytest.fail(f"{what}: not after {patience} s, seed {plan.SEED}")
        time.sleep(0.02)
    return time.monotonic()


def killed(system: System, kind: str, report: Report) -> list[Fault]:
    """The fault, after its part answers again; none where the part was not there just then."""
    if not system.kill(kind):
        return []
    fault = Fault(kind, time.monotonic())
    if system.comes_back(kind):
        fault.back = wait_for(kind, lambda: system.answers(kind)) - fault.at
    report.faults.append(fault)
    return [fault]


def end_of_run(system: System, report: Report) -> bool:
    """Wait for the run; whether it succeeded. One that fails by itself says why, and shows no trace."""
    assert system.run is not None
    _, err = system.run.communicate(timeout=PATIENCE_SECONDS)
    code, words, system.run = system.run.returncode, err.decode(), None
    if code > 0:
        report.messages[(words.strip().splitlines() or ["(nothing)"])[-1][:300]] += 1
        if "Traceback" in words:
            report.violations.append(f"a failed run shows a trace: {words[-3000:]}")
    report.seen["run: " + ("succeeded" if code == 0 else "failed" if code > 0 else "killed")] += 1
    return code == 0


def look_at_the_lake(system: System, allowed: list[Contents], report: Report) -> None:
    """Every table of the lake, quarantine included, and every model is that of one variant, whole."""
    wait_for("S3 server", lambda: system.answers("S3 server"))
    for name, content in lake_contents(system.settings(), set(allowed[0].lake)).items():
        if content not in {contents.lake[name] for contents in allowed}:
            report.violations.append(f"lake: {name} read as {content}")
    report.seen["lake: all tables and models whole"] += 1


def differences(system: System, expected: Contents) -> list[str]:
    """What is not as after a clean run, in lake, ledger and published tables."""
    lake = lake_contents(system.settings(), set(expected.lake))
    published = dict(system.home.rows(statement(list(expected.published))))
    ledger = system.home.rows(LEDGER)
    return [
        *(f"lake: {n} is {lake[n]}, clean {text}" for n, text in expected.lake.items() if lake[n] != text),
        *(
            f"{n} is {published[n]}, clean {text}"
            for n, text in expected.published.items()
            if published[n] != text
        ),
        *([] if ledger == expected.ledger else [f"the ledger is {ledger}, clean {expected.ledger}"]),
    ]


def converged(system: System, expected: Contents, report: Report, faults: list[Fault]) -> None:
    """Write down that these faults are over, and what is not as it should be then."""
    report.violations += [f"after recovery {difference}" for difference in differences(system, expected)]
    report.seen["after recovery: all as after a clean run"] += 1
    for fault in faults:
        fault.recovered = time.monotonic() - fault.at
