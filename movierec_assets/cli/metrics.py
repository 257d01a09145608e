"""`movierec metrics`: figures about runs and assets for Prometheus."""

from __future__ import annotations

import sys

from movierec_assets.cli.app import app, settings
from movierec_assets.runtime import open_lake, open_runtime


@app.command()
def metrics() -> None:
    """Print figures about runs, assets, files and backups in Prometheus's text format."""
    chosen = settings()
    from movierec_assets.cli.session import walking
    from movierec_assets.instance import open_instance
    from movierec_assets.operations.measuring import measure
    from movierec_assets.publication import ensure_schema

    with walking(chosen, None, force=False, quiet=True, look_only=True) as walk:
        stale = [key.to_user_string() for key in walk.plan()]
    database = open_runtime(chosen).database
    with database.connect() as connection, open_instance(chosen, database) as instance:
        ensure_schema(connection)
        sys.stdout.write(measure(chosen, connection, open_lake(chosen), instance, stale))
