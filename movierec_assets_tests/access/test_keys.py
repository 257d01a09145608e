"""Keys of the web API: told once, kept as digests, accepted until they expire or are revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from movierec_assets.access import keys
from movierec_assets.migrations import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from movierec_assets.resources.database import Database

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def connection(embedded_database: Database) -> Iterator[psycopg.Connection]:
    with embedded_database.connect() as connection:
        upgrade(connection)
        yield connection


def test_a_key_is_kept_as_its_digest_alone(connection: psycopg.Connection) -> None:
    key = keys.create(connection, "app", "movierec_api", 30, now=NOW)
    assert key.startswith("movierec_")
    assert len(key) > 40
    (row,) = connection.execute("SELECT * FROM access.keys").fetchall()
    assert keys.digest(key) in row
    assert not any(key.removeprefix("movierec_") in str(value) for value in row)
    assert keys.keys(connection) == [
        keys.Key("app", "movierec_api", NOW, NOW + timedelta(days=30), None),
    ]


def test_a_key_is_valid_until_the_moment_it_expires(connection: psycopg.Connection) -> None:
    keys.create(connection, "app", "movierec_api", 1, now=NOW)
    keys.create(connection, "ever", "analyst_reader", None, now=NOW)
    app, ever = keys.keys(connection)
    ends = NOW + timedelta(days=1)
    assert [app.valid(ends - timedelta(microseconds=1)), app.valid(ends)] == [True, False]
    assert ever.valid(NOW + timedelta(days=36500))


def test_a_name_has_one_key_and_another_one_after_it_was_revoked(connection: psycopg.Connection) -> None:
    first = keys.create(connection, "app", "movierec_api", None)
    with pytest.raises(keys.KeyRefusedError, match="there is a key app already; revoke it first"):
        keys.create(connection, "app", "movierec_api", None)
    keys.revoke(connection, "app")
    assert not keys.keys(connection)[0].valid(NOW)
    second = keys.create(connection, "app", "data_scientist", None)
    (found,) = keys.keys(connection)
    assert second != first
    assert (found.role, found.revoked_at, found.valid(NOW)) == ("data_scientist", None, True)


@pytest.mark.parametrize(
    ("name", "role", "message"),
    [
        ("App", "movierec_api", "name 'App': must be 1 to 50 of a-z"),
        ("", "movierec_api", "name ''"),
        ("app", "movierec_login", "role 'movierec_login': a key may have one of analyst_reader"),
        ("app", "postgres", "role 'postgres'"),
    ],
)
def test_a_name_or_role_that_is_none_is_refused(
    connection: psycopg.Connection, name: str, role: str, message: str
) -> None:
    with pytest.raises(keys.KeyRefusedError, match=message):
        keys.create(connection, name, role, None)
    assert keys.keys(connection) == []


def test_only_a_key_that_is_there_can_be_revoked_and_the_message_names_those(
    connection: psycopg.Connection,
) -> None:
    keys.create(connection, "app", "movierec_api", None)
    with pytest.raises(keys.KeyRefusedError, match="no key other that is not revoked; there are app"):
        keys.revoke(connection, "other")
    keys.revoke(connection, "app")
    with pytest.raises(keys.KeyRefusedError, match="no key app that is not revoked; there are none"):
        keys.revoke(connection, "app")


def test_the_table_is_made_once_however_often_it_is_asked_for(connection: psycopg.Connection) -> None:
    keys.create(connection, "app", "movierec_api", None)
    upgrade(connection)
    assert [key.name for key in keys.keys(connection)] == ["app"]
