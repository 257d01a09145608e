"""Every table that the program needs in its database, of this version: its own, Dagster's and Optuna's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.curated import ensure_tables
from movierec_assets.migrations import pending, statements, version
from movierec_assets.publication import ensure_schema

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database
    from movierec_assets.settings import Settings


def plan(database: Database) -> tuple[list[str], str]:
    """What `migrate` would do to the program's own tables; nothing is changed.

    Returns:
        A line a step, and the SQL of all of them; both empty where there is none.

    Raises:
        MigrationError: The database is of a newer version than the program's.
        DatabaseError: There is no connection to be had.
    """
    with database.connect() as connection:
        ahead = pending(connection)
        found = version(connection)
    return [f"{step.version}: {step.summary}" for step in ahead], statements(found) if ahead else ""


def migrate(settings: Settings, database: Database) -> list[str]:
    """Make the tables in an empty database, or bring those of an earlier version to this one.

    Its own first, in one transaction, then Dagster's and Optuna's, which have revisions of their own. A second call
    does nothing. Roles and rights are `movierec_assets.access.grant`'s.

    Args:
        settings: Of the project, for Dagster's storage.
        database: The owner's.

    Returns:
        A line for each step of the program's own tables.

    Raises:
        MigrationError: The database is of a newer version than the program's; nothing was changed.
        TablesError: Somebody altered a table so that it cannot be brought up to date; nothing was changed.
        DatabaseError: There is no connection to be had, or the user lacks a right.
    """
    from movierec_assets.instance import open_instance

    steps, _ = plan(database)
    ensure_tables(database)
    with database.connect() as connection:
        ensure_schema(connection)
    with open_instance(settings, database) as instance:
        instance.upgrade()
    _upgrade_studies(database)
    return steps


def _upgrade_studies(database: Database) -> None:
    from movierec_assets.resources.studies import SCHEMA

    with database.connect() as connection:
        there = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{SCHEMA}.studies"]).fetchone()
    if there != (True,):
        # The first search makes its tables.
        return
    from optuna.storages import RDBStorage

    storage = RDBStorage(database.sqlalchemy_url(SCHEMA), skip_compatibility_check=True)
    try:
        if storage.get_current_version() != storage.get_head_version():
            storage.upgrade()
    finally:
        storage.remove_session()
        storage.engine.dispose()
