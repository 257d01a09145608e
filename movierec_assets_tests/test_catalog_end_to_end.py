"""`movierec run` with the catalogue: what is made of it, and what a change in one dataset does to the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from movierec_assets_tests.catalogue_files import NAMES, TINY_CATALOGUE
from movierec_assets_tests.catalogue_rebuilt import raw_rows, rebuilt
from movierec_assets_tests.movielens_files import TINY
from movierec_assets_tests.test_end_to_end import RATINGS_DESCENDANTS, TINY_ROWS, crlf

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

OF_SOURCES = {s: {f"raw_{s}", f"cleaned_{s}", f"quarantine_{s}"} for s in NAMES}
NORMALISED = {"titles", "list_entries", "genres", "production_countries", "people", "credits"}
CATALOGUE = set().union(*OF_SOURCES.values(), NORMALISED)
ROWS = {
    "raw_titles": 7,
    "raw_credits": 8,
    "raw_best_movies": 2,
    "raw_best_shows": 1,
    "raw_best_movies_by_year": 2,
    "raw_best_shows_by_year": 1,
    "cleaned_titles": 6,
    "cleaned_credits": 6,
    "cleaned_best_movies": 2,
    "cleaned_best_shows": 1,
    "cleaned_best_movies_by_year": 2,
    "cleaned_best_shows_by_year": 1,
    "quarantine_titles": 1,
    "quarantine_credits": 2,
    "quarantine_best_movies": 0,
    "quarantine_best_shows": 0,
    "quarantine_best_movies_by_year": 0,
    "quarantine_best_shows_by_year": 0,
    "titles": 6,
    "list_entries": 6,
    "genres": 10,
    "production_countries": 6,
    "people": 5,
    "credits": 6,
    "simulated_users": 20,
    "simulated_sessions": 100,
}
SIMULATION = {"simulated_users", "simulated_sessions"}
TITLES = "SELECT title_id, is_all_time_best, is_year_best, movie_id FROM catalog.titles ORDER BY 1"


def test_the_catalogue_runs_without_movielens_and_a_second_run_makes_nothing(catalogue_home: Home) -> None:
    outcomes = catalogue_home.run()
    assert {name: asset["rows"] for name, asset in outcomes.items()} == ROWS
    assert {asset["status"] for asset in outcomes.values()} == {"fresh"}
    assert catalogue_home.rows(TITLES) == [
        ("tm1", True, False, None),
        ("tm2", True, True, None),
        ("tm3", False, True, None),
        ("tm7", False, False, None),
        ("ts4", True, True, None),
        ("ts5", False, False, None),
    ]
    assert catalogue_home.rows("SELECT * FROM catalog.people ORDER BY 1") == [
        (10, "Tom Hanks", "Tom", None, "Hanks"),
        (11, "Robert De\xa0Niro", "Robert", "De", "Niro"),
        (12, "Michael Mann", "Michael", None, "Mann"),
        (13, "Nadine Labaki", "Nadine", None, "Labaki"),
        (15, "Cher", "Cher", None, None),
    ]


def test_what_the_files_say_can_be_rebuilt_from_the_tables(catalogue_home: Home) -> None:
    for source, name in NAMES.items():
        assert sorted(rebuilt(catalogue_home, source)) == sorted(raw_rows(TINY_CATALOGUE[name], source))


def test_movielens_that_lands_later_is_met_and_makes_nothing_but_itself_and_what_follows_from_titles(
    catalogue_home: Home,
) -> None:
    catalogue_home.landing.mkdir()
    for name, text in TINY.items():
        catalogue_home.write(name, crlf(text))
    made = catalogue_home.made()
    of_titles = {"titles", "list_entries", "genres", "production_countries", "credits"}
    assert made == set(TINY_ROWS) | {"movielens_titles"} | of_titles | SIMULATION
    assert [row for row in catalogue_home.rows(TITLES) if row[3]] == [
        ("tm1", True, False, 1),
        ("tm2", True, True, 4),
    ]
    assert catalogue_home.made() == set()


def test_a_catalogue_that_lands_later_makes_nothing_of_movielens(both_home: Home) -> None:
    outcomes = both_home.run()
    assert {name: asset["rows"] for name, asset in outcomes.items()} == {
        **TINY_ROWS,
        **ROWS,
        "movielens_titles": 2,
    }
    assert {asset["status"] for asset in outcomes.values()} == {"fresh"}
    assert both_home.rows("SELECT * FROM serving.movielens_titles ORDER BY 1") == [("tm1", 1), ("tm2", 4)]


def test_changed_ratings_make_nothing_of_the_catalogue(both_home: Home) -> None:
    both_home.write("ratings.csv", crlf(TINY["ratings.csv"].replace("1,1,5.0,", "1,1,4.0,")))
    assert both_home.made() == RATINGS_DESCENDANTS


def test_a_changed_list_makes_its_descendants_only(both_home: Home) -> None:
    name = NAMES["best_movies"]
    both_home.write_catalogue(name, TINY_CATALOGUE[name].replace("1,Heat,1995,8.2", "1,Heat,1995,8.4"))
    # The titles' flags are as before, so no credit follows from them.
    of_entries = {"genres", "production_countries"}
    assert both_home.made() == OF_SOURCES["best_movies"] | {"titles", "list_entries"} | of_entries
    assert both_home.rows("SELECT score FROM catalog.list_entries WHERE list = 'all_time' AND rank = 2") == [
        (8.4,)
    ]


def test_changed_credits_make_their_descendants_only(both_home: Home) -> None:
    name = NAMES["credits"]
    both_home.write_catalogue(name, TINY_CATALOGUE[name] + "8,16,tm1,Tim Allen,Buzz,ACTOR\n")
    assert both_home.made() == OF_SOURCES["credits"] | {"people", "credits"}


def test_changed_titles_make_descendants_of_the_catalogue_only(both_home: Home) -> None:
    name = NAMES["titles"]
    both_home.write_catalogue(name, TINY_CATALOGUE[name].replace(",R,101,", ",R,102,"))
    made = both_home.made()
    assert OF_SOURCES["titles"] | {"titles"} <= made <= CATALOGUE | {"movielens_titles"} | SIMULATION
    assert not {"raw_credits", "raw_best_movies", "people"} & made
    assert both_home.rows("SELECT runtime_minutes FROM catalog.titles WHERE title_id = 'tm7'") == [(102,)]
    assert both_home.made() == set()


def test_a_dropped_title_goes_with_its_credits_and_list_rows_and_an_edit_of_another_stays(
    both_home: Home,
) -> None:
    both_home.rows("UPDATE catalog.titles SET runtime_minutes = 99 WHERE title_id = 'tm1' RETURNING 1")
    lines = TINY_CATALOGUE["raw_titles.csv"].splitlines(keepends=True)
    both_home.write_catalogue("raw_titles.csv", "".join(line for line in lines if ",tm2," not in line))
    both_home.made()
    assert both_home.rows("SELECT title_id, runtime_minutes FROM catalog.titles ORDER BY 1") == [
        ("tm1", 99),
        ("tm3", 126),
        ("tm7", 101),
        ("ts4", 49),
        ("ts5", 30),
    ]
    for table in ("credits", "genres", "list_entries", "production_countries"):
        assert both_home.rows(f"SELECT count(*) FROM catalog.{table} WHERE title_id = 'tm2'") == [(0,)]
    assert both_home.rows("SELECT person_id FROM catalog.people ORDER BY 1") == [(10,), (13,), (15,)]
    rules = both_home.movierec("quarantine", "--csv").out
    assert "no movie of this title and year in raw_titles.csv" in rules
    assert "id: no title tm2 in raw_titles.csv" in rules


def test_a_title_that_comes_back_before_its_rows_were_deleted_has_them_all(both_home: Home) -> None:
    whole = TINY_CATALOGUE["raw_titles.csv"]
    rows = "SELECT count(*) FROM catalog.{} WHERE title_id = 'tm2'"
    before = {t: both_home.rows(rows.format(t)) for t in ("genres", "credits", "list_entries")}
    lines = whole.splitlines(keepends=True)
    both_home.write_catalogue("raw_titles.csv", "".join(line for line in lines if ",tm2," not in line))
    both_home.made("--select", "+titles")
    both_home.write_catalogue("raw_titles.csv", whole)
    both_home.made()
    assert {t: both_home.rows(rows.format(t)) for t in before} == before
    assert both_home.made() == set()


def test_rows_that_people_put_below_a_title_keep_it_when_the_file_drops_it(both_home: Home) -> None:
    both_home.rows(
        "INSERT INTO catalog.credits (title_id, person_id, role, character)"
        " VALUES ('tm2', 10, 'actor', 'Mine') RETURNING 1"
    )
    lines = TINY_CATALOGUE["raw_titles.csv"].splitlines(keepends=True)
    both_home.write_catalogue("raw_titles.csv", "".join(line for line in lines if ",tm2," not in line))
    both_home.made()
    mine = "SELECT title_id, character FROM catalog.credits JOIN catalog.titles USING (title_id) WHERE title_id = 'tm2'"
    assert both_home.rows(mine) == [("tm2", "Mine")]


def test_a_run_on_tables_of_another_shape_fails_by_name_and_writes_nothing_to_them(
    catalogue_home: Home,
) -> None:
    with catalogue_home.connect() as connection:
        connection.execute("ALTER TABLE catalog.people ADD COLUMN shoe_size int")
    before = catalogue_home.rows("SELECT count(*) FROM catalog.credits")
    name = NAMES["credits"]
    catalogue_home.write_catalogue(name, TINY_CATALOGUE[name] + "8,16,tm1,Tim Allen,Buzz,ACTOR\n")
    outcomes = catalogue_home.run(ok=False)
    assert {n: a["status"] for n, a in outcomes.items() if a["status"] in ("failed", "skipped")} == {
        "people": "failed",
        "credits": "skipped",
    }
    assert (
        "catalog.people: column shoe_size (`integer`) is not in the registry" in outcomes["people"]["cause"]
    )
    assert catalogue_home.rows("SELECT count(*) FROM catalog.credits") == before
    for advice in ("DROP SCHEMA catalog, simulation, feedback, loaded CASCADE", "movierec run --force"):
        assert f"`{advice}`" in outcomes["people"]["cause"]
    with catalogue_home.connect() as connection:
        connection.execute("DROP SCHEMA catalog, simulation, feedback, loaded CASCADE")
    catalogue_home.run("--force")
    assert catalogue_home.rows("SELECT count(*) FROM catalog.credits") == [(before[0][0] + 1,)]
    assert catalogue_home.rows("SELECT count(*) FROM simulation.sessions") == [(100,)]


def test_the_sample_of_both_datasets_runs_from_end_to_end(empty_home: Home) -> None:
    assert empty_home.movierec("land", "sample", "--ratings", "3000").code == 0
    outcomes = empty_home.run()
    assert {asset["status"] for asset in outcomes.values()} == {"materialised"}
    rows = {name: asset["rows"] for name, asset in outcomes.items()}
    assert set(rows) == set(TINY_ROWS) | CATALOGUE | {"movielens_titles"} | SIMULATION
    assert {source: rows[f"quarantine_{source}"] for source in NAMES} == dict.fromkeys(NAMES, 0)
    assert rows["titles"] == rows["raw_titles"] >= 60
    assert rows["list_entries"] == sum(rows[f"raw_best_{s}"] for s in ("movies", "shows")) + sum(
        rows[f"raw_best_{s}_by_year"] for s in ("movies", "shows")
    )
    assert empty_home.rows("SELECT count(movie_id) > 0 FROM catalog.titles") == [(True,)]
    assert empty_home.made() == set()


def test_a_default_scenario_that_was_dropped_or_made_otherwise_is_made_again(catalogue_home: Home) -> None:
    count = "SELECT count(*) FROM simulation.sessions"
    assert catalogue_home.movierec("scenario", "drop", "default").code == 0
    planned = json.loads(catalogue_home.movierec("run", "--dry-run", "--json").out)["stale"]
    certain = {p["asset"]: p["cause"] for p in planned if not p["cause"].startswith("if ")}
    assert certain == dict.fromkeys(SIMULATION, "scenario default is not in the database")
    assert catalogue_home.made() == SIMULATION
    assert catalogue_home.rows(count) == [(100,)]
    assert catalogue_home.movierec("scenario", "make", "default", "--users", "30").code == 0
    causes = {
        name: asset["cause"] for name, asset in catalogue_home.run().items() if asset["status"] != "fresh"
    }
    assert set(causes) == SIMULATION
    assert all("scenario default in the database is another one, made 20" in why for why in causes.values())
    assert catalogue_home.rows(count) == [(100,)]
    assert catalogue_home.made() == set()
