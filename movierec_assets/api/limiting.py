"""How often one caller may ask, and how long a body may be."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from movierec_assets.api.problems import Problem

if TYPE_CHECKING:
    from movierec_assets.api.identity import Caller


@dataclass
class Limiter:
    """Counts the requests of each caller in this process.

    Attributes:
        rate: `100/second`.
    """

    rate: str
    _limiter: FixedWindowRateLimiter = field(default_factory=lambda: FixedWindowRateLimiter(MemoryStorage()))

    def __post_init__(self) -> None:
        self._item: RateLimitItem = parse(self.rate)

    def count(self, caller: Caller) -> None:
        """Count one request.

        Raises:
            Problem: 429 where there were too many.
        """
        if not self._limiter.hit(self._item, caller.name):
            ends, _ = self._limiter.get_window_stats(self._item, caller.name)
            wait = max(1, math.ceil(ends - time.time()))
            raise Problem(
                429,
                f"more than {self.rate} requests of {caller.name}: wait {wait} s",
                headers={"Retry-After": str(wait)},
            )
