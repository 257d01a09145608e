"""An event loop in a thread of its own, on which the asynchronous client runs for callers who wait."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from movierec_assets.client.asynchronous import AsyncClient, connected
from movierec_assets.client.opening import Target

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

T = TypeVar("T")


@dataclass
class _Open:
    """What runs: the loop, the client on it, and what ends both."""

    portal: BlockingPortal
    client: AsyncClient
    stack: ExitStack
    thread: int
    pid: int = field(default_factory=os.getpid)

    def end(self) -> None:
        """End both; nothing in a child process, which has no such loop. May be called again."""
        if self.pid != os.getpid():
            return
        if self.thread == threading.get_ident():
            # Garbage is collected in any thread, and the loop cannot wait for its own end.
            threading.Thread(target=self.stack.close).start()
        else:
            self.stack.close()


class Background:
    """Opened by the first call; opened anew by the first call in a child process.

    Attributes:
        target: What to connect to.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._closed = False
        self._open: _Open | None = None
        self._inherited: list[_Open] = []
        self._lock = threading.Lock()
        _every.add(self)

    def call(self, ask: Callable[[AsyncClient], Coroutine[Any, Any, T]]) -> T:
        """Await a method of the client on the loop; an interrupt cancels it there.

        Args:
            ask: Calls the method.

        Raises:
            RuntimeError: It is closed.
        """
        running = self._opened()
        future: Future[T] = running.portal.start_task_soon(ask, running.client)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End the loop and its connections."""
        with self._lock:
            self._closed = True
            running, self._open = self._open, None
        if running:
            running.end()

    def _opened(self) -> _Open:
        with self._lock:
            if self._closed:
                raise RuntimeError("the client is closed: connect again")
            if self._open is None:
                self._open = _start(self.target)
                # Where nobody closes it: when it is forgotten, or before the interpreter ends.
                weakref.finalize(self, self._open.end).atexit = False
                # Last in, first out: before the embedded server, which was started just now, is given up.
                atexit.unregister(_close_all)
                atexit.register(_close_all)
            return self._open

    def after_fork(self) -> None:
        """In a child process: neither the loop's thread nor a lock that another thread held came along."""
        self._lock = threading.Lock()
        if self._open:
            # Kept, as collecting it would close what the parent uses.
            self._inherited.append(self._open)
            self._open = None


def _start(target: Target) -> _Open:
    from anyio.from_thread import start_blocking_portal

    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal(name="movierec client"))
        client = stack.enter_context(portal.wrap_async_context_manager(connected(target)))
        return _Open(portal, client, stack.pop_all(), portal.call(threading.get_ident))


_every: weakref.WeakSet[Background] = weakref.WeakSet()


def _close_all() -> None:
    for one in list(_every):
        one.close()


def _after_fork() -> None:
    for one in list(_every):
        one.after_fork()


os.register_at_fork(after_in_child=_after_fork)
