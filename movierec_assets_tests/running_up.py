"""`movierec up` as a process of its own, whose words are kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from movierec_assets_tests.databases import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_SECONDS = 120
PARTS = {"daemon": "dagster-daemon", "code server": "api grpc", "web API": "spawn_main"}
"""Its processes that do the work, by what their command lines are known."""


@dataclass(frozen=True)
class Up:
    """The command at work.

    Attributes:
        ui: Address of Dagster's UI.
        api: Address of the web API.
        log: File of all that its processes say.
        process: The command.
    """

    ui: str
    api: str
    log: Path
    process: subprocess.Popen[bytes]

    def wait_for(self, what: str, is_so: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
        """Wait until it is so, and no longer than all runs."""
        end = time.monotonic() + patience
        while not is_so():
            assert self.process.poll() is None, self.log.read_text()[-5000:]
            assert time.monotonic() < end, f"{what}: not after {patience} s\n{self.log.read_text()[-5000:]}"
            time.sleep(0.1)

    def parts(self) -> dict[str, psutil.Process]:
        """Its processes by name."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        lines = {child: " ".join(child.cmdline()) for child in children}
        return {n: c for n, words in PARTS.items() for c, line in lines.items() if words in line}

    def end(self) -> bytes:
        """Stop it as a service manager does, and give what it has said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        return self.log.read_bytes()


@contextmanager
def running_up(folder: Path, variables: dict[str, str]) -> Iterator[Up]:
    """Start it and wait until UI and API answer.

    Args:
        folder: Where the log is kept.
        variables: What it is given besides this environment, of which nothing sets the project or S3.
    """
    ports, log = (free_port(), free_port()), folder / "up.log"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MOVIEREC_", "AWS_"))}
    program = [sys.executable, "-c", "from movierec_assets.cli import script; script()", "up"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*program, "--port", str(ports[0]), "--api-port", str(ports[1])],
            env={**kept, **variables},
            stdout=output,
            stderr=output,
            cwd=folder,
        )
    up = Up(f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", log, process)
    try:
        up.wait_for("UI and API", lambda: log.read_bytes().count(b"http://127.0.0.1") >= 2)
        yield up
    finally:
        up.end()
