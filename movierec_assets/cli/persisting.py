"""Going on after the database was away for a moment, as it is when it is restarted or replaced by another."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from movierec_assets.cli.app import say

WAITS = (0.5, 1, 2, 4, 8)
"""Seconds before each further attempt."""

T = TypeVar("T")


def persistently(work: Callable[[], T]) -> T:
    """What the work returns; it is begun anew where the database goes away in its middle.

    Raises:
        DatabaseError: The database fails for another reason, cannot be reached from the start, or does not come back.
    """
    from movierec_assets.resources.database import DatabaseError, DatabaseLostError

    lost, waits = False, iter(WAITS)
    while True:
        try:
            return work()
        except DatabaseError as error:
            lost = lost or isinstance(error, DatabaseLostError)
            wait = next(waits, None)
            if not lost:
                raise
            if wait is None:
                raise DatabaseError(f"{error}; the next run goes on from here") from error
            say(f"{error}; trying again in {wait:g} s")
            time.sleep(wait)
