"""Rows of MovieLens are kept or named with the first rule that they break, the same on both engines."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest

from movierec_assets.domain.cleaning import classify, quarantined
from movierec_assets.domain.ingest import read_records
from movierec_assets.domain.movielens.clean import cleaned
from movierec_assets.schema import LANDING_FILES
from movierec_assets_tests.frames import raw_frame, rows_of

RATINGS, MOVIES, LINKS, TAGS = (LANDING_FILES[s] for s in ("ratings", "movies", "links", "tags"))


def rules(session, file, rows):
    classified = classify(raw_frame(session, file, rows), file)
    return [row["_rule"] for row in classified.orderBy("_line").collect()]


def kept(session, file, rows):
    return rows_of(cleaned(classify(raw_frame(session, file, rows), file), file))


def test_ratings_obey_ids_range_and_nulls(engine_session):
    rows = [
        (1, 1, 0.5, 10),
        (1, 2, 5.0, None),
        (None, 1, 4.0, 10),
        (1, None, 4.0, 10),
        (0, 1, 4.0, 10),
        (1, 3, None, 10),
        (1, 3, 0.4999, 10),
        (1, 3, 7.0, 10),
        (1, 3, 3.0, -1),
        (None, None, 9.0, -1),
    ]
    assert rules(engine_session, RATINGS, rows) == [
        None,
        None,
        "userId: null",
        "movieId: null",
        "userId: below 1",
        "rating: null",
        "rating: below 0.5",
        "rating: above 5",
        "timestamp: below 0",
        "userId: null",
    ]
    assert kept(engine_session, RATINGS, rows) == [(1, 1, 0.5, 10), (1, 2, 5.0, None)]


def test_the_latest_rating_of_a_pair_wins_and_of_equally_late_ones_the_last_line(engine_session):
    rows = [
        (1, 1, 1.0, 30),
        (1, 1, 2.0, 20),
        (2, 1, 3.0, 10),
        (2, 1, 4.0, 10),
        (3, 1, 1.0, None),
        (3, 1, 2.0, 5),
        (3, 1, 3.0, None),
    ]
    assert rules(engine_session, RATINGS, rows) == [
        None,
        "superseded by line 2",
        "superseded by line 5",
        None,
        "superseded by line 7",
        None,
        "superseded by line 7",
    ]


def test_a_broken_row_never_supersedes_a_good_one(engine_session):
    assert rules(engine_session, RATINGS, [(1, 1, 4.0, 10), (1, 1, 9.0, 99)]) == [None, "rating: above 5"]


def test_without_a_time_the_last_line_of_a_key_wins(engine_session):
    rows = [(1, "A (1990)", "Drama"), (2, "B", None), (1, "C (1991)", "Drama")]
    assert rules(engine_session, MOVIES, rows) == ["duplicate of line 4", None, None]


def test_blank_text_breaks_a_rule_whatever_kind_of_blank(engine_session):
    blanks = ["", " \t", "\xa0", "\u3000 ", "\x85", "\u2028", "\x0b"]
    rows = [(1, 1, tag, 1) for tag in [*blanks, "\u200b", " x "]]
    assert rules(engine_session, TAGS, rows) == ["tag: blank"] * len(blanks) + [None, None]


def test_the_text_of_a_tag_is_kept_as_it_is(engine_session):
    rows = [(1, 1, " In Netflix queue\xa0", 1), (1, 1, "in netflix queue", 2), (2, 1, None, 1)]
    assert kept(engine_session, TAGS, rows) == sorted(rows[:2], key=repr)


def test_links_need_digits_and_both_identifiers(engine_session):
    rows = [
        (1, "0114709", 862),
        (2, "tt0113497", 8844),
        (3, "0113228\u2028", 15602),
        (4, "\u0663", 1),
        (5, "0112302", None),
        (6, None, 3),
    ]
    reason = "imdbId: does not match [0-9]+"
    assert rules(engine_session, LINKS, rows) == [
        None,
        reason,
        reason,
        reason,
        "tmdbId: null",
        "imdbId: null",
    ]
    assert kept(engine_session, LINKS, rows) == [(1, "0114709", 862)]


@pytest.mark.parametrize(
    ("title", "bare", "year"),
    [
        ("Toy Story (1995)", "Toy Story", 1995),
        (" Cosmos\xa0(1980) ", "Cosmos", 1980),
        ("Death Note: Desu nôto (2006\u20132007)", "Death Note: Desu nôto", 2006),
        ("Fawlty Towers (1975-1979)", "Fawlty Towers", 1975),
        ("The Good Place (2016\u2013 )", "The Good Place", 2016),
        ("11'09\"01 - September 11 (2002)", "11'09\"01 - September 11", 2002),
        ("Babylon 5", "Babylon 5", None),
        ("Paris (in 1900) Days", "Paris (in 1900) Days", None),
        ("Big Bang Theory, The (2007-", "Big Bang Theory, The (2007-", None),
        ("Movie (95)", "Movie (95)", None),
        ("Movie (1234)", "Movie (1234)", None),
        ("Movie (\u0661\u0669\u0669\u0665)", "Movie (\u0661\u0669\u0669\u0665)", None),
        ("A (1950) (1951)", "A (1950)", 1951),
        ("(2012)", "(2012)", 2012),
        ("2012 (2009)", "2012", 2009),
    ],
)
def test_the_year_is_split_off_the_title(spark_embedded, title, bare, year):
    assert kept(spark_embedded, MOVIES, [(1, title, "Drama")]) == [(1, bare, year, ["Drama"])]


def test_titles_and_genres_are_split_the_same_on_every_engine(engine_session):
    rows = [
        (1, " Cosmos\xa0(1980) ", "Drama|Comedy"),
        (2, "The Good Place (2016\u2013 )", "(no genres listed)"),
        (3, "Movie (\u0661\u0669\u0669\u0665)\u2028", None),
        (4, "(2012)", "|Sci-Fi||Film-Noir|"),
        (5, "Babylon 5", "  "),
    ]
    assert kept(engine_session, MOVIES, rows) == [
        (1, "Cosmos", 1980, ["Drama", "Comedy"]),
        (2, "The Good Place", 2016, []),
        (3, "Movie (\u0661\u0669\u0669\u0665)", None, []),
        (4, "(2012)", 2012, ["Sci-Fi", "Film-Noir"]),
        (5, "Babylon 5", None, []),
    ]


def test_quarantine_holds_source_file_line_rule_and_text(engine_session):
    classified = classify(raw_frame(engine_session, RATINGS, [(1, 1, 4.0, 1), (1, 2, 7.0, 1)]), RATINGS)
    assert rows_of(quarantined(classified, RATINGS)) == [
        ("ratings", "movielens/ratings.csv", 3, "rating: above 5", "text of 3")
    ]


BAD_RATINGS = b"""userId,movieId,rating,timestamp
1,1,4.0,964982703
1,3,4.0
abc,6,4.0,964982224
1,47,7,964983815
,50,5.0,964982931
1,70,3.0,\xff64982400
1,101,"5.0,964980868
1,1,2.5,964982704

2,1,4.5,1
"""


def test_of_a_file_with_bad_rows_the_good_ones_are_kept_and_each_bad_one_is_explained(engine_session):
    raw = engine_session.createDataFrame(
        pa.Table.from_batches(list(read_records(io.BytesIO(BAD_RATINGS), RATINGS, RATINGS.path)))
    )
    classified = classify(raw, RATINGS)
    assert rows_of(cleaned(classified, RATINGS)) == [(1, 1, 2.5, 964982704), (2, 1, 4.5, 1)]
    assert [(line, rule, text) for _, _, line, rule, text in rows_of(quarantined(classified, RATINGS))] == [
        (2, "superseded by line 9", "1,1,4.0,964982703"),
        (3, "unreadable: 3 fields instead of 4", "1,3,4.0"),
        (4, "unreadable: userId: 'abc' is not a whole number", "abc,6,4.0,964982224"),
        (5, "rating: above 5", "1,47,7,964983815"),
        (6, "userId: null", ",50,5.0,964982931"),
        (7, "unreadable: not UTF-8 at byte 10", "1,70,3.0,\\xff64982400"),
        (8, "unreadable: unclosed quote", '1,101,"5.0,964980868'),
    ]
