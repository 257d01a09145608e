"""One pass tells rows, broken rules and a hash that is equal exactly for equal content."""

from __future__ import annotations

import itertools

import pytest

from movierec_assets.domain.profile import profile, schema_differences
from movierec_assets.schema import Column, Table, table
from movierec_assets_tests.frames import frame

WORDS = Table(
    "words",
    "One row per id.",
    (
        Column("id", "int64", "Id.", minimum=1, maximum=9),
        Column("text", "string", "Text.", nullable=True, pattern="[a-z]*"),
        Column("list", "list<string>", "List.", nullable=True),
        Column("number", "float64", "Number.", nullable=True),
    ),
    key=("id",),
)
DIFFERENT = [
    [],
    [(1, None, None, None)],
    [(1, "", None, None)],
    [(1, None, [], None)],
    [(1, None, [""], None)],
    [(1, None, [None], None)],
    [(1, None, ["", ""], None)],
    [(1, None, ["a", "b"], None)],
    [(1, None, ["ab"], None)],
    [(1, None, ["b", "a"], None)],
    [(1, None, ["1:a"], None)],
    [(1, "a", ["b"], None)],
    [(1, "ab", [], None)],
    [(1, None, None, 0.0)],
    [(2, None, None, None)],
    [(1, None, None, None), (1, None, None, None)],
    [(1, "a", None, None), (2, "b", None, None)],
    [(1, "b", None, None), (2, "a", None, None)],
    [(1, None, None, None), (1, "a", None, None), (1, "a", None, None)],
]

NUMBERS = Table(
    "numbers",
    "One row per id.",
    (
        Column("id", "int64", "Id."),
        Column("ids", "list<int32>", "Whole numbers.", nullable=True),
        Column("values", "list<float32>", "Numbers.", nullable=True),
    ),
    key=("id",),
)
DIFFERENT_NUMBERS = [
    [(1, None, None)],
    [(1, [], None)],
    [(1, None, [])],
    [(1, [], [])],
    [(1, [0], [])],
    [(1, [], [0.0])],
    [(1, [None], [])],
    [(1, [0, 0], [])],
    [(1, [0], [0.0])],
    [(1, [1, None], [])],
    [(1, [None, 1], [])],
    [(1, [1, 2], [])],
    [(1, [2, 1], [])],
    [(1, [1, 2], [0.5, 1.5])],
    [(1, [1, 2], [1.5, 0.5])],
    [(1, [1], [2.0, 0.5])],
]


def words(session, rows):
    return session.createDataFrame(rows, WORDS.spark_schema())


def hash_of(session, rows):
    return profile(words(session, rows), WORDS).content_hash


def test_different_content_has_different_hashes(spark_embedded):
    assert len({hash_of(spark_embedded, rows) for rows in DIFFERENT}) == len(DIFFERENT)


def test_different_lists_of_numbers_have_different_hashes_that_every_engine_gives(
    spark_embedded, spark_local
):
    def hashes(session):
        frames = (session.createDataFrame(rows, NUMBERS.spark_schema()) for rows in DIFFERENT_NUMBERS)
        return [profile(data, NUMBERS).content_hash for data in frames]

    found = hashes(spark_embedded)
    assert len(set(found)) == len(DIFFERENT_NUMBERS)
    assert found == hashes(spark_local)


def test_the_order_of_rows_does_not_change_the_hash(spark_embedded):
    rows = [(1, "a", ["x"], 0.5), (2, None, [], None), (3, "", None, -1.0)]
    assert len({hash_of(spark_embedded, list(order)) for order in itertools.permutations(rows)}) == 1


def test_every_engine_gives_the_same_hash(spark_embedded, spark_local):
    rows = [
        (1, "a", ["x", "é😀", None, ""], 0.1),
        (2, None, [], None),
        (3, "", None, -0.0),
        (9, "\x00", ["|"], 1e300),
    ]
    assert profile(words(spark_embedded, rows), WORDS) == profile(words(spark_local, rows), WORDS)


def test_the_hash_changes_with_the_columns_that_the_registry_declares(spark_embedded):
    loose = Table("words", "The same without a key.", WORDS.columns)
    data = words(spark_embedded, DIFFERENT[1])
    assert profile(data, WORDS).content_hash != profile(data, loose).content_hash


def test_rows_that_break_a_rule_are_counted_by_rule(engine_session):
    rows = [
        (1, "a", [], 1.0),
        (1, "b", [], 1.0),
        (1, "A", [], 1.0),
        (0, "x\u2028", [], 1.0),
        (10, None, [], 1.0),
    ]
    found = profile(words(engine_session, [*rows, (None, "c", [], 1.0), (None, "c", [], 1.0)]), WORDS)
    assert found.rows == 7
    assert found.violations == {
        "null:id": 2,
        "below:id": 1,
        "above:id": 1,
        "pattern:text": 2,
        "duplicate_key": 3,
    }


def test_an_empty_table_breaks_no_rule(engine_session):
    found = profile(frame(engine_session, "cleaned_ratings", []), table("cleaned_ratings"))
    assert found.rows == 0
    assert set(found.violations.values()) == {0}


def test_a_table_without_a_key_may_repeat_rows(spark_embedded):
    loose = Table("words", "The same without a key.", WORDS.columns)
    found = profile(words(spark_embedded, [(1, "a", [], 1.0)] * 2), loose)
    assert (found.rows, found.violations.get("duplicate_key")) == (2, None)


@pytest.mark.parametrize(
    ("select", "differences"),
    [
        (["movieId", "average_rating", "rating_count"], []),
        (["movieId", "average_rating"], ["rating_count is missing"]),
        (["movieId", "average_rating", "rating_count", "1 as extra"], ["extra is not in the registry"]),
        (
            ["cast(movieId as int) as movieId", "average_rating", "rating_count"],
            ["movieId is int instead of bigint"],
        ),
        (
            ["movieId", "rating_count", "average_rating"],
            [
                "the columns are movieId, rating_count, average_rating "
                "instead of movieId, average_rating, rating_count"
            ],
        ),
    ],
)
def test_columns_that_differ_from_the_registry_are_named(engine_session, select, differences):
    data = frame(engine_session, "movie_stats", [(1, 4.0, 2)]).selectExpr(*select)
    assert schema_differences(data, table("movie_stats")) == differences
