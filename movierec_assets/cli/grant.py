"""`movierec grant`: the database's roles and rights, made what the registry says."""

from __future__ import annotations

from movierec_assets.cli.app import app, say, settings
from movierec_assets.cli.printing import Csv, print_rows
from movierec_assets.runtime import open_runtime


@app.command()
def grant(as_csv: Csv = False) -> None:
    """Make the database's roles and take back what is not declared; prints what each may do."""
    chosen = settings()
    database = open_runtime(chosen).database
    from movierec_assets.access import grant as make_rights
    from movierec_assets.schema import ROLES

    with database.connect() as connection:
        changes = make_rights(connection, chosen.passwords.given(), trusted_socket=database.embedded)
    rows = [(r.name, schema, r.in_words(schema)) for r in ROLES.values() for schema in r.schemas]
    print_rows(["role", "schema", "rights"], rows, as_csv)
    say(f"{len(changes):,} statements were needed" if changes else "everything was so already")
    if restart := database.needs_restart():
        say(restart)
