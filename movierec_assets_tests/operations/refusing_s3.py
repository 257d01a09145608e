"""An S3 server that refuses as Amazon's does: with the session token repeated in its answer.

There it stands in the request that a wrong signature was calculated for, and by itself where it has expired.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from movierec_assets_tests.s3 import S3Server

ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you
provided. Check your key and signing method.</Message><AWSAccessKeyId>{key}</AWSAccessKeyId><CanonicalRequest>{method}
{path}

host:{host}
x-amz-security-token:{token}

host;x-amz-security-token</CanonicalRequest><Token-0>{token}</Token-0><RequestId>1</RequestId></Error>"""


class Refusing(BaseHTTPRequestHandler):
    """Passes on what reads, but for the content of tables; whatever writes is refused."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Pass on, or refuse a file of a table."""
        if self.command == "GET" and urlsplit(self.path).path.endswith(".parquet"):
            self.refuse()
            return
        behind: S3Server = self.server.behind  # type: ignore[attr-defined]
        connection = http.client.HTTPConnection(behind.endpoint.removeprefix("http://"), timeout=30)
        connection.request(self.command, self.path, headers=self._signed(behind))
        answer = connection.getresponse()
        content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    def _signed(self, behind: S3Server) -> dict[str, str]:
        """Anew and without a token, of which the server behind knows nothing."""
        kept = {k: v for k, v in self.headers.items() if k.lower() in ("range", "if-match", "if-none-match")}
        request = AWSRequest(self.command, behind.endpoint + self.path, kept)
        S3SigV4Auth(Credentials(behind.access_key, behind.secret_key), "s3", behind.region).add_auth(request)
        return dict(request.headers)

    def do_HEAD(self) -> None:
        """Pass on."""
        self.do_GET()

    def do_PUT(self) -> None:
        """Refuse."""
        self.refuse()

    def do_POST(self) -> None:
        """Refuse."""
        self.refuse()

    def do_DELETE(self) -> None:
        """Refuse."""
        self.refuse()

    def refuse(self) -> None:
        """Answer 403, with what was sent."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given = self.headers
        body = ANSWER.format(
            key=given.get("Authorization", ""),
            method=self.command,
            path=self.path,
            host=given["Host"],
            token=given.get("X-Amz-Security-Token", ""),
        ).encode()
        self.server.refused.append(self.command)  # type: ignore[attr-defined]
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@contextmanager
def refusing_s3(behind: S3Server) -> Iterator[tuple[str, list[str]]]:
    """Address of one before this server, and the methods of what it has refused."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    refused: list[str] = []
    server.behind, server.refused = behind, refused  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", refused
    server.shutdown()
    server.server_close()
