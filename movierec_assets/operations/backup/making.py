"""Make a backup."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec_assets.migrations import version
from movierec_assets.operations.backup.lake_versions import live_versions
from movierec_assets.operations.backup.manifest import DUMP, BackupError, Manifest, checksum
from movierec_assets.operations.backup.programs import dump
from movierec_assets.resources.turns import TURN, take_turn
from movierec_assets.schema.roles import SCHEMAS

if TYPE_CHECKING:
    import psycopg

    from movierec_assets.io_managers.lake import Lake
    from movierec_assets.resources.database import Database

PART = ".part"
LOCK = ".lock"


def back_up(
    database: Database, lake: Lake, into: Path, tell: Callable[[str], object]
) -> tuple[Path, Manifest]:
    """Back up to a new folder, named after the moment.

    Runs wait only until the moment is fixed; readers and writers of the database never.

    Args:
        database: The owner's.
        lake: That belongs to it.
        into: Folder of backups, made where it is missing.
        tell: Told in a line that there is something to wait for.

    Returns:
        The backup's folder, and what it says of itself.

    Raises:
        BackupError: It could not be made; nothing is left that looks like one.
        MigrationError: A restore was interrupted.
        DatabaseError, LakeError: A part cannot be reached.
    """
    try:
        into.mkdir(parents=True, exist_ok=True)
        with _unfinished(into) as part:
            found = _fill(part, database, lake, tell)
            target = into / f"movierec-{datetime.fromisoformat(found.made_at):%Y%m%dT%H%M%S%fZ}"
            for path in (*part.iterdir(), part):
                _to_disk(path)
            (part / LOCK).unlink()
            part.rename(target)
            _to_disk(into)
    except OSError as error:
        raise BackupError(f"{into} cannot take a backup: {error}") from error
    return target, found


def _fill(part: Path, database: Database, lake: Lake, tell: Callable[[str], object]) -> Manifest:
    # Two connections: the turn ends before the transaction whose snapshot is dumped.
    with database.connect(autocommit=True) as turn, database.connect() as connection:
        take_turn(turn, tell)
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot, moment = _one(connection, "SELECT pg_export_snapshot(), clock_timestamp()")
        found = version(connection)
        there = {name for (name,) in connection.execute("SELECT nspname::text FROM pg_namespace")}
        tables, models = live_versions(lake)
        turn.execute(f"SELECT pg_advisory_unlock({TURN})")
        dump(database, part / DUMP, [name for name in SCHEMAS if name in there], snapshot)
        (release,) = _one(connection, "SHOW server_version")
    made = Manifest(
        made_at=moment.astimezone(UTC).isoformat(timespec="microseconds"),
        version=found,
        postgres=release,
        lake_uri=lake.uri,
        tables=tables,
        models=models,
        bytes=(part / DUMP).stat().st_size,
        sha256=checksum(part / DUMP),
    )
    made.write(part)
    return made


def _one(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query.encode()).fetchone()
    assert row
    return row


@contextmanager
def _unfinished(into: Path) -> Iterator[Path]:
    """A hidden folder that is gone at the end unless it was renamed; those of killed processes go too."""
    for leftover in into.glob(f".*{PART}"):
        if _abandoned(leftover):
            shutil.rmtree(leftover)
    part = into / f".{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{os.getpid()}{PART}"
    part.mkdir(mode=0o700)
    try:
        with (part / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _abandoned(leftover: Path) -> bool:
    try:
        with (leftover / LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        # Somebody works on it, or is about to.
        return False
    return True


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
