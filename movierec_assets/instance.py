"""Dagster's instance on the project's own PostgreSQL, configured by the checkout's `dagster.yaml`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from movierec_assets.resources.database import Database
from movierec_assets.settings import CHECKOUT, Settings, home_error

STORAGE_VARIABLE = "MOVIEREC_DAGSTER_DATABASE_URL"
SCHEMA = "dagster"
STATEMENT_TIMEOUT_MS = 60_000
POOL_RECYCLE_SECONDS = 3600
POOL_OVERFLOW = 20


def prepare(settings: Settings, database: Database) -> Path:
    """Make `DAGSTER_HOME` and set the variables that `dagster.yaml` reads, here and for child processes.

    Returns:
        The folder, with `dagster.yaml` linked from the checkout.

    Raises:
        SettingsError: The home cannot be written.
    """
    home = settings.home / "dagster"
    try:
        home.mkdir(parents=True, exist_ok=True)
        link, target = home / "dagster.yaml", CHECKOUT / "dagster.yaml"
        if not link.exists() or link.resolve() != target:
            fresh = link.with_suffix(f".{os.getpid()}")
            fresh.symlink_to(target)
            fresh.replace(link)
    except OSError as error:
        raise home_error(settings, error) from None
    os.environ["DAGSTER_HOME"] = str(home)
    # Dagster keeps a run's hundreds of events one by one, and a laptop's disk takes milliseconds for each that is
    # waited for. Should the server be killed, the last of them are gone, but none that came before a publication or an
    # entry in the ledger that is there: what they told of is made again, with equal content.
    variables = {"synchronous_commit": "off"} if database.embedded else {}
    os.environ[STORAGE_VARIABLE] = database.sqlalchemy_url(SCHEMA, **variables)
    return home


@contextmanager
def open_instance(settings: Settings, database: Database) -> Iterator[dg.DagsterInstance]:
    """The instance, closed at the end."""
    home = str(prepare(settings, database))
    # The first opening makes Dagster's tables; two at once would stumble over each other, and say so.
    with database.connect(autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended('movierec: storage', 0))")
        opened = dg.DagsterInstance.from_config(home)
    with opened as instance:
        # Without this Dagster opens a new connection for each query, a thousand of them in one walk.
        instance.optimize_for_webserver(STATEMENT_TIMEOUT_MS, POOL_RECYCLE_SECONDS, POOL_OVERFLOW)
        yield instance
