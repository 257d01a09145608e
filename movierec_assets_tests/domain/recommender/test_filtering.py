"""Business rules: as if the forbidden items did not exist, however many rows that takes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.recommender import filtering
from movierec_assets.domain.recommender.filtering import ItemRule, apply_rule, recommend_with_rule
from movierec_assets.domain.recommender.popular import popularity
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets_tests.domain.recommender.recommenders import TRAINERS
from movierec_assets_tests.domain.recommender.test_diversity import rows_of
from movierec_assets_tests.domain.recommender.test_ranking import top
from movierec_assets_tests.domain.recommender.test_recommenders import random_ratings

IDS = st.lists(st.integers(0, 15), unique=True)


@given(
    lists=st.dictionaries(st.integers(0, 9), IDS, max_size=6),
    allow=st.none() | IDS,
    deny=IDS,
    n=st.integers(1, 16),
)
@settings(max_examples=150, deadline=None)
def test_a_rule_keeps_the_first_rows_that_it_lets_through(lists, allow, deny, n):
    found = apply_rule(top(lists), ItemRule.of(allow, deny), n)
    expected = [
        (user, rank, item)
        for user, items in lists.items()
        for rank, item in enumerate(
            [i for i in items if (allow is None or i in allow) and i not in deny][:n], start=1
        )
    ]
    assert rows_of(found) == expected


@pytest.mark.parametrize("name", sorted(TRAINERS))
@pytest.mark.parametrize("denied", [0, 3, 22, 25])
def test_users_get_their_full_lists_however_many_items_are_denied(name, denied):
    train = random_ratings()
    recommender, seen = TRAINERS[name](train), (train.users, train.items)
    users = np.append(np.random.default_rng(0).permutation(np.unique(train.users)), -1)
    everything = recommender.recommend(users, seen, 25)
    # The most recommended items, so that short lists are hit hardest.
    ids, counts = np.unique(everything.item_ids[everything.ranks <= 5], return_counts=True)
    rest = np.setdiff1d(train.items, ids)
    rule = ItemRule.of(deny=np.append(ids[np.argsort(-counts)], rest)[:denied])
    found = recommend_with_rule(recommender, users, seen, 3, rule)
    assert rows_of(found) == rows_of(apply_rule(everything, rule, 3))


def test_blocks_of_users_change_nothing(monkeypatch):
    train = random_ratings()
    recommender, seen = popularity(train), (train.users, train.items)
    rule = ItemRule.of(deny=popularity(train).order()[:9] * 11 - 40)
    whole = rows_of(recommend_with_rule(recommender, np.unique(train.users), seen, 3, rule))
    monkeypatch.setattr(filtering, "_ROWS_AT_ONCE", 12)
    assert rows_of(recommend_with_rule(recommender, np.unique(train.users), seen, 3, rule)) == whole


def test_only_what_is_allowed_is_recommended_and_a_denial_wins():
    train = Ratings.of([1, 2, 2, 3, 3, 3], [10, 10, 20, 10, 20, 30], [3.0] * 6, [0] * 6)
    rule = ItemRule.of(allow=[20, 30, 99], deny=[20])
    nothing = (np.empty(0, np.int64), np.empty(0, np.int64))
    found = recommend_with_rule(popularity(train), [2, 1], nothing, 1, rule)
    assert rows_of(found) == [(2, 1, 30), (1, 1, 30)]
    assert len(recommend_with_rule(popularity(train), [1], nothing, 1, ItemRule.of(allow=[]))) == 0
