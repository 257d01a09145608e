"""Tables in PostgreSQL that people and programs write to, beside the graph. Made from the registry.

Belongs here: their DDL, and how what the graph made anew is brought into them without losing anybody's edits. Does
not: tables that only the graph writes, which `publication` serves as views of snapshots.
"""

from movierec_assets.curated.ddl import metadata
from movierec_assets.curated.installing import TablesError, ensure_tables
from movierec_assets.curated.merging import Merged, merge, sweep

__all__ = ["Merged", "TablesError", "ensure_tables", "merge", "metadata", "sweep"]
