"""The application of one process of `movierec api`, from the project's settings."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from fastapi import FastAPI

from movierec_assets.api.app import OWN_ROLE, create_app
from movierec_assets.api.connections import Logins
from movierec_assets.api.logs import configure
from movierec_assets.settings import load_settings

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database
    from movierec_assets.settings import Settings


COLLECTIONS = 10_000, 20, 50
"""Python's own numbers have it look through all that is in memory, which takes a tenth of a second and more in which
nobody is answered, every ten thousand requests; almost nothing that a request leaves behind needs that."""


def logins(database: Database, settings: Settings) -> Logins:
    """Ways into this database: as `movierec_login`, and as each role that has a password or needs none."""
    passwords = settings.passwords.given()

    def uri(role: str) -> str | None:
        if not database.embedded and role not in passwords:
            return None
        from psycopg.conninfo import make_conninfo

        # Over the embedded server's socket no role needs one.
        address = database.address_for(role, with_password=False)
        return address if database.embedded else make_conninfo(address, password=passwords[role])

    return Logins(url=lambda: str(uri(OWN_ROLE)), becomes=True, as_role=uri)


def app() -> FastAPI:
    """For uvicorn."""
    from movierec_assets.resources.database import open_database

    configure()
    _end_with_parent()
    settings = load_settings()
    ways = logins(open_database(settings), settings)
    made = create_app(ways, settings.api, open_without_keys=settings.profile == "embedded")
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)
    return made


def _end_with_parent() -> None:
    """Have this process end in order when the one that started it is gone.

    Otherwise the workers of a killed `movierec api` would go on, and its successor find the port taken.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
