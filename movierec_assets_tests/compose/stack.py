"""docker-compose.yml as a person has it: a clone, a `.env` with secrets of its own, and `docker compose`."""

from __future__ import annotations

import json
import secrets
import shutil
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec_assets.settings import CHECKOUT
from movierec_assets_tests.compose.engine import run
from movierec_assets_tests.databases import free_port
from movierec_assets_tests.s3 import S3Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PROJECT = "movierec-test"
SERVICES = ("postgres", "s3", "code", "webserver", "daemon", "api")
"""Those that stay up."""
SECRETS = ("POSTGRES_PASSWORD", "S3_SECRET_KEY", "MOVIEREC_PASSWORDS__MOVIEREC_LOGIN")
PORTS = ("UI_PORT", "API_PORT", "S3_PORT", "POSTGRES_PORT")
BUILD_SECONDS, UP_SECONDS = 2400, 600


@dataclass
class Phases:
    """How long each part took, printed as it ends."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count and print the block's seconds."""
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began
        print(f"  {name}: {self.seconds[name]:.1f} s", flush=True)  # noqa: T201  shown by make compose-test


@dataclass(frozen=True)
class Stack:
    """One clone and the project that runs from it.

    Attributes:
        clone: Its folder.
        values: What its `.env` says.
    """

    clone: Path
    values: Mapping[str, str]

    @classmethod
    def cloned(cls, folder: Path, images: Mapping[str, str]) -> Stack:
        """The files that Git knows of, as they are now, and secrets that nobody has used."""
        known = run(
            "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", seconds=60, cwd=CHECKOUT
        )
        for name in known.split("\0"):
            if name and (CHECKOUT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(CHECKOUT / name, folder / name)
        values = {
            **{name: secrets.token_hex(24) for name in SECRETS},
            **{name: str(free_port()) for name in PORTS},
            "MOVIEREC_POLL_SECONDS": "5",
            **images,
        }
        (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        return cls(folder, values)

    def compose(self, *arguments: str, seconds: float = 120) -> str:
        """What `docker compose` prints on stdout."""
        return run("docker", "compose", "-p", PROJECT, *arguments, seconds=seconds, cwd=self.clone)

    def up(self) -> None:
        """Start what does not run, and wait until all of it is healthy."""
        try:
            self.compose("up", "--detach", "--wait", "--quiet-pull", seconds=UP_SECONDS)
        except AssertionError as error:
            said = self.compose("ps", "--all") + self.compose("logs", "--tail", "40", "--no-color")
            raise AssertionError(f"{error}\n{said}") from None

    def movierec(self, *arguments: str) -> str:
        """What the command prints on stdout, in the container of the code location."""
        return self.compose("exec", "-T", "code", "movierec", *arguments, seconds=300)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database answers on its loopback port."""
        import psycopg

        with psycopg.connect(
            host="127.0.0.1",
            port=int(self.values["POSTGRES_PORT"]),
            user="movierec",
            password=self.values["POSTGRES_PASSWORD"],
            dbname="movierec",
            connect_timeout=10,
        ) as connection:
            return connection.execute(statement.encode()).fetchall()

    def s3(self) -> Any:
        """A boto3 client of the S3 server's loopback port."""
        return S3Server(
            "versitygw",
            f"http://127.0.0.1:{self.values['S3_PORT']}",
            "movierec",
            self.values["S3_SECRET_KEY"],
        ).client()

    def page(self, port: str, path: str) -> str:
        """Address of a page on one of `PORTS`."""
        return f"http://127.0.0.1:{self.values[port]}{path}"

    def status(self, port: str, path: str, key: str = "") -> int:
        """The status of an answer; 0 without one."""
        return self.ask(port, path, key)[0]

    def ask(self, port: str, path: str, key: str = "") -> tuple[int, Any]:
        """Status and JSON of an answer; status 0 without one."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        request = urllib.request.Request(self.page(port, path), headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, None
        except OSError:
            return 0, None

    def container(self, service: str) -> dict[str, Any]:
        """What the engine knows of a service's container."""
        number = self.compose("ps", "--all", "--quiet", service).strip()
        (found,) = json.loads(run("docker", "inspect", number, seconds=30))
        return found  # type: ignore[no-any-return]

    def healthy(self, service: str) -> bool:
        """Whether its container runs and its health check says well."""
        state = self.container(service)["State"]
        return bool(state["Running"] and state.get("Health", {}).get("Status") == "healthy")

    def kill(self, service: str) -> None:
        """Kill the container's first process from outside.

        `docker kill` counts as being stopped by a person, after which no restart policy applies.
        """
        pid = self.container(service)["State"]["Pid"]
        run(
            *("docker", "run", "--rm", "--user", "0", "--pid", "host", "--network", "none"),
            *("--entrypoint", "sh", "movierec-s3", "-c", f"kill -KILL {pid}"),
            seconds=60,
        )

    def down(self, *, volumes: bool = False) -> None:
        """Stop and remove the containers; with their volumes only where that is asked for."""
        self.compose("down", "--timeout", "30", *(["--volumes"] if volumes else []), seconds=300)


def wait_until(what: str, is_so: Callable[[], bool], seconds: float) -> None:
    """Look every second."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"{what}: not after {seconds:g} s"
        time.sleep(1)
