"""Ranking metrics against loops over plain lists."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.recommender.ranking import (
    METRICS,
    Popularity,
    catalogue_coverage,
    per_user_metrics,
)
from movierec_assets.domain.recommender.topn import TopN


def top(lists):
    """Recommendations from items by user."""
    users = [u for u, items in lists.items() for _ in items]
    ranks = [r for items in lists.values() for r in range(1, len(items) + 1)]
    items = [i for items in lists.values() for i in items]
    columns = (np.array(users, np.int64), np.array(ranks, np.int32), np.array(items, np.int64))
    return TopN(*columns, np.zeros(len(users), np.float32))


def measure(lists, relevant, trained, k):
    pairs = [(u, i) for u, items in relevant.items() for i in items]
    users, items = (np.array([p[at] for p in pairs], np.int64) for at in (0, 1))
    return per_user_metrics(top(lists), users, items, Popularity.of(np.array(trained, np.int64)), k)


def reference(recommended, relevant, trained, k):
    """The metrics of one user, in the order of `METRICS`."""
    shown = recommended[:k]
    hits = [item in relevant for item in shown]
    precisions = [sum(hits[: r + 1]) / (r + 1) for r in range(len(shown))]
    gained = sum(p for p, hit in zip(precisions, hits, strict=True) if hit)
    dcg = sum(1 / math.log2(r + 2) for r, hit in enumerate(hits) if hit)
    ideal = sum(1 / math.log2(r + 2) for r in range(min(k, len(relevant))))
    shares = [max(trained.count(item), 1) / len(trained) for item in shown]
    novelty = sum(-math.log2(share) for share in shares) / len(shown) if shown else math.nan
    return [
        sum(hits) / k,
        sum(hits) / len(relevant),
        dcg / ideal,
        gained / min(k, len(relevant)),
        gained / len(relevant),
        novelty,
    ]


ITEMS = st.lists(st.integers(-3, 12), unique=True, max_size=12)


@given(
    lists=st.dictionaries(st.integers(-4, 8), ITEMS, max_size=8),
    relevant=st.dictionaries(st.integers(-4, 8), ITEMS.filter(bool), max_size=8),
    trained=st.lists(st.integers(-3, 12), min_size=1, max_size=40),
    k=st.integers(1, 14),
)
@settings(max_examples=300, deadline=None)
def test_every_metric_of_every_user_equals_the_definition(lists, relevant, trained, k):
    found = measure(lists, relevant, trained, k)
    assert found.user_ids.tolist() == sorted(relevant)
    for at, user in enumerate(sorted(relevant)):
        expected = reference(lists.get(user, []), relevant[user], trained, k)
        actual = [found.values[name][at] for name in METRICS]
        assert actual == pytest.approx(expected, nan_ok=True)


@given(
    lists=st.dictionaries(st.integers(0, 8), ITEMS, max_size=8),
    trained=st.lists(st.integers(-3, 12), min_size=1, max_size=40),
    k=st.integers(1, 14),
)
@settings(max_examples=100, deadline=None)
def test_coverage_is_the_share_of_the_catalogue_in_somebodys_list(lists, trained, k):
    shown = {item for items in lists.values() for item in items[:k]}
    found = catalogue_coverage(top(lists), Popularity.of(np.array(trained)), k)
    assert found == pytest.approx(len(shown & set(trained)) / len(set(trained)))


def test_one_user_by_hand():
    # Hits at ranks 2 and 3 of a list of 4; three relevant items, of which 30 is not recommended.
    values = measure({7: [50, 10, 20, 40]}, {7: [10, 20, 30]}, [10, 10, 20, 40], 4).values
    assert values["precision"] == [0.5]
    assert values["recall"] == pytest.approx([2 / 3])
    assert values["ndcg"] == pytest.approx([(0.63093 + 0.5) / (1 + 0.63093 + 0.5)], rel=1e-4)
    assert values["map"] == pytest.approx([(1 / 2 + 2 / 3) / 3])
    assert values["novelty"] == pytest.approx([(2 + 1 + 2 + 2) / 4])


def test_map_divides_by_what_fits_the_list_and_map_all_by_everything_relevant():
    values = measure({1: [10, 20]}, {1: [10, 20, 30, 40]}, [10], 2).values
    assert (values["map"].tolist(), values["map_all"].tolist()) == ([1.0], [0.5])


def test_nobody_to_ask_gives_no_rows_and_an_empty_catalogue_no_coverage():
    found = measure({1: [10]}, {}, [10], 5)
    assert all(found.values[name].size == 0 for name in METRICS)
    assert math.isnan(catalogue_coverage(top({1: [10]}), Popularity.of(np.empty(0, np.int64)), 5))


def test_a_list_of_no_length_is_refused():
    with pytest.raises(ValueError, match="k must be 1 or more, not 0"):
        measure({1: [10]}, {1: [10]}, [10], 0)
