"""Every look, in the order in which one part needs the other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from movierec_assets.operations.doctor import database as of_database
from movierec_assets.operations.doctor import places, services, stores
from movierec_assets.operations.doctor.findings import Finding, looked_at
from movierec_assets.settings import SettingsError, load_settings


def examine(api: str) -> Iterator[Finding]:
    """Look at everything.

    Args:
        api: Address of the web API.

    Yields:
        What was found, part by part, as soon as it is.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        yield Finding("settings", "failed", str(error), "the rest was not looked at")
        return
    yield Finding("settings", "ok", f"profile {settings.profile}")
    yield from looked_at("home", partial(places.home, settings))
    yield from looked_at("disk", partial(places.disks, settings))
    from movierec_assets.resources.database import open_database

    database = open_database(settings)
    reached = looked_at("database", partial(of_database.server, database))
    yield from reached
    there = not any(finding.state == "failed" for finding in reached)
    if there:
        yield from looked_at("migrations", partial(of_database.migrations, database))
        yield from looked_at("extension", partial(of_database.extension, database))
        yield from looked_at("roles", partial(of_database.roles, database, settings))
        yield from looked_at("Dagster storage", partial(of_database.dagster, database, settings))
    zone = looked_at("landing zone", partial(stores.landing, settings))
    yield from zone
    if there and not any(finding.state == "failed" for finding in zone):
        yield from looked_at("ledger", partial(stores.ledger, settings, database))
    yield from looked_at("lake", partial(stores.lake, settings))
    yield from looked_at("engine", partial(services.engine, settings))
    yield from looked_at("web API", partial(services.api, api))
