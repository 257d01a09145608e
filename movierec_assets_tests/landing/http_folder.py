"""A real HTTP server over a folder that knows ranges and can break off in the middle of an answer."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class HttpFolder:
    """What is served and how.

    Attributes:
        files: Content by name.
        cut_after: Of each answer longer than this only so many bytes are sent; None sends all.
        ranges: Whether `Range` is understood.
        requests: (name, first byte) of each request so far.
        url: Address of the folder.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None
    ranges: bool = True
    requests: list[tuple[str, int]] = field(default_factory=list)
    url: str = ""


@contextmanager
def http_folder() -> Iterator[HttpFolder]:
    """The server, on a free port of this machine."""
    folder = HttpFolder()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            content = folder.files.get(name)
            asked = self.headers.get("Range", "") if folder.ranges else ""
            start = int(asked.removeprefix("bytes=").removesuffix("-") or 0)
            folder.requests.append((name, start))
            if content is None:
                self.send_error(404)
                return
            if start and start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            end = len(content) if folder.cut_after is None else start + folder.cut_after
            self.wfile.write(content[start:end])
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    folder.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield folder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
