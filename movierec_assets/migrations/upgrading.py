"""Which version a database is of, and the way from there to this program's.

Alembic puts the statements of the pending revisions in order and writes them down ("offline mode"); they then run in
one transaction on the caller's own connection. So a dry run shows all that an upgrade does, and one that fails or is
killed has done nothing.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg
    from alembic.config import Config

SCHEMA = "migrations"
TABLE = "alembic_version"
RESTORING = "restoring"
"""Table that is there while a restore is under way, with the backup's folder; see `operations.backup`."""
LOCK = "movierec: migrations"
FOLDER = Path(__file__).parent
PREPARE = f"""\
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
COMMENT ON SCHEMA {SCHEMA} IS 'Which version of the program the tables are of.';
"""

# Alembic keeps the script that it works on in a place of the whole process.
_alembic = threading.Lock()


class MigrationError(Exception):
    """The database is of a version that this program does not know, or half restored; the message says what to do."""


@dataclass(frozen=True)
class Revision:
    """One step between two versions.

    Attributes:
        version: The version that it leads to, such as `0002`.
        summary: What it changes, in a line.
    """

    version: str
    summary: str


def known() -> list[str]:
    """The versions that this program knows, oldest first; the last one is its own."""
    # Named so that none has to be loaded, as this is asked for by every run.
    return sorted(path.stem[1:5] for path in (FOLDER / "versions").glob("r[0-9]*.py"))


def version(connection: psycopg.Connection) -> str | None:
    """The version that the database is of; None for an empty one and for one from before there were revisions.

    Raises:
        MigrationError: A restore was interrupted, so that database and lake do not belong together.
    """
    name, marker = f"{SCHEMA}.{TABLE}", f"{SCHEMA}.{RESTORING}"
    there = connection.execute(
        "SELECT to_regclass(%s) IS NOT NULL, to_regclass(%s) IS NOT NULL", [name, marker]
    ).fetchone()
    if there is not None and there[1]:
        row = connection.execute(f"SELECT folder FROM {marker}".encode()).fetchone()  # noqa: S608
        raise MigrationError(
            "a restore was interrupted, and database and lake do not belong together: finish it with `movierec restore "
            f"--replace {row[0] if row else 'FOLDER'}`, or restore another backup in the same way"
        )
    if there is None or not there[0]:
        return None
    row = connection.execute(f"SELECT version_num::text FROM {name}".encode()).fetchone()  # noqa: S608
    return str(row[0]) if row else None


def is_current(connection: psycopg.Connection) -> bool:
    """Whether the database is of this program's version.

    Raises:
        MigrationError: It is of a newer one.
    """
    return _known(connection, version(connection)) == known()[-1]


def pending(connection: psycopg.Connection) -> list[Revision]:
    """The steps that lie before this database, in order.

    Raises:
        MigrationError: It is of a newer version than the program's.
    """
    from alembic.script import ScriptDirectory

    found = _known(connection, version(connection))
    scripts = ScriptDirectory.from_config(_config(io.StringIO()))
    ahead = [s for s in scripts.walk_revisions() if found is None or s.revision > found]
    return [Revision(s.revision, s.doc) for s in reversed(ahead)]


def upgrade(connection: psycopg.Connection) -> bool:
    """Bring the database to this program's version: of an empty one make the tables, of an earlier one change them.

    In one transaction: all of it or nothing, and readers go on meanwhile, but where a step takes a table from them for
    a moment. Of two processes at once one does it. A database from before there were revisions keeps the tables that
    it has.

    Args:
        connection: The owner's. Committed at the end unless a transaction is open on it.

    Returns:
        Whether there was anything to do.

    Raises:
        MigrationError: The database is of a newer version than the program's.
    """
    with connection.transaction():
        if is_current(connection):
            return False
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
        found = version(connection)
        if found == known()[-1]:
            return False
        connection.execute(statements(_known(connection, found)).encode())
        return True


@lru_cache
def statements(found: str | None) -> str:
    """The SQL that leads from a version to this program's.

    Args:
        found: The version, one of `known`; None for a database without one.
    """
    from alembic import command

    buffer = io.StringIO()
    with _alembic:
        command.upgrade(_config(buffer), f"{found}:head" if found else "head", sql=True)
    return f"{PREPARE}\n{buffer.getvalue().strip()}\n"


def _config(buffer: io.StringIO) -> Config:
    from alembic.config import Config

    config = Config(output_buffer=buffer)
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def _known(connection: psycopg.Connection, found: str | None) -> str | None:
    there = known()
    if found is None or found in there:
        return found
    raise MigrationError(
        f"the database {connection.info.dbname} is of version {found}, made by a newer program than this one, which "
        f"knows {there[0]} to {there[-1]}: nothing was changed. Use the newer program, or restore a backup from before "
        "the upgrade with `movierec restore`"
    )
