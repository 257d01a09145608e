"""How a database of an earlier version of the program becomes one of this version: Alembic's revisions, in order.

Belongs here: the revisions and what runs them. They are plain SQL, frozen when they are written, and know nothing of
the registry of today; `movierec_assets.operations.revising` writes the next one from it. Does not: the views of
published tables and the tables behind them, which each publication makes from the registry, and the storage of Dagster
and Optuna, which have revisions of their own.
"""

from movierec_assets.migrations.upgrading import (
    MigrationError,
    Revision,
    is_current,
    pending,
    statements,
    upgrade,
    version,
)

__all__ = ["MigrationError", "Revision", "is_current", "pending", "statements", "upgrade", "version"]
