"""`movierec migrate`: the database, brought to this version of the program."""

from __future__ import annotations

from typing import Annotated

import typer

from movierec_assets.cli.app import app, out, say, settings
from movierec_assets.runtime import open_runtime


@app.command()
def migrate(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the SQL of the steps that are due, and change nothing.")
    ] = False,
) -> None:
    """Make the tables of an empty database, or bring an earlier version's to this one."""
    chosen = settings()
    database = open_runtime(chosen).database
    from movierec_assets.operations.migrating import migrate as bring_up_to_date
    from movierec_assets.operations.migrating import plan

    if dry_run:
        steps, sql = plan(database)
        if sql:
            out.print(sql, soft_wrap=True)
    else:
        steps = bring_up_to_date(chosen, database)
    for step in steps:
        say(f"would run {step}" if dry_run else f"done {step}")
    if not steps:
        say(f"the {database.address} is of this version")
