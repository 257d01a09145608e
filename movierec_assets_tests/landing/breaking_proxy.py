"""A TCP forwarder that closes connections after so many bytes of the answer, as a bad network does."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class BreakingProxy:
    """How it behaves.

    Attributes:
        endpoint: Its address.
        cut_after: Bytes of answers that a connection passes before it is closed; None passes all.
        cuts: How many connections it has closed so.
    """

    endpoint: str
    cut_after: int | None = None
    cuts: int = 0


@contextmanager
def breaking_proxy(target: str) -> Iterator[BreakingProxy]:
    """The proxy to an `http://host:port`."""
    host, _, port = target.removeprefix("http://").partition(":")
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = BreakingProxy(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def pump(source: socket.socket, sink: socket.socket, limited: bool) -> None:
        passed = 0
        try:
            while block := source.recv(4096):
                sink.sendall(block)
                passed += len(block)
                if limited and proxy.cut_after is not None and passed >= proxy.cut_after:
                    proxy.cuts += 1
                    break
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def accept() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection((host, int(port)))
            threading.Thread(target=pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=pump, args=(far, near, True), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
