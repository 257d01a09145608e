"""Restore a backup: verify all of it, then lake, then database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from movierec_assets.access import grant
from movierec_assets.migrations.upgrading import RESTORING, SCHEMA, known
from movierec_assets.operations.backup.lake_versions import bring_back, gone
from movierec_assets.operations.backup.manifest import DUMP, BackupError, Manifest
from movierec_assets.operations.backup.programs import load
from movierec_assets.operations.migrating import migrate
from movierec_assets.resources.turns import take_turn
from movierec_assets.schema.roles import ROLES, SCHEMAS

if TYPE_CHECKING:
    import psycopg

    from movierec_assets.io_managers.lake import Lake
    from movierec_assets.resources.database import Database
    from movierec_assets.settings import Settings

MARK = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS {SCHEMA}.{RESTORING} (folder text NOT NULL);
DELETE FROM {SCHEMA}.{RESTORING};
"""  # noqa: S608
DEPENDENTS = """
SELECT DISTINCT format('%%I.%%I', n.nspname, c.relname) FROM pg_depend d
JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON d.refclassid = 'pg_class'::regclass AND t.oid = d.refobjid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE tn.nspname = ANY(%(schemas)s) AND n.nspname <> ALL(%(schemas)s)
UNION
SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_constraint f
JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = f.confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE f.contype = 'f' AND tn.nspname = ANY(%(schemas)s) AND n.nspname <> ALL(%(schemas)s)
ORDER BY 1
"""
"""Views and tables of other schemas that would be dropped or cut off with the project's."""


def verify(lake: Lake, folder: Path) -> Manifest:
    """See that a backup is whole and that the lake still has all that it names; nothing is changed.

    Raises:
        BackupError: It is not, or a newer program made it; the message says what is missing.
        LakeError: The lake cannot be reached.
    """
    found = Manifest.read(folder)
    found.verify(folder)
    if found.version is not None and found.version not in known():
        raise BackupError(
            f"{folder} is of version {found.version}, this program knows {known()[0]} to {known()[-1]}: use the "
            "program that made it, or a newer one"
        )
    if lost := gone(lake, found.tables, found.models):
        lines = "\n".join(f"  {line}" for line in lost)
        raise BackupError(
            f"the lake at {lake.uri} no longer has what {folder} belongs to:\n{lines}\nBring these files back, point "
            "MOVIEREC_LAKE_URI to a copy that has them, or restore a later backup"
        )
    return found


def restore(
    settings: Settings,
    database: Database,
    lake: Lake,
    folder: Path,
    tell: Callable[[str], object],
    *,
    replace: bool,
) -> Manifest:
    """Bring lake and database back to a backup's moment.

    A mark in the database says that it began; the database's one transaction takes it away. With the mark there nothing
    but a restore goes on. Runs wait meanwhile, readers of the database for the transaction.

    Args:
        settings: Of the project.
        database: The owner's.
        lake: That has the versions which the backup names.
        folder: Of the backup.
        tell: Told in a line that there is something to wait for.
        replace: Whether what is in the database may be lost.

    Returns:
        What the backup says of itself.

    Raises:
        BackupError: Nothing was changed, or the message says that it has to be run again.
        DatabaseError, LakeError: A part cannot be reached.
    """
    found = verify(lake, folder)
    with database.connect(autocommit=True) as turn:
        take_turn(turn, tell)
        there = _project_schemas(turn)
        _see_that_it_may(turn, there, replace=replace, where=database.address)
        with turn.transaction():
            turn.execute(MARK.encode())
            insert = f"INSERT INTO {SCHEMA}.{RESTORING} VALUES (%s)"  # noqa: S608
            turn.execute(insert.encode(), [str(folder.resolve())])
        try:
            bring_back(lake, found.tables, found.models)
            load(database, folder / DUMP, _dropping([*there, SCHEMA]))
        except BackupError as error:
            raise BackupError(f"{error}. The lake is at the backup's versions: restore again") from None
        migrate(settings, database)
        roles = {name for (name,) in turn.execute("SELECT rolname::text FROM pg_roles")}
        if database.embedded or roles & set(ROLES):
            grant(turn, settings.passwords.given(), trusted_socket=database.embedded)
    return found


def _project_schemas(connection: psycopg.Connection) -> list[str]:
    found = connection.execute(
        "SELECT nspname::text FROM pg_namespace WHERE nspname = ANY(%s)", [list(SCHEMAS)]
    )
    return sorted(name for (name,) in found)


def _see_that_it_may(connection: psycopg.Connection, there: list[str], *, replace: bool, where: str) -> None:
    if there and not replace:
        raise BackupError(
            f"the {where} is not empty (schemas {', '.join(there)}): back it up, then add --replace to lose what is in "
            "it"
        )
    outside = [name for (name,) in connection.execute(DEPENDENTS, {"schemas": there})]
    if outside:
        raise BackupError(
            f"{', '.join(outside)} depend on tables that are replaced: keep their definitions, drop them, and make "
            "them anew afterwards"
        )


def _dropping(schemas: list[str]) -> str:
    return (
        "SET client_min_messages = warning; SET lock_timeout = '60s';\n"
        f"DROP SCHEMA IF EXISTS {', '.join(dict.fromkeys(schemas))} CASCADE;"
    )
