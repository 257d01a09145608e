"""The catalogue's rows are kept or named with the first rule that they break, the same on both engines."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest

from movierec_assets.domain import cleaning
from movierec_assets.domain.catalog import classify, classify_titles, cleaned
from movierec_assets.domain.cleaning import quarantined
from movierec_assets.domain.ingest import read_records
from movierec_assets.schema import LANDING_FILES
from movierec_assets_tests.frames import frame, raw_frame, rows_of

TITLES, CREDITS = LANDING_FILES["titles"], LANDING_FILES["credits"]
TAXI = (
    *("tm1", "Taxi Driver", "MOVIE", 1976, "R", 113, "['crime', 'drama']", "['US']"),
    *(None, "tt0075314", 8.3, 795222.0),
)
KNOWN = [
    ("tm1", "Heat", "MOVIE", 1995, "R", 170, ["crime", "drama"], ["US", "LB"], None, None, None, None),
    ("tm2", "Twin", "MOVIE", 2000, None, 90, ["sport"], ["GB"], None, None, None, None),
    ("tm3", "Twin", "MOVIE", 2000, None, 90, ["sport"], ["GB"], None, None, None, None),
    ("tm4", "Life", "MOVIE", 2017, None, 0, ["documentation"], [], None, None, None, None),
    ("ts5", "Life", "SHOW", 2017, None, 25, ["music", "sport"], ["GB"], 2, None, None, None),
]


def title(**changes):
    """A row of `raw_titles` that obeys every rule but for the changes."""
    names = ["index", *(c.name for c in TITLES.columns)]
    return tuple({**dict(zip(names, (7, *TAXI), strict=True)), **changes}.values())


def title_rules(session, *rows):
    classified = classify_titles(raw_frame(session, TITLES, rows))
    return [row["_rule"] for row in classified.orderBy("_line").collect()]


def of_titles(session, source, rows):
    """A file about titles, classified against `KNOWN`."""
    file = LANDING_FILES[source]
    return classify(raw_frame(session, file, rows), file, frame(session, "cleaned_titles", KNOWN))


def rules(session, source, rows):
    return [row["_rule"] for row in of_titles(session, source, rows).orderBy("_line").collect()]


def kept(session, source, rows):
    return rows_of(cleaned(of_titles(session, source, rows), LANDING_FILES[source]))


def test_printed_lists_become_lists_and_whole_decimals_whole_numbers(engine_session):
    rows = [
        title(),
        title(id="ts2", type="SHOW", genres="[]", production_countries="['Lebanon', 'US']", seasons=3.0),
        title(id="tm3", genres="['scifi']", production_countries="['Lebanon']", imdb_votes=None),
    ]
    classified = classify_titles(raw_frame(engine_session, TITLES, rows))
    rest = ("tt0075314", 8.3)
    assert rows_of(cleaned(classified, TITLES)) == [
        ("tm1", "Taxi Driver", "MOVIE", 1976, "R", 113, ["crime", "drama"], ["US"], None, *rest, 795222),
        ("tm3", "Taxi Driver", "MOVIE", 1976, "R", 113, ["scifi"], ["LB"], None, *rest, None),
        ("ts2", "Taxi Driver", "SHOW", 1976, "R", 113, [], ["LB", "US"], 3, *rest, 795222),
    ]


NO_GENRES = "genres: is not a printed list of known genres"
NO_COUNTRIES = "production_countries: is not a printed list of country codes"
A_DATE = "title: is a date as a spreadsheet writes it in place of a text"
AN_ERROR = "title: is an error as a spreadsheet writes it in place of a text"
LOST = "title: is a text with a letter that another encoding lost"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"id": None}, "id: null"),
        ({"id": "84618"}, "id: is not `tm` or `ts` and a number"),
        ({"id": "tm1\n"}, "id: is not `tm` or `ts` and a number"),
        ({"title": None}, "title: null"),
        ({"title": "\xa0 "}, "title: blank"),
        ({"title": "22-Jul"}, A_DATE),
        ({"title": "Jul-22"}, A_DATE),
        ({"title": "#NAME?"}, AN_ERROR),
        ({"title": "Am\ufffdlie"}, LOST),
        ({"type": "SHOW"}, "type: is not that of the id"),
        ({"id": "ts1"}, "type: is not that of the id"),
        ({"seasons": 3.0}, "seasons: a movie has none"),
        ({"type": "movie"}, "type: does not match MOVIE|SHOW"),
        ({"release_year": 19}, "release_year: below 1870"),
        ({"release_year": 19760}, "release_year: above 2200"),
        ({"age_certification": "795222"}, "age_certification: does not match " + TITLES.columns[4].pattern),
        ({"runtime": -1}, "runtime: below 0"),
        ({"genres": None}, "genres: null"),
        ({"genres": "x"}, NO_GENRES),
        ({"genres": "['x']"}, NO_GENRES),
        ({"genres": "['crime' 'drama']"}, NO_GENRES),
        ({"genres": "['crime', ]"}, NO_GENRES),
        ({"genres": "crime, drama"}, NO_GENRES),
        ({"production_countries": "['Us']"}, NO_COUNTRIES),
        ({"production_countries": "['USA']"}, NO_COUNTRIES),
        ({"seasons": 1.5}, "seasons: not a whole number"),
        ({"seasons": 0.0}, "seasons: below 1"),
        ({"imdb_id": "0075314"}, "imdb_id: is not `tt` and 7 to 10 digits"),
        ({"imdb_score": 83.0}, "imdb_score: above 10"),
        ({"imdb_votes": 8.3}, "imdb_votes: not a whole number"),
    ],
)
def test_a_title_that_says_something_impossible_is_named_with_the_rule(spark_embedded, changes, rule):
    assert title_rules(spark_embedded, title(**changes)) == [rule]


def test_the_rules_of_titles_are_the_same_on_every_engine(engine_session):
    changes = [
        ({"title": "22-Jul"}, A_DATE),
        ({"title": "#N/A"}, AN_ERROR),
        ({"title": "A\n\ufffd\nB"}, LOST),
        ({"type": "SHOW"}, "type: is not that of the id"),
        ({"seasons": 3.0}, "seasons: a movie has none"),
        ({"genres": "x"}, NO_GENRES),
        ({"production_countries": "['Us']"}, NO_COUNTRIES),
        ({"imdb_id": "tt1\u2028"}, "imdb_id: is not `tt` and 7 to 10 digits"),
        ({"seasons": 1.5}, "seasons: not a whole number"),
    ]
    assert title_rules(engine_session, *(title(**c) for c, _ in changes)) == [rule for _, rule in changes]


WRITTEN_BY_SPREADSHEETS = [
    *("22-Jul", "1-Oct", "01-oct", "22/Jul", "22-Jul-18", "22-Jul-2018", "Sep-12", "sep-2012"),
    *("2012-09-12", "2018-07-22 00:00:00", "2018-07-22T00:00:00.000", "2018/7/22", "2018.07.22"),
    *("7/22/2018", "22/07/2018", "07/22/18", "22-07-2018", "22.07.2018", "22.07.18", "7/22/2018 0:00"),
]
TITLES_OF_NUMBERS = [
    *(
        "11.22.63",
        "1917",
        "22 July",
        "October 1",
        "50/50",
        "9/11",
        "7:19",
        "11:14",
        "11-22",
        "24",
        "May",
        "Dec 7",
    ),
    *("22-Julia", "99-Jul", "0-Jul", "2012-13-12", "2012-09-32", "2012-09/12", "13/13/2013", "7/22/1818"),
    *("1-2-3", "24-7-365", "10-9-8", "192.168.0.1", "2-22-2", "22-Jul-", "2018-07-22 A", "Mar-a"),
]


def test_a_date_as_spreadsheets_write_it_is_no_title_and_any_other_number_is_one(engine_session):
    names = [*WRITTEN_BY_SPREADSHEETS, *TITLES_OF_NUMBERS]
    rows = [title(id=f"tm{n}", title=name) for n, name in enumerate(names)]
    refused = [A_DATE] * len(WRITTEN_BY_SPREADSHEETS) + [None] * len(TITLES_OF_NUMBERS)
    assert dict(zip(names, title_rules(engine_session, *rows), strict=True)) == dict(
        zip(names, refused, strict=True)
    )


def test_an_error_as_spreadsheets_write_it_is_no_title_and_any_other_hashtag_is_one(spark_embedded):
    errors = [
        "#NAME?",
        "#REF!",
        "#N/A",
        "#VALUE!",
        "#DIV/0!",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#CALC!",
        "########",
    ]
    hashtags = ["#Alive", "#realityhigh", "#", "#NAME", "# REF!", "A #REF!"]
    rows = [title(id=f"tm{n}", title=name) for n, name in enumerate([*errors, *hashtags])]
    assert title_rules(spark_embedded, *rows) == [AN_ERROR] * len(errors) + [None] * len(hashtags)


def test_of_two_titles_with_one_id_the_last_line_wins(engine_session):
    assert title_rules(engine_session, title(), title(title="Other")) == ["duplicate of line 3", None]


def test_the_commonest_rule_counts_wordings_of_one_rule_together(engine_session):
    rows = [
        *((n, n, f"tm{n}", "A", None, "ACTOR") for n in (11, 12, 13)),
        *((n, n, "tm1", "\xa0", None, "ACTOR") for n in (14, 15)),
        (16, 16, "tm1", "A", None, "ACTOR"),
    ]
    classified = of_titles(engine_session, "credits", rows)
    assert cleaning.commonest_rule(classified) == ("id: no title tm11 in raw_titles.csv", 3)
    blank_again = of_titles(engine_session, "credits", [*rows, *rows[3:5]])
    assert cleaning.commonest_rule(blank_again) == ("name: blank", 4)


def test_a_credit_needs_its_title_a_name_and_a_known_role(engine_session):
    rows = [
        (0, 1, "tm1", "Al Pacino", "Vincent Hanna", "ACTOR"),
        (1, 2, "tm9", "Al Pacino", None, "ACTOR"),
        (2, 3, "tm1", "\xa0", None, "ACTOR"),
        (3, 4, "tm1", "Michael Mann", None, "Director"),
        (4, None, "tm9", "Nobody", None, "ACTOR"),
        (5, 5, "tm1", "True Name", "True", "ACTOR"),
    ]
    assert rules(engine_session, "credits", rows) == [
        None,
        "id: no title tm9 in raw_titles.csv",
        "name: blank",
        "role: does not match ACTOR|DIRECTOR",
        "person_id: null",
        None,
    ]
    assert kept(engine_session, "credits", rows) == [
        (1, "tm1", "Al Pacino", "Vincent Hanna", "ACTOR"),
        (5, "tm1", "True Name", "True", "ACTOR"),
    ]


def test_credits_without_a_character_repeat_each_other_and_no_other_credit(engine_session):
    rows = [
        (0, 1, "tm1", "A", None, "ACTOR"),
        (1, 1, "tm1", "A", None, "ACTOR"),
        (2, 1, "tm1", "A", None, "DIRECTOR"),
        (3, 1, "tm1", "A", "Self", "ACTOR"),
        (4, 1, "tm1", "A", "Self", "ACTOR"),
        (5, 1, "tm4", "A", None, "ACTOR"),
        (6, 2, "tm1", "A", None, "ACTOR"),
    ]
    assert rules(engine_session, "credits", rows) == [
        "duplicate of line 3",
        None,
        None,
        "duplicate of line 6",
        None,
        None,
        None,
    ]


def test_what_a_spreadsheet_made_of_a_name_or_a_character_is_none_and_costs_no_good_line(engine_session):
    rows = [
        (0, 1, "tm1", "22-Jul", "Self", "ACTOR"),
        (1, 1, "tm4", "July Two", "Self", "ACTOR"),
        (2, 2, "tm1", "#NAME?", "Self", "ACTOR"),
        (3, 3, "tm1", "Adrian Pasdar", "7-Nov", "ACTOR"),
        (4, 3, "tm4", "Adrian Pasdar", "Am\ufffdlie", "ACTOR"),
        (5, 3, "tm2", "Adrian Pasdar", "Agent #7", "ACTOR"),
    ]
    assert rules(engine_session, "credits", rows) == [
        "name: is a date as a spreadsheet writes it in place of a text",
        None,
        "name: is an error as a spreadsheet writes it in place of a text",
        "character: is a date as a spreadsheet writes it in place of a text",
        "character: is a text with a letter that another encoding lost",
        None,
    ]


def test_a_person_is_called_as_in_most_lines_and_of_equally_many_as_in_the_first(engine_session):
    rows = [
        (0, 1, "tm1", "Beyonce", "Self", "ACTOR"),
        (1, 1, "tm4", "Beyoncé", "Self", "ACTOR"),
        (2, 1, "tm2", "Beyoncé", "Self", "ACTOR"),
        (3, 2, "tm1", "Beyonce", "Self", "ACTOR"),
        (4, 3, "tm1", "Z", "Self", "ACTOR"),
        (5, 3, "tm2", "A", "Self", "ACTOR"),
        (6, None, "tm2", "A", "Self", "ACTOR"),
    ]
    assert rules(engine_session, "credits", rows) == [
        "name: is not what most lines call person 1",
        None,
        None,
        None,
        None,
        "name: is not what most lines call person 3",
        "person_id: null",
    ]


def test_a_list_row_finds_its_title_by_title_year_and_kind(engine_session):
    rows = [
        (0, "Heat", 1995, 8.2, 100, 170, "crime", "US"),
        (1, "Heat", 1996, 8.2, 100, 170, "crime", "US"),
        (2, "heat", 1995, 8.2, 100, 170, "crime", "US"),
        (3, "Twin", 2000, 8.2, 100, 90, "sports", "GB"),
        (4, "Heat", 1995, 8.2, 100, 170, "comedy", "US"),
        (5, "Heat", 1995, 8.2, 100, 170, "drama", "GB"),
        (6, "22-Jul", 1995, 8.2, 100, 170, "crime", "US"),
        (7, "Life", 2017, 8.2, 100, 0, "documentary", "US"),
    ]
    assert rules(engine_session, "best_movies", rows) == [
        None,
        "no movie of this title and year in raw_titles.csv",
        "no movie of this title and year in raw_titles.csv",
        "more than one movie of this title and year in raw_titles.csv",
        "MAIN_GENRE: is no genre of the title",
        "MAIN_PRODUCTION: is no country of the title",
        "TITLE: is a date as a spreadsheet writes it in place of a text",
        "MAIN_PRODUCTION: is no country of the title",
    ]
    assert kept(engine_session, "best_movies", rows) == [
        ("tm1", 1, "Heat", 1995, 8.2, 100, 170, "crime", "US")
    ]


def test_a_lists_words_for_genres_and_countries_become_those_of_the_titles(engine_session):
    movies = [
        (0, "Nowhere", 1900, 5.0, "war", "US"),
        (1, "Heat", 1995, 8.2, "crime", "Lebanon"),
    ]
    assert kept(engine_session, "best_movies_by_year", movies) == [
        ("tm1", 2, "Heat", 1995, 8.2, "crime", "LB")
    ]
    for word, meant in (("musical", "music"), ("music", "music"), ("sports", "sport")):
        shows = [(0, "Life", 2017, 9.1, 2, word, "GB")]
        assert kept(engine_session, "best_shows_by_year", shows) == [
            ("ts5", 1, "Life", 2017, 9.1, 2, meant, "GB")
        ]
    documentary = [(0, "Life", 2017, 8.0, "documentary", "GB")]
    assert rules(engine_session, "best_movies_by_year", documentary) == [
        "MAIN_PRODUCTION: is no country of the title"
    ]


BAD_CREDITS = b"""index,person_id,id,name,character,role
0,1,tm1,Al Pacino,"Vincent ""Vic"" Hanna",ACTOR
1,2,tm1,Val Kilmer,ACTOR
2,3.0,tm1,Jon Voight,Nate,ACTOR
3,4,tm1,Ren\xe9,,ACTOR
4,5,tm7,Nobody,,DIRECTOR
5,1,tm1,Al Pacino,"Vincent ""Vic"" Hanna",ACTOR
6,6,tm1,Michael Mann,,DIREC"""


def test_of_a_file_with_bad_rows_the_good_ones_are_kept_and_each_bad_one_is_explained(engine_session):
    raw = engine_session.createDataFrame(
        pa.Table.from_batches(list(read_records(io.BytesIO(BAD_CREDITS), CREDITS, CREDITS.path)))
    )
    classified = classify(raw, CREDITS, frame(engine_session, "cleaned_titles", KNOWN))
    assert rows_of(cleaned(classified, CREDITS)) == [(1, "tm1", "Al Pacino", 'Vincent "Vic" Hanna', "ACTOR")]
    assert [(line, rule) for _, _, line, rule, _ in rows_of(quarantined(classified, CREDITS))] == [
        (2, "duplicate of line 7"),
        (3, "unreadable: 5 fields instead of 6"),
        (4, "unreadable: person_id: '3.0' is not a whole number"),
        (5, "unreadable: not UTF-8 at byte 12"),
        (6, "id: no title tm7 in raw_titles.csv"),
        (8, "unreadable: the file ends inside this line, which has no line end"),
    ]
