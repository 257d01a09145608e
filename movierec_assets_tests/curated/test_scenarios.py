"""Scenarios of the simulation in the real database: loaded whole, side by side, dropped at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from movierec_assets.curated import ensure_tables, scenarios
from movierec_assets.curated.scenarios import ScenarioError
from movierec_assets.domain.simulation.parameters import SimulationParameterError, SimulationParameters

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database

SMALL = SimulationParameters(users=40, days=30, sessions_per_user=10)
BUSY = SimulationParameters(users=60, days=30, sessions_per_user=10, seed=7)
COUNTS = "select scenario, count(*) from simulation.sessions group by 1 order by 1"


@pytest.fixture
def database(any_database: Database) -> Database:
    ensure_tables(any_database)
    with any_database.connect() as connection:
        connection.execute(
            "insert into catalog.titles (title_id, title, kind, release_year, runtime_minutes, imdb_votes)"
            " select 'tm' || n, 'Title ' || n, 'movie', 2000, 90, 1000 - n from generate_series(1, 20) n"
        )
        connection.execute(
            "insert into catalog.genres (title_id, genre, position)"
            " select 'tm' || n, case when n % 2 = 0 then 'drama' else 'comedy' end, 1 from generate_series(1, 20) n"
        )
    return any_database


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return connection.execute(query.encode()).fetchall()


def test_scenarios_lie_side_by_side_and_one_can_be_dropped(database: Database) -> None:
    scenarios.load(database, "small", SMALL)
    scenarios.load(database, "busy", BUSY)
    assert rows(database, COUNTS) == [("busy", 600), ("small", 400)]
    assert rows(database, "select scenario, count(*) from simulation.users group by 1 order by 1") == [
        ("busy", 60),
        ("small", 40),
    ]
    scenarios.drop(database, "busy")
    assert rows(database, COUNTS) == [("small", 400)]
    assert [s.name for s in scenarios.scenarios(database)] == ["small"]
    with pytest.raises(ScenarioError, match="no scenario 'busy'; there are small"):
        scenarios.drop(database, "busy")


def test_equal_parameters_do_nothing_and_others_replace_the_scenario(database: Database) -> None:
    first = scenarios.load(database, "a", SMALL)
    assert first.tally is not None
    again = scenarios.load(database, "a", SMALL)
    assert (again.tally, again.data_version, again.sessions) == (None, first.data_version, 400)
    assert scenarios.load(database, "a", BUSY).data_version != first.data_version
    assert rows(database, COUNTS) == [("a", 600)]


def test_other_titles_make_another_version(database: Database) -> None:
    first = scenarios.load(database, "a", SMALL).data_version
    with database.connect() as connection:
        connection.execute("update catalog.titles set imdb_votes = 5000 where title_id = 'tm20'")
    assert scenarios.load(database, "a", SMALL).data_version != first


def test_the_same_seed_gives_the_same_rows_under_another_name(database: Database) -> None:
    content = "select session_id, user_id, title_id, started_at, ended_at, rating from simulation.sessions"
    scenarios.load(database, "a", SMALL)
    scenarios.load(database, "b", SMALL)
    assert rows(database, f"{content} where scenario = 'a' order by 1") == rows(
        database, f"{content} where scenario = 'b' order by 1"
    )


def test_what_was_asked_for_and_what_came_out_is_kept_with_the_scenario(database: Database) -> None:
    scenarios.load(database, "a", SMALL)
    (kept,) = scenarios.scenarios(database)
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
    assert rows(database, COUNTS) == [("a", 400), ("mine", 1)]


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
    assert rows(database, COUNTS) == [("a", 400)]
    assert [s.users for s in scenarios.scenarios(database)] == [40]


def test_a_name_under_which_people_added_rows_is_refused_before_anything_is_made(database: Database) -> None:
    with database.connect() as connection:
        connection.execute(
            "insert into simulation.users (scenario, user_id, birth_date, subscription_date, subscription_type)"
            " values ('mine', 1, '1990-01-01', '2024-01-01', 'premium')"
        )
    with pytest.raises(ScenarioError, match=r"has 1 rows in simulation\.users that"):
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
