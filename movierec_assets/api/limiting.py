"""How often one caller may ask."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from movierec_assets.api.problems import Problem

if TYPE_CHECKING:
    from movierec_assets.api.identity import Caller


@dataclass
class Limiter:
    """Counts the requests of each caller in this process, from the first one of a window to its end.

    Attributes:
        most: Requests of a window.
        seconds: Length of a window.
    """

    most: int
    seconds: int
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict)

    def count(self, caller: Caller) -> None:
        """Count one request.

        Raises:
            Problem: 429 where there were too many.
        """
        now = time.monotonic()
        began, asked = self._windows.get(caller.name, (now, 0))
        if now - began >= self.seconds:
            began, asked = now, 0
        if asked >= self.most:
            wait = math.ceil(began + self.seconds - now)
            raise Problem(
                429,
                f"more than {self.most} requests of {caller.name} in {self.seconds} s: wait {wait} s",
                headers={"Retry-After": str(wait)},
            )
        self._windows[caller.name] = began, asked + 1
