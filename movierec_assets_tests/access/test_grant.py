"""`grant`: idempotent, exact, safe beside others, and clear about what it lacks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import errors

from movierec_assets.access import AccessError, assume, grant
from movierec_assets.publication import ensure_schema
from movierec_assets.publication.layout import VIEW_LOCK
from movierec_assets.resources.database import Database
from movierec_assets.schema.roles import ROLES
from movierec_assets_tests.access.granted import LATER, PASSWORDS, granted
from movierec_assets_tests.publication.snapshots_of_tests import SCORES, prepared, publish_scores
from movierec_assets_tests.publication.test_columns import LONGER, SHORTER, publish_as

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE = """
SELECT 'relation' AS kind, oid::text AS name, (a.*)::text AS state
FROM pg_class, aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))) a
UNION ALL SELECT 'column', attrelid || attname, (a.*)::text FROM pg_attribute, aclexplode(attacl) a
UNION ALL SELECT 'schema', nspname, (a.*)::text
FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a
UNION ALL SELECT 'database', datname, (a.*)::text
FROM pg_database, aclexplode(datacl) a WHERE datname = current_database()
UNION ALL SELECT 'default', defaclnamespace || defaclobjtype::text, (a.*)::text
FROM pg_default_acl, aclexplode(defaclacl) a
WHERE a.grantee <> defaclrole
UNION ALL SELECT 'setting', setrole || ' ' || setdatabase, setconfig::text FROM pg_db_role_setting
UNION ALL SELECT 'role', rolname, (r.*)::text FROM pg_roles r WHERE rolname !~ '^pg_'
UNION ALL SELECT 'member', roleid || ' ' || member, (m.*)::text FROM pg_auth_members m
ORDER BY 1, 2, 3
"""
PASSWORD_OF = "SELECT rolpassword FROM pg_authid WHERE rolname = ANY(%s) ORDER BY rolname"
BY_HAND = {
    "a table": "GRANT INSERT, TRUNCATE ON catalog.extra TO analyst_reader",
    "a column": "GRANT UPDATE (title) ON catalog.extra TO analyst_reader",
    "a quoted column": 'GRANT SELECT ("Index") ON raw.lines TO movierec_api',
    "a view": "GRANT DELETE ON serving.recommendations TO data_scientist",
    "storage": "GRANT SELECT ON ALL TABLES IN SCHEMA publication TO data_scientist",
    "a schema": "GRANT CREATE ON SCHEMA catalog TO data_scientist",
    "dagster": "GRANT USAGE ON SCHEMA dagster TO analyst_reader",
    "a table of others": "GRANT SELECT ON public.others TO analyst_reader",
    "passing on": "GRANT SELECT ON catalog.extra TO analyst_reader WITH GRANT OPTION",
    "everybody": "GRANT SELECT ON ledger.files TO PUBLIC",
    "everybody's schema": "GRANT CREATE ON SCHEMA public TO PUBLIC",
    "everybody's temporary tables": "GRANT TEMPORARY ON DATABASE movierec TO PUBLIC",
    "later tables": "ALTER DEFAULT PRIVILEGES IN SCHEMA catalog GRANT DELETE ON TABLES TO analyst_reader",
    "all later tables": "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    "sequences": "GRANT UPDATE ON SEQUENCE simulation.extra_session_id_seq TO data_scientist",
    "a setting": "ALTER ROLE analyst_reader IN DATABASE movierec SET statement_timeout = 0",
    "one more setting": "ALTER ROLE analyst_reader IN DATABASE movierec SET work_mem = '1GB'",
    "powers": "ALTER ROLE data_scientist CREATEROLE",
    "a role": "GRANT data_scientist TO analyst_reader",
    "something missing": "REVOKE SELECT ON catalog.extra FROM analyst_reader",
    "something missing later": "ALTER DEFAULT PRIVILEGES IN SCHEMA raw REVOKE SELECT ON TABLES FROM analyst_reader",
}


def state(database: Database) -> list[Any]:
    with database.connect() as connection:
        return connection.execute(STATE.encode()).fetchall()


def run(database: Database, *statements: str) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def again(database: Database) -> list[str]:
    with database.connect() as connection:
        return grant(connection, PASSWORDS, trusted_socket=database.embedded)


@pytest.fixture
def ready(any_database: Database) -> Database:
    return granted(any_database)


def test_a_second_grant_changes_nothing(ready: Database) -> None:
    again(ready)
    before = state(ready)
    # Whether a password is already set only a superuser can see.
    known = [] if ready.embedded else [f"ALTER ROLE {name} PASSWORD '…'" for name in ROLES]
    assert again(ready) == known
    assert state(ready) == before


def test_passwords_stay_as_they_are_until_the_settings_change(embedded_database: Database) -> None:
    granted(embedded_database)

    def kept() -> list[Any]:
        with embedded_database.connect() as connection:
            return connection.execute(PASSWORD_OF, [list(ROLES)]).fetchall()

    before = kept()
    assert [text.partition("$")[0] for (text,) in before] == ["SCRAM-SHA-256"] * len(ROLES)
    again(embedded_database)
    assert kept() == before
    with embedded_database.connect() as connection:
        grant(connection, {"movierec_api": "another-Password-12"}, trusted_socket=False)
    assert [text is None for (text,) in kept()] == [True, True, False, True]
    with embedded_database.connect() as connection:
        may = connection.execute("SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname <> 'postgres'")
        assert may.fetchall() == [("movierec_api",)]


@pytest.mark.parametrize("what", BY_HAND)
def test_what_was_changed_by_hand_is_put_right(ready: Database, what: str) -> None:
    again(ready)
    before = state(ready)
    run(ready, BY_HAND[what])
    assert state(ready) != before
    assert again(ready)
    assert state(ready) == before


def test_what_a_role_passed_on_goes_with_its_right(ready: Database) -> None:
    run(ready, "GRANT SELECT ON catalog.extra TO analyst_reader WITH GRANT OPTION")
    with login_or_assume(ready, "analyst_reader") as connection:
        connection.execute("GRANT SELECT ON catalog.extra TO movierec_api")
        connection.execute("GRANT SELECT ON catalog.extra TO PUBLIC")
        connection.commit()
    again(ready)
    with ready.connect() as connection:
        grantees = connection.execute(
            "SELECT DISTINCT grantee FROM information_schema.table_privileges "
            "WHERE table_schema = 'catalog' AND table_name = 'titles' AND grantor = 'analyst_reader'"
        )
        assert grantees.fetchall() == []


def login_or_assume(database: Database, role: str) -> psycopg.Connection:
    connection = database.connect()
    assume(connection, role)
    connection.execute("SET TRANSACTION READ WRITE")
    return connection


def test_a_table_that_a_role_owns_comes_back_to_the_owner(embedded_database: Database) -> None:
    granted(embedded_database)
    before = state(embedded_database)
    run(embedded_database, "ALTER TABLE raw.lines OWNER TO analyst_reader")
    assert "ALTER TABLE raw.lines OWNER TO postgres" in again(embedded_database)
    assert state(embedded_database) == before


@pytest.mark.parametrize("changed", [LONGER, SHORTER], ids=["longer", "shorter"])
def test_readers_keep_their_rights_when_a_view_changes_its_columns(
    any_database: Database, changed: Any
) -> None:
    publish_scores(prepared(granted(any_database, "")), 1)
    publish_scores(any_database, 2)
    publish_as(any_database, changed, 3)
    for role in (name for name, declared in ROLES.items() if "serving" in declared.rights):
        with any_database.connect() as connection:
            assume(connection, role)
            connection.execute("SET TRANSACTION READ WRITE")
            assert connection.execute("SELECT min(mean) FROM serving.scores").fetchone() == (3,)
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("UPDATE serving.scores SET mean = 0")
    assert not [s for s in again(any_database) if "PASSWORD" not in s]


def test_many_grants_and_publications_at_once_all_succeed(any_database: Database) -> None:
    granted(any_database)
    publish_scores(prepared(any_database), 0)
    stop = threading.Event()

    def publishing() -> int:
        count = 0
        while not stop.is_set():
            count += 1
            publish_as(any_database, (LONGER, SHORTER, SCORES)[count % 3], count)
        return count

    with ThreadPoolExecutor(4) as pool:
        publications = pool.submit(publishing)
        try:
            list(pool.map(granting, [any_database] * 3))
        finally:
            stop.set()
        assert publications.result() >= 3
    again(any_database)
    with any_database.connect() as connection:
        privileges = connection.execute(
            "SELECT privilege_type FROM pg_class, aclexplode(relacl) "
            "WHERE oid = 'serving.scores'::regclass AND grantee = 'analyst_reader'::regrole"
        )
        assert privileges.fetchall() == [("SELECT",)]


def granting(database: Database) -> None:
    for _ in range(8):
        run(
            database,
            f"SELECT pg_advisory_xact_lock(hashtextextended('{VIEW_LOCK}', 0))",
            "GRANT INSERT ON catalog.extra TO analyst_reader",
            "ALTER ROLE analyst_reader IN DATABASE movierec RESET ALL",
        )
        again(database)


def test_a_view_made_anew_while_rights_are_taken_gets_the_new_rights_only(any_database: Database) -> None:
    publish_scores(prepared(granted(any_database)), 1)
    run(any_database, "GRANT INSERT ON serving.scores TO data_scientist")
    with any_database.connect() as granting_now, ThreadPoolExecutor(1) as pool:
        granting_now.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (VIEW_LOCK,))
        publication = pool.submit(publish_as, any_database, SHORTER, 2)
        waiting = "SELECT FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
        while granting_now.execute(waiting).fetchone() is None:
            assert not publication.done()
        granting_now.execute("REVOKE INSERT ON serving.scores FROM data_scientist")
        granting_now.commit()
        publication.result(timeout=30)
    assert not [s for s in again(any_database) if "PASSWORD" not in s]


def test_readers_and_writers_do_not_hold_it_up(any_database: Database) -> None:
    granted(any_database)
    with login_or_assume(any_database, "data_scientist") as writer:
        writer.execute("INSERT INTO catalog.extra (title) VALUES ('one')")
        run(any_database, "GRANT INSERT ON catalog.extra TO analyst_reader")
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(again, any_database).result(timeout=20)
        writer.execute("INSERT INTO catalog.extra (title) VALUES ('two')")
        writer.commit()


@pytest.fixture
def plain_user(tcp_database: Database) -> Iterator[Database]:
    """Somebody who may make schemas, and no roles."""
    name = "plain_user"
    run(
        tcp_database,
        f"CREATE ROLE {name} LOGIN PASSWORD 'plain'",
        f"GRANT CREATE, CONNECT ON DATABASE movierec TO {name}",
        f"GRANT {name} TO movierec",
        *(
            f"GRANT {role} TO movierec WITH INHERIT TRUE; DROP OWNED BY {role}; DROP ROLE {role}"
            for role in existing(tcp_database)
        ),
    )
    parts = urlsplit(tcp_database.url)
    netloc = f"{name}:plain@{parts.hostname}:{parts.port}"
    yield Database(home=tcp_database.home, url=urlunsplit(parts._replace(netloc=netloc)))
    run(tcp_database, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def existing(database: Database) -> list[str]:
    with database.connect() as connection:
        rows = connection.execute("SELECT rolname::text FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
        return [name for (name,) in rows]


def test_a_user_who_may_make_no_roles_is_told_what_an_administrator_has_to_run(
    plain_user: Database, tcp_database: Database
) -> None:
    with plain_user.connect() as connection, pytest.raises(AccessError) as caught:
        grant(connection, PASSWORDS)
    message = str(caught.value)
    assert 'ALTER ROLE "plain_user" CREATEROLE' in message
    assert "CREATE ROLE analyst_reader LOGIN" in message
    assert not [password for password in PASSWORDS.values() if password in message]
    assert "SCRAM-SHA-256$" not in message


def test_what_an_administrator_ran_from_the_list_is_enough(
    plain_user: Database, tcp_database: Database
) -> None:
    with plain_user.connect() as connection:
        for _ in range(4):
            try:
                grant(connection)
                break
            except AccessError as error:
                for line in str(error).splitlines()[1:]:
                    run(tcp_database, line.strip().partition(";  --")[0])
        else:
            raise AssertionError("the list never gets empty")
        assert grant(connection) == []
        run(plain_user, LATER.replace("CREATE TABLE public.others (x int);", ""))
        assume(connection, "analyst_reader")
        assert connection.execute("SELECT count(*) FROM catalog.extra").fetchone() == (0,)


def test_a_user_who_may_make_no_schemas_is_told_so(tcp_database: Database) -> None:
    run(tcp_database, "CREATE ROLE less_user LOGIN PASSWORD 'less'")
    parts = urlsplit(tcp_database.url)
    netloc = f"less_user:{quote('less')}@{parts.hostname}:{parts.port}"
    less = Database(home=tcp_database.home, url=urlunsplit(parts._replace(netloc=netloc)))
    with less.connect() as connection, pytest.raises(AccessError, match="allowed to create"):
        grant(connection)
    run(tcp_database, "DROP ROLE less_user")


def test_the_views_are_there_for_readers_before_the_first_publication(any_database: Database) -> None:
    granted(any_database, "")
    with any_database.connect() as connection:
        ensure_schema(connection)
        assume(connection, "analyst_reader")
        assert connection.execute("SELECT count(*) FROM serving.recommendations").fetchone() == (0,)
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("DELETE FROM serving.recommendations")
