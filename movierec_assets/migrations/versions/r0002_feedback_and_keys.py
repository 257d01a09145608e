"""What the web API writes: ratings and recommendations of applications in `feedback`, its keys in `access`."""

from movierec_assets.migrations.beside import run_sql_beside

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add both schemas; a database that the web API has worked on before there were revisions has them."""
    run_sql_beside(__file__)
