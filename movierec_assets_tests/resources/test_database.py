"""The database resource, on both kinds of server."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import psycopg
import psycopg2
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine, text

from movierec_assets.instance import STORAGE_VARIABLE, open_instance
from movierec_assets.resources.connection import explained
from movierec_assets.resources.database import Database, DatabaseError, DatabaseLostError
from movierec_assets.settings import Settings
from movierec_assets_tests.databases import PASSWORD


def test_connections_are_ordinary_psycopg_ones(any_database: Database) -> None:
    with any_database.connect(autocommit=True) as connection:
        found = connection.execute(
            "SELECT current_database(), current_setting('application_name')"
        ).fetchone()
        assert found == ("movierec", "movierec")
        assert connection.autocommit


def test_the_uri_serves_libpq(any_database: Database) -> None:
    with psycopg.connect(any_database.uri) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_sqlalchemy_works_in_the_schema_that_it_was_given(any_database: Database) -> None:
    engine = create_engine(any_database.sqlalchemy_url("dagster"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE here (x int)"))
    engine.dispose()
    with any_database.connect() as plain:
        assert plain.execute("SELECT to_regclass('dagster.here')::text").fetchone() == ("dagster.here",)


def test_sqlalchemy_has_the_variables_that_it_was_given_and_the_schema_too(any_database: Database) -> None:
    engine = create_engine(any_database.sqlalchemy_url("dagster", synchronous_commit="off"))
    with engine.connect() as connection:
        shown = [
            connection.execute(text(f"SHOW {name}")).scalar()
            for name in ("synchronous_commit", "search_path")
        ]
    engine.dispose()
    assert shown == ["off", "dagster"]


def test_only_the_embedded_database_does_not_wait_for_the_disk_for_each_of_dagsters_events(
    embedded_database: Database, tcp_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORAGE_VARIABLE, "")
    settings = Settings(home=tmp_path)
    shown = []
    for database in (embedded_database, Database(home=str(tmp_path), url=tcp_url)):
        with open_instance(settings, database) as instance:
            assert instance.get_runs_count() == 0
        with create_engine(os.environ[STORAGE_VARIABLE]).connect() as connection:
            shown.append(connection.execute(text("SHOW synchronous_commit")).scalar())
    assert shown == ["off", "on"]


def test_dagster_keeps_its_tables_in_its_schema(any_database: Database, tmp_path: Path) -> None:
    url = any_database.sqlalchemy_url("dagster")
    (tmp_path / "dagster.yaml").write_text(
        f"storage: {{postgres: {{postgres_url: '{url}'}}}}\ntelemetry: {{enabled: false}}\n"
    )

    @dg.asset
    def something() -> int:
        return 1

    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert dg.materialize([something], instance=instance).success
        event = instance.get_latest_materialization_event(dg.AssetKey("something"))
        assert event is not None
    with any_database.connect() as connection:
        schemas = connection.execute(
            "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname !~ '^pg_|information_schema'"
        )
        assert schemas.fetchall() == [("dagster",)]


def test_many_at_once_may_ask_for_one_schema(any_database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(any_database.sqlalchemy_url, ["together"] * 16))) == 1


def test_a_schema_with_a_strange_name_is_refused(embedded_database: Database) -> None:
    with pytest.raises(ValueError, match="a-z"):
        embedded_database.sqlalchemy_url('x"; DROP TABLE y')


def test_a_wrong_password_is_told_without_the_password(tcp_url: str, tmp_path: Path) -> None:
    wrong = tcp_url.replace(quote(PASSWORD, safe=""), "not-the-password")
    with pytest.raises(DatabaseError, match=r"movierec at 127\.0\.0\.1:\d+.*MOVIEREC_DATABASE_URL") as caught:
        Database(home=str(tmp_path), url=wrong).connect()
    assert "not-the-password" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def raised(kind: type[psycopg2.Error]) -> None:
    """As Dagster's storage raises what SQLAlchemy raised from it."""
    try:
        raise kind("server closed the connection unexpectedly")
    except psycopg2.Error as error:
        raise RuntimeError("no event was stored") from error


@pytest.mark.parametrize(
    "kind",
    [psycopg2.OperationalError, psycopg2.InterfaceError, psycopg2.DatabaseError],
    ids=lambda k: k.__name__,
)
def test_a_connection_that_dagster_loses_is_told_as_the_databases(
    embedded_database: Database, kind: type[psycopg2.Error]
) -> None:
    with pytest.raises(DatabaseLostError, match="fails: server closed"), explained(embedded_database):
        raised(kind)


def test_a_wrong_statement_of_dagsters_is_not_told_as_the_databases(embedded_database: Database) -> None:
    with pytest.raises(RuntimeError, match="no event"), explained(embedded_database):
        raised(psycopg2.ProgrammingError)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    database = Database(home=str(tmp_path), url="postgresql://ann:secret@127.0.0.1:1/films")
    with pytest.raises(
        DatabaseError, match=r"database films at 127\.0\.0\.1:1: .*refused.*MOVIEREC_DATABASE_URL"
    ):
        database.connect()


def test_a_url_that_cannot_be_read_is_explained_without_its_password(tmp_path: Path) -> None:
    database = Database(home=str(tmp_path), url="postgresql://ann:se%cret@db/films")
    with pytest.raises(DatabaseError, match="percent-encoded") as caught:
        database.connect()
    assert "cret" not in str(caught.value)


def test_the_password_is_in_no_text_of_the_resource(tmp_path: Path) -> None:
    database = Database(home=str(tmp_path), url="postgresql://ann:secret@db.example.org:5433/films")
    assert "secret" not in f"{database!r} {database}"
    assert database.address == "database films at db.example.org:5433"


TLS = "connect_timeout=5&sslmode=verify-full&sslrootcert=%2Fetc%2Fca%20s.pem"
OF_THE_OWNER = (
    "sslkey=%2Fann.key&sslcert=%2Fann.crt&sslpassword=secret&passfile=secret&options=-csearch_path%3Dann"
)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("ann:secret@db:5433/films", "db:5433/films"),
        (f"ann:secret@db/films?{TLS}&{OF_THE_OWNER}", f"db:5432/films?{TLS}"),
        ("ann:secret@[::1]/films?sslmode=require", "[::1]:5432/films?sslmode=require"),
        ("ann:secret@%2Frun%2Fpg/films?sslmode=disable", "/films?host=%2Frun%2Fpg&port=5432&sslmode=disable"),
        (
            "ann:secret@one:1,two:2/films?target_session_attrs=read-write",
            "/films?host=one%2Ctwo&port=1%2C2&target_session_attrs=read-write",
        ),
    ],
)
def test_a_roles_address_asks_for_what_the_owners_url_asks_and_tells_nothing_of_the_owner(
    tmp_path: Path, url: str, address: str
) -> None:
    made = Database(home=str(tmp_path), url=f"postgresql://{url}").address_for("bob", with_password=True)
    assert made == f"postgresql://bob@{address}"
    expected = conninfo_to_dict(f"postgresql://{url}")
    for name in ("password", "sslkey", "sslcert", "sslpassword", "passfile", "options"):
        expected.pop(name, None)
    assert conninfo_to_dict(made) == {"port": "5432", **expected, "user": "bob"}


def test_dagster_does_not_know_the_url_as_configuration(tmp_path: Path) -> None:
    seen = []

    @dg.asset
    def reader(database: Database) -> None:
        seen.append(database.url)

    database = Database(home=str(tmp_path), url="postgresql://ann:secret@db/films")
    definitions = dg.Definitions(assets=[reader], resources={"database": database})
    assert "secret" not in str(database.get_resource_definition().config_schema.default_value)
    with dg.DagsterInstance.ephemeral() as instance:
        run = definitions.resolve_implicit_global_asset_job_def().execute_in_process(instance=instance)
        events = instance.all_logs(run.run_id)
    assert seen == ["postgresql://ann:secret@db/films"]
    assert "secret" not in str(events)
