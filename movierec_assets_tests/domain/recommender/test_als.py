"""Native training: the objective, determinism, what is refused."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.recommender.als import fit
from movierec_assets.domain.recommender.params import AlsParams, RankingParams


def random_ratings(seed, users=30, items=20, share=0.4):
    rng = np.random.default_rng(seed)
    user, item = np.nonzero(rng.random((users, items)) < share)
    return user * 7 + 3, item * 11 + 5, rng.integers(1, 11, user.size) / 2


def reference(users, items, ratings, params, start):
    """ALS-WR as in the paper, a row at a time in float64; nonnegative rows by coordinate descent."""
    user = np.unique(users, return_inverse=True)[1]
    item_ids, item = np.unique(items, return_inverse=True)
    factors = [start.astype(float), np.zeros((item_ids.size, params.rank))]
    losses = []
    for iteration in range(params.max_iter):
        for side, rows, columns in ((1, item, user), (0, user, item)):
            for row in range(len(factors[side])):
                mine = rows == row
                design = factors[1 - side][columns[mine]]
                matrix = design.T @ design + params.reg_param * mine.sum() * np.eye(params.rank)
                right = design.T @ ratings[mine]
                x = np.linalg.solve(matrix, right)
                if params.nonnegative:
                    x = np.maximum(x, 0)
                    for _ in range(3000):
                        for k in range(params.rank):
                            x[k] = max(0.0, x[k] - (matrix[k] @ x - right[k]) / matrix[k, k])
                if params.nonnegative and iteration == 0 and side == 1 and not x.any():
                    x = np.full(params.rank, 1 / np.sqrt(params.rank))
                factors[side][row] = x
        predicted = (factors[0][user] * factors[1][item]).sum(1)
        losses.append(np.sqrt(np.mean((predicted - ratings) ** 2)))
    return factors, losses


@pytest.mark.parametrize("nonnegative", [True, False])
def test_training_equals_the_textbook_algorithm(nonnegative):
    users, items, ratings = random_ratings(1, 12, 9, 0.6)
    params = AlsParams(rank=3, max_iter=3, reg_param=0.05, nonnegative=nonnegative, seed=5)
    model = fit(users, items, ratings, params)
    start = np.random.default_rng(5).standard_normal((model.user_ids.size, 3), np.float32)
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    (user_factors, item_factors), losses = reference(users, items, ratings, params, start)
    np.testing.assert_allclose(model.user_factors, user_factors, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(model.item_factors, item_factors, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(model.training_loss, losses, rtol=1e-4)


@given(
    seed=st.integers(0, 1000), rank=st.integers(1, 12), nonnegative=st.booleans(), threads=st.integers(1, 4)
)
@settings(max_examples=25, deadline=None)
def test_the_same_ratings_in_any_order_and_with_any_number_of_threads_give_the_same_bytes(
    seed, rank, nonnegative, threads
):
    users, items, ratings = random_ratings(seed)
    params = AlsParams(rank=rank, max_iter=3, nonnegative=nonnegative)
    order = np.random.default_rng(seed).permutation(users.size)
    first = fit(users, items, ratings, params, threads=1)
    second = fit(users[order], items[order], ratings[order], params, threads=threads)
    assert first.version == second.version
    assert first.training_loss == second.training_loss


def test_another_seed_parameter_or_rating_is_another_version():
    users, items, ratings = random_ratings(3)
    changed = ratings.copy()
    changed[0] = 5.5 - changed[0]
    versions = {
        fit(users, items, values, params).version
        for values, params in (
            (ratings, AlsParams()),
            (ratings, AlsParams(seed=1)),
            (ratings, AlsParams(cold_start_strategy="nan")),
            (changed, AlsParams()),
        )
    }
    assert len(versions) == 4


def test_the_training_loss_is_the_error_of_the_predictions_and_the_progress():
    users, items, ratings = random_ratings(2)
    seen = []
    model = fit(users, items, ratings, AlsParams(), progress=lambda *told: seen.append(told))
    error = np.sqrt(np.mean((model.predict(users, items) - ratings) ** 2))
    assert model.training_loss[-1] == pytest.approx(error, rel=1e-4)
    assert seen == list(enumerate(model.training_loss, start=1))


@pytest.mark.parametrize("params", [AlsParams(rank=3, max_iter=9), RankingParams(rank=3, max_iter=9)])
def test_training_that_is_stopped_ends_with_the_model_so_far(params):
    ratings, seen = random_ratings(2), []

    def after_four(iteration, model):
        seen.append((iteration, model))
        return iteration == 4

    stopped = fit(*ratings, params, stop=after_four)
    assert [iteration for iteration, _ in seen] == [1, 2, 3, 4]
    assert len(stopped.training_loss) == 4
    for iteration, model in seen:
        whole = fit(*ratings, replace(params, max_iter=iteration))
        assert np.array_equal(model.user_factors, whole.user_factors)
        assert np.array_equal(model.item_factors, whole.item_factors)
    assert np.array_equal(stopped.user_factors, seen[-1][1].user_factors)


def test_nonnegative_factors_are_not_negative_and_free_ones_may_be():
    users, items, ratings = random_ratings(4)
    assert fit(users, items, ratings, AlsParams()).user_factors.min() >= 0
    assert fit(users, items, ratings, AlsParams(nonnegative=False)).user_factors.min() < 0


@given(seed=st.integers(0, 10_000), rank=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_no_start_leaves_a_row_without_factors_however_small_the_rank(seed, rank):
    users, items, ratings = random_ratings(seed, 6, 6, 0.3)
    if users.size:
        model = fit(users, items, ratings, AlsParams(rank=rank, max_iter=2, seed=seed))
        assert model.user_factors.any(axis=1).all()
        assert model.item_factors.any(axis=1).all()


def test_arrow_columns_train_the_same_model_as_numpy_arrays():
    users, items, ratings = random_ratings(5)
    chunked = [pa.chunked_array([pa.array(a[:50]), pa.array(a[50:])]) for a in (users, items, ratings)]
    assert fit(*chunked, AlsParams()).version == fit(users, items, ratings, AlsParams()).version


def test_ids_far_apart_train_the_same_factors_as_ids_close_together():
    users, items, ratings = random_ratings(6)
    near, far = (
        fit(users, items, ratings, AlsParams()),
        fit(users * 10**12, items - 10**15, ratings, AlsParams()),
    )
    assert (near.user_factors == far.user_factors).all()
    assert (far.user_ids == near.user_ids * 10**12).all()
    assert (far.item_ids == near.item_ids - 10**15).all()


def test_unknown_users_and_items_have_no_prediction():
    users, items, ratings = random_ratings(7)
    model = fit(users, items, ratings, AlsParams())
    predicted = model.predict([users[0], 10**9, users[0], -1], [items[0], items[0], 10**9, -1])
    assert np.isnan(predicted).tolist() == [False, True, True, True]


def test_without_regularisation_the_factors_stay_finite():
    users, items, ratings = random_ratings(8, share=0.15)
    model = fit(users, items, ratings, AlsParams(reg_param=0.0, rank=6))
    assert np.isfinite(model.user_factors).all()
    assert np.isfinite(model.item_factors).all()


@pytest.mark.parametrize(
    ("users", "items", "ratings", "message"),
    [
        ([], [], [], "no ratings to train on"),
        ([1, 2], [1], [1.0, 2.0], "one length, not 2, 1, 2"),
        ([1, 1], [2, 2], [1.0, 5.0], "user 1 rated item 2 more than once"),
        ([1, 2], [3, 4], [1.0, np.nan], "rating 1 .* not a finite number"),
        (pa.array([1, None]), [3, 4], [1.0, 2.0], "1 of 2 values are null"),
        ([1.5, 2.0], [3, 4], [1.0, 2.0], "ids must be integers"),
    ],
)
def test_what_cannot_be_trained_on_is_refused_with_a_reason(users, items, ratings, message):
    with pytest.raises(ValueError, match=message):
        fit(users, items, ratings, AlsParams())


@pytest.mark.parametrize(
    "wrong",
    [
        {"rank": 0},
        {"rank": 513},
        {"max_iter": 0},
        {"reg_param": -1},
        {"reg_param": float("nan")},
        {"reg_param": float("inf")},
        {"seed": 2**31},
        {"cold_start_strategy": "guess"},
        {"ranks": 5},
    ],
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AlsParams(**wrong)


def implicit_reference(users, items, ratings, params, start):
    """Hu, Koren and Volinsky's alternation on dense matrices in float64."""
    user_ids, user = np.unique(users, return_inverse=True)
    item_ids, item = np.unique(items, return_inverse=True)
    confidence = np.ones((user_ids.size, item_ids.size))
    confidence[user, item] += params.alpha * ratings
    wanted = (confidence > 1).astype(float)
    factors = [start.astype(float), np.zeros((item_ids.size, params.rank))]
    losses = []
    for _ in range(params.max_iter):
        for side in (1, 0):
            c, p = (confidence, wanted) if side == 0 else (confidence.T, wanted.T)
            fixed = factors[1 - side]
            for row in range(len(c)):
                matrix = (fixed.T * c[row]) @ fixed
                ridge = params.reg_param * p[row].sum() * np.eye(params.rank)
                factors[side][row] = np.linalg.solve(matrix + ridge, fixed.T @ (c[row] * p[row]))
        losses.append(np.sqrt((confidence * (wanted - factors[0] @ factors[1].T) ** 2).sum() / ratings.size))
    return factors, losses


@pytest.mark.parametrize("share", [0.1, 0.3, 0.9])
def test_implicit_training_equals_the_textbook_algorithm_for_rows_of_few_and_of_many_ratings(share):
    users, items, ratings = random_ratings(2, 40, 25, share)
    params = RankingParams(rank=5, max_iter=3, alpha=0.7, seed=5)
    model = fit(users, items, ratings, params)
    start = np.random.default_rng(5).standard_normal((model.user_ids.size, 5), np.float32)
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    (user_factors, item_factors), losses = implicit_reference(users, items, ratings, params, start)
    np.testing.assert_allclose(model.user_factors, user_factors, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(model.item_factors, item_factors, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(model.training_loss, losses, rtol=1e-4)


@given(
    st.integers(0, 10_000),
    st.sampled_from([0, 1e-12, 1e-9, 1e-6, 1e-4]),
    st.sampled_from([1, 8, 20, 64]),
    st.sampled_from([0.5, 40, 1000]),
)
@settings(max_examples=60, deadline=None)
def test_with_hardly_any_regularisation_and_more_factors_than_movies_all_are_numbers(
    seed, reg_param, rank, alpha
):
    params = RankingParams(rank=rank, max_iter=3, reg_param=reg_param, alpha=alpha)
    model = fit(*random_ratings(seed, 11, 9, 0.4), params)
    assert np.isfinite(model.user_factors).all()
    assert np.isfinite(model.item_factors).all()


def test_what_has_no_solution_in_numbers_names_the_parameters():
    with pytest.raises(
        ValueError,
        match=r"no numbers: take a larger reg_param or a smaller alpha in RankingParams\(.*alpha=3e\+38",
    ):
        fit(*random_ratings(2, 6, 5, 0.5), RankingParams(rank=4, alpha=3e38))


def test_implicit_feedback_needs_ratings_above_zero():
    with pytest.raises(ValueError, match="rating 1 of the training set is not above 0"):
        fit([1, 1], [1, 2], [3.0, 0.0], RankingParams(rank=2, max_iter=1))
