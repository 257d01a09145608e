"""Reading tables and statements, the same whatever way in was taken."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from movierec_assets.client import ForbiddenError, InvalidError, NotFoundError

if TYPE_CHECKING:
    from movierec_assets_tests.client.ways import Way


def ids(frame: pd.DataFrame) -> list[str]:
    return sorted(frame["title_id"])


def test_a_table_is_read_whole_by_its_name_in_the_api_or_in_postgresql(db: Any) -> None:
    assert ids(db.read("titles")) == ["tm1", "tm2", "tm3", "tm7", "ts4", "ts5"]
    assert ids(db.read("catalog.titles")) == ids(db.read("titles"))
    assert (
        len(db.read("list-entries")) == len(db.read("list_entries")) == len(db.read("catalog.list_entries"))
    )
    assert len(db.read("users")) == len(db.read("simulation.users")) == 20


def test_values_have_the_types_of_their_columns(db: Any) -> None:
    titles = db.read("titles").set_index("title_id").sort_index()
    kinds = titles.dtypes.astype(str).to_dict()
    assert kinds == {
        "title": "string",
        "kind": "string",
        "release_year": "Int32",
        "age_certification": "string",
        "runtime_minutes": "Int32",
        "seasons": "Int32",
        "imdb_id": "string",
        "imdb_score": "float64",
        "imdb_votes": "Int64",
        "is_all_time_best": "boolean",
        "is_year_best": "boolean",
        "movie_id": "Int64",
    }
    assert titles.loc["tm1", ["title", "release_year", "imdb_votes"]].tolist() == ["Toy Story", 1995, 900000]
    assert titles["seasons"].isna().tolist() == [True, True, True, True, False, False]
    assert titles.loc["ts4", "imdb_votes"] is pd.NA


def test_days_times_and_lists_have_types_of_their_own(db: Any) -> None:
    users = db.read("users", {"scenario": "default"})
    assert users.dtypes.astype(str)[["birth_date", "cancellation_date"]].tolist() == ["datetime64[ms]"] * 2
    sessions = db.read("sessions", {"scenario": "default"})
    assert str(sessions["started_at"].dtype) == "datetime64[us, UTC]"
    assert (sessions["ended_at"] > sessions["started_at"]).all()
    genres = db.read("movies").set_index("movie_id")["genres"]
    assert genres[4] == ["Action", "Crime", "Thriller"]
    assert genres[7] == []


def test_an_answer_without_rows_has_its_columns_and_types(db: Any) -> None:
    none = db.read("sessions", {"scenario": "nowhere"})
    assert none.empty
    some = db.read("sessions", {"scenario": "default"})
    assert none.dtypes.equals(some.dtypes)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"kind": "show"}, ["ts4", "ts5"]),
        ({"release_year_min": 1990, "release_year_max": 1999}, ["tm1", "tm2"]),
        ({"title_id": ["tm1", "ts5"]}, ["tm1", "ts5"]),
        ({"title_contains": "HEA"}, ["tm2", "tm7"]),
        ({"imdb_score_is_null": True}, ["ts4"]),
        ({"is_all_time_best": False, "kind": "movie"}, ["tm3", "tm7"]),
        ({"imdb_score_min": 8.25}, ["tm1", "tm3"]),
        ({"kind": None}, ["tm1", "tm2", "tm3", "tm7", "ts4", "ts5"]),
    ],
)
def test_filters_are_those_of_the_api(db: Any, filters: dict[str, Any], found: list[str]) -> None:
    assert ids(db.read("titles", filters)) == found
    assert db.count("titles", filters) == len(found)


def test_times_are_filters_too(db: Any) -> None:
    sessions = db.read("sessions", {"scenario": "default"})
    middle = sessions["started_at"].sort_values().iloc[len(sessions) // 2]
    later = db.read("sessions", {"scenario": "default", "started_at_min": middle})
    assert len(later) == (sessions["started_at"] >= middle).sum()


def test_rows_come_in_the_order_and_with_the_columns_that_are_asked_for(db: Any) -> None:
    found = db.read("titles", columns=["title", "title_id"], sort="-imdb_score,title")
    assert list(found.columns) == ["title", "title_id"]
    assert found["title_id"].tolist() == ["tm3", "tm1", "tm2", "ts5", "tm7", "ts4"]
    assert db.read("titles", sort="title")["title_id"].tolist() == ["tm3", "tm2", "tm7", "ts4", "ts5", "tm1"]
    with pytest.raises(InvalidError, match="no column 'name'"):
        db.read("titles", sort="name")


def test_a_wrong_filter_is_named(db: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        db.read("titles", {"imdb_scor_min": 8})
    assert [e.where for e in caught.value.errors] == ["query/imdb_scor_min"]
    with pytest.raises(InvalidError) as caught:
        db.read("titles", {"release_year_min": "soon"})
    assert [e.where for e in caught.value.errors] == ["query/release_year_min"]
    assert caught.value.status == 422
    assert caught.value.request_id


def test_an_empty_list_is_refused_as_it_would_be_no_filter(db: Any) -> None:
    with pytest.raises(ValueError, match="title_id: an empty list"):
        db.read("titles", {"title_id": []})


def test_an_unknown_table_or_column_is_told_with_those_there_are(db: Any) -> None:
    with pytest.raises(NotFoundError, match=r"no table 'title'; there are .*\btitles, genres"):
        db.read("title")
    with pytest.raises(InvalidError, match=r"no column 'name'; there are title_id, title"):
        db.read("titles", columns=["name"])


def test_a_statement_answers_with_its_columns_and_types(db: Any) -> None:
    found = db.read(
        "select kind, count(*) as titles, max(imdb_score) as best, date '2024-02-29' as day, null::int as nothing"
        " from catalog.titles where release_year >= $1 group by kind order by kind",
        parameters=[1995],
    )
    assert found.dtypes.astype(str).to_dict() == {
        "kind": "string",
        "titles": "Int64",
        "best": "float64",
        "day": "datetime64[ms]",
        "nothing": "Int32",
    }
    assert found["titles"].tolist() == [3, 2]
    assert found["day"].tolist() == [pd.Timestamp(2024, 2, 29)] * 2


def test_parameters_are_values_and_never_part_of_the_statement(db: Any) -> None:
    text = "'; drop table catalog.titles; --"
    assert db.read("select $1::text as said", parameters=[text])["said"].tolist() == [text]
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    assert db.read("select $1::timestamptz as t", parameters=[moment])["t"].tolist() == [pd.Timestamp(moment)]


def test_a_table_that_the_api_has_no_resource_for_is_read_by_schema_and_name(db: Any) -> None:
    assert len(db.read("raw.best_movies")) == 2
    with pytest.raises(ValueError, match="filters are for the API's tables"):
        db.read("raw.best_movies", {"rank": 1})


def test_many_rows_come_whole(db: Any) -> None:
    found = db.read("select n, n::text as word from generate_series(1, 200000) n")
    assert len(found) == 200_000
    assert found["n"].sum() == 200_000 * 200_001 // 2
    assert found["word"].iloc[[0, -1]].tolist() == ["1", "200000"]


def test_a_statement_that_writes_is_refused_and_one_that_is_wrong_is_explained(db: Any) -> None:
    with pytest.raises(InvalidError):
        db.read("delete from catalog.titles returning title_id")
    with pytest.raises(InvalidError, match="selec"):
        db.read("selec 1")
    assert db.count("titles") == 6


def test_one_row_is_read_by_its_key_with_its_version(db: Any) -> None:
    row = db.get("titles", "tm2")
    assert (row["title"], row["release_year"], row["seasons"]) == ("Heat", 1995, None)
    assert row.etag == db.get("titles", "tm2").etag
    assert db.get("genres", ("tm2", "crime"))["position"] == 1
    with pytest.raises(NotFoundError) as caught:
        db.get("titles", "tm9")
    assert caught.value.status == 404


def test_a_key_that_means_something_in_an_address_is_no_other_address(db: Any) -> None:
    for key in ("tm1?sort=title", "tm1#", "..", ".", "%2e", "ü", "tm1;"):
        with pytest.raises(InvalidError) as caught:
            db.get("titles", key)
        assert [e.where for e in caught.value.errors] == ["path/title_id"]
    with pytest.raises(NotFoundError):
        db.get("titles", "tm1/../tm2")


def test_an_analyst_reads_the_catalogue_and_not_the_simulation(way: Way) -> None:
    with way.client(role="analyst_reader") as db:
        assert db.count("titles") == 6
        assert db.read("select count(*) as n from serving.movies")["n"].tolist() == [8]
        with pytest.raises(ForbiddenError):
            db.read("users")
        with pytest.raises(ForbiddenError):
            db.read("select * from simulation.users")
