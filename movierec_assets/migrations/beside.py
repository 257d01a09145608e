"""What a revision does: run the SQL that lies beside it."""

from __future__ import annotations

from pathlib import Path


def run_sql_beside(revision: str) -> None:
    """Run the file of the revision's name that ends in `.sql`.

    Args:
        revision: The revision's `__file__`.
    """
    import sqlalchemy as sa
    from alembic import op

    text = Path(revision).with_suffix(".sql").read_text()
    # A colon would be taken for the beginning of a parameter's name.
    op.execute(sa.text(text.rstrip().removesuffix(";").replace(":", r"\:")))
