"""Everything a command needs, opened once: settings, database, Dagster's instance, definitions and graph."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from movierec_assets.settings import Settings, home_error

if TYPE_CHECKING:
    from movierec_assets.io_managers.lake import Lake
    from movierec_assets.landing.zone import LandingZone
    from movierec_assets.resources.database import Database


@dataclass
class Runtime:
    """The open parts; those that cost time are made when first asked for.

    Attributes:
        settings: As given.
        database: Started.
    """

    settings: Settings
    database: Database

    @cached_property
    def zone(self) -> LandingZone:
        """The landing zone."""
        from movierec_assets.resources.landing_zone import zone_beside

        return zone_beside(self.settings.landing_uri, self.settings.engine)

    @cached_property
    def lake(self) -> Lake:
        """The lake."""
        return open_lake(self.settings)


def open_lake(settings: Settings) -> Lake:
    """The lake of these settings, with one session of its engine where Spark is asked for."""
    from movierec_assets.io_managers.lake import Lake
    from movierec_assets.io_managers.lake_io_manager import storage_options
    from movierec_assets.resources.engine import connect

    s3 = "s3://" in settings.landing_uri + settings.lake_uri
    # Frames of two sessions cannot be joined.
    return Lake(settings.lake_uri, storage_options(), cache(lambda: connect(settings.engine, s3=s3)))


def warm_up(settings: Settings) -> threading.Thread | None:
    """Start the embedded database while Dagster is being imported; errors show when it is used."""
    if not settings.embedded_database:
        return None
    from movierec_assets.resources.embedded_postgres import EmbeddedPostgresError, start_embedded

    def start() -> None:
        try:
            start_embedded(settings.home, settings.postgres_port)
        except EmbeddedPostgresError:
            return

    thread = threading.Thread(target=start, daemon=True)
    thread.start()
    return thread


def open_runtime(settings: Settings) -> Runtime:
    """Database and what hangs on it, without Dagster's instance.

    Raises:
        SettingsError: `MOVIEREC_HOME` cannot be made.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise home_error(settings, error) from None
    starting = warm_up(settings)
    from movierec_assets.resources.database import open_database

    if starting:
        starting.join()
    return Runtime(settings, open_database(settings))
