"""Everything that a home holds, to be compared: every row of the database and of the lake."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

TABLES = """
SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema$)' ORDER BY 1
"""
BOOKKEEPING = {
    "dagster.secondary_indexes",
    "dagster.alembic_version",
    "dagster.kvs",
    "dagster.asset_keys",
    "dagster.instance_info",
}
"""What Dagster's storage says about itself; of each asset it keeps a summary there, beside the events."""


def rows(home: Home) -> dict[str, Counter[str]]:
    """Every row of every table of its database, as text, but for Dagster's bookkeeping."""
    return {
        name: Counter(text for (text,) in home.rows(f"SELECT t::text FROM {name} t"))
        for (name,) in home.rows(TABLES)
        if name not in BOOKKEEPING
    }


def delta_rows(home: Home) -> dict[str, list[str]]:
    """Every row of every table of its lake, as text, in order."""
    from deltalake import DeltaTable

    tables = sorted(path.parent for path in (home.path / "lake").glob("*/_delta_log"))
    return {
        path.name: sorted(map(repr, DeltaTable(str(path)).to_pyarrow_table().to_pylist())) for path in tables
    }
