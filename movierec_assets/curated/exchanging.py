"""Exchange partitions under readers: ask for the locks for a moment only, again and again.

Whoever waits for an exclusive lock makes all later readers wait behind it, so that one long query would hold up
everybody. Giving up after half a second lets them through.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from movierec_assets.publication.load_transaction import LoadTransaction

LOCK_MILLISECONDS = 500
"""Below PostgreSQL's `deadlock_timeout`, so that a reader who waits for us while we wait for it is never ended."""

PATIENCE_SECONDS = 600.0
LONGEST_PAUSE_SECONDS = 5.0

# A block that catches an error takes back what it did and lets go of its locks, and the transaction goes on. ADBC
# does nothing more in a transaction that has failed once, not even going back to a savepoint.
TRY = """
DO $exchange$ BEGIN
    {};
    PERFORM set_config('movierec.exchanged', 'yes', true);
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    PERFORM set_config('movierec.exchanged', 'no', true);
END $exchange$
"""
DONE = "SELECT current_setting('movierec.exchanged') AS done"


class ScenarioBusyError(Exception):
    """Somebody reads the simulation's tables for so long that a scenario could not be exchanged; nothing changed."""


def exchange(transaction: LoadTransaction, name: str, statements: Sequence[str]) -> None:
    """Run statements that need exclusive locks; what the transaction did before stays while it waits for them.

    Args:
        transaction: To be committed soon afterwards, as it has the locks until then.
        name: The scenario, for the message.
        statements: All of them or none are run.

    Raises:
        ScenarioBusyError: The locks were not to be had for ten minutes.
    """
    pause, end = 0.1, time.monotonic() + PATIENCE_SECONDS
    block = TRY.format(";\n    ".join([f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'", *statements]))
    while True:
        transaction.execute(block)
        if transaction.query(DONE) == [("yes",)]:
            return
        if time.monotonic() > end:
            raise ScenarioBusyError(
                f"scenario {name!r} stays as it was: others have been using simulation.users, simulation.sessions or "
                f"catalog.titles without a break for {PATIENCE_SECONDS:g} s; see pg_stat_activity, then try again"
            )
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
