"""The contract of publishing, on both kinds of database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from movierec_assets.publication import (
    PublicationError,
    ensure_schema,
    history,
    publish,
    rollback,
)
from movierec_assets.schema import TABLES, Column
from movierec_assets_tests.publication.snapshots_of_tests import (
    SCORES,
    live,
    prepared,
    publish_scores,
    scores,
)

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database


def test_rows_come_back_as_they_were(any_database: Database) -> None:
    text = "tab\t, \\N, quote ' \" and \N{SNOWMAN}"
    data = pa.table(
        {
            "movieId": pa.array([2**62, 1]),
            "rank": pa.array([1, 2**31 - 1], pa.int32()),
            "score": pa.array([0.1, None], pa.float32()),
            "mean": pa.array([0.1, None]),
            "title": [text, None],
            "genres": [[], None],
        }
    )
    done = publish(prepared(any_database), SCORES, data, "v", None, 3)
    assert (done.rows, done.changed) == (2, True)
    with any_database.connect() as connection:
        rows = connection.execute("SELECT * FROM serving.scores ORDER BY rank").fetchall()
        kinds = connection.execute(
            "SELECT array_agg(format_type(atttypid, atttypmod) ORDER BY attnum) FROM pg_attribute "
            "WHERE attrelid = 'serving.scores'::regclass"
        ).fetchone()
    assert rows == [(2**62, 1, pytest.approx(0.1), 0.1, text, []), (1, 2**31 - 1, None, None, None, None)]
    assert kinds == (["bigint", "integer", "real", "double precision", "text", "text[]"],)


def test_lists_of_numbers_come_back_as_arrays(any_database: Database) -> None:
    lists = (
        Column("ids", "list<int32>", "Whole numbers."),
        Column("factors", "list<float32>", "Numbers.", nullable=True),
    )
    table = replace(SCORES, columns=(SCORES.columns[0], *lists), key=("movieId",))
    data = pa.table(
        {
            "movieId": pa.array([1, 2, 3]),
            "ids": pa.array([[2**31 - 1, -1], [], [7]], pa.list_(pa.int32())),
            "factors": pa.array([[0.5, -1.25], None, []], pa.list_(pa.float32())),
        }
    )
    assert publish(prepared(any_database, table), table, data, "v", None, 3).rows == 3
    with any_database.connect() as connection:
        rows = connection.execute("SELECT *, pg_typeof(ids)::text FROM serving.scores ORDER BY 1").fetchall()
        known = connection.execute(
            "SELECT attname FROM pg_stats WHERE tablename LIKE 'serving_scores_%' ORDER BY 1"
        ).fetchall()
    # Their elements would take longer to count than to load.
    assert known == [("movie_id",), ("snapshot_id",)]
    assert rows == [
        (1, [2**31 - 1, -1], [0.5, -1.25], "integer[]"),
        (2, [], None, "integer[]"),
        (3, [7], [], "integer[]"),
    ]


def test_a_reader_of_batches_is_published_too(any_database: Database) -> None:
    batches = scores(1, 1000).to_reader(max_chunksize=7)
    assert publish(prepared(any_database), SCORES, batches, "v", None, 3).rows == 1000
    assert live(any_database) == (1000, 1, 1)


def test_before_the_first_publication_the_view_is_there_and_empty(any_database: Database) -> None:
    assert live(prepared(any_database)) == (0, None, None)


def test_an_empty_table_can_be_published(any_database: Database) -> None:
    publish_scores(prepared(any_database), 1)
    assert publish_scores(any_database, 2, rows=0).rows == 0
    assert live(any_database) == (0, None, None)


def test_the_same_data_version_publishes_nothing(any_database: Database) -> None:
    first = publish_scores(prepared(any_database), 1)
    again = publish_scores(any_database, 1)
    assert (again.snapshot_id, again.rows, again.changed) == (first.snapshot_id, 100, False)
    with any_database.connect() as connection:
        assert len(history(connection)) == 1


def test_history_tells_the_newest_first_and_which_is_live(any_database: Database) -> None:
    numbers = [publish_scores(prepared(any_database), n).snapshot_id for n in (1, 2)]
    with any_database.connect() as connection:
        kept = history(connection, "scores")
        assert history(connection, "recommendations") == []
    assert [s.snapshot_id for s in kept] == numbers[::-1]
    assert [(s.data_version, s.rows, s.run_id, s.current) for s in kept] == [
        ("2", 100, "run-2", True),
        ("1", 100, "run-1", False),
    ]
    assert all(s.published_at.tzinfo for s in kept)


def test_only_so_many_snapshots_stay(any_database: Database) -> None:
    prepared(any_database)
    for number in range(1, 6):
        publish_scores(any_database, number, keep=2)
    with any_database.connect() as connection:
        kept = history(connection)
        rows = connection.execute(f"SELECT count(*) FROM publication.{kept[0].storage}").fetchone()
    assert [s.data_version for s in kept] == ["5", "4"]
    assert rows == (200,)


def test_rollback_goes_one_back_or_to_a_number(any_database: Database) -> None:
    prepared(any_database)
    first, second, third = (publish_scores(any_database, n).snapshot_id for n in (1, 2, 3))
    assert rollback(any_database, "scores") == second
    assert live(any_database) == (100, 2, 2)
    assert rollback(any_database, "scores") == first
    assert live(any_database) == (100, 1, 1)
    assert rollback(any_database, "scores", third) == third
    assert live(any_database) == (100, 3, 3)


def test_after_a_rollback_the_withdrawn_data_can_be_published_again(any_database: Database) -> None:
    prepared(any_database)
    publish_scores(any_database, 1)
    publish_scores(any_database, 2)
    rollback(any_database, "scores")
    assert publish_scores(any_database, 2).changed
    assert live(any_database) == (100, 2, 2)


def test_pruning_never_takes_the_live_snapshot(any_database: Database) -> None:
    prepared(any_database)
    first = publish_scores(any_database, 1).snapshot_id
    publish_scores(any_database, 2)
    rollback(any_database, "scores", first)
    publish_scores(any_database, 3, keep=1)
    assert live(any_database) == (100, 3, 3)


def test_a_rollback_that_is_not_possible_says_what_is(any_database: Database) -> None:
    with pytest.raises(PublicationError, match="scores was never published"):
        rollback(prepared(any_database), "scores")
    number = publish_scores(any_database, 1).snapshot_id
    with pytest.raises(
        PublicationError, match=rf"no snapshot before the live one.*there are {number} \(live\)"
    ):
        rollback(any_database, "scores")
    with pytest.raises(PublicationError, match="no snapshot 12345"):
        rollback(any_database, "scores", 12345)


def test_rows_that_break_the_key_leave_the_old_ones_live(any_database: Database) -> None:
    publish_scores(prepared(any_database), 1)
    twice = pa.concat_tables([scores(2), scores(2)])
    with pytest.raises(PublicationError, match=r"serving\.scores; what was live stays live.*duplicate key"):
        publish(any_database, SCORES, twice, "2", None, 3)
    assert live(any_database) == (100, 1, 1)
    assert publish_scores(any_database, 3).changed


def test_a_null_where_none_may_be_leaves_the_old_ones_live(any_database: Database) -> None:
    publish_scores(prepared(any_database), 1)
    broken = scores(2).set_column(2, "rank", pa.nulls(100, pa.int32()))
    with pytest.raises(PublicationError, match="rank"):
        publish(any_database, SCORES, broken, "2", None, 3)
    assert live(any_database) == (100, 1, 1)


def test_a_value_that_does_not_fit_its_type_is_refused(any_database: Database) -> None:
    large = scores(1).set_column(2, "rank", pa.array([2**40] * 100))
    with pytest.raises(PublicationError, match="1099511627776"):
        publish(prepared(any_database), SCORES, large, "1", None, 3)


def test_a_missing_column_is_named(any_database: Database) -> None:
    with pytest.raises(PublicationError, match="no column score; it has title, movieId"):
        publish(prepared(any_database), SCORES, scores(1).drop(["score"]), "1", None, 3)


def test_a_table_that_is_not_published_is_refused(any_database: Database) -> None:
    with pytest.raises(PublicationError, match="not a published table"):
        publish(any_database, replace(SCORES, published_as=None), scores(1), "1", None, 3)


def test_grants_and_dependent_views_survive_publications(any_database: Database) -> None:
    publish_scores(prepared(any_database), 1)
    with any_database.connect() as connection:
        connection.execute("GRANT SELECT ON serving.scores TO PUBLIC")
        connection.execute("CREATE VIEW public.best AS SELECT title FROM serving.scores WHERE mean = 2")
        before = connection.execute(
            "SELECT relacl FROM pg_class WHERE oid = 'serving.scores'::regclass"
        ).fetchone()
    publish_scores(any_database, 2)
    with any_database.connect() as connection:
        after = connection.execute(
            "SELECT relacl FROM pg_class WHERE oid = 'serving.scores'::regclass"
        ).fetchone()
        assert connection.execute("SELECT count(*) FROM public.best").fetchone() == (100,)
    assert after == before


def test_the_view_and_its_columns_are_described_with_their_units(any_database: Database) -> None:
    with prepared(any_database).connect() as connection:
        assert connection.execute(
            "SELECT obj_description('serving.scores'::regclass), col_description('serving.scores'::regclass, 1), "
            "col_description('serving.scores'::regclass, 3), col_description('serving.scores'::regclass, 5)"
        ).fetchone() == ("A score of a movie.", "Movie.", "Score. Unit: stars.", "It's the title.")


def test_one_user_is_found_by_the_index(any_database: Database) -> None:
    prepared(any_database)
    for number in (1, 2):
        publish_scores(any_database, number, rows=5000)
    with any_database.connect() as connection:
        plan = connection.execute("EXPLAIN SELECT * FROM serving.scores WHERE movie_id = 7").fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "Index Scan" in text
    assert "movie_id = 7" in text.split("Index Cond")[1].splitlines()[0]
    assert "Seq Scan" not in text


def test_the_registry_s_tables_have_their_promised_columns(any_database: Database) -> None:
    with any_database.connect() as connection:
        ensure_schema(connection)
        for name, columns in {
            "recommendations": "user_id rank movie_id score predicted_rating recommender model_version"
            " because_movie_id reason",
            "movie_stats": "movie_id average_rating rating_count",
        }.items():
            found = connection.execute(f"SELECT * FROM serving.{name}")
            assert [c.name for c in found.description or ()] == columns.split()
        views = connection.execute("SELECT count(*) FROM pg_views WHERE schemaname = 'serving'").fetchone()
    assert views == (sum(str(t.published_as).startswith("serving.") for t in TABLES.values()),)


def test_a_second_ensure_schema_asks_three_questions(any_database: Database) -> None:
    asked = []
    with any_database.connect(autocommit=True) as connection:
        ensure_schema(connection)
        before = connection.execute("SELECT max(oid::text::bigint) FROM pg_class").fetchone()
        original = connection.execute
        connection.execute = lambda *a, **k: asked.append(a) or original(*a, **k)  # type: ignore[method-assign]
        ensure_schema(connection)
        connection.execute = original  # type: ignore[method-assign]
        assert connection.execute("SELECT max(oid::text::bigint) FROM pg_class").fetchone() == before
    # Whether there is a version, which, and of which layout the views are.
    assert len(asked) == 3
