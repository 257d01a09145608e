"""`movierec publication list|rollback`: which snapshot of each published table is live."""

from __future__ import annotations

from typing import Annotated

import typer

from movierec_assets.cli.app import app, fail, say, settings
from movierec_assets.cli.printing import Csv, print_rows
from movierec_assets.runtime import open_runtime

commands = typer.Typer(help="Published snapshots in PostgreSQL.", no_args_is_help=True)
app.add_typer(commands, name="publication")


@commands.command("list")
def list_(
    dataset: Annotated[str | None, typer.Argument(help="Only this table, e.g. recommendations.")] = None,
    as_csv: Csv = False,
) -> None:
    """List the snapshots that are kept, newest first."""
    if dataset is not None:
        _refuse_unpublished(dataset)
    database = open_runtime(settings()).database
    from movierec_assets.publication import ensure_schema, history

    with database.connect() as connection:
        ensure_schema(connection)
        snapshots = history(connection, dataset)
    print_rows(
        ["table", "snapshot", "live", "rows", "published at", "data version", "run"],
        [
            (
                s.dataset,
                s.snapshot_id,
                "live" if s.current else "",
                s.rows,
                s.published_at,
                s.data_version[:12],
                s.run_id,
            )
            for s in snapshots
        ],
        as_csv,
    )


@commands.command()
def rollback(
    dataset: Annotated[str, typer.Argument(help="The table, e.g. recommendations.")],
    to: Annotated[
        int | None, typer.Option(help="A snapshot's number; the one before the live one if left out.")
    ] = None,
) -> None:
    """Make an earlier snapshot live again, at once and for every reader."""
    _refuse_unpublished(dataset)
    database = open_runtime(settings()).database
    from movierec_assets.publication import ensure_schema
    from movierec_assets.publication import rollback as roll_back

    with database.connect() as connection:
        ensure_schema(connection)
    live = roll_back(database, dataset, to)
    say(f"{dataset}: snapshot {live} is live")


def _refuse_unpublished(dataset: str) -> None:
    from movierec_assets.schema import TABLES

    published = [t.name for t in TABLES.values() if t.published_as and not t.editable]
    if dataset not in published:
        fail(f"no published table {dataset!r}; there are {', '.join(published)}")
