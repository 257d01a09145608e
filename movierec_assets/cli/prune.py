"""`movierec prune`: room given back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from movierec_assets.cli.app import app, say, settings
from movierec_assets.cli.printing import Csv, print_rows
from movierec_assets.runtime import open_lake, open_runtime


@app.command()
def prune(
    days: Annotated[int, typer.Option(min=0, max=36500, help="What is younger stays.")] = 30,
    backups: Annotated[
        Path | None,
        typer.Option(help="Folder of backups whose versions stay; `MOVIEREC_HOME/backups` if left out."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and take nothing.")] = False,
    as_csv: Csv = False,
) -> None:
    """Take old snapshots, versions of the lake and runs that nothing needs."""
    chosen = settings()
    runtime = open_runtime(chosen)
    from movierec_assets.operations.backup.manifest import NAME
    from movierec_assets.operations.pruning import prune as take

    folder = backups or chosen.home / "backups"
    gone = list(
        take(
            chosen,
            runtime.database,
            open_lake(chosen),
            days=days,
            backups=sorted(path.parent for path in folder.glob(f"*/{NAME}")),
            dry_run=dry_run,
            tell=say,
        )
    )
    print_rows(["part", "name", "items", "bytes"], [(g.part, g.name, g.items, g.bytes) for g in gone], as_csv)
    size = sum(g.bytes for g in gone)
    say(f"{sum(g.items for g in gone):,} items, {size:,} bytes {'would go' if dry_run else 'are gone'}")
