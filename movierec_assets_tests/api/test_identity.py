"""How keys are kept: read by one reader for all requests, ahead of time, and never older than promised."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from starlette.requests import Request

from movierec_assets.access.keys import Key, digest
from movierec_assets.api import identity
from movierec_assets.api.identity import FRESH_SECONDS, Caller, Identities
from movierec_assets.api.problems import Problem

KEY = {digest("a"): Key("app", "movierec_api", datetime(2026, 1, 1, tzinfo=UTC), None, None)}
ASKED = Request({"type": "http", "headers": [(b"authorization", b"Bearer a")]})


@dataclass
class Store:
    """Keys that take a moment to read."""

    keys: dict[str, Key] = field(default_factory=lambda: dict(KEY))
    broken: bool = False
    reads: int = 0

    async def load(self) -> dict[str, Key]:
        self.reads += 1
        await asyncio.sleep(0.02)
        if self.broken:
            raise ConnectionError("away")
        return dict(self.keys)


def aged(identities: Identities, seconds: float) -> None:
    identities._read_at = time.monotonic() - seconds


def test_many_requests_at_once_read_the_keys_once() -> None:
    store = Store()
    identities = Identities(store.load, open_without_keys=False)

    async def ask() -> list[Caller]:
        return await asyncio.gather(*(identities.identify(ASKED) for _ in range(50)))

    assert asyncio.run(ask()) == [Caller("app", "movierec_api")] * 50
    assert store.reads == 1


@pytest.fixture
def half_old(monkeypatch: pytest.MonkeyPatch) -> float:
    """An age at which keys are read ahead; however slow the machine, they do not get too old meanwhile."""
    monkeypatch.setattr(identity, "FRESH_SECONDS", 10_000)
    return 5_000


def test_keys_that_grow_old_are_read_beside_the_requests_which_do_not_wait(half_old: float) -> None:
    store = Store()
    identities = Identities(store.load, open_without_keys=False)

    async def ask() -> None:
        await identities.identify(ASKED)
        store.keys.clear()
        aged(identities, half_old)
        assert await identities.identify(ASKED) == Caller("app", "movierec_api")
        await asyncio.sleep(0.1)
        with pytest.raises(Problem, match="not accepted"):
            await identities.identify(ASKED)

    asyncio.run(ask())
    assert store.reads == 2


def test_keys_that_are_too_old_are_waited_for_and_those_read_meanwhile_count_from_when_reading_began() -> (
    None
):
    store = Store()
    identities = Identities(store.load, open_without_keys=False)

    async def ask() -> None:
        await identities.identify(ASKED)
        store.keys.clear()
        aged(identities, 2 * FRESH_SECONDS)
        began = time.monotonic()
        with pytest.raises(Problem, match="not accepted"):
            await identities.identify(ASKED)
        assert began <= identities._read_at <= time.monotonic() - 0.02

    asyncio.run(ask())


def test_while_keys_cannot_be_read_old_ones_count_until_their_time_and_no_longer(half_old: float) -> None:
    store = Store()
    identities = Identities(store.load, open_without_keys=False)

    async def ask() -> None:
        await identities.identify(ASKED)
        store.broken = True
        aged(identities, half_old)
        assert await identities.identify(ASKED) == Caller("app", "movierec_api")
        await asyncio.sleep(0.1)
        aged(identities, 4 * half_old)
        with pytest.raises(ConnectionError):
            await identities.identify(ASKED)
        store.broken = False
        assert await identities.identify(ASKED) == Caller("app", "movierec_api")

    asyncio.run(ask())
