"""Splits by time, by user, by item: exact shares, the last in order, the same in any order of rows."""

from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.recommender.hashing import pair_hash
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets.domain.recommender.split import (
    leave_last_out,
    stratified_by_item,
    stratified_by_user,
    time_cut,
    train_validation_test,
)

SPLITS = {
    "time": time_cut,
    "user": stratified_by_user,
    "item": stratified_by_item,
    "last": leave_last_out,
}


def random_ratings(seed, users=12, items=9, share=0.5, moments=20):
    rng = np.random.default_rng(seed)
    user, item = np.nonzero(rng.random((users, items)) < share)
    stars = rng.integers(1, 11, user.size) / 2
    return Ratings.of(user * 3 + 1, item * 5 - 4, stars, rng.integers(0, moments, user.size))


def reference(ratings, split, amount, seed):
    """Sort plain tuples; Python's own `round` goes to even as the splits do."""
    hashes = [int(pair_hash([u], [i], seed)[0]) for u, i in zip(ratings.users, ratings.items, strict=True)]
    rows = list(
        zip(
            ratings.timestamps.tolist(),
            hashes,
            ratings.users.tolist(),
            ratings.items.tolist(),
            range(len(ratings)),
            strict=True,
        )
    )
    group = {"time": lambda r: 0, "user": lambda r: r[2], "item": lambda r: r[3], "last": lambda r: r[2]}[
        split
    ]
    key = {"time": lambda r: r, "user": lambda r: r[1], "item": lambda r: r[1], "last": lambda r: r}[split]
    held = np.zeros(len(rows), bool)
    for value in {group(r) for r in rows}:
        mine = sorted((r for r in rows if group(r) == value), key=key)
        kept = max(len(mine) - amount, 1) if split == "last" else round((1 - amount) * len(mine))
        held[[r[4] for r in mine[kept:]]] = True
    return held


@given(
    rows=st.integers(0, 2**32 - 1),
    split=st.sampled_from(sorted(SPLITS)),
    fraction=st.floats(0, 1),
    n=st.integers(1, 4),
    seed=st.integers(0, 2**31),
    moments=st.sampled_from([1, 3, 10**6]),
)
@settings(max_examples=150, deadline=None)
def test_a_split_holds_out_what_sorting_plain_tuples_does(rows, split, fraction, n, seed, moments):
    ratings = random_ratings(rows, moments=moments)
    amount = n if split == "last" else fraction
    assert SPLITS[split](ratings, amount, seed).tolist() == reference(ratings, split, amount, seed).tolist()


@pytest.mark.parametrize("split", sorted(SPLITS))
def test_the_order_of_rows_changes_nothing(split):
    ratings = random_ratings(1, 40, 30, moments=5)
    order = np.random.default_rng(0).permutation(len(ratings))
    assert (SPLITS[split](ratings.where(order)) == SPLITS[split](ratings)[order]).all()


@pytest.mark.parametrize("split", sorted(SPLITS))
def test_another_seed_holds_out_others_where_time_leaves_a_choice(split):
    ratings = random_ratings(2, 40, 30, moments=2)
    assert (SPLITS[split](ratings, seed=1) != SPLITS[split](ratings, seed=2)).any()


def test_the_time_cut_takes_exactly_the_last_share_of_all():
    ratings = Ratings.of([1] * 10, range(10), [3.0] * 10, [5, 1, 9, 2, 8, 0, 7, 3, 6, 4])
    held = time_cut(ratings, 0.3)
    assert sorted(ratings.timestamps[held].tolist()) == [7, 8, 9]


def test_each_user_or_item_keeps_its_share_and_rounds_to_even():
    ratings = Ratings.of([1] * 2 + [2] * 4 + [3], [1, 2, 1, 2, 3, 4, 1], [3.0] * 7, [0] * 7)
    assert np.bincount(ratings.users[stratified_by_user(ratings)], minlength=4).tolist() == [0, 0, 1, 0]
    assert np.bincount(ratings.items[stratified_by_item(ratings)], minlength=5).tolist() == [0, 1, 0, 0, 0]


def test_the_last_rating_of_each_user_is_left_out_and_a_user_keeps_one():
    ratings = Ratings.of([1, 1, 1, 2, 2, 3], [1, 2, 3, 1, 2, 1], [3.0] * 6, [5, 9, 7, 4, 3, 8])
    assert leave_last_out(ratings).tolist() == [False, True, False, True, False, False]
    assert leave_last_out(ratings, n=2).tolist() == [False, True, True, True, False, False]


def test_train_validation_and_test_follow_each_other_in_time_and_are_all_ratings_once():
    ratings = random_ratings(3, 40, 30, moments=10**6)
    train, validation, test = train_validation_test(ratings, partial(time_cut, fraction=0.2))
    assert train.timestamps.max() <= validation.timestamps.min()
    assert validation.timestamps.max() <= test.timestamps.min()
    n = len(ratings)
    assert len(test) == n - round(0.8 * n)
    assert len(train) + len(validation) + len(test) == n
    pairs = {
        (u, i) for part in (train, validation, test) for u, i in zip(part.users, part.items, strict=True)
    }
    assert len(pairs) == n


@pytest.mark.parametrize("split", ["time", "user", "item"])
def test_a_share_that_is_none_is_refused(split):
    with pytest.raises(ValueError, match=r"from 0 to 1, not -0\.1"):
        SPLITS[split](random_ratings(1), -0.1)


def test_a_table_of_cleaned_ratings_becomes_ratings():
    moments = pa.array([10**6, 2 * 10**6], pa.timestamp("us", tz="UTC"))
    columns = {"userId": [1, 2], "movieId": [3, 4], "rating": [0.5, 5.0], "timestamp": moments}
    ratings = Ratings.from_table(pa.table(columns))
    assert (ratings.users.tolist(), ratings.items.tolist()) == ([1, 2], [3, 4])
    assert (ratings.values.tolist(), ratings.timestamps.tolist()) == ([0.5, 5.0], [10**6, 2 * 10**6])
    with pytest.raises(ValueError, match=r"one length, not \[2, 2, 1, 2\]"):
        Ratings.of([1, 2], [3, 4], [1.0], [0, 0])
