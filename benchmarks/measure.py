"""Seconds and peak memory of each step of a run, on one engine, seen from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.contest import end_tree

INTERVAL_SECONDS = 0.02
LOG_LINES = 30
NOTHING: dict[str, Any] = {"steps": {}, "outcomes": []}


@dataclass(frozen=True)
class Measured:
    """One step.

    Attributes:
        step: Its name.
        assets: What it makes.
        seconds: From its start to its end, reading, checks, writing and publishing included.
        peak_bytes: Largest resident memory while it ran, of the process and its children without PostgreSQL.
        rows: Rows of its assets, together; 0 where the run was ended.
        ended: It was still going when its time was up, so it takes longer than `seconds`.
    """

    step: str
    assets: tuple[str, ...]
    seconds: float
    peak_bytes: int
    rows: int
    ended: bool = False


def measure(home: Path, landing: str, engine: str, timeout: float, lake: str | None = None) -> list[Measured]:
    """Run everything once on this engine, in an empty home, and end it when its time is up.

    Args:
        home: An empty folder.
        landing: Landing zone with the files.
        engine: As `MOVIEREC_ENGINE`.
        timeout: Seconds after which it is ended; what was measured until then is kept.
        lake: Where the lake shall lie; in the home if left out.

    Raises:
        RuntimeError: The run failed; the end of its messages is in the error.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MOVIEREC_")}
    places = {
        "HOME": str(home),
        "LANDING_URI": landing,
        "LAKE_URI": lake or str(home / "lake"),
        "ENGINE": engine,
    }
    environment = {**kept, **{f"MOVIEREC_{name}": value for name, value in places.items()}}
    messages = home / "messages.txt"
    with messages.open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("child.py"))],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    samples: list[tuple[float, int]] = []
    sampler = threading.Thread(target=_sample, args=(child.pid, samples), daemon=True)
    sampler.start()
    ended: list[float] = []
    killer = threading.Timer(timeout, _end, [child.pid, ended])
    killer.start()
    assert child.stdout is not None
    events = [json.loads(line) for line in child.stdout]
    killer.cancel()
    sampler.join()
    if child.wait() and ended:
        return per_step([*_steps(events), NOTHING], samples, ended[0])
    last = events[-1] if events else {}
    bad = [o for o in last.get("outcomes", []) if o["status"] != "materialised"]
    if child.returncode or "outcomes" not in last or bad:
        # What was measured until then is worth keeping.
        done = [f"{m.step} {m.seconds:.1f} s" for m in per_step([*_steps(events), NOTHING], samples)]
        end = "\n".join(messages.read_text(errors="replace").splitlines()[-LOG_LINES:])
        raise RuntimeError(f"{engine}: the run failed: {bad or last}; {', '.join(done)}\n{end}")
    return per_step(events, samples)


def _end(pid: int, ended: list[float]) -> None:
    ended.append(time.monotonic())
    end_tree(pid)


def _sample(pid: int, samples: list[tuple[float, int]]) -> None:
    try:
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            samples.append((time.monotonic(), _resident(process)))
            time.sleep(INTERVAL_SECONDS)
    except psutil.NoSuchProcess:
        return


def _resident(process: psutil.Process) -> int:
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += 0 if one.name().startswith("postgres") else one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def _steps(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if "step" in event and event["phase"] != "failed"]


def per_step(
    events: list[dict[str, Any]], samples: list[tuple[float, int]], ended: float | None = None
) -> list[Measured]:
    """Attribute the samples to the steps.

    Args:
        events: What the child said: starts and ends, then one record of steps and outcomes.
        samples: Moments (monotonic s) and resident bytes.
        ended: When the run was ended (monotonic s), if it was: steps that had not finished took longer than this.
    """
    made, outcomes = events[-1]["steps"], {o["asset"]: o for o in events[-1]["outcomes"]}
    began = {e["step"]: e["at"] for e in events[:-1] if e["phase"] == "started"}
    over = [(e["step"], e["at"], False) for e in events[:-1] if e["phase"] != "started"]
    if ended is not None:
        known = {step for step, _, _ in over}
        over += [(step, ended, True) for step in began if step not in known]
    found = []
    for step, at, cut in over:
        during = [rss for moment, rss in samples if began[step] <= moment <= at]
        # A step shorter than the sampling interval has the sample next to it.
        peak = max(during) if during else min(samples, key=lambda s: abs(s[0] - at))[1]
        assets = tuple(made.get(step, ()))
        rows = sum(outcomes[a]["rows"] or 0 for a in assets if a in outcomes)
        found.append(Measured(step, assets, at - began[step], peak, rows, cut))
    return found
