"""TCP lines to a server that are slow and break, as those of a bad network do."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

LONGEST_DELAY = 0.1
Line = tuple[socket.socket, socket.socket]


@dataclass
class Lines:
    """How they behave.

    Attributes:
        port: Where they begin.
        chance: Draws what is slow and what breaks.
        slow: Share of the blocks that are held up.
        most_up: Bytes that a client may send over one line before it breaks; None for no limit.
        delays: How many blocks were held up.
        cuts: How many lines broke.
    """

    port: int
    chance: random.Random
    slow: float = 0.0
    most_up: int | None = None
    delays: int = 0
    cuts: int = 0
    _live: list[Line] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cut_one(self) -> bool:
        """Break one of the lines; whether there was one."""
        with self._lock:
            line = self.chance.choice(self._live) if self._live else None
        if line:
            self._cut(line)
        return line is not None

    def cut_all(self) -> None:
        """Break every line."""
        for line in list(self._live):
            self._cut(line)

    def add(self, client: socket.socket, server: socket.socket) -> None:
        """Carry bytes between the two from now on."""
        line = (client, server)
        with self._lock:
            self._live.append(line)
        for source, target in (line, line[::-1]):
            threading.Thread(target=self._carry, args=(line, source, target), daemon=True).start()

    def _cut(self, line: Line) -> None:
        self.cuts += 1
        self._end(line)

    def _end(self, line: Line) -> None:
        with self._lock, suppress(ValueError):
            self._live.remove(line)
        for end in line:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _carry(self, line: Line, source: socket.socket, target: socket.socket) -> None:
        carried, is_up = 0, source is line[0]
        with suppress(OSError):
            while block := source.recv(1 << 14):
                if is_up and self.most_up is not None and carried + len(block) > self.most_up:
                    self._cut(line)
                    return
                self._hold_up()
                target.sendall(block)
                carried += len(block)
        self._end(line)

    def _hold_up(self) -> None:
        with self._lock:
            seconds = self.chance.uniform(0, LONGEST_DELAY) if self.chance.random() < self.slow else 0.0
            self.delays += seconds > 0
        time.sleep(seconds)


@contextmanager
def lines_to(port: int, chance: random.Random) -> Iterator[Lines]:
    """Lines to a port of the loopback address."""
    listener = socket.create_server(("127.0.0.1", 0))
    lines = Lines(listener.getsockname()[1], chance)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                lines.add(client, server)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield lines
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        lines.cut_all()
