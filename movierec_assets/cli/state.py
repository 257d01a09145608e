"""What `movierec status` tells: places, landing files, tables of the lake, publications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from movierec_assets.runtime import open_lake, open_runtime
from movierec_assets.schema import TABLES
from movierec_assets.settings_errors import redacted

if TYPE_CHECKING:
    from movierec_assets.settings import Settings


def state_of(chosen: Settings) -> dict[str, Any]:
    """Facts by section; no secrets."""
    runtime = open_runtime(chosen)
    lake = open_lake(chosen)
    from movierec_assets.landing import ledger
    from movierec_assets.publication import ensure_schema, history

    with runtime.database.connect() as connection:
        ledger.ensure(connection)
        ensure_schema(connection)
        files = [
            {"file": e.key, "bytes": e.size, "state": e.state, "error": e.error or ""}
            for e in ledger.entries(connection)
        ]
        live = [s for s in history(connection) if s.current]
    return {
        "places": {
            "profile": chosen.profile,
            "home": str(chosen.home),
            "landing zone": chosen.landing_uri,
            "lake": chosen.lake_uri,
            "database": runtime.database.address,
            "engine": redacted(chosen.engine),
        },
        "landing files": files,
        "lake tables": [
            {"table": name, "version": table.version(), "rows": table.count()}
            for name in TABLES
            if lake.exists(name) and (table := lake.delta(name))
        ],
        "published": [
            {"table": s.dataset, "snapshot": s.snapshot_id, "rows": s.rows, "published": str(s.published_at)}
            for s in live
        ],
    }
