"""A server that fails on purpose: it answers each request as it is told, and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BREAK = 0
"""In place of a status: the connection is closed without an answer."""


@dataclass
class Failing:
    """What it does and what it was asked.

    Attributes:
        address: Where it listens.
        answers: For each request to come a status, a status with headers and a body, or what is done before a 200;
            then 200 for all others.
        asked: Methods and paths, but for those of health.
        bodies: Of the same requests.
    """

    address: str = ""
    answers: list[Any] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@contextmanager
def failing() -> Iterator[Failing]:
    """A running one."""
    said = Failing()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

        def _answer(self) -> None:
            body = self._read()
            if self.path.startswith("/health"):
                self._send(200, {}, b"{}")
                return
            said.asked.append(f"{self.command} {self.path}")
            said.bodies.append(body)
            answer = said.answers.pop(0) if said.answers else 200
            if callable(answer):
                answer()
                answer = 200
            status, headers, content = answer if isinstance(answer, tuple) else (answer, {}, None)
            if status == BREAK:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            problem = {"type": "about:blank", "status": status, "detail": "on purpose", "request_id": "r1"}
            row = {"items": [], "next_cursor": None, "rows": 1, "deleted": 1, "total": 1}
            default = json.dumps(problem if status >= 400 else row).encode()
            self._send(status, headers, default if content is None else content)

        def _read(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "ETag": '"1"', **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield said
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
