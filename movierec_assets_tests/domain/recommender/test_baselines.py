"""Baselines: their formulas by hand, and neighbours against a loop over pairs of items."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.recommender.bias import fit_bias
from movierec_assets.domain.recommender.knn import fit_knn
from movierec_assets.domain.recommender.popular import damped_mean, damped_scores, popularity
from movierec_assets.domain.recommender.ratings import Ratings

NOTHING = (np.empty(0, np.int64), np.empty(0, np.int64))
THREE = Ratings.of([1, 1, 2, 2, 3], [10, 20, 10, 30, 10], [4.0, 5.0, 3.0, 1.0, 2.0], [0] * 5)
"""Item 10 rated 4, 3, 2; item 20 rated 5; item 30 rated 1; the mean of all is 3."""


def test_popularity_counts_ratings():
    best = popularity(THREE).recommend([3, 1], ([3], [10]), 2)
    assert best.user_ids.tolist() == [3, 3, 1, 1]
    assert best.item_ids.tolist() == [20, 30, 10, 20]
    assert best.scores.tolist() == [1, 1, 3, 1]


def test_a_damped_mean_is_drawn_towards_the_mean_of_all():
    scores = damped_mean(THREE, damping=3).scores
    assert scores.tolist() == [3.0, pytest.approx((5 + 9) / 4), pytest.approx((1 + 9) / 4)]
    assert damped_mean(THREE, damping=0).scores.tolist() == [3, 5, 1]


def test_damped_scores_begin_with_fifty_ratings_of_the_mean_unless_told_otherwise():
    # Mean of all (12 + 2) / 4 = 3.5.
    totals, counts = np.array([12.0, 2.0]), np.array([3, 1])
    assert damped_scores(totals, counts).tolist() == [round((12 + 175) / 53, 6), round((2 + 175) / 51, 6)]
    assert damped_scores(totals, counts, 2).tolist() == [3.8, 3.0]


def test_damped_scores_that_differ_keep_their_order_in_float32():
    # Mean of all 3: two items at 4 and 4 + 1e-5 drawn towards it, and their mirror images.
    totals = np.array([4.0, 4.0 + 1e-5, 2.0, 2.0 - 1e-5])
    scores = damped_scores(totals, np.ones(4, int), 1)
    assert scores.tolist() == [3.5, 3.500005, 2.5, 2.499995]
    assert np.argsort(scores.astype(np.float32)).tolist() == [3, 2, 0, 1]


def test_biases_are_what_is_left_of_items_then_of_users():
    model = fit_bias(THREE, item_damping=1, user_damping=2)
    # Items: 0 / 4, 2 / 2, -2 / 2. Users: (1 + 1) / 4, (0 - 1) / 4, -1 / 3.
    assert model.item_bias.tolist() == [0, 1, -1]
    assert model.user_bias.tolist() == [0.5, -0.25, pytest.approx(-1 / 3)]
    assert model.predict([1, 2, 3], [20, 30, 10]).tolist() == [4.5, 1.75, pytest.approx(8 / 3)]


@given(
    seed=st.integers(0, 2**32 - 1),
    items=st.integers(1, 30),
    n=st.integers(1, 35),
    share=st.floats(0, 1),
    levels=st.integers(1, 5),
)
@settings(max_examples=100, deadline=None)
def test_one_order_for_all_skips_what_each_has_seen(seed, items, n, share, levels):
    rng = np.random.default_rng(seed)
    train = Ratings.of(
        np.arange(items), np.arange(items) * 2, rng.integers(1, levels + 1, items), [0] * items
    )
    order = damped_mean(train, damping=0)
    seen = [(u, i * 2) for u in range(items) for i in range(items) if rng.random() < share]
    columns = ([u for u, _ in seen], [i for _, i in seen]) if seen else NOTHING
    best = order.recommend(np.arange(items), columns, n)
    ranked = sorted(range(items), key=lambda i: (-train.values[i], i))
    expected = [
        (u, i) for u in range(items) for i in [2 * i for i in ranked if (u, 2 * i) not in set(seen)][:n]
    ]
    assert list(zip(best.user_ids.tolist(), best.item_ids.tolist(), strict=True)) == expected


def knn_reference(train, neighbours, users, n):
    """Cosines of every pair of items, in plain sets."""
    raters = {i: set(train.users[train.items == i].tolist()) for i in sorted(set(train.items.tolist()))}
    nearest = {}
    for item in raters:
        found = []
        for other in raters:
            common = len(raters[item] & raters[other])
            if other != item and common:
                cosine = np.float32(common / math.sqrt(len(raters[item]) * len(raters[other])))
                found.append((-float(cosine), other))
        nearest[item] = sorted(found)[:neighbours]
    rows = []
    for user in users:
        history = sorted(train.items[train.users == user].tolist())
        sums = {}
        for rated in history:
            for negative, other in nearest[rated]:
                if other not in history:
                    sums[other] = sums.get(other, 0.0) - negative
        best = sorted((-float(np.float32(score)), item) for item, score in sums.items())[:n]
        rows += [(user, item, -negative) for negative, item in best]
    return rows


@given(
    seed=st.integers(0, 2**32 - 1),
    items=st.integers(1, 20),
    neighbours=st.integers(1, 25),
    n=st.integers(1, 25),
    share=st.floats(0.05, 0.9),
)
@settings(max_examples=100, deadline=None)
def test_neighbours_are_those_of_comparing_every_pair_of_items(seed, items, neighbours, n, share):
    rng = np.random.default_rng(seed)
    user, item = np.nonzero(rng.random((15, items)) < share)
    if not user.size:
        return
    train = Ratings.of(user + 100, item * 3, np.ones(user.size), np.zeros(user.size, int))
    users = np.unique(train.users)
    best = fit_knn(train, neighbours).recommend(users, (train.users, train.items), n)
    rows = list(zip(best.user_ids.tolist(), best.item_ids.tolist(), best.scores.tolist(), strict=True))
    assert rows == knn_reference(train, neighbours, users.tolist(), n)


def test_what_was_seen_but_not_rated_hides_an_item_and_does_not_score():
    train = Ratings.of([1, 1, 2, 2, 3], [10, 20, 20, 30, 10], [1.0] * 5, [0] * 5)
    best = fit_knn(train).recommend([3], ([3, 3], [10, 20]), 5)
    assert len(best) == 0
    assert fit_knn(train).recommend([3], ([3], [10]), 5).item_ids.tolist() == [20]
