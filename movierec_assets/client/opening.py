"""The three ways in, as one thing: an HTTP client of the API's own routes.

With an address of an API, HTTP is spoken. With a database, the API's application runs in this process and is called
without a socket, so that validation, errors and meaning are the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec_assets.client.errors import DatabaseProblemError

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from movierec_assets.resources.database import Database

INSIDE = "http://localhost"
"""Address of the application in this process."""
CONNECT_SECONDS = 5.0
WAIT_SECONDS = 300.0
"""For a part of an answer: a statement of a scientist may take long."""


@dataclass(frozen=True)
class Target:
    """What to connect to.

    Attributes:
        address: Of an API or a database; empty for the project's database by the settings, the embedded one by default.
        key: For an API.
        role: To work as, in the project's database; empty for `data_scientist`.
        timeout: Seconds that an API may let wait for a part of its answer.
    """

    address: str = ""
    key: str = ""
    role: str = ""
    timeout: float = WAIT_SECONDS

    def __post_init__(self) -> None:
        scheme = self.address.partition("://")[0]
        if self.address and scheme not in ("http", "https", "postgresql", "postgres"):
            raise ValueError(
                "an address must be `http://…` of an API, `postgresql://…`, or none for the project's own database"
            )
        if self.key and not self.over_http:
            raise ValueError("a key is for an API (`http://…`): a database knows its users by the address")
        if self.role and self.address:
            raise ValueError(
                "a role is for the project's own database: elsewhere the key or the login decides"
            )

    @property
    def over_http(self) -> bool:
        """Whether HTTP is spoken."""
        return self.address.startswith(("http://", "https://"))

    def __repr__(self) -> str:
        # Neither key nor password.
        scheme, _, rest = self.address.partition("://")
        # libpq takes a password after the question mark too.
        return (
            f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}" if scheme else "the project's database"
        )


@asynccontextmanager
async def opened(target: Target) -> AsyncIterator[httpx.AsyncClient]:
    """An open way in.

    Raises:
        DatabaseProblemError: The database cannot be opened, or its tables or roles cannot be made.
    """
    import httpx
    from anyio import to_thread

    async with AsyncExitStack() as stack:
        if target.over_http:
            headers = {"Authorization": f"Bearer {target.key}"} if target.key else {}
            http = httpx.AsyncClient(
                base_url=target.address.rstrip("/"),
                headers=headers,
                timeout=httpx.Timeout(target.timeout, connect=CONNECT_SECONDS),
            )
        else:
            app = await to_thread.run_sync(_application, target)
            await stack.enter_async_context(app.router.lifespan_context(app))
            # An error inside is answered, and logged, as it is over HTTP.
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            http = httpx.AsyncClient(base_url=INSIDE, transport=transport)
        yield await stack.enter_async_context(http)


def _application(target: Target) -> FastAPI:
    from movierec_assets.api.app import create_app
    from movierec_assets.api.connections import Logins
    from movierec_assets.api.identity import Caller
    from movierec_assets.settings_api import ApiSettings

    url: Callable[[], str]
    if target.address:
        user, url = _user(target.address), lambda: target.address
    else:
        user = target.role or "data_scientist"
        url = _of_settings(user)
    _try(target, url())
    logins = Logins(url=url, becomes=False, as_role=lambda role: url())
    # Bounds protect an API from its callers; here caller and application are one.
    bounds = ApiSettings(hosts="localhost", rate_limit="1000000/second", body_mb=65536, row_cap=1_000_000_000)
    return create_app(logins, bounds, fixed=Caller(user, user))


def _try(target: Target, url: str) -> None:
    """See that it can be logged in to: the API tells its callers no more than that the database does not answer."""
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=int(CONNECT_SECONDS)).close()
    except psycopg.Error as error:
        raise DatabaseProblemError(f"no connection to {target!r}: {' '.join(str(error).split())}") from error


def _user(address: str) -> str:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return str(conninfo_to_dict(address).get("user", "you"))
    except ProgrammingError:
        # libpq's own message quotes the part that it cannot read, which may be the password.
        raise ValueError(
            "the address cannot be read: must be `postgresql://user:password@host:port/database`, with special "
            "characters of user and password percent-encoded (`@` as `%40`)"
        ) from None


def _of_settings(role: str) -> Callable[[], str]:
    """Gives the address at which this role logs in to the project's database.

    The embedded one gets its tables and roles first, as from the command line; any other has them from its owner.
    """
    from psycopg.conninfo import make_conninfo

    from movierec_assets.access.keys import KEY_ROLES
    from movierec_assets.resources.database import open_database
    from movierec_assets.settings import load_settings

    if role not in KEY_ROLES:
        raise ValueError(f"role {role!r}: must be one of {', '.join(KEY_ROLES)}")
    settings = load_settings()
    database, passwords = open_database(settings), settings.passwords.given()
    if database.embedded:
        _make(database, passwords)
        return lambda: database.address_for(role, with_password=False)
    if role not in passwords:
        raise DatabaseProblemError(
            f"the {database.address} lets {role} in by password only: set MOVIEREC_PASSWORDS__{role.upper()} and run "
            "`movierec grant`, or name a login: connect('postgresql://user:password@host/database')"
        )
    address = database.address_for(role, with_password=True)
    return lambda: make_conninfo(address, password=passwords[role])


def _make(database: Database, passwords: Mapping[str, str]) -> None:
    from movierec_assets.access import AccessError, grant
    from movierec_assets.curated import TablesError, ensure_tables
    from movierec_assets.migrations import MigrationError
    from movierec_assets.resources.database import DatabaseError
    from movierec_assets.resources.embedded_postgres import EmbeddedPostgresError

    try:
        ensure_tables(database)
        with database.connect() as connection:
            grant(connection, passwords, trusted_socket=True)
    except (AccessError, DatabaseError, EmbeddedPostgresError, MigrationError, TablesError) as error:
        raise DatabaseProblemError(str(error)) from error
