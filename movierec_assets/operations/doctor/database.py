"""The database: that it answers, its versions, its roles, and Dagster's storage in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from movierec_assets.operations.doctor.findings import Finding

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database
    from movierec_assets.settings import Settings

OLDEST = 15
"""PostgreSQL release in whose tables `UNIQUE NULLS NOT DISTINCT` first stands."""


def server(database: Database) -> Iterator[Finding]:
    """That it answers, which release it is, and whether the way to it is encrypted."""
    with database.connect() as connection:
        number = connection.info.server_version
        secure = connection.pgconn.ssl_in_use
    said = f"{database.address}: PostgreSQL {number // 10000}.{number % 10000}"
    if number < OLDEST * 10000:
        yield Finding("database", "failed", said, f"PostgreSQL {OLDEST} or newer is needed")
        return
    near = (" at localhost:", " at 127.0.0.1:", " at ::1:", " at /")
    local = database.embedded or any(place in said for place in near)
    if secure or local:
        yield Finding("database", "ok", f"{said}{', TLS' if secure else ''}")
    else:
        remedy = "add `?sslmode=verify-full&sslrootcert=FILE` to MOVIEREC_DATABASE_URL"
        yield Finding("database", "warning", f"{said}, not encrypted", remedy)


def migrations(database: Database) -> Iterator[Finding]:
    """Whether the tables are of this version of the program."""
    from movierec_assets.migrations import pending, version

    with database.connect() as connection:
        ahead, found = pending(connection), version(connection)
        empty = connection.execute("SELECT to_regclass('ledger.files') IS NULL").fetchone() == (True,)
    if empty:
        yield Finding("migrations", "warning", "the database is empty", "the first `movierec run` fills it")
    elif ahead:
        said = f"{len(ahead)} steps are due, the next is {ahead[0].version}: {ahead[0].summary}"
        yield Finding("migrations", "failed", said, "`movierec backup`, then `movierec migrate`")
    else:
        yield Finding("migrations", "ok", f"the tables are of version {found}")


def extension(database: Database) -> Iterator[Finding]:
    """pgvector, which people use on the published factors; no part of the program needs it."""
    with database.connect() as connection:
        row = connection.execute(
            "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"
        ).fetchone()
    said = (
        f"pgvector {row[0]} is there" if row else "pgvector is not installed on the server; nothing needs it"
    )
    yield Finding("extension", "ok" if row else "skipped", said)


def roles(database: Database, settings: Settings) -> Iterator[Finding]:
    """That the roles exist with the declared rights, and that those with a password can log in."""
    import psycopg

    from movierec_assets.access.rights import declared_rights, found_rights, statements
    from movierec_assets.schema import ROLES

    grant = "run `movierec grant`"
    with database.connect() as connection:
        there = {name for (name,) in connection.execute("SELECT rolname::text FROM pg_roles")}
        if missing := [name for name in ROLES if name not in there]:
            yield Finding("roles", "warning", f"not made yet: {', '.join(missing)}", grant)
            return
        wrong = statements(found_rights(connection), declared_rights(connection))
    if wrong:
        yield Finding("roles", "warning", f"{len(wrong)} rights are not as declared", grant)
    else:
        yield Finding("roles", "ok", f"{len(ROLES)} roles with the rights declared")
    passwords = settings.passwords.given()
    for role in ROLES if database.embedded else passwords:
        try:
            address = database.address_for(role, with_password=False)
            psycopg.connect(address, password=passwords.get(role), connect_timeout=10).close()
        except psycopg.Error as error:
            why = " ".join(str(error).split())
            yield Finding("logins", "failed", f"{role} cannot log in: {why}", grant)
        else:
            yield Finding("logins", "ok", f"{role} can log in")


def dagster(database: Database, settings: Settings) -> Iterator[Finding]:
    """Dagster's storage and its daemon."""
    import time

    from movierec_assets.instance import SCHEMA, open_instance

    with database.connect() as connection:
        there = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{SCHEMA}.runs"]).fetchone()
    if there != (True,):
        yield Finding("Dagster storage", "warning", "empty", "`movierec run` or `movierec migrate` makes it")
        return
    with open_instance(settings, database) as instance:
        yield Finding("Dagster storage", "ok", f"{instance.get_runs_count():,} runs")
        beats = instance.get_daemon_heartbeats()
        if not beats:
            yield Finding("daemon", "skipped", "none has run here; `movierec up` starts one")
            return
        age = time.time() - max(beat.timestamp for beat in beats.values())
        broken = sorted(name for name, beat in beats.items() if beat.errors)
    said = f"last heartbeat {age:,.0f} s ago"
    if age > 120:
        remedy = "start it with `movierec up`, unless runs are started by something else"
        yield Finding("daemon", "warning", said, remedy)
    elif broken:
        yield Finding("daemon", "failed", f"{said}; errors in {', '.join(broken)}", "its log says which")
    else:
        yield Finding("daemon", "ok", said)
