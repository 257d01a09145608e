"""Logging in to the embedded server over TCP: by password only, declared roles only, with their settings."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors

from movierec_assets.access import grant
from movierec_assets.access.verifiers import fits
from movierec_assets.resources.embedded_postgres import start_embedded
from movierec_assets.resources.postgres_server import bin_folder
from movierec_assets.schema.roles import ROLES
from movierec_assets_tests.access.granted import PASSWORDS, granted, login

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database


@pytest.fixture
def database(open_database: Database) -> Database:
    return granted(open_database)


def psql(address: str, statement: str, password: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [bin_folder() / "psql", "-X", "-A", "-t", "-w", "-c", statement, address],
        env={**os.environ, "PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_psql_gets_in_with_the_password_and_not_with_another_or_none(database: Database, host: str) -> None:
    if host == "[::1]" and not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback address")
    for role, password in PASSWORDS.items():
        address = database.address_for(role, with_password=True).replace("127.0.0.1", host)
        assert psql(address, "SELECT current_user", password).stdout.strip() == role
        for wrong in (
            "",
            "wrong",
            password + " ",
            PASSWORDS["movierec_api"] if role != "movierec_api" else "x",
        ):
            refused = psql(address, "SELECT 1", wrong)
            assert refused.returncode == 2, (role, wrong)
            assert "password" in refused.stderr


def test_psql_as_analyst_reads_and_is_refused_every_write(database: Database) -> None:
    address, password = (
        database.address_for("analyst_reader", with_password=True),
        PASSWORDS["analyst_reader"],
    )
    for table in ("raw.lines", "catalog.extra", "serving.recommendations", "extra"):
        assert psql(address, f"SELECT count(*) FROM {table}", password).stdout.strip() == "0"
    writes = (
        "INSERT INTO catalog.extra (title) VALUES ('x')",
        "DELETE FROM raw.lines",
        "TRUNCATE raw.lines",
    )
    for statement in writes:
        for prefix in ("", "SET default_transaction_read_only = off; "):
            refused = psql(address, prefix + statement, password)
            assert refused.returncode == 1
            assert "permission denied" in refused.stderr or "read-only" in refused.stderr


def test_over_the_socket_a_role_needs_no_password(database: Database) -> None:
    address = database.address_for("analyst_reader", with_password=False)
    assert "127.0.0.1" not in address
    assert psql(address, "SELECT current_user").stdout.strip() == "analyst_reader"


@pytest.mark.parametrize("user", ["postgres", "somebody"])
def test_nobody_but_the_declared_roles_gets_in_over_tcp(database: Database, user: str) -> None:
    with database.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS somebody")
        connection.execute("CREATE ROLE somebody LOGIN SUPERUSER")
        for name in ("postgres", "somebody"):
            made = connection.pgconn.encrypt_password(b"known-to-me", name.encode(), b"scram-sha-256")
            connection.execute(f"ALTER ROLE {name} PASSWORD '{made.decode()}'")
    try:
        address = database.address_for(user, with_password=True)
        with pytest.raises(psycopg.OperationalError, match="no pg_hba"):
            psycopg.connect(address, password="known-to-me")
    finally:
        with database.connect() as connection:
            connection.execute("DROP ROLE somebody")
            connection.execute("ALTER ROLE postgres PASSWORD NULL")


def test_a_declared_role_gets_into_no_other_database(database: Database) -> None:
    address = database.address_for("analyst_reader", with_password=True).replace("/movierec", "/postgres")
    with pytest.raises(psycopg.OperationalError, match="no pg_hba"):
        psycopg.connect(address, password=PASSWORDS["analyst_reader"])


def test_a_role_without_a_password_does_not_get_in_over_tcp(database: Database) -> None:
    with database.connect() as connection:
        grant(connection, {}, trusted_socket=True)
    address = database.address_for("data_scientist", with_password=True)
    for password in ("", PASSWORDS["data_scientist"]):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(address, password=password)


def test_the_server_listens_on_loopback_only(database: Database) -> None:
    with database.connect() as connection:
        row = connection.execute("SELECT current_setting('listen_addresses')").fetchone()
    assert row == ("127.0.0.1,::1",)


def test_the_timeout_of_a_role_ends_its_statements(database: Database) -> None:
    with login(database, "analyst_reader") as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1min",)
        assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)
    with database.connect() as connection:
        connection.execute("ALTER ROLE analyst_reader IN DATABASE movierec SET statement_timeout = '200ms'")
    with (
        login(database, "analyst_reader") as connection,
        pytest.raises(errors.QueryCanceled, match="timeout"),
    ):
        connection.execute("SELECT pg_sleep(30)")


def test_every_login_gets_the_settings_of_its_role(database: Database) -> None:
    for role in ROLES.values():
        with login(database, role.name) as connection:
            for name, value in role.settings().items():
                row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
                connection.execute("SELECT set_config(%s, %s, false)", (name, value))
                assert connection.execute("SELECT current_setting(%s)", (name,)).fetchone() == row, name


def test_no_password_is_in_the_servers_log_even_where_every_statement_is_logged(
    open_database: Database,
) -> None:
    log = start_embedded(open_database.home).folder / "data" / "server.log"
    with open_database.connect(options="-c log_statement=all") as connection:
        grant(connection, {name: f"only-for-the-log-{name}" for name in ROLES}, trusted_socket=True)
    text = log.read_text()
    assert "PASSWORD 'SCRAM-SHA-256$" in text
    assert "only-for-the-log" not in text


@pytest.mark.parametrize("password", ["correct horse", "pä$$wörd 12345", "%41'\"\\"])
def test_a_verifier_fits_its_password_alone(embedded_database: Database, password: str) -> None:
    with embedded_database.connect() as connection:
        made = connection.pgconn.encrypt_password(password.encode(), b"someone", b"scram-sha-256").decode()
    assert fits(made, password)
    assert not fits(made, password + "x")
    assert not fits(None, password)
    assert not fits("md5abc", password)
