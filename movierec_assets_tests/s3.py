"""A real S3 server over HTTP for the tests: versitygw where it is installed, else moto's server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
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


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server of this test session, gone with it."""
    versitygw = _versitygw()
    if required("s3"):
        require("s3", versitygw is not None, INSTALL)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("s3")
    server = S3Server(
        "versitygw" if versitygw else "moto", f"http://127.0.0.1:{port}", "test-access-key", "test-secret-key"
    )
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _versitygw_command(versitygw, port, folder) if versitygw else _moto_command(port),
            env=os.environ | {"ROOT_ACCESS_KEY": server.access_key, "ROOT_SECRET_KEY": server.secret_key},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        _wait(server, process, log)
        yield server
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def s3_environment(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The server, with the `AWS_*` variables pointing to it for this test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return s3_server


def _versitygw() -> str | None:
    return shutil.which("versitygw") or shutil.which("versitygw", path=Path("~/go/bin").expanduser())


def _versitygw_command(program: str, port: int, folder: Path) -> list[str]:
    objects, sidecar = folder / "objects", folder / "sidecar"
    objects.mkdir()
    sidecar.mkdir()
    # Without the sidecar folder the file system would need extended attributes.
    address = f"127.0.0.1:{port}"
    return [program, "--quiet", "--port", address, "posix", "--sidecar", str(sidecar), str(objects)]


def _moto_command(port: int) -> list[str]:
    return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]


def _wait(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    port = int(server.endpoint.rpartition(":")[2])
    while True:
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"{server.program} did not start: {log.read_text()[-2000:]}", pytrace=False)
        time.sleep(0.05)
