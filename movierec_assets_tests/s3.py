"""A real S3 server over HTTP for the tests: versitygw where it is installed, else moto's server."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from movierec_assets_tests.requirements_of_tests import require, required

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 60
INSTALL = "go install github.com/versity/versitygw/cmd/versitygw@v1.8.0"


@dataclass(frozen=True)
class S3Server:
    """A running server; the keys are those of its root user."""

    program: str
    endpoint: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which boto3, Sail, deltalake and S3A reach it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ALLOW_HTTP": "true",
            "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> Any:
        """A boto3 client that needs no environment."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
            config=Config(s3={"addressing_style": "path"}),
        )

    def new_bucket(self) -> str:
        """Name of a new, empty bucket."""
        name = f"test-{uuid4().hex[:12]}"
        self.client().create_bucket(Bucket=name)
        return name


class S3Process:
    """A server on one port and one folder, to be stopped or killed and started again.

    Attributes:
        server: How it is reached.
        process: Its process; None where it does not run.
    """

    def __init__(self, folder: Path) -> None:
        self._versitygw = versitygw()
        if required("s3"):
            require("s3", self._versitygw is not None, INSTALL)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._folder = folder
        self.server = S3Server(
            "versitygw" if self._versitygw else "moto",
            f"http://127.0.0.1:{self._port}",
            "test-access-key",
            "test-secret-key",
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes calls."""
        found, server = self._versitygw, self.server
        log = self._folder / "server.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                _versitygw_command(found, self._port, self._folder) if found else _moto_command(self._port),
                env=os.environ | {"ROOT_ACCESS_KEY": server.access_key, "ROOT_SECRET_KEY": server.secret_key},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._wait(log)

    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None

    def answers(self) -> bool:
        """Whether it takes calls."""
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self._port)) == 0

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send it a signal that ends it, and wait until it is gone."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(10)

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if not self.alive() or time.monotonic() > deadline:
                pytest.fail(f"{self.server.program} did not start: {log.read_text()[-2000:]}", pytrace=False)
            time.sleep(0.05)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server of this test session, gone with it."""
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@contextmanager
def running_s3(folder: Path) -> Iterator[S3Server]:
    """An S3 server that keeps its objects below a folder; both are gone at the end."""
    process = S3Process(folder)
    process.start()
    try:
        yield process.server
    finally:
        process.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def s3_environment(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The server, with the `AWS_*` variables pointing to it for this test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return s3_server


def versitygw() -> str | None:
    """The server's program, where this machine has it."""
    return shutil.which("versitygw") or shutil.which("versitygw", path=Path("~/go/bin").expanduser())


def _versitygw_command(program: str, port: int, folder: Path) -> list[str]:
    objects, sidecar = folder / "objects", folder / "sidecar"
    objects.mkdir(exist_ok=True)
    sidecar.mkdir(exist_ok=True)
    # Without the sidecar folder the file system would need extended attributes.
    address = f"127.0.0.1:{port}"
    return [program, "--quiet", "--port", address, "posix", "--sidecar", str(sidecar), str(objects)]


def _moto_command(port: int) -> list[str]:
    return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
