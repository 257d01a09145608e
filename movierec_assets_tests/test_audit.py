"""`.ci/audit`: a known vulnerability of a locked package fails it, a network that is not there does not."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from movierec_assets.settings import CHECKOUT
from movierec_assets_tests.databases import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = f"leaky==1.0 --hash=sha256:{'0' * 64}\nsound==2.0 --hash=sha256:{'1' * 64}\n"
LEAK = {
    "id": "TEST-1",
    "summary": "lets anybody in",
    "affected": [
        {
            "package": {"name": "leaky", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}


@contextmanager
def osv(known: dict[str, list[object]]) -> Iterator[str]:
    """A server that speaks OSV's protocol and knows these vulnerabilities by package."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
            body = json.dumps({"vulns": known[asked]} if asked in known else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def audit(tmp_path: Path) -> object:
    """Runs it over a lock; its exit status and what it says."""

    def run(address: str, lock: str = LOCK) -> tuple[int, str]:
        (tmp_path / "lock").write_text(lock)
        command = [sys.executable, str(CHECKOUT / ".ci" / "audit"), "--osv-url", address, "--timeout", "2"]
        # Nothing listens on the discard port, so PyPI cannot be asked either.
        nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [*command, str(tmp_path / "lock")], capture_output=True, text=True, check=False, env=nowhere
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_a_known_vulnerability_fails_it_and_is_named_with_the_version_that_mends_it(audit) -> None:
    with osv({"leaky": [LEAK]}) as address:
        assert audit(address) == (
            1,
            "leaky 1.0: TEST-1, mended in 1.1\naudit: 1 known vulnerabilities in 2 of 2 packages, by osv\n",
        )


def test_without_a_known_vulnerability_it_passes(audit) -> None:
    with osv({}) as address:
        assert audit(address) == (0, "audit: 0 known vulnerabilities in 2 of 2 packages, by osv\n")


def test_a_network_that_is_not_there_is_said_and_is_no_failure(audit) -> None:
    code, said = audit(f"http://127.0.0.1:{free_port()}")
    assert code == 0
    assert said.startswith("audit: not done, neither OSV nor PyPI's vulnerability service can be asked")


def test_a_lock_that_cannot_be_read_fails_it(audit) -> None:
    code, said = audit("http://127.0.0.1:9", "leaky>=1.0\n")
    assert code == 2
    assert "the locks cannot be read" in said
