"""What holds of every recommender, baseline or model."""

import numpy as np
import pyarrow as pa
import pytest

from movierec_assets.domain.recommender.interface import Predictor
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets_tests.domain.recommender.recommenders import PREDICTORS, TRAINERS


def random_ratings(seed=1, users=30, items=25, share=0.3):
    rng = np.random.default_rng(seed)
    user, item = np.nonzero(rng.random((users, items)) < share)
    stars = rng.integers(1, 11, user.size) / 2
    return Ratings.of(user * 7 + 3, item * 11 - 40, stars, np.zeros(user.size, int))


def obvious_ratings():
    """Ten users, each of whom loves five of ten items and hates the others; item u is withheld from user u.

    Two more items are hated by the few who know them.
    """
    users, items = np.divmod(np.arange(100), 10)
    stars = np.where(users % 2 == items % 2, 5.0, 1.0)
    shown = users != items
    junk_users, junk_items = np.array([0, 1, 2, 3]), np.array([10, 10, 11, 11])
    return Ratings.of(
        np.append(users[shown], junk_users),
        np.append(items[shown], junk_items),
        np.append(stars[shown], [1.0] * 4),
        np.zeros(94, int),
    )


def rows_of(best):
    columns = (best.user_ids, best.ranks, best.item_ids, best.scores)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.fixture(params=sorted(TRAINERS))
def trainer(request):
    return TRAINERS[request.param]


def test_the_withheld_item_is_ranked_first(trainer):
    train = obvious_ratings()
    best = trainer(train).recommend(range(10), (train.users, train.items), 3)
    assert [(user, item) for user, rank, item, _ in rows_of(best) if rank == 1] == [(u, u) for u in range(10)]


def test_nothing_that_was_seen_is_recommended_even_if_it_was_not_trained_on(trainer):
    train = random_ratings()
    seen = np.append(train.users, [3] * 5), np.append(train.items, np.unique(train.items)[:5])
    asked = np.random.default_rng(0).permutation(np.unique(train.users))
    best = trainer(train).recommend(asked, seen, 25)
    assert len(best)
    assert not set(zip(best.user_ids, best.item_ids, strict=True)) & set(zip(*seen, strict=True))


def test_ranks_count_from_one_scores_descend_and_equal_ones_go_by_item(trainer):
    train = random_ratings()
    asked = np.random.default_rng(0).permutation(np.unique(train.users))
    best = trainer(train).recommend(asked, (train.users, train.items), 8)
    rows = rows_of(best)
    assert list(dict.fromkeys(best.user_ids.tolist())) == asked.tolist()
    for user in asked.tolist():
        mine = [row for row in rows if row[0] == user]
        assert [rank for _, rank, _, _ in mine] == list(range(1, len(mine) + 1))
        order = [(-score, item) for _, _, item, score in mine]
        assert order == sorted(order)


def test_unknown_users_get_nothing_and_unknown_pairs_hide_nothing(trainer):
    train = random_ratings()
    recommender = trainer(train)
    nobody = (np.empty(0, np.int64), np.empty(0, np.int64))
    assert len(recommender.recommend([-1, 10**12], nobody, 5)) == 0
    assert len(recommender.recommend([], nobody, 5)) == 0
    known = int(train.users[0])
    plain = rows_of(recommender.recommend([known], nobody, 5))
    assert rows_of(recommender.recommend([-1, known], ([known, -1], [10**9, 4]), 5)) == plain


def test_more_than_the_catalogue_gives_each_unseen_item_at_most_once(trainer):
    train = random_ratings()
    best = trainer(train).recommend(np.unique(train.users), (train.users, train.items), 10**4)
    pairs = list(zip(best.user_ids.tolist(), best.item_ids.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert set(best.item_ids.tolist()) <= set(train.items.tolist())


def test_a_shorter_list_is_the_beginning_of_a_longer_one(trainer):
    train = random_ratings()
    recommender, seen = trainer(train), (train.users, train.items)
    users = np.unique(train.users)
    longer = [row for row in rows_of(recommender.recommend(users, seen, 9)) if row[1] <= 4]
    assert rows_of(recommender.recommend(users, seen, 4)) == longer


def test_one_user_at_a_time_gets_what_all_get_together(trainer):
    train = random_ratings()
    recommender, seen = trainer(train), (train.users, train.items)
    users = np.unique(train.users)
    alone = [row for user in users for row in rows_of(recommender.recommend([user], seen, 6))]
    assert rows_of(recommender.recommend(users, seen, 6)) == alone


def test_the_order_of_the_ratings_and_of_what_was_seen_changes_nothing(trainer):
    train = random_ratings()
    order = np.random.default_rng(3).permutation(len(train))
    other = train.where(order)
    users = np.unique(train.users)
    first = trainer(train).recommend(users, (train.users, train.items), 6)
    second = trainer(other).recommend(
        pa.array(users), (pa.chunked_array([other.users]), pa.array(other.items)), 6
    )
    assert [row[:3] for row in rows_of(first)] == [row[:3] for row in rows_of(second)]
    np.testing.assert_allclose(first.scores, second.scores, rtol=1e-5)


def test_no_rows_and_seen_of_two_lengths_are_refused(trainer):
    recommender = trainer(random_ratings())
    with pytest.raises(ValueError, match="n must be 1 or more, not 0"):
        recommender.recommend([3], ([3], [4]), 0)
    with pytest.raises(ValueError, match="one length, not 1 and 2"):
        recommender.recommend([3], ([3], [4, 5]), 1)


@pytest.mark.parametrize("name", sorted(TRAINERS))
def test_who_predicts_ratings_knows_no_strangers(name):
    train = random_ratings()
    recommender = TRAINERS[name](train)
    assert isinstance(recommender, Predictor) == (name in PREDICTORS)
    if name in PREDICTORS:
        user, item = int(train.users[0]), int(train.items[0])
        predicted = recommender.predict([user, user, -1], [item, 10**9, item])
        assert np.isnan(predicted).tolist() == [False, True, True]
