"""`movierec key`: the web API's keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from movierec_assets.cli.app import app, fail, out, say, settings
from movierec_assets.cli.printing import Csv, print_rows
from movierec_assets.runtime import open_runtime

if TYPE_CHECKING:
    import psycopg

commands = typer.Typer(no_args_is_help=True, help="Keys of the web API.")
app.add_typer(commands, name="key")


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose it is.", show_default=False)],
    role: Annotated[
        str, typer.Option(help="movierec_api, data_scientist or analyst_reader.")
    ] = "movierec_api",
    days: Annotated[int, typer.Option(min=0, max=36500, help="Days until it expires, 0 for never.")] = 365,
) -> None:
    """Make a key and print it, this once; from then on every request needs one."""
    from movierec_assets.access import keys

    with _owner() as connection:
        out.print(keys.create(connection, name, role, days or None), soft_wrap=True)
    say("it is shown this once; requests name it as `Authorization: Bearer KEY`")


@commands.command("list")
def list_(as_csv: Csv = False) -> None:
    """List the keys, without the keys themselves."""
    from movierec_assets.access import keys

    with _owner() as connection:
        found = keys.keys(connection)
    now = datetime.now(UTC)
    rows = [
        (k.name, k.role, k.created_at, k.expires_at, "revoked" if k.revoked_at else _state(k.valid(now)))
        for k in found
    ]
    print_rows(["name", "role", "created", "expires", "state"], rows, as_csv)


@commands.command()
def revoke(name: Annotated[str, typer.Argument(help="Whose it is.", show_default=False)]) -> None:
    """Have a key refused; a running API takes notice within seconds."""
    from movierec_assets.access import keys

    with _owner() as connection:
        keys.revoke(connection, name)
    say(f"{name} is refused from now on")


def _state(valid: bool) -> str:
    return "valid" if valid else "expired"


@contextmanager
def _owner() -> Iterator[psycopg.Connection]:
    from movierec_assets.access import keys
    from movierec_assets.migrations import upgrade

    with open_runtime(settings()).database.connect() as connection:
        upgrade(connection)
        try:
            yield connection
        except keys.KeyRefusedError as error:
            fail(str(error))
