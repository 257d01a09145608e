"""What `movierec status` tells: places, ways in, landing files, tables of the lake, models, publications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from movierec_assets.runtime import open_lake, open_runtime
from movierec_assets.schema import ROLES, TABLES
from movierec_assets.settings_errors import redacted

if TYPE_CHECKING:
    import psycopg

    from movierec_assets.resources.database import Database
    from movierec_assets.settings import Settings


def state_of(chosen: Settings) -> dict[str, Any]:
    """Facts by section; no secrets."""
    runtime = open_runtime(chosen)
    lake = open_lake(chosen)
    from movierec_assets.landing import ledger
    from movierec_assets.publication import ensure_schema, history

    with runtime.database.connect() as connection:
        ensure_schema(connection)
        files = [
            {"file": e.key, "bytes": e.size, "state": e.state, "error": e.error or ""}
            for e in ledger.entries(connection)
        ]
        live = [s for s in history(connection) if s.current]
        access = _access(runtime.database, connection, chosen.passwords.given())
    return {
        "places": {
            "profile": chosen.profile,
            "home": str(chosen.home),
            "landing zone": chosen.landing_uri,
            "lake": chosen.lake_uri,
            "database": runtime.database.address,
            "engine": redacted(chosen.engine),
        },
        "access": access,
        "landing files": files,
        "lake tables": [
            {"table": name, "version": table.version(), "rows": table.count()}
            for name in TABLES
            if lake.exists(name) and (table := lake.delta(name))
        ],
        "models": _models(chosen.lake_uri),
        "published": [
            {"table": s.dataset, "snapshot": s.snapshot_id, "rows": s.rows, "published": str(s.published_at)}
            for s in live
        ],
    }


def _models(lake_uri: str) -> list[dict[str, Any]]:
    """The current version of each model that was trained, and how many are kept."""
    from movierec_assets.io_managers.errors import reaching
    from movierec_assets.io_managers.factors_io_manager import model_store
    from movierec_assets.io_managers.inventory import MODELS

    with reaching(lake_uri):
        stores = {name: model_store(lake_uri, name)[0] for name in MODELS}
        return [
            {"model": name, "version": version, "versions kept": len(store.versions())}
            for name, store in stores.items()
            if (version := store.current())
        ]


def _access(
    database: Database, connection: psycopg.Connection, passwords: dict[str, str]
) -> list[dict[str, Any]]:
    """How each role gets in, with what stands in its way."""
    found: dict[str, bool] = dict(connection.execute("SELECT rolname::text, rolcanlogin FROM pg_roles"))
    restart = database.needs_restart()
    rows = []
    for role in ROLES:
        if role not in found:
            note = "does not exist yet: run `movierec grant`"
        elif not found[role]:
            note = f"may not log in: set MOVIEREC_PASSWORDS__{role.upper()}, then run `movierec grant`"
        else:
            note = restart
        address = database.address_for(role, with_password=role in passwords)
        rows.append({"role": role, "address": address, "note": note})
    return rows
