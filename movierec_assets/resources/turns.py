"""One run at a time on one database, whoever starts it, and an end for runs whose process is gone.

Both are PostgreSQL's session locks, which end with the connection and so with the process, however it ends. A run
holds `ALIVE` under its own number while it is executed, and `TURN` unless the walk that started it holds that itself.
"""

# No `from __future__ import annotations`: Dagster must see the type of a resource's dependency itself.
import datetime
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from movierec_assets.resources.database import Database

if TYPE_CHECKING:
    import psycopg

WALK_TAG = "movierec/walk"
"""Tag of the runs of a walk; the process that makes them holds `TURN` from before the first to after the last."""

TURN = "hashtextextended('movierec: turn', 0)"
ALIVE = "hashtextextended('movierec: run ' || %s, 0)"
STARTING = datetime.timedelta(minutes=1)
"""A run's status says that it runs before its process holds its lock; imports take most of that time."""
LAUNCHING = datetime.timedelta(minutes=3)
"""How long a run may take from its launch to its start: `start_timeout_seconds` in dagster.yaml.

No lock tells of a launched process that is still to come; Dagster itself gives up on it after that time, and lets no
process begin a run that has ended.
"""


_entered: Counter[str] = Counter()


class Turns(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Part of every IO manager; holds the locks of a run from before its first step to after its last."""

    database: dg.ResourceDependency[Database]

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Turns"]:
        """Wait for the turn; of several IO managers of one run the first one does."""
        run = context.run
        with ExitStack() as stack:
            if run is not None:
                if not _entered[run.run_id]:
                    connection = stack.enter_context(self.database.connect(autocommit=True))
                    connection.execute(f"SELECT pg_advisory_lock({ALIVE})", [run.run_id])
                    if WALK_TAG not in run.tags:
                        take_turn(connection, context.log.info if context.log else lambda words: None)
                _entered[run.run_id] += 1
                stack.callback(_entered.subtract, [run.run_id])
            yield self


def take_turn(connection: "psycopg.Connection", tell: Callable[[str], object]) -> None:
    """Wait until no other run or walk is under way on this database; the turn ends with the connection.

    Args:
        connection: In autocommit mode.
        tell: Told in a line that there is something to wait for.
    """
    if not _lock(connection, TURN):
        tell("another run is under way on this database; waiting for it to end")
        connection.execute(f"SELECT pg_advisory_lock({TURN})")


def bury_dead_runs(instance: dg.DagsterInstance, connection: "psycopg.Connection") -> list[str]:
    """Report the runs failed whose process is gone, which would otherwise count as running for ever.

    Args:
        instance: Dagster's.
        connection: In autocommit mode.

    Returns:
        Numbers of those runs.
    """
    no_walk = _lock(connection, TURN)
    try:
        dead = [run.run_id for run in _unfinished(instance, no_walk) if _gone(connection, run.run_id)]
        for run_id in dead:
            if (run := instance.get_run_by_id(run_id)) and not run.is_finished:
                instance.report_run_failed(run, "The process that ran it was killed.")
        return dead
    finally:
        if no_walk:
            connection.execute(f"SELECT pg_advisory_unlock({TURN})")


def _unfinished(instance: dg.DagsterInstance, no_walk: bool) -> Iterator[dg.DagsterRun]:
    """Runs that should have a process; those of a walk only if none is under way, as it has no process of its own."""
    patience = {
        dg.DagsterRunStatus.STARTED: STARTING,
        dg.DagsterRunStatus.CANCELING: STARTING,
        dg.DagsterRunStatus.STARTING: LAUNCHING,
    }
    for record in instance.get_run_records(
        dg.RunsFilter(statuses=[*patience, dg.DagsterRunStatus.NOT_STARTED])
    ):
        run = record.dagster_run
        # Also of a run that a clock, set back since, has put into the future.
        age = abs(datetime.datetime.now(datetime.UTC) - record.update_timestamp.replace(tzinfo=datetime.UTC))
        if WALK_TAG in run.tags:
            if no_walk:
                yield run
        elif run.status in patience and age > patience[run.status]:
            yield run


def _gone(connection: "psycopg.Connection", run_id: str) -> bool:
    free = _lock(connection, ALIVE, run_id)
    if free:
        connection.execute(f"SELECT pg_advisory_unlock({ALIVE})", [run_id])
    return free


def _lock(connection: "psycopg.Connection", lock: str, *parameters: str) -> bool:
    """Whether it could be taken at once."""
    row = connection.execute(f"SELECT pg_try_advisory_lock({lock})", parameters).fetchone()
    return row == (True,)
