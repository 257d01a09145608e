"""S3 without keys in the environment: every library takes them from the machine's metadata service."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from movierec_assets_tests.databases import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets_tests.homes import Home

BUCKET = "movierec"


TOKEN, ROLE = "/latest/api/token", "/latest/meta-data/iam/security-credentials/"


class Metadata(BaseHTTPRequestHandler):
    """EC2's metadata service, version 2, for one role. (moto's has no TTL with its tokens, which the engine wants.)"""

    def do_PUT(self) -> None:
        """A token."""
        self._answer("a-token" if self.path == TOKEN else None)

    def do_GET(self) -> None:
        """The role's name, its keys."""
        expires = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = {
            **{"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": expires, "Expiration": expires},
            **{"AccessKeyId": "ASIAROLE", "SecretAccessKey": "of-the-role", "Token": "session"},
        }
        self._answer({ROLE: "a-role", f"{ROLE}a-role": json.dumps(keys)}.get(self.path))

    def _answer(self, body: str | None) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200 if body else 404)
        self.send_header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
        self.send_header("Content-Length", str(len(body or "")))
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def metadata_service() -> Iterator[tuple[str, list[str]]]:
    """Address of a metadata service, and what it was asked."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Metadata)
    asked: list[str] = []
    server.asked = asked  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_s3(tmp_path: Path) -> Iterator[str]:
    """Address of an S3 server that takes everybody's keys."""
    port = free_port()
    with (tmp_path / "s3.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=output,
            stderr=output,
        )
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_a_whole_run_on_s3_with_the_instance_role_alone(
    landed_home: Home, open_s3: str, metadata_service: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata, asked = metadata_service
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for path in ("", *(f"/landing/movielens/{file.name}" for file in landed_home.landing.iterdir())):
        body = (landed_home.landing / path.rpartition("/")[2]).read_bytes() if path else b""
        # By default it would say that the body is a form, which the server takes apart.
        kind = {"Content-Type": "text/csv"}
        put = urllib.request.Request(f"{open_s3}/{BUCKET}{path}", data=body, headers=kind, method="PUT")
        urllib.request.urlopen(put, timeout=10).close()
    process = landed_home.start(
        "run",
        "--json",
        MOVIEREC_LANDING_URI=f"s3://{BUCKET}/landing",
        MOVIEREC_LAKE_URI=f"s3://{BUCKET}/lake",
        # No profile of the developer's.
        HOME=str(landed_home.path),
        AWS_ENDPOINT_URL=open_s3,
        AWS_ALLOW_HTTP="true",
        AWS_REGION="us-east-1",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_VIRTUAL_HOSTED_STYLE_REQUEST="false",
        # moto keeps a checksum that follows a body as part of it.
        AWS_REQUEST_CHECKSUM_CALCULATION="when_required",
        # Amazon's own programs read the one, the Delta library and the engine the other.
        AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata,
        AWS_METADATA_ENDPOINT=metadata,
    )
    out, _ = process.communicate(timeout=300)
    assets = json.loads(out)["assets"]
    assert process.returncode == 0, [asset["cause"] for asset in assets if asset["status"] == "failed"]
    statuses = {asset["status"] for asset in assets}
    assert statuses == {"materialised", "skipped"}
    assert {TOKEN, ROLE, f"{ROLE}a-role"} <= set(asked)
