"""What the evaluation looks at, and what it remembers."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.assets.evaluation import sampled_ratings
from movierec_assets.assets.evaluation_history import history, live, published
from movierec_assets.runtime import open_lake

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home


def test_of_too_many_ratings_whole_users_are_left_out(tiny_home: Home) -> None:
    lake = open_lake(tiny_home.settings())
    tables = lake.open("cleaned_ratings"), lake.open("cleaned_movies")
    everything, parts = sampled_ratings(*tables)
    assert (len(everything), parts) == (22, 1)
    some, parts = sampled_ratings(*tables, most=11)
    assert parts == 2
    users = np.unique(some.users)
    assert 0 < users.size < 6
    assert len(some) == np.isin(everything.users, users).sum()


def test_the_history_is_that_of_the_lake_without_versions_whose_files_are_gone(tiny_home: Home) -> None:
    lake = open_lake(tiny_home.settings())
    assert history(lake, "no_such_table") == []
    first = history(lake, "model_evaluation")
    assert len(first) == 1
    assert set(live(first)) == {"per-user"}
    assert live([]) == {}
    files = list((tiny_home.path / "lake" / "model_evaluation").glob("*.parquet"))
    assert tiny_home.made(MOVIEREC_RANKING__RANK="2") >= {"model_evaluation"}
    both = history(lake, "model_evaluation")
    assert both[0] == first[0]
    assert both[1] != first[0]
    assert history(lake, "model_evaluation", most=1) == both[1:]
    for file in files:
        shutil.move(file, tiny_home.path)
    assert history(lake, "model_evaluation") == both[1:]


def test_the_published_history_has_every_evaluation_with_its_time(tiny_home: Home) -> None:
    query = "SELECT version, evaluated_at, value FROM serving.evaluation_history"
    query += " WHERE (recommender, metric) = ('ranking_model', 'ndcg') ORDER BY version"
    first = tiny_home.rows(query)
    assert [row[0] for row in first] == [0]
    assert tiny_home.made(MOVIEREC_RANKING__RANK="2") >= {"model_evaluation", "evaluation_history"}
    both = tiny_home.rows(query)
    assert both[0] == first[0]
    assert [row[0] for row in both] == [0, 1]
    assert both[0][1] < both[1][1]
    now = "SELECT value FROM serving.model_evaluation WHERE (recommender, metric) = ('ranking_model', 'ndcg')"
    assert tiny_home.rows(now) == [(both[1][2],)]
    lake = open_lake(tiny_home.settings())
    assert {row["version"] for row in published(lake, "model_evaluation", most=1)} == {1}
    for version in (0, 1):
        rows = [row for row in published(lake, "model_evaluation") if row["version"] == version]
        assert len(rows) == lake.open("model_evaluation", version).rows()
