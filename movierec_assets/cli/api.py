"""`movierec api`: the web API and the explorer page, until interrupted."""

from __future__ import annotations

import ipaddress
import logging
import os
import shutil
import socket
import tempfile
from typing import TYPE_CHECKING, Annotated

import typer

from movierec_assets.cli.app import app, fail, out, say, settings
from movierec_assets.runtime import Runtime, open_runtime

if TYPE_CHECKING:
    from movierec_assets.settings import Settings

LIVE_METRICS = "PROMETHEUS_MULTIPROC_DIR"
SILENT_SECONDS = 30
"""A process that says nothing for so long is replaced, and what it was answering is lost. Uvicorn's own 5 seconds are
soon over for one that reads a value of hundreds of MB, or is kept waiting by a busy machine."""


@app.command()
def api(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, help="Processes; by default one for every two cores: a database needs the rest."
        ),
    ] = None,
) -> None:
    """Start the web API with the explorer page; Ctrl-C stops it."""
    # Before NumPy is loaded. Lists are made side by side; threads within each take ten times the processor's time,
    # waiting for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    chosen = settings()
    runtime = open_runtime(chosen)
    _prepare(runtime)
    _see_who_may_ask(chosen, runtime, host)
    _see_that_the_port_is_free(host, port)
    from uvicorn import Config
    from uvicorn.supervisors import Multiprocess

    from movierec_assets.domain.recommender.threads import cores

    folder = tempfile.mkdtemp(prefix="movierec-api-")
    os.environ[LIVE_METRICS] = folder
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    name = f"[{host}]" if ":" in host else host
    out.print(f"web API  http://{name}:{port}", highlight=False)
    config = Config(
        "movierec_assets.api.process:app",
        factory=True,
        host=host,
        port=port,
        workers=workers or max(1, cores() // 2),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=SILENT_SECONDS,
    )
    try:
        # A single process has somebody who starts another in its place, too.
        Multiprocess(config, [config.bind_socket()]).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(runtime: Runtime) -> None:
    """What the API looks for in the database; in the embedded one also its login."""
    from movierec_assets.access import grant
    from movierec_assets.curated import ensure_tables
    from movierec_assets.publication import ensure_schema

    database = runtime.database
    ensure_tables(database)
    with database.connect() as connection:
        ensure_schema(connection)
        if database.embedded:
            grant(connection, runtime.settings.passwords.given(), trusted_socket=True)


def _see_who_may_ask(chosen: Settings, runtime: Runtime, host: str) -> None:
    from datetime import UTC, datetime

    import psycopg

    from movierec_assets.access import keys
    from movierec_assets.api.process import logins

    with runtime.database.connect() as connection:
        valid = [key for key in keys.keys(connection) if key.valid(datetime.now(UTC))]
    if not valid and chosen.profile == "production":
        fail("the production profile needs a key before it answers: `movierec key create NAME`")
    elif not valid and chosen.profile == "compose":
        # Its container comes up with all others, before anybody can make a key.
        say("until `movierec key create NAME` has made a key, every request is refused")
    elif not valid and not _loopback(host):
        fail(f"without a key everybody who reaches {host} could write: `movierec key create NAME` makes one")
    try:
        psycopg.connect(logins(runtime.database, chosen).url(), connect_timeout=10).close()
    except psycopg.Error as error:
        fail(
            f"the API cannot log in as movierec_login: {' '.join(str(error).split())}; set "
            "MOVIEREC_PASSWORDS__MOVIEREC_LOGIN and run `movierec grant`"
        )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _see_that_the_port_is_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        fail(
            f"{host}:{port} cannot be listened on: {error.strerror or error}; choose another --port or --host"
        )
