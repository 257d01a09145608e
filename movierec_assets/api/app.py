"""`create_app(...)`: the application, the one place where its parts meet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from movierec_assets.api import health
from movierec_assets.api.bodies import BoundedBodies
from movierec_assets.api.connections import Connections, Logins
from movierec_assets.api.hosts import KnownHosts
from movierec_assets.api.identity import Caller, Identities, read_keys
from movierec_assets.api.limiting import Limiter
from movierec_assets.api.observing import Observed
from movierec_assets.api.problems import ProblemModel, install
from movierec_assets.settings_api import ApiSettings

OWN_ROLE = "movierec_login"
ROUTERS = (health.router,)
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
        yield
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
    app.state.limiter = Limiter(settings.rate_limit)
    app.state.settings = settings
    install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(BoundedBodies, table_bytes=settings.body_mb * 1_000_000)
    app.add_middleware(KnownHosts, names=settings.host_names())
    app.add_middleware(Observed)
    _declare_problems(app)
    return app


def _declare_problems(app: FastAPI) -> None:
    """The schema that every route's errors refer to, which FastAPI knows of no route."""
    made = app.openapi

    def openapi() -> dict[str, object]:
        document = made()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "ProblemModel" not in schemas:
            schema = ProblemModel.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(schema.pop("$defs", {}))
            schemas["ProblemModel"] = schema
        return document

    app.openapi = openapi  # type: ignore[method-assign]
