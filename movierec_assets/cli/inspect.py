"""Looking at what there is: `quarantine`, `sql`, `status`. Results on stdout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from movierec_assets.cli.app import app, fail, out, say, settings
from movierec_assets.cli.printing import Csv, counted, print_rows
from movierec_assets.runtime import open_lake, open_runtime

if TYPE_CHECKING:
    from movierec_assets.io_managers.lake import Lake


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
    say(f"{counted(len(rows))} in quarantine")


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
    """Run a statement on the project's database; what it writes is kept at once."""
    import psycopg

    from movierec_assets.access import assume

    if not statement.strip():
        fail('there is no statement: give one, such as "select * from serving.movie_stats limit 5"')
    database = open_runtime(settings()).database
    # Without a transaction around it, as VACUUM and CREATE DATABASE need.
    with database.connect(autocommit=True) as connection:
        try:
            if role is not None:
                assume(connection, role)
            # Only what is prepared is refused where it is more than one statement.
            result = connection.execute(statement.encode(), prepare=True)
        except psycopg.Error as error:
            if "multiple commands" in str(error):
                fail("one statement at a time: call `movierec sql` once for each; none was run")
            if "COPY" in str(error) and not error.sqlstate:
                connection.close()
                fail("COPY reads and writes the client's stream, which this is not: take a select and --csv")
            fail(_refusal(error, role))
        if result.description is None:
            say(result.statusmessage or "nothing to do")
            return
        print_rows([c.name for c in result.description], result, as_csv)
        say(counted(result.rowcount))


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
        out.print(section, style="bold")
        if isinstance(facts, dict):
            print_rows(["part", "where"], facts.items(), as_csv=False)
        elif facts:
            print_rows(list(facts[0]), (tuple(f.values()) for f in facts), as_csv=False)
