"""Landing ledger, publications, the editable catalogue and the simulation, as they were before the web API."""

from movierec_assets.migrations.beside import run_sql_beside

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make what is missing; a database from before there were revisions has it all or in part."""
    run_sql_beside(__file__)
