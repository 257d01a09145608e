"""One contender in a process of its own: seconds, processor seconds and peak memory of what it does, from outside.

A contender prepares untimed, says `started`, works, says `finished`, and last tells its facts, all as JSON lines on
stdout. Memory and processor time are those of the process and its children, PostgreSQL's server left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

INTERVAL_SECONDS = 0.02
LOG_LINES = 30


@dataclass(frozen=True)
class Sample:
    """A moment of a process and its children.

    Attributes:
        at: Monotonic seconds.
        resident: Bytes.
        processor: Seconds of user and system since each started.
    """

    at: float
    resident: int
    processor: float


@dataclass(frozen=True)
class Result:
    """What a contender needed.

    Attributes:
        seconds: From `started` to `finished`.
        processor_seconds: Of all its cores together, in that time.
        peak_bytes: Largest resident memory in that time, the data included.
        facts: What it told at the end.
    """

    seconds: float
    processor_seconds: float
    peak_bytes: int
    facts: dict[str, Any]


@contextmanager
def timed() -> Iterator[None]:
    """For a contender: what the block does is measured."""
    say(phase="started")
    yield
    say(phase="finished")


def say(**facts: object) -> None:
    """For a contender: one line to whoever measures it."""
    sys.stdout.write(json.dumps({**facts, "at": time.monotonic()}) + "\n")
    sys.stdout.flush()


def run(module: str, arguments: list[str], variables: Mapping[str, str], timeout: float) -> Result:
    """Run a contender to its end.

    Args:
        module: Python module.
        arguments: Its arguments.
        variables: Environment variables besides those there are.
        timeout: Seconds after which it is given up.

    Raises:
        RuntimeError: It failed or took too long; the end of its messages is in the error.
    """
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=Path(__file__).parent.parent,
        )
        samples: list[Sample] = []
        sampler = threading.Thread(target=_sample, args=(child.pid, samples), daemon=True)
        sampler.start()
        killer = threading.Timer(timeout, end_tree, [child.pid])
        killer.start()
        assert child.stdout is not None
        said = [json.loads(line) for line in child.stdout]
        killer.cancel()
        sampler.join()
        if child.wait() or len(said) != 3:
            log.seek(0)
            end = "\n".join(log.read().decode(errors="replace").splitlines()[-LOG_LINES:])
            raise RuntimeError(f"{' '.join(arguments)} failed or took more than {timeout:g} s\n{end}")
    started, finished, facts = said
    facts.pop("at")
    return result(started["at"], finished["at"], samples, facts)


def end_tree(pid: int) -> None:
    """Kill a process and all that it started; PostgreSQL is left to `stop_embedded`, which ends it in order."""
    process = psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            if not one.name().startswith("postgres"):
                one.kill()


def result(began: float, ended: float, samples: list[Sample], facts: dict[str, Any]) -> Result:
    """What the samples say about the time from `began` to `ended`; the nearest ones count where none is within."""
    first, last = (min(samples, key=lambda s: abs(s.at - moment)) for moment in (began, ended))
    within = [s.resident for s in samples if began <= s.at <= ended] or [last.resident]
    return Result(ended - began, last.processor - first.processor, max(within), facts)


def _sample(pid: int, samples: list[Sample]) -> None:
    try:
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            samples.append(_now(process))
            time.sleep(INTERVAL_SECONDS)
    except psutil.NoSuchProcess:
        return


def _now(process: psutil.Process) -> Sample:
    resident, processor = 0, 0.0
    for one in (process, *process.children(recursive=True)):
        try:
            if not one.name().startswith("postgres"):
                resident += one.memory_info().rss
                processor += sum(one.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
    return Sample(time.monotonic(), resident, processor)
