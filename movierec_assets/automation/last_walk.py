"""What the last complete walk found, so that a second `movierec run` need not load Dagster to say that all is fresh.

A walk that left nothing stale is remembered with a fingerprint of all it depends on: the code, the settings, the
landing files, and the live version of every table, model and publication. Whoever changes one of these, by whatever
way, makes the fingerprint differ, and the next run walks.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec_assets.settings import CHECKOUT, Settings

if TYPE_CHECKING:
    import psycopg

    from movierec_assets.landing.zone import LandingZone

DDL = """
create schema if not exists ledger;
create table if not exists ledger.last_walk (
    only_row boolean primary key default true check (only_row),
    fingerprint text not null,
    outcomes jsonb not null,
    walked_at timestamptz not null default clock_timestamp()
);
comment on table ledger.last_walk is 'The last walk that left nothing stale, and what it depended on.';
"""


def fingerprint(settings: Settings, zone: LandingZone, connection: psycopg.Connection) -> str:
    """Hash of all that a walk depends on."""
    facts = [
        _code(),
        settings.model_dump_json(),
        settings.database_url.get_secret_value(),
        [(o.key, o.etag, o.size) for o in zone.list()],
        _lake(settings.lake_uri),
        _published(connection),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def remember(connection: psycopg.Connection, mark: str, outcomes: list[dict[str, Any]]) -> None:
    """Keep the outcomes of a walk that left nothing stale."""
    with connection.transaction():
        connection.execute(DDL)
        connection.execute(
            "insert into ledger.last_walk (fingerprint, outcomes) values (%s, %s) on conflict (only_row) do update"
            " set fingerprint = excluded.fingerprint, outcomes = excluded.outcomes, walked_at = clock_timestamp()",
            (mark, json.dumps(outcomes)),
        )


def forget(connection: psycopg.Connection) -> None:
    """Make the next run walk."""
    with connection.transaction():
        connection.execute(DDL)
        connection.execute("delete from ledger.last_walk")


def recall(connection: psycopg.Connection, mark: str) -> list[dict[str, Any]] | None:
    """The outcomes of the last walk, if nothing that it depended on has changed."""
    with connection.transaction():
        connection.execute(DDL)
        row = connection.execute(
            "select outcomes from ledger.last_walk where fingerprint = %s", (mark,)
        ).fetchone()
    return None if row is None else list(row[0])


def _code() -> list[tuple[str, int, int]]:
    package = Path(__file__).parent.parent
    files = [*package.rglob("*.py"), CHECKOUT / "dagster.yaml", CHECKOUT / "requirements.lock"]
    return [(str(f), s.st_size, s.st_mtime_ns) for f in sorted(files) if f.exists() and (s := f.stat())]


def _lake(uri: str) -> list[tuple[str, int]]:
    """The commits and model pointers below the lake, with their sizes."""
    from pyarrow import fs

    from movierec_assets.io_managers.filesystem import filesystem

    files, root = filesystem(uri)
    found = files.get_file_info(fs.FileSelector(root, allow_not_found=True, recursive=True))
    return sorted((f.path, f.size or 0) for f in found if f.is_file)


def _published(connection: psycopg.Connection) -> list[tuple[str, int]]:
    with connection.transaction():
        there = connection.execute("select to_regclass('publication.current') is not null").fetchone()
        if there != (True,):
            return []
        return connection.execute(
            "select dataset, snapshot_id from publication.current order by 1"
        ).fetchall()
