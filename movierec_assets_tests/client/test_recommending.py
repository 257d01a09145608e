"""Recommendations, ratings and simulated scenarios, the same whatever way in was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from movierec_assets.client import ConflictError, InvalidError, NotFoundError, Simulated
from movierec_assets.client.recommending import COLUMNS

if TYPE_CHECKING:
    from movierec_assets_tests.client.ways import Way

RATED_BY_1 = {1, 2, 4, 6}


def test_a_user_is_recommended_what_they_have_not_rated_the_best_first(db: Any) -> None:
    found = db.recommend(1)
    assert list(found.columns) == list(COLUMNS)
    assert set(found["movie_id"]) == {3, 5, 7}
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["score"].is_monotonic_decreasing
    assert set(found["recommender"]) == {"ranking_model"}
    assert found["model_version"].notna().all()
    assert len(db.recommend(1, n=2)) == 2


def test_filters_narrow_what_is_recommended(db: Any) -> None:
    assert set(db.recommend(1, genre="Adventure")["movie_id"]) == {5}
    assert set(db.recommend(1, genre=["Adventure", "Comedy"])["movie_id"]) == {3, 5}
    assert set(db.recommend(1, exclude=[3, 7])["movie_id"]) == {5}
    assert set(db.recommend(1, year_min=1990, year_max=1999)["movie_id"]) == {3, 5}
    none = db.recommend(1, kind="show")
    assert none.empty
    assert none.dtypes.equals(db.recommend(1).dtypes)


def test_a_wrong_filter_or_number_is_named(db: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        db.recommend(1, genres="Drama")
    assert [e.where for e in caught.value.errors] == ["query/genres"]
    with pytest.raises(InvalidError) as caught:
        db.recommend(1, n=0)
    assert [e.where for e in caught.value.errors] == ["query/limit"]


def test_a_rating_is_kept_and_counts_in_the_next_answer(db: Any) -> None:
    kept = db.rate(1, 5, 4.5)
    assert (kept["user_id"], kept["movie_id"], kept["rating"]) == (1, 5, 4.5)
    assert set(db.recommend(1)["movie_id"]) == {3, 7}
    db.rate(1, 5, 2)
    assert db.read("ratings")["rating"].tolist() == [2.0]
    with pytest.raises(InvalidError) as caught:
        db.rate(1, 5, 7)
    assert [e.where for e in caught.value.errors] == ["body/rating"]


def test_somebody_unknown_is_recommended_to_from_their_ratings(db: Any) -> None:
    ratings = {1: 5.0, 2: 4.5}
    found = db.recommend_for(ratings)
    assert set(found["movie_id"]) == {3, 4, 5, 6, 7}
    for same in (list(ratings.items()), pd.DataFrame({"movie_id": [1, 2], "rating": [5.0, 4.5]})):
        pd.testing.assert_frame_equal(db.recommend_for(same), found)
    with pytest.raises(InvalidError) as caught:
        db.recommend_for({1: 9})
    assert [e.where for e in caught.value.errors] == ["body/ratings/0/rating"]


def test_similar_movies_leave_out_the_movie_itself(db: Any) -> None:
    found = db.similar(1, n=3)
    assert 1 not in set(found["movie_id"])
    assert len(found) == 3
    with pytest.raises(NotFoundError):
        db.similar(999)


def test_popular_movies_are_for_everybody(db: Any) -> None:
    assert set(db.popular()["movie_id"]) == {1, 2, 3, 4, 5, 6, 7}
    assert set(db.popular(genre="Crime")["movie_id"]) == {4, 6}


def test_longer_lists_than_a_page_come_without_gap_or_repeat(
    db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = db.recommend_for({8: 3.0}, n=100)
    monkeypatch.setattr("movierec_assets.client.recommending.PAGE", 2)
    pd.testing.assert_frame_equal(db.recommend_for({8: 3.0}, n=100), whole)
    assert db.recommend_for({8: 3.0}, n=5)["rank"].tolist() == [1, 2, 3, 4, 5]


def test_a_recommender_outside_the_graph_writes_finds_and_deletes_its_own(db: Any) -> None:
    seen = set(db.read("sessions", {"scenario": "default", "user_id": 1})["title_id"])
    unseen = sorted(set(db.read("titles")["title_id"]) - seen)[:2]
    mine = {"recommender": "mine", "scenario": "default"}
    rows = pd.DataFrame({"user_id": 1, "rank": [1, 2], "title_id": unseen, "reason": "why not"}).assign(
        **mine
    )
    assert db.write("recommendations", rows) == 2
    found = db.recommend(1, "default", recommender="mine")
    assert found["title_id"].tolist() == unseen
    assert set(found["reason"]) == {"why not"}
    assert db.count("recommendations", mine) == 2
    assert db.delete("recommendations", filters=mine, expected=2) == 2


def test_a_scenario_is_simulated_and_written_as_the_generator_draws_it(opened: tuple[Way, Any]) -> None:
    way, db = opened
    assert db.simulate("mine", users=30, days=60, seed=7, sessions_per_user=4.0) == Simulated("mine", 30, 120)
    assert db.count("users", {"scenario": "mine"}) == 30
    sessions = db.read("sessions", {"scenario": "mine"}, sort="session_id")
    assert sessions["session_id"].tolist() == list(range(1, 121))
    again = db.simulate("again", users=30, days=60, seed=7, sessions_per_user=4.0)
    assert again.sessions == 120
    other = db.read("sessions", {"scenario": "again"}, sort="session_id")
    pd.testing.assert_frame_equal(other.drop(columns="scenario"), sessions.drop(columns="scenario"))
    assert len(db.recommend(1, "mine")) <= 10
    drawn = way.sql(
        "SELECT count(*) FROM simulation.users WHERE scenario = 'mine' AND taste_profile IS NOT NULL"
    )
    assert drawn == [(30,)]


def test_a_scenario_that_is_there_or_asked_for_wrongly_is_refused(db: Any) -> None:
    with pytest.raises(ConflictError, match="scenario 'default' has 20 users"):
        db.simulate("default", users=5)
    with pytest.raises(InvalidError, match="users must be a whole number"):
        db.simulate("mine", users=0)
    with pytest.raises(InvalidError, match="unknown parameters"):
        db.simulate("mine", user=5)
    with pytest.raises(InvalidError):
        db.simulate("No Name", users=5)
    assert db.count("users") == 20


def test_users_are_taken_back_where_their_viewings_are_refused(opened: tuple[Way, Any]) -> None:
    way, db = opened
    way.sql(
        "ALTER TABLE simulation.sessions ADD CONSTRAINT none_of_mine CHECK (scenario <> 'mine') NOT VALID"
    )
    try:
        with pytest.raises(InvalidError, match="none_of_mine"):
            db.simulate("mine", users=30, days=60, sessions_per_user=4.0)
    finally:
        way.sql("ALTER TABLE simulation.sessions DROP CONSTRAINT none_of_mine")
    assert db.count("users", {"scenario": "mine"}) == 0
