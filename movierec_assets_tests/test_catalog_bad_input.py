"""Mangled files of the catalogue through the whole graph: no wrong value arrives, and no row goes without a word."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets_tests.catalogue_files import NAMES, TINY_CATALOGUE

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

PUBLISHED = (
    "SELECT (SELECT array_agg(t ORDER BY title_id)::text FROM catalog.titles t),"
    " (SELECT array_agg(c ORDER BY credit_id)::text FROM catalog.credits c),"
    " (SELECT array_agg(g ORDER BY title_id, genre)::text FROM catalog.genres g),"
    " (SELECT array_agg(e ORDER BY list, title_id)::text FROM catalog.list_entries e)"
)
TITLES = "raw_titles.csv"
GOOD = TINY_CATALOGUE[TITLES]
HEADER, *LINES = GOOD.splitlines()


def rejected(home: Home, source: str) -> dict[int, str]:
    """Line -> rule, of a source's quarantine."""
    done = home.movierec("quarantine", source, "--csv")
    return {int(row["line"]): row["rule"] for row in csv.DictReader(io.StringIO(done.out))}


def failures(outcomes: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: asset["cause"] for name, asset in outcomes.items() if asset["status"] == "failed"}


SAID = f"expected `{HEADER.removeprefix('index,')}`"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (GOOD.replace(",", "\t").encode(), r"has the header `index" + "\tid\ttitle"),
        (GOOD.replace(",", ";").encode(), "has the header `index;id;title"),
        (GOOD.replace("imdb_votes", "votes").encode(), "(imdb_votes missing; votes unknown)"),
        (GOOD.replace("title,type", "TITLE,type").encode(), "(title missing; TITLE unknown)"),
        (GOOD.replace(",imdb_votes", "", 1).encode(), "(imdb_votes missing)"),
        (GOOD.replace("imdb_votes", "imdb_votes,notes").encode(), "(notes unknown)"),
        (GOOD.replace("id,title", "title,id", 1).encode(), "(in another order)"),
        (GOOD.encode("utf-16"), "has the header `\\xff\\xfe"),
        (GOOD.replace("\n", "\r").encode(), "has the header `index,id"),
        (GOOD.partition("\n")[2].encode(), "has the header `0,tm1,Toy Story"),
        (b"", "is empty"),
    ],
    ids=[
        "tabs",
        "semicolons",
        "renamed",
        "case",
        "missing",
        "extra",
        "order",
        "utf-16",
        "old-mac",
        "headless",
        "empty",
    ],
)
def test_a_file_under_a_wrong_header_is_refused_and_what_is_published_stays(
    catalogue_home: Home, content: bytes, found: str
) -> None:
    before = catalogue_home.rows(PUBLISHED)
    catalogue_home.write_catalogue(TITLES, content)
    outcomes = catalogue_home.run(ok=False)
    assert set(failures(outcomes)) == {"raw_titles"}
    message = failures(outcomes)["raw_titles"]
    assert message.startswith("netflix/raw_titles.csv ")
    assert found in message
    assert SAID in message
    assert outcomes["titles"]["status"] == outcomes["credits"]["status"] == "skipped"
    assert catalogue_home.rows(PUBLISHED) == before


def test_a_file_with_other_line_ends_a_byte_order_mark_or_without_row_numbers_says_the_same(
    catalogue_home: Home,
) -> None:
    before = catalogue_home.rows(PUBLISHED)
    without = "\r\n".join(line.partition(",")[2] for line in (HEADER, *LINES)) + "\r\n"
    catalogue_home.write_catalogue(TITLES, "\ufeff" + without)
    assert catalogue_home.made() == {"raw_titles", "cleaned_titles", "quarantine_titles"}
    catalogue_home.write_catalogue(TITLES, GOOD.replace("index,", "Unnamed: 0,", 1))
    assert catalogue_home.made() == {"raw_titles", "cleaned_titles", "quarantine_titles"}
    assert catalogue_home.rows(PUBLISHED) == before
    assert rejected(catalogue_home, "titles") == {7: "title: null"}


GENRES = "genres: is not a printed list of known genres"
DATE = "title: is a date as a spreadsheet writes it in place of a text"
BAD_TITLES = {
    "8,tm20,22-Jul,MOVIE,2018,R,144,['drama'],['NO'],,tt7280898,6.8,": DATE,
    "9,tm21,2018-07-22,MOVIE,2018,R,144,['drama'],['NO'],,tt7280898,6.8,": DATE,
    "10,tm22,A,MOVIE,2018,R,144,x,['NO'],,tt7280898,6.8,": GENRES,
    "11,tm23,A,MOVIE,2018,R,144,drama,['NO'],,tt7280898,6.8,": GENRES,
    "12,tm24,A,MOVIE,2018,R,144,['drama'],['Norway'],,,,": (
        "production_countries: is not a printed list of country codes"
    ),
    "13,tm25,A,MOVIE,2018,R,144,['drama', 'crime'],['NO'],,,,": "unreadable: 14 fields instead of 13",
    "14,tm26,A,MOVIE,2018,R,144,['drama'],['NO'],,,": "unreadable: 12 fields instead of 13",
    "15\ttm27\tA\tMOVIE\t2018\tR\t144\t['drama']\t['NO']\t\t\t\t": "unreadable: 1 fields instead of 13",
    "16,A,tm28,MOVIE,2018,R,144,['drama'],['NO'],,,,": "id: is not `tm` or `ts` and a number",
    "17,tm29,A,MOVIE,2018,R,2h 24m,['drama'],['NO'],,,,": "unreadable: runtime: '2h 24m' is not a whole number",
    "18,tm30,A,MOVIE,22/07/2018,R,144,['drama'],['NO'],,,,": (
        "unreadable: release_year: '22/07/2018' is not a whole number"
    ),
    "19,tm31,A,MOVIE,2018,R,144,['drama'],['NO'],,,\"6,8\",": (
        "unreadable: imdb_score: '6,8' is not a number"
    ),
    "20,tm32,A,MOVIE,2018,R,144,['drama'],['NO'],,,36000.0,6.8": "imdb_score: above 10",
    "21,tm33,A,MOVIE,2018,R,144,['drama'],['NO'],,,,6.8": "imdb_votes: not a whole number",
    "22,tm34,A,MOVIE,2018,R,144,['drama'],['NO'],,7280898,,": "imdb_id: is not `tt` and 7 to 10 digits",
    "23,tm35,\"A,MOVIE,2018,R,144,['drama'],['NO'],,,,": "unreadable: unclosed quote",
    "x,tm36,A,MOVIE,2018,R,144,['drama'],['NO'],,,,": "unreadable: index: 'x' is not a whole number",
    "26,tm37,#NAME?,MOVIE,2018,R,144,['drama'],['NO'],,,,": (
        "title: is an error as a spreadsheet writes it in place of a text"
    ),
    "27,tm38,A,SHOW,2018,R,144,['drama'],['NO'],,,,": "type: is not that of the id",
    "28,tm39,A,MOVIE,2018,R,144,['drama'],['NO'],2.0,,,": "seasons: a movie has none",
    "25,tm1,Other,MOVIE,1995,R,1,x,['US'],,,,": GENRES,
}


def test_good_rows_arrive_and_each_mangled_one_is_in_quarantine_with_its_rule(catalogue_home: Home) -> None:
    before = catalogue_home.rows(PUBLISHED)
    added = "7,tm19,Kon-Tiki,MOVIE,2012,,118,['drama'],['NO'],,,7.2,"
    catalogue_home.write_catalogue(TITLES, GOOD + "\n".join([*BAD_TITLES, added]) + "\n")
    outcomes = catalogue_home.run()
    assert rejected(catalogue_home, "titles") == {
        7: "title: null",
        **dict(enumerate(BAD_TITLES.values(), 9)),
    }
    assert outcomes["cleaned_titles"]["rows"] == 7
    catalogue_home.rows("DELETE FROM simulation.sessions RETURNING 1")
    assert catalogue_home.rows("DELETE FROM catalog.titles WHERE title_id = 'tm19' RETURNING title") == [
        ("Kon-Tiki",)
    ]
    assert catalogue_home.rows(PUBLISHED) == before


def test_latin_1_is_refused_row_by_row_and_no_letter_is_guessed(catalogue_home: Home) -> None:
    catalogue_home.write_catalogue("raw_credits.csv", TINY_CATALOGUE["raw_credits.csv"].encode("latin-1"))
    catalogue_home.run()
    assert rejected(catalogue_home, "credits") == {
        3: "unreadable: not UTF-8 at byte 19",
        7: "unreadable: not UTF-8 at byte 11",
        8: "duplicate of line 9",
    }
    assert catalogue_home.rows("SELECT person_id FROM catalog.people ORDER BY 1") == [
        (10,),
        (12,),
        (13,),
        (15,),
    ]


@pytest.mark.parametrize("cut", range(1, 30, 4))
def test_a_file_that_ends_too_early_never_gives_half_a_value(catalogue_home: Home, cut: int) -> None:
    name = NAMES["best_movies"]
    catalogue_home.write_catalogue(name, TINY_CATALOGUE[name][:-cut])
    catalogue_home.run()
    assert rejected(catalogue_home, "best_movies") == {
        3: "unreadable: the file ends inside this line, which has no line end"
    }
    assert catalogue_home.rows(
        "SELECT title_id FROM catalog.list_entries WHERE list = 'all_time' AND title_id LIKE 'tm%'"
    ) == [("tm1",)]
    assert catalogue_home.rows("SELECT is_all_time_best FROM catalog.titles WHERE title_id = 'tm2'") == [
        (False,)
    ]


BAD_ENTRIES = {
    "2,23-Jun,1995,8.2,600000,170,crime,US": DATE.replace("title:", "TITLE:"),
    "3,Heat,1994,8.2,600000,170,crime,US": "no movie of this title and year in raw_titles.csv",
    "4,Match Day,2018,8.2,600000,170,sports,US": "no movie of this title and year in raw_titles.csv",
    "5,Heat,1986,8.2,600000,170,crime,US": "MAIN_GENRE: is no genre of the title",
    "6,Heat,1986,8.2,600000,170,x,US": "MAIN_GENRE: is not a known genre",
    "7,Heat,1986,8.2,600000.5,170,action,US": "unreadable: NUMBER_OF_VOTES: '600000.5' is not a whole number",
    "8,Toy Story,1995,8.3,900000,81,animation,US": "",
}


def test_list_rows_that_meet_no_title_are_in_quarantine_and_flag_nothing(catalogue_home: Home) -> None:
    before = catalogue_home.rows("SELECT title_id, is_all_time_best FROM catalog.titles ORDER BY 1")
    name = NAMES["best_movies"]
    catalogue_home.write_catalogue(name, TINY_CATALOGUE[name] + "\n".join([*BAD_ENTRIES, ""]))
    catalogue_home.run()
    reasons = {line: rule for line, rule in enumerate(BAD_ENTRIES.values(), 4) if rule}
    assert rejected(catalogue_home, "best_movies") == {2: "duplicate of line 10", **reasons}
    assert catalogue_home.rows("SELECT title_id, is_all_time_best FROM catalog.titles ORDER BY 1") == before
    assert catalogue_home.rows(
        "SELECT rank, title_id FROM catalog.list_entries WHERE list = 'all_time' AND title_id LIKE 'tm%' ORDER BY 1"
    ) == [(2, "tm2"), (9, "tm1")]


NONE_KEPT = {
    "titles": (GOOD.replace("['", "[").replace("']", "]"), GENRES, 6),
    "credits": (
        re.sub(r",(t[ms])", r",\g<1>9", TINY_CATALOGUE[NAMES["credits"]]),
        "id: no title tm91 in raw_titles.csv",
        8,
    ),
    "best_movies": (
        TINY_CATALOGUE[NAMES["best_movies"]].replace(",1995,", ",95,"),
        "RELEASE_YEAR: below 1870",
        2,
    ),
}


@pytest.mark.parametrize("source", NONE_KEPT)
def test_a_file_of_which_no_row_can_be_kept_is_refused_with_the_commonest_reason_and_all_stays(
    catalogue_home: Home, source: str
) -> None:
    before = catalogue_home.rows(PUBLISHED)
    content, rule, rows = NONE_KEPT[source]
    catalogue_home.write_catalogue(NAMES[source], content)
    outcomes = catalogue_home.run(ok=False)
    assert set(failures(outcomes)) == {f"cleaned_{source}", f"quarantine_{source}"}
    lines = content.count("\n") - 1
    said = f"none of the {lines} rows of netflix/{NAMES[source]} can be kept, {rows} of them as `{rule}`"
    assert said in failures(outcomes)[f"cleaned_{source}"]
    assert catalogue_home.rows(PUBLISHED) == before
    catalogue_home.write_catalogue(NAMES[source], TINY_CATALOGUE[NAMES[source]])
    catalogue_home.run()
    assert catalogue_home.rows(PUBLISHED) == before


def test_land_refuses_a_mangled_folder_and_lands_nothing_of_it(empty_home: Home) -> None:
    folder = empty_home.path / "mangled"
    folder.mkdir()
    for name, text in TINY_CATALOGUE.items():
        (folder / name).write_text(text.replace("imdb_score", "score"))
    done = empty_home.movierec("land", str(folder))
    assert done.code == 1
    assert "raw_titles.csv has the header `index,id,title" in done.err
    assert "(imdb_score missing; score unknown)" in done.err
    assert not (empty_home.path / "landing").exists()
    (folder / TITLES).write_text(GOOD)
    assert empty_home.movierec("land", str(folder)).code == 0
    assert {path.name for path in empty_home.catalogue.iterdir()} == set(TINY_CATALOGUE)
