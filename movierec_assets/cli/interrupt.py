"""Ctrl-C and SIGTERM end a walk at once, wherever it is.

A `KeyboardInterrupt` does not: during a step Dagster puts a handler of its own in place, counts the interrupt as that
step's failure and tries it again, and an exception raised inside a garbage collector's callback is swallowed. So none
is raised. A thread waits for the byte that Python writes for each signal (`signal.set_wakeup_fd`), whichever handler
is in place, and ends the process. What was being written stays as SIGKILL leaves it, from where the next run goes on.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def ending_at_once(
    last: Callable[[], None], words: str = "stopped; the next run goes on from here"
) -> Iterator[None]:
    """While inside, SIGINT and SIGTERM end the process with status 128 + the signal's number.

    Args:
        last: Called before; must not wait for other threads.
        words: Said at the end.
    """
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    wakeup = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, _ignore) for number in SIGNALS}
    threading.Thread(target=_watch, args=(reading, last, words), daemon=True).start()
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        writing.close()


def _ignore(number: int, frame: object) -> None:
    """Python writes the byte only for a signal that has a handler."""


def _watch(reading: socket.socket, last: Callable[[], None], words: str) -> None:
    with reading:
        while byte := reading.recv(1):
            if byte[0] in SIGNALS:
                last()
                # Other threads may hold the console's lock, so the words and the cursor go past it.
                show_cursor = b"\r\x1b[K\x1b[?25h" if os.isatty(2) else b""
                os.write(2, show_cursor + f"{words}\n".encode())
                os._exit(128 + byte[0])
