"""What has to be there before anything runs: buckets, the database's tables, schemas and roles, Dagster's own tables.

All of it may be done again and again, and by several processes at once; what is right already is not touched. Belongs
here: the order. Does not: how each part is made, which its own room knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database
    from movierec_assets.settings import Settings


def prepare(settings: Settings, database: Database) -> list[str]:
    """Make what is missing, and bring what is there to this version of the program.

    Returns:
        What was needed, a line each, without secrets; empty where all was so already.

    Raises:
        LandingError: A bucket cannot be made.
        DatabaseError: The database cannot be reached.
        MigrationError: The database is of a newer version than the program's.
        TablesError: A table differs from the registry in a way that is not safe to change.
        AccessError: A role or right cannot be made.
    """
    from movierec_assets.access import grant
    from movierec_assets.operations.migrating import migrate

    done = [f"made the bucket {name}" for name in make_buckets(settings)]
    done += [f"database {step}" for step in migrate(settings, database)]
    with database.connect() as connection:
        changes = grant(connection, settings.passwords.given(), trusted_socket=database.embedded)
    return done + ([f"roles and rights: {len(changes):,} statements were needed"] if changes else [])


def make_buckets(settings: Settings) -> list[str]:
    """Make the buckets of landing zone and lake where they are in S3 and missing.

    Returns:
        Names of those that were missing.

    Raises:
        LandingError: One is somebody else's, or the keys may not make one.
    """
    uris = [uri for uri in (settings.landing_uri, settings.lake_uri) if uri.startswith("s3://")]
    if not uris:
        return []
    from movierec_assets.landing.s3 import S3Zone, default_client

    client = default_client()
    zones = {zone.bucket: zone for zone in (S3Zone(uri, client) for uri in uris)}
    return [name for name, zone in zones.items() if zone.ensure_bucket()]
