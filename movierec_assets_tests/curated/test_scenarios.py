"""Scenarios of the simulation in the real database: loaded whole, side by side, dropped at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from movierec_assets.curated import exchanging, held, scenarios
from movierec_assets.curated.exchanging import ScenarioBusyError
from movierec_assets.curated.held import HandMade, ScenarioError
from movierec_assets.domain.simulation.parameters import SimulationParameterError, SimulationParameters
from movierec_assets_tests.curated.tables_of_tests import execute, query, with_titles

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database

SMALL = SimulationParameters(users=40, days=30, sessions_per_user=10)
BUSY = SimulationParameters(users=60, days=30, sessions_per_user=10, seed=7)
COUNTS = "select scenario, count(*) from simulation.sessions group by 1 order by 1"


@pytest.fixture
def database(any_database: Database) -> Database:
    return with_titles(any_database)


def test_scenarios_lie_side_by_side_and_one_can_be_dropped(database: Database) -> None:
    scenarios.load(database, "small", SMALL)
    scenarios.load(database, "busy", BUSY)
    assert query(database, COUNTS) == [("busy", 600), ("small", 400)]
    assert query(database, "select scenario, count(*) from simulation.users group by 1 order by 1") == [
        ("busy", 60),
        ("small", 40),
    ]
    scenarios.drop(database, "busy")
    assert query(database, COUNTS) == [("small", 400)]
    assert [s.name for s in held.scenarios(database)] == ["small"]
    with pytest.raises(ScenarioError, match="no scenario 'busy'; there are small"):
        scenarios.drop(database, "busy")


def test_equal_parameters_do_nothing_and_others_replace_the_scenario(database: Database) -> None:
    first = scenarios.load(database, "a", SMALL)
    assert (first.made, first.scenario.sessions) == (True, 400)
    again = scenarios.load(database, "a", SMALL)
    assert (again.made, again.scenario) == (False, first.scenario)
    assert scenarios.load(database, "a", BUSY).scenario.data_version != first.scenario.data_version
    assert query(database, COUNTS) == [("a", 600)]


def test_other_titles_make_another_version(database: Database) -> None:
    first = scenarios.load(database, "a", SMALL).scenario.data_version
    with database.connect() as connection:
        connection.execute("update catalog.titles set imdb_votes = 5000 where title_id = 'tm20'")
    assert scenarios.load(database, "a", SMALL).scenario.data_version != first


def test_the_same_seed_gives_the_same_rows_under_another_name(database: Database) -> None:
    content = "select session_id, user_id, title_id, started_at, ended_at, rating from simulation.sessions"
    scenarios.load(database, "a", SMALL)
    scenarios.load(database, "b", SMALL)
    assert query(database, f"{content} where scenario = 'a' order by 1") == query(
        database, f"{content} where scenario = 'b' order by 1"
    )


def test_what_was_asked_for_and_what_came_out_is_kept_with_the_scenario(database: Database) -> None:
    scenarios.load(database, "a", SMALL)
    (kept,) = held.scenarios(database)
    assert SimulationParameters.from_json(kept.parameters) == SMALL
    assert (kept.users, kept.sessions) == (40, 400)
    figures = {row["what"]: (row["asked"], row["got"]) for row in kept.fidelity}
    assert figures["sessions"] == (400, 400)


def test_people_write_to_a_scenario_and_to_one_of_their_own(database: Database) -> None:
    scenarios.load(database, "a", SMALL)
    with database.connect() as connection:
        connection.execute(
            "insert into simulation.users (scenario, user_id, birth_date, subscription_date, subscription_type)"
            " values ('a', 900, '1990-01-01', '2024-01-01', 'basic'),"
            " ('mine', 1, '1990-01-01', '2024-01-01', 'premium')"
        )
        connection.execute(
            "insert into simulation.sessions (scenario, session_id, user_id, title_id, started_at, ended_at, rating)"
            " values ('mine', 1, 1, 'tm1', '2024-01-02 20:00+00', '2024-01-02 21:30+00', 5)"
        )
    assert query(database, COUNTS) == [("a", 400), ("mine", 1)]


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ("('a', 1, 1, 'tm999', '2024-01-02', '2024-01-03', 5)", "title_id_fkey"),
        ("('a', 1, 999, 'tm1', '2024-01-02', '2024-01-03', 5)", "sessions_scenario_fkey"),
        ("('a', 1, 1, 'tm1', '2024-01-03', '2024-01-02', 5)", "sessions_started_at_ended_at_check"),
        ("('a', 1, 1, 'tm1', '2024-01-02', '2024-01-03', 6)", "sessions_rating_check"),
        ("('a', 7, 1, 'tm1', '2024-01-02', '2024-01-03', 5)", "pkey"),
    ],
)
def test_a_loaded_scenario_has_keys_references_and_checks(
    database: Database, values: str, constraint: str
) -> None:
    scenarios.load(database, "a", SMALL)
    insert = f"insert into simulation.sessions values {values}".encode()
    with database.connect() as connection:
        connection.execute("delete from simulation.sessions where session_id = 1")
        with pytest.raises(psycopg.errors.IntegrityError) as error:
            connection.execute(insert)
    assert constraint in str(error.value.diag.constraint_name)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("birth_date = subscription_date", "users_birth_date_subscription_date_check"),
        ("cancellation_date = subscription_date", "users_subscription_date_cancellation_date_check"),
    ],
)
def test_a_users_dates_follow_each_other(database: Database, change: str, constraint: str) -> None:
    scenarios.load(database, "a", SMALL)
    with (
        database.connect() as connection,
        pytest.raises(psycopg.errors.CheckViolation, match=constraint),
    ):
        connection.execute(f"update simulation.users set {change} where user_id = 1")


def test_a_title_that_was_seen_is_not_deleted(database: Database) -> None:
    scenarios.load(database, "a", SMALL)
    with database.connect() as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute("delete from catalog.titles")


def test_readers_see_the_scenario_as_it_was_or_as_it_is(database: Database) -> None:
    scenarios.load(database, "a", SMALL)
    seen: set[int] = set()
    stop = threading.Event()

    def read() -> None:
        with database.connect(autocommit=True) as connection:
            while not stop.is_set():
                row = connection.execute(
                    "select count(*) from simulation.sessions where scenario = 'a'"
                ).fetchone()
                assert row is not None
                seen.add(row[0])

    reader = threading.Thread(target=read)
    reader.start()
    for parameters in (BUSY, SMALL, BUSY):
        scenarios.load(database, "a", parameters)
    stop.set()
    reader.join()
    assert seen <= {400, 600}
    assert 600 in seen


def test_a_load_that_fails_leaves_the_scenario_as_it_was(database: Database) -> None:
    scenarios.load(database, "a", SMALL)

    def fail(done: int, total: int) -> None:
        raise RuntimeError("interrupted on purpose")

    with pytest.raises(Exception, match="interrupted on purpose"):
        scenarios.load(database, "a", BUSY, fail)
    assert query(database, COUNTS) == [("a", 400)]
    assert [s.users for s in held.scenarios(database)] == [40]


def test_a_name_under_which_people_added_rows_is_refused_before_anything_is_made(database: Database) -> None:
    with database.connect() as connection:
        connection.execute(
            "insert into simulation.users (scenario, user_id, birth_date, subscription_date, subscription_type)"
            " values ('mine', 1, '1990-01-01', '2024-01-01', 'premium')"
        )
    with pytest.raises(ScenarioError, match="has 1 users and 0 sessions that were added by hand"):
        scenarios.load(database, "mine", SMALL)


@pytest.mark.parametrize("name", ["", "A", "a b", "x" * 51, "a'; drop table"])
def test_a_bad_name_is_refused(database: Database, name: str) -> None:
    with pytest.raises(ScenarioError, match="must be 1 to 50"):
        scenarios.load(database, name, SMALL)


def test_more_sessions_than_fit_are_refused_with_the_number_that_does(database: Database) -> None:
    with pytest.raises(SimulationParameterError, match="sessions_per_user must be at most"):
        scenarios.load(database, "a", SimulationParameters(users=1, days=1, sessions_per_user=5000))


def test_without_titles_the_remedy_is_told(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("delete from catalog.titles")
    with pytest.raises(ScenarioError, match="land the catalogue"):
        scenarios.load(database, "a", SMALL)


def test_the_catalogue_is_read_when_it_is_the_scenarios_turn(database: Database) -> None:
    lock = "select pg_advisory_xact_lock(hashtextextended('movierec: scenario a', 0))"
    with ThreadPoolExecutor() as pool:
        with database.connect() as before:
            before.execute(lock.encode())
            loading = pool.submit(scenarios.load, database, "a", SMALL)
            while not query(database, "select from pg_locks where locktype = 'advisory' and not granted"):
                assert not loading.done()
            before.execute(b"delete from catalog.titles where title_id <> 'tm7'")
        assert loading.result().made
    assert query(database, "select distinct title_id from simulation.sessions") == [("tm7",)]


def test_a_long_query_holds_up_the_exchange_and_the_exchange_holds_up_nobody_for_long(
    database: Database,
) -> None:
    scenarios.load(database, "a", SMALL)
    slowest = 0.0
    with ThreadPoolExecutor() as pool:
        with database.connect() as reader:
            reader.execute(COUNTS.encode())
            loading = pool.submit(scenarios.load, database, "a", BUSY)
            end = time.monotonic() + 4
            while time.monotonic() < end:
                began = time.monotonic()
                assert query(database, COUNTS) == [("a", 400)]
                slowest = max(slowest, time.monotonic() - began)
            assert not loading.done()
        assert loading.result().made
    assert 0.1 < slowest < 3
    assert query(database, COUNTS) == [("a", 600)]


def test_a_load_that_never_gets_the_tables_says_so_and_leaves_the_scenario(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanging, "PATIENCE_SECONDS", 0.0)
    scenarios.load(database, "a", SMALL)
    with database.connect() as reader:
        reader.execute(COUNTS.encode())
        for change in (
            lambda: scenarios.load(database, "a", BUSY),
            lambda: scenarios.drop(database, "a"),
        ):
            with pytest.raises(ScenarioBusyError, match="scenario 'a' stays as it was"):
                change()
    assert query(database, COUNTS) == [("a", 400)]


def test_a_partition_is_attached_without_a_look_at_its_rows(database: Database) -> None:
    scenarios.load(database, "a", SMALL)
    told: list[str] = []
    with database.connect() as connection:
        connection.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        partitions = connection.execute(
            "select inhparent::regclass::text, inhrelid::regclass::text from pg_inherits"
            " where inhparent::regclass::text ~ '^simulation' and inhrelid::regclass::text ~ '_[0-9a-f]{8}$'"
            " and inhrelid in (select oid from pg_class where relkind = 'r') order by 1"
        ).fetchall()
        for parent, partition in partitions:
            connection.execute(f"alter table {parent} detach partition {partition}".encode())
        connection.execute("set local client_min_messages = debug1")
        for parent, partition in reversed(partitions):
            connection.execute(
                f"alter table {parent} attach partition {partition} for values in ('a')".encode()
            )
    assert len(partitions) == 2
    assert sum("is implied by existing constraints" in message for message in told) >= 2
    looked = [m for m in told if "validating foreign key" in m or "verifying table" in m]
    assert [m for m in looked if "_other" not in m] == []


def test_an_exchange_waits_for_its_turn_with_another_of_the_same_name(database: Database) -> None:
    with ThreadPoolExecutor() as pool:
        loads = [pool.submit(scenarios.load, database, "a", SMALL) for _ in range(2)]
    assert sorted(done.result().made for done in loads) == [False, True]


def test_rows_that_people_added_are_a_scenario_that_can_be_dropped(database: Database) -> None:
    scenarios.load(database, "a", SMALL)
    execute(
        database,
        "insert into simulation.users (scenario, user_id, birth_date, subscription_date, subscription_type)"
        " select 'mine', n, '1990-01-01', '2024-01-01', 'basic' from generate_series(1, 3) n;"
        " insert into simulation.sessions values ('mine', 1, 3, 'tm1', '2024-01-02', '2024-01-03', 5)",
    )
    assert held.hand_made(database) == [HandMade("mine", 3, 1)]
    scenarios.drop(database, "mine")
    assert held.hand_made(database) == []
    assert query(database, COUNTS) == [("a", 400)]


def test_a_session_of_a_user_that_people_did_not_add_is_refused(database: Database) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        execute(
            database,
            "insert into simulation.sessions values ('mine', 1, 3, 'tm1', '2024-01-02', '2024-01-03', 5)",
        )


LOST = dict.fromkeys(held.ASSETS, "scenario default is not in the database")


def test_assets_whose_scenario_is_gone_or_another_one_are_lost(database: Database) -> None:
    def lost(data_version: str) -> dict[str, str]:
        return held.lost(database, dict.fromkeys(held.ASSETS, data_version))

    assert lost("1") == LOST
    made = scenarios.load(database, "default", SMALL).scenario
    assert lost(made.data_version) == {}
    other = scenarios.load(database, "default", BUSY).scenario
    cause = f"scenario default in the database is another one, made {other.made_at:%Y-%m-%d %H:%M:%S}"
    assert lost(made.data_version) == dict.fromkeys(held.ASSETS, cause)
    scenarios.drop(database, "default")
    assert lost(other.data_version) == LOST
    assert held.lost(database, {"titles": "1"}) == {}


def test_a_scenario_without_one_of_its_tables_is_lost_and_made_again(database: Database) -> None:
    made = scenarios.load(database, "default", SMALL).scenario
    ((partition,),) = query(
        database,
        "select tableoid::regclass::text from simulation.sessions where scenario = 'default' limit 1",
    )
    execute(database, f"drop table {partition}")
    assert held.lost(database, dict.fromkeys(held.ASSETS, made.data_version)) == LOST
    assert scenarios.load(database, "default", SMALL).made
    assert query(database, COUNTS) == [("default", 400)]


def test_a_database_without_the_tables_has_lost_the_scenario(embedded_database: Database) -> None:
    assert held.lost(embedded_database, dict.fromkeys(held.ASSETS, "1")) == LOST


def test_a_scenario_whose_record_people_deleted_can_be_dropped_all_the_same(database: Database) -> None:
    scenarios.load(database, "a", SMALL)
    execute(database, "delete from simulation.scenarios")
    scenarios.drop(database, "a")
    assert query(database, COUNTS) == []
