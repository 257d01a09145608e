"""A whole system of processes whose parts can be killed, with somebody who starts again what has ended."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from movierec_assets.landing.zone import open_zone
from movierec_assets_tests.cli.test_api import pid_of, status, workers
from movierec_assets_tests.databases import free_port

if TYPE_CHECKING:
    from movierec_assets.settings import Settings
    from movierec_assets_tests.homes import Home
    from movierec_assets_tests.s3 import S3Process

RESTART_SECONDS = 0.5
"""At most so long what was killed stays away."""

OF_THE_DAEMON = {"daemon": "dagster-daemon", "run of the daemon": "execute_run", "code server": "api grpc"}
"""By what their command lines are known."""


class System:
    """One home whose landing zone and lake are on an S3 server, where there is one, its web API, and its database.

    Every user of the home starts the database where it is gone; this process is one as long as the tests last.

    Attributes:
        home: The home.
        variables: What every command is given besides the home's own.
        api_port: Where the web API answers.
        run: The run that was started last, until its end was looked at.
    """

    def __init__(self, home: Home, s3: S3Process | None, chance: random.Random, **variables: str) -> None:
        self.home, self._s3, self._chance = home, s3, chance
        self.variables = dict(variables)
        self.api_port = free_port()
        self.run: subprocess.Popen[bytes] | None = None
        self._api: subprocess.Popen[bytes] | None = None
        self._service = ["api", "--port", str(self.api_port)]
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep)
        if s3 is not None:
            client = s3.server.client()
            for bucket in ("landing", "lake"):
                client.create_bucket(Bucket=bucket)
            self.variables |= s3.server.environment
            self.variables |= {"MOVIEREC_LANDING_URI": "s3://landing", "MOVIEREC_LAKE_URI": "s3://lake"}

    def __enter__(self) -> System:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._keeper.join()
        for process in (self.run, self._api):
            if process is not None and process.poll() is None:
                for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                    with suppress(psutil.NoSuchProcess):
                        one.kill()
                process.wait(30)

    def settings(self) -> Settings:
        """Of the home with its parts; the S3 server's variables must be in the environment."""
        places = {k: self.variables[f"MOVIEREC_{k.upper()}"] for k in ("landing_uri", "lake_uri") if self._s3}
        return self.home.settings(**places)

    def land(self, files: dict[str, str]) -> None:
        """Put MovieLens's files into the landing zone, each whole, only those that differ."""
        zone = open_zone(self.settings().landing_uri)
        for name, text in files.items():
            if not zone.exists(f"movielens/{name}") or zone.open(f"movielens/{name}").read() != text.encode():
                source = Path(self.home.path, "upload")
                source.write_bytes(text.encode())
                zone.put(f"movielens/{name}", source)

    def serve_with_daemon(self) -> None:
        """From now on `movierec up`, instead of the web API alone."""
        self._service = ["up", "--port", str(free_port()), "--api-port", str(self.api_port)]
        assert self._api is not None
        self._api.terminate()

    def start_run(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `movierec run --json`."""
        self.run = self.home.start("run", "--json", *arguments, **self.variables)
        return self.run

    def runs(self) -> bool:
        """Whether the run that was started last is under way."""
        return self.run is not None and self.run.poll() is None

    def kill(self, kind: str) -> bool:
        """Send SIGKILL to that part; whether it was there."""
        if kind == "run":
            if self.run is None or not self.runs():
                return False
            os.killpg(self.run.pid, signal.SIGKILL)
            return True
        if kind == "S3 server":
            assert self._s3 is not None
            self._s3.end(signal.SIGKILL)
            return True
        with suppress(psutil.NoSuchProcess):
            if victims := self._victims(kind):
                self._chance.choice(victims).kill()
                return True
        return False

    def _victims(self, kind: str) -> list[psutil.Process]:
        if kind in ("database", "database backend"):
            pid = pid_of(self.home)
            server = psutil.Process(pid) if pid else None
            return [] if server is None else [server] if kind == "database" else server.children()
        parent = psutil.Process(self._api.pid) if self._api and self._api.poll() is None else None
        if parent is None:
            return []
        if kind in OF_THE_DAEMON:
            return [
                p for p in parent.children(recursive=True) if OF_THE_DAEMON[kind] in " ".join(p.cmdline())
            ]
        return [parent] if kind == "web API" else workers(parent)

    def comes_back(self, kind: str) -> bool:
        """Whether somebody starts that part again."""
        return kind != "run"

    def answers(self, kind: str) -> bool:
        """Whether that part can be used."""
        if kind.startswith("database"):
            with suppress(Exception):
                return self.home.rows("select 1") == [(1,)]
            return False
        if kind == "S3 server":
            return self._s3 is not None and self._s3.answers()
        return kind == "run" or status(self.api_port) == 200

    def _keep(self) -> None:
        """Start the web API and the S3 server, and again whenever they have ended, as a service manager does."""
        while not self._ended.wait(0.02):
            if self._s3 is not None and not self._s3.alive():
                time.sleep(self._chance.random() * RESTART_SECONDS)
                self._s3.start()
            if self._api is None or self._api.poll() is not None:
                time.sleep(self._chance.random() * RESTART_SECONDS)
                self._api = self.home.start(*self._service, quiet=True, **self.variables)
