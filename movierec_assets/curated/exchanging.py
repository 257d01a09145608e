"""Exchange partitions under readers: ask for the locks for a moment only, again and again.

Whoever waits for an exclusive lock makes all later readers wait behind it, so that one long query would hold up
everybody. Giving up after half a second lets them through.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from movierec_assets.publication.load_transaction import LoadTransaction

LOCK_MILLISECONDS = 500
"""Below PostgreSQL's `deadlock_timeout`, so that a reader who waits for us while we wait for it is never ended."""

PATIENCE_SECONDS = 600.0
LONGEST_PAUSE_SECONDS = 5.0
LOCKED_OUT = ("55P03", "40P01")
"""SQLSTATE of a lock timeout and of a deadlock."""


class ScenarioBusyError(Exception):
    """Somebody reads the simulation's tables for so long that a scenario could not be exchanged; nothing changed."""


def exchange(transaction: LoadTransaction, name: str, work: Callable[[], None]) -> None:
    """Do work that needs exclusive locks; what the transaction did before stays while it waits for them.

    Args:
        transaction: To be committed at once afterwards.
        name: The scenario, for the message.
        work: What to do; it is begun anew each time.

    Raises:
        ScenarioBusyError: The locks were not to be had for ten minutes.
    """
    import adbc_driver_manager

    pause, end = 0.1, time.monotonic() + PATIENCE_SECONDS
    while True:
        transaction.execute("SAVEPOINT exchange")
        transaction.execute(f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'")
        try:
            return work()
        except adbc_driver_manager.Error as error:
            if error.sqlstate not in LOCKED_OUT:
                raise
            transaction.execute("ROLLBACK TO SAVEPOINT exchange")
        if time.monotonic() > end:
            raise ScenarioBusyError(
                f"scenario {name!r} stays as it was: others have been using simulation.users, simulation.sessions or "
                f"catalog.titles without a break for {PATIENCE_SECONDS:g} s; see pg_stat_activity, then try again"
            )
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
