"""`movierec init`: everything that has to be there before the parts start."""

from __future__ import annotations

from movierec_assets.cli.app import app, say, settings
from movierec_assets.runtime import open_runtime


@app.command()
def init() -> None:
    """Make the buckets, tables and roles that are missing; a second time nothing is left to do."""
    chosen = settings()
    database = open_runtime(chosen).database
    from movierec_assets.preparing import prepare

    done = prepare(chosen, database)
    for line in done or ["everything was so already"]:
        say(line)
    if restart := database.needs_restart():
        say(restart)
