"""A way in, and a client for asyncio asked as one that waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from movierec_assets.client import AsyncClient, aconnect, connect

ROLES = ("data_scientist", "movierec_api", "analyst_reader")


@dataclass(frozen=True)
class Way:
    """One way in.

    Attributes:
        name: For people.
        arguments: Of `connect`, by role.
        sql: Runs a statement as the owner of what lies behind it.
        environment: Variables that must be set while it is opened.
    """

    name: str
    arguments: dict[str, dict[str, str]]
    sql: Callable[..., list[tuple[Any, ...]]] = field(repr=False)
    environment: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def here(self) -> Iterator[None]:
        """The environment in which it is opened."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            yield

    @contextmanager
    def client(self, style: str = "waiting", role: str = "data_scientist") -> Iterator[Any]:
        """A client, `waiting` or `async`."""
        with ExitStack() as stack:
            with self.here():
                if style == "waiting":
                    found: Any = stack.enter_context(connect(**self.arguments[role]))
                else:
                    found = stack.enter_context(_Awaited(self.arguments[role]))
            yield found


class _Awaited:
    """Has each method of an `AsyncClient` awaited."""

    def __init__(self, arguments: dict[str, str]) -> None:
        self._stack = ExitStack()
        self._arguments = arguments

    def __enter__(self) -> _Awaited:
        self._portal = self._stack.enter_context(start_blocking_portal())
        opening = self._portal.call(partial(aconnect, **self._arguments))
        self._client: AsyncClient = self._stack.enter_context(
            self._portal.wrap_async_context_manager(opening)
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        return lambda *args, **kwargs: self._portal.call(partial(method, *args, **kwargs))
