"""The process of the proxy before an S3 server: `python -m movierec_assets_tests.faults.proxy_server URL SEED`.

It prints its port. Of each line on its input, a plan, it takes what becomes of the answers from then on, and it prints
how many there were of which kind before; so it does at a blank one, which changes nothing. It ends with its input.
"""

from __future__ import annotations

import json
import random
import socket
import struct
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from movierec_assets_tests.faults.plan import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

FINE = "fine"
ERRORS = {
    "500": (500, "InternalError", "We encountered an internal error. Please try again."),
    "503": (503, "SlowDown", "Please reduce your request rate."),
    "expired": (403, "ExpiredToken", "The provided token has expired."),
}
"""Answers that the server itself is not asked for: status, S3's code and words."""
LONGEST_DELAY = 0.3
RST = struct.pack("ii", 1, 0)
"""With it a socket that is closed sends a reset at once, and nothing that waits."""


@dataclass
class Fate:
    """What becomes of the answers, one after another."""

    chance: random.Random
    kinds: Iterator[str] = field(default_factory=lambda: repeat(FINE))
    only: str = ""
    seen: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_kind(self, path: str) -> tuple[str, float]:
        """What becomes of this answer, and for how many seconds it waits."""
        with self._lock:
            kind = next(self.kinds) if self.only in path else FINE
            return kind, self.chance.uniform(0, LONGEST_DELAY) if kind == "slow" else 0.0

    def count(self, kind: str) -> None:
        """Write down what became of an answer."""
        with self._lock:
            self.seen[kind] += 1

    def take(self, line: str) -> Counter[str]:
        """Follow another plan, if any is in the line; what was seen before."""
        with self._lock:
            seen = self.seen
            if line.strip():
                plan = json.loads(line)
                self.only, self.seen = plan["only"], Counter()
                self.kinds = chain(repeat(FINE, plan["after"]), drawn(plan["weights"], self.chance))
            return seen


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    fate: Fate
    target: tuple[str, int]

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Whoever hangs up is no error here.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: Any) -> None:
        pass

    def _pass(self) -> None:
        fate, body = self.server.fate, self._body()
        kind, seconds = fate.next_kind(self.path)
        if kind in ERRORS:
            fate.count(kind)
            self._refuse(*ERRORS[kind])
            return
        time.sleep(seconds)
        try:
            answer, content = self._forward(body)
        except (OSError, HTTPException):
            # A server that refuses may hang up instead of reading the rest.
            self._reset()
            return
        # What has no body cannot be cut in it.
        kind = FINE if kind == "cut" and len(content) < 2 else kind
        fate.count(kind)
        if kind == "reset":
            self._reset()
            return
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() != "transfer-encoding":
                self.send_header(name, value)
        if answer.chunked:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if kind == "cut" else content)
        self.close_connection = kind == "cut" or self.close_connection

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass  # noqa: N815  the library's names

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def _forward(self, body: bytes) -> tuple[HTTPResponse, bytes]:
        """Ask the server with the very headers, as the signature covers them, `Host` too."""
        connection = HTTPConnection(*self.server.target, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            chunked = "chunked" in self.headers.get("Transfer-Encoding", "")
            connection.endheaders(body or None, encode_chunked=chunked)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def _refuse(self, status: int, code: str, message: str) -> None:
        words = f"<?xml version='1.0'?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(words.encode())

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        # Streams hold the socket open, and a shutdown would end it in peace.
        socket.close(self.connection.detach())


def main() -> None:
    """Serve until the input ends."""
    host, _, port = sys.argv[1].removeprefix("http://").partition(":")
    server = _Server(("127.0.0.1", 0), _Handler)
    server.target, server.fate = (host, int(port)), Fate(random.Random(int(sys.argv[2])))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)  # noqa: T201
    for line in sys.stdin:
        print(json.dumps(server.fate.take(line)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
