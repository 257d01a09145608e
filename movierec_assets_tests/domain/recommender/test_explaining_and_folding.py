"""Reasons and fold-in: against the formula, and against the model that was trained on the same ratings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.recommender.als import fit
from movierec_assets.domain.recommender.explaining import contributions, reason_places, reasons
from movierec_assets.domain.recommender.folding import FoldIn
from movierec_assets.domain.recommender.neighbours import all_neighbours, neighbours
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.topn import top_n
from movierec_assets_tests.domain.recommender.test_als import random_ratings

PARAMS = RankingParams(rank=8, max_iter=5)


def parts_of(model, items, ratings, item):
    """What each rating adds to the score of one item."""
    everything = model.item_factors.astype(float)
    rated, asked = np.searchsorted(model.item_ids, items), np.searchsorted(model.item_ids, [item])
    return contributions(everything, everything.T @ everything, model.params, rated, ratings, asked)[0]


@given(seed=st.integers(0, 10_000), rank=st.integers(1, 40))
@settings(max_examples=15, deadline=None)
def test_the_parts_of_a_users_ratings_add_up_to_the_score_and_the_largest_is_the_reason(seed, rank):
    users, items, ratings = random_ratings(seed)
    model = fit(users, items, ratings, RankingParams(rank=rank, max_iter=4))
    best = top_n(model, model.user_ids, (users, items), 3)
    found = reasons(model, (users, items, ratings), best)
    for at, (user, item) in enumerate(zip(best.user_ids, best.item_ids, strict=True)):
        mine = users == user
        parts = parts_of(model, items[mine], ratings[mine], item)
        assert parts.sum() == pytest.approx(best.scores[at], abs=2e-3)
        if parts.max() > 1e-5:
            assert found.parts[at] == pytest.approx(parts.max(), rel=1e-2, abs=1e-4)
            assert parts[items[mine] == found.item_ids[at]] == pytest.approx(parts.max(), abs=1e-4)


@given(seed=st.integers(0, 10_000), rank=st.integers(1, 20))
@settings(max_examples=15, deadline=None)
def test_the_order_of_ratings_changes_no_reason_and_the_lower_of_two_alike_is_it(seed, rank):
    users, items, ratings = random_ratings(seed)
    # Each item has a twin of a higher id, with the same raters and ratings.
    data = np.tile(users, 2), np.concatenate([items, items + 1]), np.tile(ratings, 2)
    model = fit(*data, RankingParams(rank=rank, max_iter=3))
    best = top_n(model, model.user_ids, data[:2], 4)
    order = np.random.default_rng(seed).permutation(users.size * 2)
    expected = reasons(model, data, best)
    for way in (order, slice(None, None, -1)):
        found = reasons(model, tuple(column[way] for column in data), best)
        np.testing.assert_array_equal(found.item_ids, expected.item_ids)
        np.testing.assert_array_equal(found.parts, expected.parts)
    assert set(expected.item_ids) <= {-1, *items}


def test_a_part_that_is_less_by_a_rounding_error_is_as_good_and_who_adds_nothing_is_no_reason():
    parts = np.array([[0.1, 0.5 - 1e-7, 0.5, 0.2], [0.1, 0.49, 0.5, 0.5], [0.0, -1.0, 0.0, -2.0]])
    assert reason_places(parts).tolist() == [1, 2, -1]


def test_reasons_are_the_same_with_any_number_of_threads_and_only_implicit_feedback_has_them():
    data = random_ratings(3)
    model = fit(*data, PARAMS)
    best = top_n(model, model.user_ids, data[:2], 5)
    one, three = (reasons(model, data, best, threads) for threads in (1, 3))
    np.testing.assert_array_equal(one.item_ids, three.item_ids)
    np.testing.assert_array_equal(one.parts, three.parts)
    with pytest.raises(TypeError, match="implicit feedback"):
        reasons(fit(*data, AlsParams(rank=2, max_iter=1)), data, best)


@pytest.mark.parametrize("params", [PARAMS, AlsParams(rank=4), AlsParams(rank=4, nonnegative=False)])
def test_the_ratings_of_a_known_user_fold_in_to_the_factors_that_the_model_has(params):
    users, items, ratings = random_ratings(5)
    model = fit(users, items, ratings, params)
    fold = FoldIn(model)
    for at, user in enumerate(model.user_ids[:10]):
        mine = users == user
        np.testing.assert_allclose(
            fold.factors(items[mine], ratings[mine]), model.user_factors[at], atol=1e-5
        )


def test_a_new_users_ratings_give_recommendations_without_them_and_without_what_is_excluded():
    users, items, ratings = random_ratings(5)
    model = fit(users, items, ratings, PARAMS)
    mine = users == users[0]
    fold, known = FoldIn(model), top_n(model, [users[0]], (users, items), 4)
    found = fold.recommend(items[mine], ratings[mine], 4)
    assert found.item_ids.tolist() == known.item_ids.tolist()
    without = fold.recommend(items[mine], ratings[mine], 3, exclude=known.item_ids[:1])
    assert without.item_ids.tolist() == known.item_ids[1:].tolist()


def test_who_rated_nothing_that_is_known_gets_nothing():
    fold = FoldIn(fit(*random_ratings(5), PARAMS))
    assert not fold.factors([], []).any()
    assert not len(fold.recommend([999_999], [5.0], 3))


def test_two_ratings_of_one_item_are_refused():
    model = fit(*random_ratings(5), PARAMS)
    with pytest.raises(ValueError, match=f"item {model.item_ids[0]} has more than one rating"):
        FoldIn(model).factors([model.item_ids[0]] * 2, [1.0, 2.0])


def test_all_neighbours_are_the_neighbours_of_each():
    model = fit(*random_ratings(5), PARAMS)
    model.item_factors[3] = 0
    found = all_neighbours(model, 4)
    assert 3 not in np.searchsorted(model.item_ids, found.user_ids)
    for item in model.item_ids:
        one, mine = neighbours(model, item, 4), found.user_ids == item
        assert found.item_ids[mine].tolist() == one.item_ids.tolist()
        assert found.scores[mine].tolist() == one.similarities.tolist()


@pytest.mark.parametrize(
    ("stars", "said"), [(np.nan, "rating 1 given is not a finite"), (0, "not above 0"), (-1, "not above 0")]
)
def test_what_is_no_rating_folds_in_nowhere(stars, said):
    model = fit(*random_ratings(5), PARAMS)
    with pytest.raises(ValueError, match=said):
        FoldIn(model).factors(model.item_ids[:2], [3.0, stars])
