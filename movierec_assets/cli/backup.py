"""`movierec backup` and `movierec restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from movierec_assets.cli.app import app, out, say, settings
from movierec_assets.runtime import open_lake, open_runtime


@app.command()
def backup(
    into: Annotated[
        Path | None, typer.Argument(help="Folder of backups; `MOVIEREC_HOME/backups` if left out.")
    ] = None,
) -> None:
    """Back up the database with the versions of the lake; prints the new backup's folder."""
    chosen = settings()
    runtime = open_runtime(chosen)
    from movierec_assets.operations.backup import back_up

    folder, made = back_up(runtime.database, open_lake(chosen), into or chosen.home / "backups", say)
    out.print(str(folder), soft_wrap=True)
    say(
        f"{made.bytes:,} bytes; {len(made.tables)} tables and {len(made.models)} models of the lake are named"
    )


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="Of the backup.", show_default=False)],
    replace: Annotated[bool, typer.Option("--replace", help="Lose what is in the database now.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="See that backup and lake are whole, and change nothing.")
    ] = False,
) -> None:
    """Bring database and lake back to a backup's moment."""
    chosen = settings()
    lake = open_lake(chosen)
    from movierec_assets.operations.backup import restore as bring_back
    from movierec_assets.operations.backup import verify

    if dry_run:
        found = verify(lake, folder)
        say(
            f"{folder} is whole, of {found.made_at}, and the lake has all {len(found.tables)} tables that it names"
        )
        return
    found = bring_back(chosen, open_runtime(chosen).database, lake, folder, say, replace=replace)
    say(f"restored to {found.made_at}")
