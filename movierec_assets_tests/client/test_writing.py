"""Inserting, changing and deleting, the same whatever way in was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from movierec_assets.client import ConflictError, ForbiddenError, InvalidError, NotFoundError

if TYPE_CHECKING:
    from movierec_assets_tests.client.ways import Way


def people(first: int, n: int) -> pd.DataFrame:
    numbers = np.arange(first, first + n)
    return pd.DataFrame({"person_id": numbers, "full_name": [f"Person {number}" for number in numbers]})


@pytest.mark.parametrize("n", [1, 1000, 1001, 30_000])
def test_a_frame_is_written_whole_however_long_it_is(db: Any, n: int) -> None:
    assert db.write("people", people(1000, n)) == n
    written = db.read("people", {"person_id_min": 1000}, sort="person_id")
    assert written["person_id"].tolist() == list(range(1000, 1000 + n))
    assert written["full_name"].iloc[-1] == f"Person {999 + n}"
    assert written["last_name"].isna().all()


def test_a_mapping_and_an_iterable_of_mappings_are_rows_too(db: Any) -> None:
    assert db.write("people", {"person_id": 1000, "full_name": "Ann"}) == 1
    more = ({"person_id": n, "full_name": "Bob", "last_name": np.nan} for n in (1001, 1002))
    assert db.write("people", more) == 2
    assert db.write("people", []) == 0
    assert db.get("people", 1002)["last_name"] is None
    with pytest.raises(TypeError, match="must be a DataFrame, a mapping or mappings, not int"):
        db.write("people", [7])


@pytest.mark.parametrize("n", [10, 2000])
def test_nothing_is_written_where_one_row_is_there_already(db: Any, n: int) -> None:
    db.write("people", people(1000 + n - 1, 1))
    with pytest.raises(ConflictError) as caught:
        db.write("people", people(1000, n))
    assert caught.value.status == 409
    assert db.count("people", {"person_id_min": 1000}) == 1


@pytest.mark.parametrize("n", [10, 2000])
def test_nothing_is_written_where_one_value_is_not_allowed(db: Any, n: int) -> None:
    rows = people(1000, n).assign(full_name=[" ", *["Somebody"] * (n - 1)])
    with pytest.raises(InvalidError) as caught:
        db.write("people", rows)
    assert "full_name" in str(caught.value)
    assert db.count("people", {"person_id_min": 1000}) == 0


def test_a_few_rows_are_refused_by_row_and_column(db: Any) -> None:
    rows = [{"scenario": "mine", "user_id": 1, "birth_date": "1990-01-01", "subscription_date": "2024-01-01",
             "subscription_type": kind} for kind in ("basic", "gold")]  # fmt: skip
    with pytest.raises(InvalidError) as caught:
        db.write("users", rows)
    assert [e.where for e in caught.value.errors] == ["body/1/subscription_type"]


def test_what_was_read_is_written_again_as_a_frame_and_as_rows(db: Any) -> None:
    users = db.read("users", {"scenario": "default"}, sort="user_id").assign(scenario="again")
    sessions = db.read("sessions", {"scenario": "default"}, sort="session_id").assign(scenario="again")
    for rows in (lambda table: table, lambda table: table.to_dict("records")):
        assert db.write("users", rows(users)) == len(users)
        assert db.write("sessions", rows(sessions)) == len(sessions)
        pd.testing.assert_frame_equal(
            db.read("users", {"scenario": "again"}, sort="user_id").drop(columns="scenario"),
            users.drop(columns="scenario"),
        )
        assert db.count("sessions", {"scenario": "again"}) == len(sessions)
        born = users["birth_date"].iloc[0]
        assert db.count("users", {"scenario": "again", "birth_date": born}) >= 1
        db.delete("users", filters={"scenario": "again"}, expected=len(users))
    assert db.count("sessions", {"scenario": "again"}) == 0


def test_a_time_without_a_time_zone_is_refused(db: Any) -> None:
    session = dict(db.get("sessions", ("default", 1)), session_id=9000)
    naive = pd.Timestamp(2024, 1, 1, 12)
    for rows in ([session | {"started_at": naive}], pd.DataFrame([session]).assign(started_at=naive)):
        with pytest.raises(InvalidError, match="started_at"):
            db.write("sessions", rows)


def test_an_unknown_column_is_refused_in_few_rows_and_in_many(db: Any) -> None:
    for n in (1, 2000):
        with pytest.raises(InvalidError, match="nickname"):
            db.write("people", people(1000, n).assign(nickname="x"))


def test_a_reference_to_nothing_is_refused(db: Any) -> None:
    with pytest.raises(InvalidError, match="title_id"):
        db.write("genres", {"title_id": "tm999", "genre": "drama", "position": 1})


def test_what_only_the_graph_writes_is_refused(db: Any) -> None:
    for attempt in (
        lambda: db.write("movie-stats", {"movie_id": 1, "average_rating": 3.0, "rating_count": 1}),
        lambda: db.update("serving.movies", 1, {"title": "x"}),
        lambda: db.delete("scenarios", "default"),
    ):
        with pytest.raises(ForbiddenError, match="is only read here"):
            attempt()


def test_an_upsert_inserts_or_takes_the_place_of_what_was_there(db: Any) -> None:
    db.write("people", {"person_id": 1000, "full_name": "Ann Lee", "last_name": "Lee"})
    rows = [{"person_id": 1000, "full_name": "Anna Lee"}, {"person_id": 1001, "full_name": "Bob"}]
    assert db.upsert("people", rows) == 2
    assert db.upsert("people", pd.DataFrame(rows)) == 2
    assert db.get("people", 1000)["full_name"] == "Anna Lee"
    assert db.get("people", 1000)["last_name"] is None
    assert db.count("people", {"person_id_min": 1000}) == 2


def test_many_rows_are_upserted_as_well(db: Any) -> None:
    db.write("people", people(1000, 1500))
    assert db.upsert("people", people(2000, 2000).assign(full_name="Changed")) == 2000
    assert db.count("people", {"person_id_min": 1000}) == 3000
    assert db.count("people", {"full_name": "Changed"}) == 2000


def test_an_update_changes_what_it_names_and_gives_the_row_as_it_is(db: Any) -> None:
    before = db.get("titles", "tm2")
    after = db.update("titles", "tm2", {"imdb_votes": 600_001})
    assert after == {**before, "imdb_votes": 600_001}
    assert after.etag != before.etag
    assert db.get("titles", "tm2").etag == after.etag


def test_an_update_of_what_somebody_else_changed_is_a_conflict(opened: tuple[Way, Any]) -> None:
    way, db = opened
    row = db.get("titles", "tm2")
    way.sql("UPDATE catalog.titles SET imdb_votes = 5 WHERE title_id = 'tm2'")
    with pytest.raises(ConflictError) as caught:
        db.update("titles", "tm2", {"imdb_votes": row["imdb_votes"] + 1}, if_match=row.etag)
    assert caught.value.status == 412
    assert db.get("titles", "tm2")["imdb_votes"] == 5
    assert db.update("titles", "tm2", {"imdb_votes": 6}, if_match="*")["imdb_votes"] == 6


def test_an_update_of_nothing_or_to_what_is_not_allowed_is_refused(db: Any) -> None:
    with pytest.raises(NotFoundError):
        db.update("titles", "tm9", {"imdb_votes": 1})
    with pytest.raises(InvalidError) as caught:
        db.update("titles", "tm2", {"kind": "play"})
    assert [e.where for e in caught.value.errors] == ["body/kind"]


def test_a_row_is_deleted_by_its_key_and_only_as_it_was_seen(db: Any) -> None:
    db.write("people", people(1000, 2))
    seen = db.get("people", 1000)
    db.update("people", 1000, {"full_name": "Changed"})
    with pytest.raises(ConflictError):
        db.delete("people", 1000, if_match=seen.etag)
    assert db.delete("people", 1000) == 1
    with pytest.raises(NotFoundError):
        db.delete("people", 1000)
    assert db.count("people", {"person_id_min": 1000}) == 1


def test_rows_are_deleted_by_filters_if_there_are_as_many_as_expected(db: Any) -> None:
    db.write("people", people(1000, 5))
    with pytest.raises(ConflictError, match="5"):
        db.delete("people", filters={"person_id_min": 1000}, expected=4)
    assert db.count("people", {"person_id_min": 1000}) == 5
    assert db.delete("people", filters={"person_id_min": 1000}, expected=5) == 5
    assert db.count("people", {"person_id_min": 1000}) == 0


def test_a_deletion_of_everything_or_of_an_unknown_number_is_refused(db: Any) -> None:
    with pytest.raises(InvalidError):
        db.delete("people", filters={}, expected=5)
    with pytest.raises(ValueError, match="needs expected"):
        db.delete("people", filters={"person_id_min": 1000})
    with pytest.raises(ValueError, match="not both"):
        db.delete("people", 1000, filters={"person_id_min": 1000}, expected=1)


def test_what_something_else_needs_is_not_deleted(db: Any) -> None:
    watched = db.read("sessions", {"scenario": "default"})["title_id"].iloc[0]
    with pytest.raises(ConflictError) as caught:
        db.delete("titles", watched)
    assert caught.value.status == 409


def test_an_analyst_writes_nothing(way: Way) -> None:
    with way.client(role="analyst_reader") as db:
        for attempt in (
            lambda: db.write("people", people(1000, 1)),
            lambda: db.write("people", people(1000, 2000)),
            lambda: db.upsert("people", people(1000, 1)),
            lambda: db.update("titles", "tm2", {"imdb_votes": 1}),
            lambda: db.delete("titles", "tm7"),
            lambda: db.delete("people", filters={"person_id": 10}, expected=1),
        ):
            with pytest.raises(ForbiddenError):
                attempt()
        assert db.count("people") == 5
