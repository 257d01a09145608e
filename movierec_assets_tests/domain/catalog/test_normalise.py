"""The normalised tables on tiny frames: exact rows, the same on both engines."""

from __future__ import annotations

import pytest

from movierec_assets.domain.catalog import normalise
from movierec_assets.domain.profile import profile, schema_differences
from movierec_assets.schema import table
from movierec_assets.schema.catalog_files import LISTS
from movierec_assets_tests.frames import frame, rows_of

TITLES = [
    ("tm1", "Heat", "MOVIE", 1995, "R", 170, ["crime", "drama"], ["US"], None, "tt0113277", 8.2, 100),
    ("tm2", "Cosmos", "MOVIE", 2000, None, 0, [], [], None, None, None, None),
    (
        "ts3",
        "Life",
        "SHOW",
        2017,
        None,
        25,
        ["music", "sport", "music"],
        ["GB", "LB"],
        2,
        "tt0000003",
        9.0,
        7,
    ),
]
LISTED = {
    "best_movies": [("tm1", 1, "Heat", 1995, 8.2, 100, 170, "drama", "US")],
    "best_shows": [],
    "best_movies_by_year": [("tm1", 4, "Heat", 1995, 8.3, "crime", "US")],
    "best_shows_by_year": [("ts3", 1, "Life", 2017, 9.1, 2, "music", "LB")],
}


def cleaned(session):
    return frame(session, "cleaned_titles", TITLES)


def entries(session, listed=LISTED):
    return normalise.list_entries({s: frame(session, f"cleaned_{s}", listed[s]) for s in LISTS})


def checked(name, result):
    """Rows of a result that obeys the registry."""
    declared = table(name)
    assert schema_differences(result, declared) == []
    assert {rule: n for rule, n in profile(result, declared).violations.items() if n} == {}
    return rows_of(result)


def test_the_four_lists_become_one_that_says_in_which_and_where(engine_session):
    assert checked("list_entries", entries(engine_session)) == [
        ("all_time", 1, "tm1", 8.2, 100, 170, None, "drama", "US"),
        ("year", 1, "ts3", 9.1, None, None, 2, "music", "LB"),
        ("year", 4, "tm1", 8.3, None, None, None, "crime", "US"),
    ]


def test_titles_are_flagged_by_the_lists_and_named_in_movielens(engine_session):
    movielens = frame(engine_session, "movielens_titles", [("tm1", 6)])
    rows = normalise.titles(cleaned(engine_session), entries(engine_session), movielens)
    assert checked("titles", rows) == [
        ("tm1", "Heat", "movie", 1995, "R", 170, None, "tt0113277", 8.2, 100, True, True, 6),
        ("tm2", "Cosmos", "movie", 2000, None, 0, None, None, None, None, False, False, None),
        ("ts3", "Life", "show", 2017, None, 25, 2, "tt0000003", 9.0, 7, False, True, None),
    ]


def test_titles_without_movielens_have_no_movie(engine_session):
    nothing = {source: [] for source in LISTS}
    rows = normalise.titles(cleaned(engine_session), entries(engine_session, nothing), None)
    assert [(row[0], row[-3:]) for row in checked("titles", rows)] == [
        (title, (False, False, None)) for title in ("tm1", "tm2", "ts3")
    ]


def test_genres_keep_their_place_and_the_lists_name_the_main_one(engine_session):
    rows = normalise.genres(cleaned(engine_session), entries(engine_session))
    assert checked("genres", rows) == [
        ("tm1", "crime", 1, True),
        ("tm1", "drama", 2, True),
        ("ts3", "music", 1, True),
        ("ts3", "sport", 2, False),
    ]


def test_countries_keep_their_place_and_the_lists_name_the_main_one(engine_session):
    rows = normalise.production_countries(cleaned(engine_session), entries(engine_session))
    assert checked("production_countries", rows) == [
        ("tm1", "US", 1, True),
        ("ts3", "GB", 1, False),
        ("ts3", "LB", 2, True),
    ]


NAMES = {
    "Cher": ("Cher", None, None),
    "Robert De": ("Robert", None, "De"),
    "Robert De Niro": ("Robert", "De", "Niro"),
    "Helena Bonham Carter Jr.": ("Helena", "Bonham Carter", "Jr."),
    " Jodie\xa0Foster\u3000": ("Jodie", None, "Foster"),
    "Albert  Lawrence\xa0\t Brooks": ("Albert", "Lawrence", "Brooks"),
    "Jean-Luc O'Neil": ("Jean-Luc", None, "O'Neil"),
    "\u200bZero Width": ("\u200bZero", None, "Width"),
    "宮崎駿": ("宮崎駿", None, None),
}


def test_names_are_split_at_any_white_space_and_kept_whole(engine_session):
    credits = [(n, "tm1", name, None, "ACTOR") for n, name in enumerate(NAMES)]
    rows = normalise.people(frame(engine_session, "cleaned_credits", credits))
    assert checked("people", rows) == [(n, name, *NAMES[name]) for n, name in enumerate(NAMES)]


def test_a_person_of_several_credits_is_one_person(engine_session):
    credits = [(7, "tm1", "A B", "x", "ACTOR"), (7, "tm2", "A B", None, "DIRECTOR")]
    rows = normalise.people(frame(engine_session, "cleaned_credits", credits))
    assert checked("people", rows) == [(7, "A B", "A", None, "B")]


CREDIT_IDS = {
    (1, "tm1", None, "ACTOR"): 6577900655233580254,
    (1, "tm1", None, "DIRECTOR"): -1610910821549960266,
    (1, "tm1", "True", "ACTOR"): -1289915375950079571,
    (1, "tm1", "Ren\xe9 \xa0/ \u5bae", "ACTOR"): 358068801573357585,
    (1, "tm2", None, "ACTOR"): -9014166975618891,
    (12, "tm2", "2", "ACTOR"): -9002039557482981975,
    (1, "tm22", "2", "ACTOR"): -4058642369162203276,
    (2**62, "tm2", "2", "ACTOR"): -1274132225208128200,
}
"""Person, title, character and role, with the identifier that every engine has given them since the first version."""


def test_credits_keep_what_they_say_under_the_same_identifier_on_every_engine(engine_session):
    credits = [(person, title, "A", character, role) for person, title, character, role in CREDIT_IDS]
    rows = normalise.credits_(frame(engine_session, "cleaned_credits", credits))
    assert checked("credits", rows) == sorted(
        (
            (credit_id, title, person, role.lower(), character)
            for (person, title, character, role), credit_id in CREDIT_IDS.items()
        ),
        key=repr,
    )


@pytest.mark.parametrize("name", ["list_entries", "titles", "genres", "production_countries"])
def test_nothing_in_gives_nothing_out(spark_embedded, name):
    none = frame(spark_embedded, "cleaned_titles", [])
    listed = entries(spark_embedded, {source: [] for source in LISTS})
    made = {
        "list_entries": lambda: listed,
        "titles": lambda: normalise.titles(none, listed, None),
        "genres": lambda: normalise.genres(none, listed),
        "production_countries": lambda: normalise.production_countries(none, listed),
    }
    assert checked(name, made[name]()) == []


def test_titles_and_movies_meet_on_the_imdb_id_also_where_the_links_have_lost_its_zeros(engine_session):
    titles = [
        ("tm1", "A", "MOVIE", 1995, None, 1, [], [], None, "tt0113277", None, None),
        ("tm2", "B", "MOVIE", 1995, None, 1, [], [], None, "tt0113278", None, None),
        ("tm3", "C", "MOVIE", 1995, None, 1, [], [], None, None, None, None),
        ("tm4", "D", "MOVIE", 1995, None, 1, [], [], None, "tt0113277", None, None),
        ("tm5", "E", "MOVIE", 1995, None, 1, [], [], None, "tt12345678", None, None),
    ]
    links = [(9, "0113277", 1), (6, "0113277", 1), (2, "113278", 2), (3, "12345678", 3), (4, "0999999", 4)]
    rows = normalise.movielens_titles(
        frame(engine_session, "cleaned_titles", titles), frame(engine_session, "cleaned_links", links)
    )
    assert checked("movielens_titles", rows) == [("tm1", 6), ("tm2", 2), ("tm4", 6), ("tm5", 3)]
