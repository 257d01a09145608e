"""Looking at what there is: `show`, `quarantine`, `sql`, `status`. Results on stdout."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table as RichTable

from movierec_assets.cli.app import app, fail, out, say, settings
from movierec_assets.runtime import open_lake, open_runtime

if TYPE_CHECKING:
    from movierec_assets.io_managers.lake import Lake

Csv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")]
# A spreadsheet runs a cell that begins with one of these as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], as_csv: bool) -> None:
    """Rows on stdout, as a table for people or as CSV (text that a spreadsheet would run gets a leading `'`)."""
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_safe(v) for v in row] for row in rows)
        return
    from rich.markup import escape

    shown = RichTable(*columns, box=None, pad_edge=False)
    for row in rows:
        shown.add_row(*("" if v is None else escape(str(v)) for v in row))
    out.print(shown)


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


@app.command()
def show(
    asset: Annotated[str, typer.Argument(help="A table of the lake, e.g. cleaned_ratings.")],
    version: Annotated[int | None, typer.Option(min=0, help="An older version.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="So many rows; 0 means all.")] = 20,
    as_csv: Csv = False,
) -> None:
    """Print an asset's rows."""
    from movierec_assets.schema import TABLES

    if asset not in TABLES:
        fail(f"no table {asset!r} in the lake; there are {', '.join(TABLES)}")
    table = open_lake(settings()).open(asset, version)
    rows = table.arrow(limit=limit or None)
    print_rows(rows.column_names, (tuple(r.values()) for r in _records(rows)), as_csv)
    say(f"{rows.num_rows:,} of {table.rows():,} rows")


def _records(rows: Any) -> Iterable[dict[str, Any]]:
    for batch in rows.to_batches():
        yield from batch.to_pylist()


@app.command()
def quarantine(
    source: Annotated[str | None, typer.Argument(help="Only this source, e.g. ratings.")] = None,
    as_csv: Csv = False,
) -> None:
    """Print the rejected rows: source, file, line, rule, text."""
    from movierec_assets.schema import QUARANTINE_COLUMNS

    lake = open_lake(settings())
    names = [c.name for c in QUARANTINE_COLUMNS]
    rows = [
        tuple(row.values())
        for name in _sources(source)
        if lake.exists(f"quarantine_{name}")
        for row in lake.open(f"quarantine_{name}").arrow(names).sort_by("line").to_pylist()
    ]
    print_rows(names, rows, as_csv)
    say(f"{len(rows):,} rows in quarantine")


def quarantined_by_source(lake: Lake, source: str | None = None) -> dict[str, int]:
    """Rows in quarantine by source; sources never cleaned are left out."""
    return {
        name: lake.open(f"quarantine_{name}").rows()
        for name in _sources(source)
        if lake.exists(f"quarantine_{name}")
    }


def _sources(source: str | None) -> list[str]:
    from movierec_assets.schema import LANDING_FILES

    if source is not None and source not in LANDING_FILES:
        fail(f"no source {source!r}; there are {', '.join(LANDING_FILES)}")
    return [source] if source else list(LANDING_FILES)


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help="One SQL statement.")],
    role: Annotated[str | None, typer.Option("--as", help="Run it as this PostgreSQL role.")] = None,
    as_csv: Csv = False,
) -> None:
    """Run a statement on the project's database."""
    import psycopg

    from movierec_assets.access import assume

    database = open_runtime(settings()).database
    with database.connect() as connection:
        try:
            if role is not None:
                assume(connection, role)
            result = connection.execute(statement.encode())
        except psycopg.Error as error:
            fail(_refusal(error, role))
        if result.description is None:
            say(f"{result.statusmessage}")
            return
        print_rows([c.name for c in result.description], result, as_csv)
        say(f"{result.rowcount:,} rows")


def _refusal(error: Exception, role: str | None) -> str:
    """PostgreSQL's own words, and for a declared role what it may do."""
    from psycopg import errors

    from movierec_assets.schema import ROLES

    text = str(error).strip()
    if role not in ROLES:
        return text
    if isinstance(error, errors.InvalidParameterValue):
        return f"{text}; `movierec grant` makes it"
    if isinstance(error, errors.InsufficientPrivilege | errors.ReadOnlySqlTransaction):
        declared = ROLES[role]
        rights = "; ".join(f"{schema}: {declared.in_words(schema)}" for schema in declared.schemas)
        return f"{text}\n{role} may only: {rights}"
    return text


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Say where everything lies and what is in it."""
    from movierec_assets.cli.state import state_of

    state = state_of(settings())
    if as_json:
        out.print_json(json.dumps(state))
        return
    for section, facts in state.items():
        out.print(f"[bold]{section}[/]")
        if isinstance(facts, dict):
            print_rows(["", ""], facts.items(), as_csv=False)
        elif facts:
            print_rows(list(facts[0]), (tuple(f.values()) for f in facts), as_csv=False)
