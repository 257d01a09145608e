"""`create_app(...)`: the application, the one place where its parts meet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI

from movierec_assets.api import health
from movierec_assets.api.bodies import BoundedBodies
from movierec_assets.api.connections import Connections, Logins
from movierec_assets.api.heads import Heads
from movierec_assets.api.hosts import KnownHosts
from movierec_assets.api.identity import Caller, Identities, read_keys
from movierec_assets.api.limiting import Limiter
from movierec_assets.api.observing import Observed
from movierec_assets.api.pages import routes as pages
from movierec_assets.api.pages.answering import Pages
from movierec_assets.api.problems import ProblemModel, install
from movierec_assets.api.recommending import movielens, movies, titles
from movierec_assets.api.recommending.memory import Memory
from movierec_assets.api.recommending.short_way import ShortWay
from movierec_assets.api.recommending.together import Together
from movierec_assets.api.resources import documenting
from movierec_assets.api.resources.router import router as resources
from movierec_assets.api.tables import free_sql
from movierec_assets.api.tables.routes import router as tables
from movierec_assets.settings_api import ApiSettings

OWN_ROLE = "movierec_login"
ROUTERS = (health.router, movielens.router, movies.router, titles.router, *pages.ROUTERS)
OPEN = ("/health/live", "/health/ready", "/metrics")
"""Paths that are answered without a key."""

DESCRIPTION = """
Movies, titles, people, simulated users and their viewings to read and write, and recommendations that say why.

Every request under `/v1` has a key, `Authorization: Bearer KEY`, once there is one (`movierec key create`).
PostgreSQL's grants for the key's role decide what it may do. Errors are problem details by RFC 9457, in one shape.
"""


def create_app(
    logins: Logins,
    settings: ApiSettings,
    *,
    open_without_keys: bool = False,
    fixed: Caller | None = None,
) -> FastAPI:
    """The application; nothing is opened before its lifespan begins.

    Args:
        logins: Ways into the database.
        settings: Bounds.
        open_without_keys: Whether everybody may ask, as `movierec_api`, as long as there is no key at all.
        fixed: Whom every request counts as; None where keys decide.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if fixed is None:
            # A program that has the application within it may never ask for what is loaded here.
            app.state.memory.begin()
        yield
        await app.state.memory.close()
        await app.state.connections.close()

    app = FastAPI(
        title="movierec",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        separate_input_output_schemas=False,
        redoc_url=None,
    )
    app.state.connections = found = Connections(logins)
    app.state.own_role = fixed.role if fixed else OWN_ROLE
    app.state.identities = Identities(partial(read_keys, found, OWN_ROLE), open_without_keys, fixed)
    app.state.memory = Memory(logins)
    app.state.together = Together(found)
    app.state.limiter = Limiter(*settings.rate())
    app.state.settings = settings
    install(app)
    for router in (*ROUTERS, resources(), tables(), free_sql.router()):
        app.include_router(router)
    app.add_middleware(BoundedBodies, table_bytes=settings.body_mb * 1_000_000)
    app.add_middleware(KnownHosts, names=settings.host_names())
    app.add_middleware(Pages)
    app.add_middleware(Heads)
    app.add_middleware(ShortWay, names=settings.host_names())
    app.add_middleware(Observed)
    _complete(app, open_without_keys=open_without_keys)
    return app


def _complete(app: FastAPI, *, open_without_keys: bool) -> None:
    """What the document says beside its routes: keys, and the schemas that routes refer to by name."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        document = made()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(documenting.schemas([ProblemModel, free_sql.Query]))
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        # An empty requirement: none is needed, as long as there is no key.
        document["security"] = [{"key": []}, *([{}] if open_without_keys else [])]
        for path in OPEN:
            for operation in document["paths"][path].values():
                operation["security"] = []
        return document

    app.openapi = openapi  # type: ignore[method-assign]
