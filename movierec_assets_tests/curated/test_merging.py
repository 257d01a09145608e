"""A new version of an editable table: the graph's changes arrive, people's stay, and nothing is ever half done."""

from __future__ import annotations

import re

import psycopg
import pytest

from movierec_assets.curated import Merged, sweep
from movierec_assets.resources.database import Database, DatabaseError
from movierec_assets.schema import table
from movierec_assets_tests.curated.tables_of_tests import (
    bring,
    entry,
    execute,
    genre,
    query,
    title,
    with_tables,
)

TITLES = "SELECT title_id, title, runtime_minutes, imdb_score FROM catalog.titles ORDER BY 1"
GENRES = "SELECT title_id, genre FROM catalog.genres ORDER BY 1, 2"
ENTRIES = "SELECT rank, title_id, score FROM catalog.list_entries ORDER BY 1, 2"
VERSION = "SELECT data_version, rows, run_id FROM loaded.versions"


@pytest.fixture
def database(any_database: Database) -> Database:
    """With two titles that the graph has brought."""
    assert bring(
        with_tables(any_database),
        "titles",
        "1",
        [title("tm1", imdb_score=8.25), title("tm2", title="B")],
    ) == Merged(changed=True, inserted=2)
    return any_database


def test_the_graphs_new_changed_and_dropped_rows_arrive(database: Database) -> None:
    rows = [title("tm1", imdb_score=8.5, runtime_minutes=91), title("tm3")]
    assert bring(database, "titles", "2", rows) == Merged(True, inserted=1, updated=1, deleted=1)
    assert query(database, TITLES) == [("tm1", "A", 91, 8.5), ("tm3", "A", 90, None)]
    assert query(database, VERSION) == [("2", 2, "run-2")]
    assert query(database, "SELECT title_id FROM loaded.titles ORDER BY 1") == [("tm1",), ("tm3",)]


def test_the_same_version_does_nothing_not_even_to_edits(database: Database) -> None:
    execute(database, "DELETE FROM catalog.titles WHERE title_id = 'tm2'")
    assert bring(database, "titles", "1", []) == Merged(changed=False)
    assert query(database, TITLES) == [("tm1", "A", 90, 8.25)]


def test_a_version_that_comes_back_is_a_new_one(database: Database) -> None:
    assert bring(database, "titles", "2", []) == Merged(True, deleted=2)
    assert bring(database, "titles", "1", [title("tm1")]) == Merged(True, inserted=1)
    assert query(database, TITLES) == [("tm1", "A", 90, None)]


def test_an_edited_value_stays_while_other_values_of_the_row_follow_the_graph(database: Database) -> None:
    execute(database, "UPDATE catalog.titles SET runtime_minutes = 100 WHERE title_id = 'tm1'")
    rows = [title("tm1", imdb_score=9.0, runtime_minutes=91), title("tm2", title="B")]
    assert bring(database, "titles", "2", rows) == Merged(True, updated=1, kept=1)
    assert query(database, TITLES) == [("tm1", "A", 100, 9.0), ("tm2", "B", 90, None)]
    rows[0] = title("tm1", imdb_score=None, title="A!", runtime_minutes=92)
    assert bring(database, "titles", "3", rows) == Merged(True, updated=1, kept=1)
    assert query(database, TITLES)[0] == ("tm1", "A!", 100, None)


def test_a_value_edited_to_null_stays_null_and_null_edited_to_a_value_stays_that(database: Database) -> None:
    execute(database, "UPDATE catalog.titles SET imdb_score = CASE title_id WHEN 'tm2' THEN 7 END")
    rows = [title("tm1", imdb_score=8.5), title("tm2", imdb_score=1.0)]
    assert bring(database, "titles", "2", rows) == Merged(True, updated=1, kept=2)
    assert query(database, TITLES) == [("tm1", "A", 90, None), ("tm2", "A", 90, 7)]


def test_an_edit_that_the_graph_makes_too_is_the_graphs_from_then_on(database: Database) -> None:
    execute(database, "UPDATE catalog.titles SET runtime_minutes = 100 WHERE title_id = 'tm1'")
    rows = [title("tm1", runtime_minutes=100, imdb_score=8.25), title("tm2", title="B")]
    assert bring(database, "titles", "2", rows) == Merged(True)
    rows[0]["runtime_minutes"] = 101
    assert bring(database, "titles", "3", rows) == Merged(True, updated=1)
    assert query(database, TITLES)[0] == ("tm1", "A", 101, 8.25)


def test_a_persons_row_stays_and_wins_over_one_that_the_graph_brings_later(database: Database) -> None:
    execute(
        database,
        "INSERT INTO catalog.titles (title_id, title, kind, release_year, runtime_minutes)"
        " VALUES ('tm9', 'Mine', 'movie', 2026, 7)",
    )
    rows = [title("tm1", imdb_score=8.25), title("tm2", title="B")]
    assert bring(database, "titles", "2", [*rows, title("tm8")]) == Merged(True, inserted=1)
    assert bring(database, "titles", "3", [*rows, title("tm9", imdb_score=2.0)]) == Merged(
        True, deleted=1, kept=1
    )
    assert query(database, TITLES)[-1] == ("tm9", "Mine", 7, None)
    assert query(database, "SELECT is_year_best FROM catalog.titles WHERE title_id = 'tm9'") == [(False,)]


def test_a_persons_deletion_stays_though_the_graph_changes_the_row(database: Database) -> None:
    execute(database, "DELETE FROM catalog.titles WHERE title_id = 'tm1'")
    rows = [title("tm1", imdb_score=9.9), title("tm2", title="B")]
    assert bring(database, "titles", "2", rows) == Merged(True)
    assert query(database, TITLES) == [("tm2", "B", 90, None)]


def test_an_edited_row_that_the_graph_drops_stays(database: Database) -> None:
    execute(database, "UPDATE catalog.titles SET title = 'Mine' WHERE title_id = 'tm2'")
    assert bring(database, "titles", "2", [title("tm1", imdb_score=8.25)]) == Merged(True, kept=1)
    assert query(database, TITLES)[1] == ("tm2", "Mine", 90, None)


def test_text_of_every_kind_arrives_as_it_is(database: Database) -> None:
    names = [
        '"',
        "a,b",
        "line\nbreak",
        "\\N",
        "\\.",
        "'",
        "\u00a0x ",
        "null",
        "\u5bae\U0001f600",
        "a\rb",
        "\t|",
    ]
    rows = [title(f"tm{n}", title=name, age_certification=None) for n, name in enumerate(names)]
    bring(database, "titles", "2", rows)
    assert query(database, TITLES) == sorted((f"tm{n}", name, 90, None) for n, name in enumerate(names))
    character = {"credit_id": -1, "title_id": "tm1", "person_id": 0, "role": "actor", "character": ""}
    bring(database, "people", "1", [{"person_id": 0, "full_name": "A"}])
    bring(database, "credits", "1", [character, {**character, "credit_id": 1, "character": None}])
    assert query(database, "SELECT credit_id, character FROM catalog.credits ORDER BY 1") == [
        (-1, ""),
        (1, None),
    ]


@pytest.mark.parametrize("score", [0.1, 1 / 3, 5e-324, 9.999999999999998, -0.0])
def test_numbers_arrive_to_the_last_bit(database: Database, score: float) -> None:
    bring(database, "titles", "2", [title("tm1", imdb_score=score, imdb_votes=2**62)])
    assert query(database, "SELECT imdb_score, imdb_votes FROM catalog.titles") == [(score, 2**62)]


def test_rows_of_a_deleted_title_go_along_and_do_not_come_back(database: Database) -> None:
    rows = [genre("tm1", "drama"), genre("tm2", "crime")]
    assert bring(database, "genres", "1", rows) == Merged(True, inserted=2)
    execute(database, "DELETE FROM catalog.titles WHERE title_id = 'tm1'")
    changed = [genre("tm1", "drama", main=True), genre("tm1", "war", 2), genre("tm2", "crime", main=True)]
    assert bring(database, "genres", "2", changed) == Merged(True, updated=1)
    assert query(database, GENRES) == [("tm2", "crime")]


def test_a_title_that_the_graph_drops_stays_until_its_rows_are_gone_and_comes_back_whole(
    database: Database,
) -> None:
    bring(database, "genres", "1", [genre("tm1", "drama"), genre("tm2", "crime")])
    assert bring(database, "titles", "2", [title("tm1", imdb_score=8.25)]) == Merged(True, kept=1)
    assert query(database, GENRES) == [("tm1", "drama"), ("tm2", "crime")]
    assert swept(database) == 0
    assert bring(database, "genres", "2", [genre("tm1", "drama")]) == Merged(True, deleted=1)
    assert (swept(database), swept(database)) == (1, 0)
    assert [row[0] for row in query(database, TITLES)] == ["tm1"]
    back = [title("tm1", imdb_score=8.25), title("tm2")]
    assert bring(database, "titles", "3", back) == Merged(True, inserted=1)
    assert bring(database, "genres", "3", [genre("tm1", "drama"), genre("tm2", "crime")]) == Merged(
        True, inserted=1
    )


def test_a_dropped_title_that_comes_back_at_once_was_never_away(database: Database) -> None:
    bring(database, "genres", "1", [genre("tm2", "crime")])
    bring(database, "titles", "2", [title("tm1", imdb_score=8.25)])
    before = query(database, GENRES)
    bring(database, "titles", "3", [title("tm1", imdb_score=8.25), title("tm2")])
    assert (swept(database), query(database, GENRES)) == (0, before)
    assert [row[0] for row in query(database, TITLES)] == ["tm1", "tm2"]


def swept(database: Database) -> int:
    with database.connect(autocommit=True) as connection:
        return sweep(connection, table("titles"))


@pytest.mark.parametrize(
    "action", ["RESTRICT", "NO ACTION", "NO ACTION DEFERRABLE INITIALLY DEFERRED", "CASCADE", "SET NULL"]
)
def test_a_dropped_title_stays_as_long_as_anybodys_row_needs_it(database: Database, action: str) -> None:
    execute(
        database,
        "CREATE SCHEMA of_a_person;"
        f" CREATE TABLE of_a_person.seen (title_id text REFERENCES catalog.titles ON DELETE {action});"
        " INSERT INTO of_a_person.seen VALUES ('tm2')",
    )
    assert bring(database, "titles", "2", []) == Merged(True, deleted=1, kept=1)
    assert [row[0] for row in query(database, TITLES)] == ["tm2"]
    execute(database, "DELETE FROM of_a_person.seen")
    assert bring(database, "titles", "3", [title("tm3")]) == Merged(True, inserted=1, deleted=1)
    assert [row[0] for row in query(database, TITLES)] == ["tm3"]


STRANGER = """
CREATE ROLE stranger; GRANT stranger TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
CREATE SCHEMA of_a_stranger AUTHORIZATION stranger;
GRANT USAGE ON SCHEMA catalog TO stranger; GRANT REFERENCES ON catalog.titles TO stranger;
SET ROLE stranger;
CREATE TABLE of_a_stranger.seen (title_id text REFERENCES catalog.titles);
INSERT INTO of_a_stranger.seen VALUES ('tm3'), ('tm44'), ('tm45')
"""


@pytest.mark.parametrize("dropped", ["at once", "by a sweep"])
def test_titles_that_only_a_table_needs_which_may_not_be_read_stay_and_no_other(
    tcp_database: Database, dropped: str
) -> None:
    ids = [f"tm{n}" for n in range(100)]
    bring(with_tables(tcp_database), "titles", "1", [title(i) for i in ids])
    bring(tcp_database, "genres", "1", [genre(i, "drama") for i in ids])
    execute(tcp_database, STRANGER)
    try:
        with pytest.raises(DatabaseError, match="permission denied"):
            query(tcp_database, "SELECT count(*) FROM of_a_stranger.seen")
        if dropped == "at once":
            bring(tcp_database, "genres", "2", [])
            assert bring(tcp_database, "titles", "2", []) == Merged(True, deleted=97, kept=3)
        else:
            assert bring(tcp_database, "titles", "2", []) == Merged(True, kept=100)
            bring(tcp_database, "genres", "2", [])
            assert swept(tcp_database) == 97
        assert [row[0] for row in query(tcp_database, TITLES)] == ["tm3", "tm44", "tm45"]
    finally:
        execute(
            tcp_database,
            "SET ROLE stranger; DROP SCHEMA of_a_stranger CASCADE; RESET ROLE; REVOKE ALL ON SCHEMA catalog FROM"
            " stranger; REVOKE ALL ON catalog.titles FROM stranger; DROP ROLE stranger",
        )


def test_a_list_in_another_order_arrives(database: Database) -> None:
    bring(database, "titles", "2", [title(f"tm{n}") for n in (1, 2, 3)])
    bring(database, "list_entries", "1", [entry(1, "tm1"), entry(2, "tm2")])
    rows = [entry(1, "tm3", 9.0), entry(2, "tm2"), entry(3, "tm1")]
    assert bring(database, "list_entries", "2", rows) == Merged(True, inserted=1, updated=1)
    assert query(database, ENTRIES) == [(1, "tm3", 9.0), (2, "tm2", 8.0), (3, "tm1", 8.0)]


def test_a_credit_that_a_person_entered_before_is_not_entered_again(database: Database) -> None:
    bring(database, "people", "1", [{"person_id": 7, "full_name": "A"}])
    for _ in range(2):
        execute(
            database,
            "INSERT INTO catalog.credits (title_id, person_id, role) VALUES ('tm1', 7, 'director')"
            " ON CONFLICT DO NOTHING",
        )
    row = {"credit_id": -5, "title_id": "tm1", "person_id": 7, "role": "director", "character": None}
    assert bring(database, "credits", "1", [row]) == Merged(True)
    assert query(database, "SELECT credit_id, role FROM catalog.credits") == [(1, "director")]


BAD = [
    (title("tm3", kind="film"), psycopg.errors.CheckViolation),
    (title("tm3", imdb_score=10.5), psycopg.errors.CheckViolation),
    (title("tm3", title=" \n"), psycopg.errors.CheckViolation),
    (title("3"), psycopg.errors.CheckViolation),
    (title("tm3", title=None), psycopg.errors.NotNullViolation),
]


@pytest.mark.parametrize(("row", "error"), BAD, ids=lambda value: re.sub(r"\W+", " ", str(value))[:40])
def test_a_row_that_breaks_a_constraint_changes_nothing(
    embedded_database: Database, row: dict[str, object], error: type[Exception]
) -> None:
    first = [title("tm1"), title("tm2")]
    bring(with_tables(embedded_database), "titles", "1", first)
    with pytest.raises(error):
        bring(embedded_database, "titles", "2", [title("tm1", title="Z"), row])
    assert query(embedded_database, TITLES) == [("tm1", "A", 90, None), ("tm2", "A", 90, None)]
    assert query(embedded_database, VERSION) == [("1", 2, "run-1")]
    assert bring(embedded_database, "titles", "3", [title("tm2")]) == Merged(True, deleted=1)


def test_a_key_twice_in_one_version_changes_nothing(database: Database) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        bring(database, "titles", "2", [title("tm3"), title("tm3", title="B")])
    assert [row[0] for row in query(database, TITLES)] == ["tm1", "tm2"]
