"""Where the parts of a snapshot are counted that many connections load, as Apache Spark's executors do."""

from movierec_assets.migrations.beside import run_sql_beside

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add `publication.loads` and `publication.load_parts`."""
    run_sql_beside(__file__)
