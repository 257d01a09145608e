"""The project's PostgreSQL: the embedded server, or one by URL; both behave the same."""

# No `from __future__ import annotations`: Dagster must see the type of a resource's dependency itself.
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import dagster as dg

from movierec_assets.resources.embedded_postgres import start_embedded

if TYPE_CHECKING:
    import psycopg

    from movierec_assets.settings import Settings

SCHEMA_LOCK = "movierec: create schema"
OF_OWNER = {
    *("host", "port", "dbname", "user", "password", "passfile", "options", "application_name", "service"),
    *(
        "servicefile",
        "sslcert",
        "sslkey",
        "sslpassword",
        "sslkeylogfile",
        "scram_client_key",
        "scram_server_key",
    ),
    *("oauth_client_id", "oauth_client_secret"),
}
"""Connection parameters that an address for somebody else says otherwise, or does not say."""


class DatabaseError(Exception):
    """The database cannot be reached or used; the message says which, why and what to check, never the password."""


class DatabaseLostError(DatabaseError):
    """The database went away in the middle of the work, as it does when it is restarted: it may be back soon."""


def open_database(settings: "Settings") -> "Database":
    """The database of these settings; nothing is started."""
    return Database(
        url=settings.database_url.get_secret_value(), home=str(settings.home), port=settings.postgres_port
    )


class Database(dg.ConfigurableResource):  # type: ignore[type-arg]
    """PostgreSQL for publications, ledgers and Dagster's own storage.

    Attributes:
        home: `MOVIEREC_HOME`; the embedded server lies in its folder `postgres`.
        url: `postgresql://user:password@host:port/database`; empty means embedded. Declared as a dependency
            because Dagster shows the values of ordinary fields in its UI.
        port: Loopback port of the embedded server; None for its Unix socket only.
    """

    home: str
    port: int | None = None
    url: dg.ResourceDependency[str] = ""  # type: ignore[assignment]

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return [("home", self.home), ("url", "embedded" if self.embedded else "…")]

    @property
    def embedded(self) -> bool:
        """Whether the project runs this server itself."""
        return not self.url

    @property
    def uri(self) -> str:
        """The libpq URI, password included, for psycopg, ADBC and psql. Starts the embedded server.

        Raises:
            EmbeddedPostgresError: The embedded server does not start.
        """
        return self.url or start_embedded(Path(self.home), self.port).uri()

    @property
    def address(self) -> str:
        """Where it is, for people: `database movierec at db.example.org:5432`; no user, no password.

        Raises:
            DatabaseError: The URL cannot be read.
        """
        if self.embedded:
            return f"embedded database in {self.home}/postgres"
        parameters = self._parameters()
        name = parameters.get("dbname") or parameters.get("user") or "(default)"
        return f"database {name} at {parameters.get('host', 'localhost')}:{parameters.get('port', 5432)}"

    def address_for(self, role: str, *, with_password: bool) -> str:
        """The URI that a person connects to as that role, for psql and the like; no secret is in it.

        What the owner's URL asks of the connection (`sslmode`, `sslrootcert`, …) is asked of theirs too, but for what
        is the owner's own: password, client certificate and key, session options.

        Args:
            role: The role.
            with_password: Whether it has a password; without one the embedded server takes it over its socket only.

        Raises:
            DatabaseError: The URL cannot be read.
            EmbeddedPostgresError: The embedded server does not start.
        """
        if self.embedded:
            server = start_embedded(Path(self.home), self.port)
            return server.tcp_uri(role) if with_password and server.state.tcp else server.uri(user=role)
        parameters = self._parameters()
        owner, database = parameters.get("user", ""), parameters.get("dbname")
        name = quote(database or owner, safe="")
        host, port = parameters.get("host", "localhost"), parameters.get("port", "5432")
        kept = {k: v for k, v in parameters.items() if k not in OF_OWNER}
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if host.startswith("/") or "," in host:
            place, kept = "", {"host": host, "port": port, **kept}
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in kept.items())
        return f"postgresql://{role}@{place}/{name}{'?' if query else ''}{query}"

    def needs_restart(self) -> str:
        """What to do for the port of the settings to take effect; empty where it has."""
        if not self.embedded:
            return ""
        open_port = start_embedded(Path(self.home), self.port).state.tcp_port
        if open_port == self.port:
            return ""
        now = f"on port {open_port}" if open_port else "on its Unix socket only"
        return (
            f"the database listens {now} until it starts again with MOVIEREC_POSTGRES_PORT={self.port or ''}: "
            "end every command and notebook that uses it (movierec up too), then start one"
        )

    def connect(self, **options: Any) -> "psycopg.Connection":
        """A new connection, to be closed by the caller (`with database.connect() as connection:`).

        Args:
            options: As for `psycopg.connect`, such as `autocommit`, `row_factory`, `options`.

        Raises:
            DatabaseError: There is no connection to be had; also raised by the `with` block of the connection, where
                the role lacks a right or the database fails.
            EmbeddedPostgresError: The embedded server does not start.
        """
        import psycopg

        from movierec_assets.resources.connection import Connection

        address = self.address
        defaults = {"connect_timeout": 10, "application_name": "movierec"}
        try:
            try:
                connection = Connection.connect(self.uri, **{**defaults, **options})
            except psycopg.OperationalError:
                if not self.embedded:
                    raise
                # The server may have stopped since it was looked up; asking for it again starts it.
                connection = Connection.connect(self.uri, **{**defaults, **options})
        except psycopg.OperationalError as error:
            hint = "the log is data/server.log there" if self.embedded else "check MOVIEREC_DATABASE_URL"
            raise DatabaseError(
                f"no connection to the {address}: {self.redacted(str(error))}; {hint}"
            ) from None
        connection.address = address
        return connection

    def sqlalchemy_url(self, schema: str, **variables: str) -> str:
        """URL for SQLAlchemy with psycopg2, password included, whose tables live in that schema, made if missing.

        The driver is named because SQLAlchemy 2.1 reads plain `postgresql://` as psycopg 3, on which
        Dagster's storage fails.

        Args:
            schema: A plain lower-case name, such as `dagster`.
            variables: PostgreSQL's, set for each session, such as `synchronous_commit="off"`.

        Raises:
            ValueError: The schema's name is not plain.
            DatabaseError: There is no connection to be had.
        """
        if not (schema.isidentifier() and schema.isascii() and schema == schema.lower()):
            raise ValueError(f"schema {schema!r}: letters a-z, digits and _ only")
        with self.connect() as connection:
            # Two processes that create one schema at the same time would otherwise fail on its unique name.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (SCHEMA_LOCK,))
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        parameters = self._parameters()
        login = ":".join(quote(parameters.pop(k), safe="") for k in ("user", "password") if k in parameters)
        name = quote(parameters.pop("dbname", ""), safe="")
        chosen = {"search_path": schema, **variables}
        options = (parameters.get("options", ""), *(f"-c{name}={value}" for name, value in chosen.items()))
        parameters["options"] = " ".join(options).strip()
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in parameters.items())
        return f"postgresql+psycopg2://{login}@/{name}?{query}"

    def for_programs(self) -> tuple[str, dict[str, str]]:
        """How PostgreSQL's own programs reach it: a connection string without the password, and their environment.

        Everybody on the machine may read the arguments of a process.

        Raises:
            DatabaseError: The URL cannot be read.
        """
        from psycopg.conninfo import make_conninfo

        parameters = self._parameters()
        password = parameters.pop("password", None)
        environment = dict(os.environ)
        if password is not None:
            environment["PGPASSWORD"] = password
        return make_conninfo("", **parameters), environment

    def _parameters(self) -> dict[str, str]:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict

        uri = self.uri
        try:
            # libpq takes what follows the first `@` or `/` of a password that is not encoded for host and database,
            # which are told.
            if "@" in re.split("[@/]", uri.partition("://")[2], maxsplit=1)[-1].partition("?")[0]:
                raise ProgrammingError
            return {key: str(value) for key, value in conninfo_to_dict(uri).items()}
        except ProgrammingError:
            # libpq's own message quotes the part that it cannot read, which may be the password.
            raise DatabaseError(
                "MOVIEREC_DATABASE_URL cannot be read: must be `postgresql://user:password@host:port/database`, "
                "with special characters of user and password percent-encoded (`@` as `%40`)"
            ) from None

    def redacted(self, message: str) -> str:
        """A message on one line, without the password."""
        password = self._parameters().get("password")
        text = " ".join(message.split())
        return text.replace(password, "***").replace(quote(password, safe=""), "***") if password else text
