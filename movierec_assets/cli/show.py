"""`movierec show`: the rows of a table of the lake, or the factors of a model."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from movierec_assets.cli.app import app, fail, meant, say, settings
from movierec_assets.cli.printing import Csv, counted, print_rows
from movierec_assets.runtime import open_lake

if TYPE_CHECKING:
    from movierec_assets.settings import Settings


@app.command()
def show(
    asset: Annotated[
        str, typer.Argument(help="A table of the lake, e.g. cleaned_ratings, or a model: als_model.")
    ],
    version: Annotated[
        str | None, typer.Option(help="An older version: a table's number, a model's hash.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="So many rows; 0 means all.")] = 20,
    as_csv: Csv = False,
) -> None:
    """Print an asset's rows, of a model the factors of each user and movie."""
    from movierec_assets.io_managers.inventory import MODELS
    from movierec_assets.schema import TABLES

    if asset in MODELS:
        _show_model(settings(), asset, version, limit, as_csv)
        return
    if asset in TABLES and not TABLES[asset].lake:
        fail(
            f"{asset} is in PostgreSQL only, as {TABLES[asset].published_as}: ask for it with `movierec sql`"
        )
    if asset not in TABLES:
        there = [*(name for name, table in TABLES.items() if table.lake), *MODELS]
        fail(f"no asset {asset!r} in the lake; {meant(asset, there)}")
    if version is not None and not version.isdecimal():
        fail(f"--version {version!r}: versions of {asset} are whole numbers from 0")
    table = open_lake(settings()).open(asset, None if version is None else int(version))
    rows = table.arrow(limit=limit or None)
    records = (record for batch in rows.to_batches() for record in batch.to_pylist())
    print_rows(rows.column_names, (tuple(record.values()) for record in records), as_csv)
    say(f"{rows.num_rows:,} of {counted(table.rows())}")


def _show_model(chosen: Settings, name: str, version: str | None, limit: int, as_csv: bool) -> None:
    from movierec_assets.io_managers.errors import reaching
    from movierec_assets.io_managers.factors import factor_rows
    from movierec_assets.io_managers.factors_io_manager import model_store

    with reaching(chosen.lake_uri):
        model = model_store(chosen.lake_uri, name)[0].read(version)
    print_rows(["side", "id", "factors"], islice(factor_rows(model), limit or None), as_csv)
    rows = len(model.user_ids) + len(model.item_ids)
    say(f"{min(limit or rows, rows):,} of {rows:,} rows, version {model.version}, {model.params}")
