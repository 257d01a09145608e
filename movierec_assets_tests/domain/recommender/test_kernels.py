"""The kernels against slow, plain NumPy."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.recommender import index_kernels, kernels, least_squares, top_kernels
from movierec_assets.domain.recommender.vector import PAD, RIGHT

SEEDS = st.integers(0, 2**32 - 1)


def width_of(rank):
    return -(-rank // PAD) * PAD


def padded(factors):
    return np.pad(factors, ((0, 0), (0, width_of(factors.shape[1]) - factors.shape[1])))


def equations_of(columns, values, factors, alpha):
    """Matrix (upper triangle) and right-hand side."""
    rank, width = factors.shape[1], width_of(factors.shape[1])
    panel, chunk = np.empty((kernels.CHUNK, width), np.float32), np.zeros((width, width), np.float32)
    right, total = np.zeros((1, width), np.float32), np.zeros((width, width + RIGHT))
    base = np.zeros((width, width))
    kernels.normal_equations(columns, values, padded(factors), alpha, base, panel, chunk, right, total)
    assert not np.triu(chunk).any()
    assert not right.any()
    return np.triu(total[:rank, :rank]), total[:rank, width]


def solution_of(matrix, right, ridge, *, nonnegative, guess):
    rank, width = right.size, width_of(right.size)
    total = np.full((width, width + RIGHT), np.nan)
    total[np.triu_indices(width)] = 0
    total[:, width:] = 0
    total[:rank, :rank] = np.where(np.triu(np.ones((rank, rank), bool)), matrix, np.nan)
    total[:rank, width] = right
    x, upper = np.full(width, np.nan), np.full((width, width + RIGHT), np.nan)
    inverse = np.full(width, np.nan)
    if nonnegative:
        least_squares.solve_nonnegative(total, ridge, rank, guess.copy(), upper, inverse, x)
    else:
        least_squares.solve_in_place(total, ridge, rank, inverse, x)
    assert not x[rank:].any()
    return x[:rank]


def nonnegative_reference(matrix, right):
    """Tries every choice of positive coefficients."""
    best, least = np.zeros(right.size), 0.0
    for chosen in product((False, True), repeat=right.size):
        chosen = np.array(chosen)
        if chosen.any():
            x = np.zeros(right.size)
            x[chosen] = np.linalg.solve(matrix[np.ix_(chosen, chosen)], right[chosen])
            value = x @ matrix @ x - 2 * right @ x
            if (x >= 0).all() and value < least:
                best, least = x, value
    return best


@given(
    seed=SEEDS,
    rank=st.integers(1, 70),
    n=st.integers(1, 1300),
    positive=st.booleans(),
    alpha=st.sampled_from([0.0, 0.5, 20.0]),
)
@settings(max_examples=60, deadline=None)
def test_the_normal_equations_equal_those_of_numpy(seed, rank, n, positive, alpha):
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((50, rank), np.float32)
    factors = np.abs(factors) if positive else factors
    columns = rng.integers(0, 50, n, dtype=np.int32)
    values = rng.integers(1, 11, n).astype(np.float32) / 2
    design = factors[columns].astype(np.float64)
    weights, targets = (alpha * values, 1 + alpha * values) if alpha else (np.ones(n), values)
    matrix, right = equations_of(columns, values, factors, alpha)
    expected = (design * weights[:, None]).T @ design
    scale = np.sqrt(np.outer(*2 * [np.diagonal(expected)]))
    assert np.all(np.abs(matrix - np.triu(expected)) <= 4e-6 * scale)
    bound = 4e-6 * np.sqrt(np.diagonal(expected) * (targets**2 / weights).sum())
    assert np.all(np.abs(right - design.T @ targets) <= bound)


@given(seed=SEEDS, rank=st.integers(1, 70), n=st.integers(1, 300))
@settings(max_examples=30, deadline=None)
def test_the_sum_of_outer_products_of_some_rows_equals_numpys(seed, rank, n):
    factors = np.random.default_rng(seed).standard_normal((n + 2, rank)).astype(np.float32)
    total = np.full(2 * [width_of(rank)], np.nan)
    kernels.gram_rows(1, n + 1, padded(factors), total)
    some = factors[1 : n + 1].astype(np.float64)
    np.testing.assert_allclose(np.triu(total)[:rank, :rank], np.triu(some.T @ some), atol=1e-5 * n)


@given(
    seed=SEEDS,
    rank=st.integers(1, 6),
    rows=st.integers(1, 12),
    ridge=st.floats(0.01, 10),
    shift=st.floats(-1, 1),
)
@settings(max_examples=150, deadline=None)
def test_the_nonnegative_solution_is_the_best_of_all_choices_of_positive_coefficients(
    seed, rank, rows, ridge, shift
):
    rng = np.random.default_rng(seed)
    design = rng.standard_normal((rows, rank)) + shift
    matrix, right = design.T @ design, design.T @ rng.standard_normal(rows)
    x = solution_of(matrix, right, ridge, nonnegative=True, guess=rng.random(rank) < 0.5)
    reference = nonnegative_reference(matrix + ridge * np.eye(rank), right)
    assert (x >= 0).all()
    np.testing.assert_allclose(x, reference, atol=1e-8 * (1 + np.abs(reference).max()))


@given(seed=SEEDS, rank=st.integers(1, 40), rows=st.integers(1, 80), ridge=st.floats(0.01, 10))
@settings(max_examples=60, deadline=None)
def test_the_nonnegative_solution_meets_the_optimality_conditions_at_any_rank(seed, rank, rows, ridge):
    rng = np.random.default_rng(seed)
    design = np.abs(rng.standard_normal((rows, rank)))
    matrix, right = design.T @ design + ridge * np.eye(rank), design.T @ rng.standard_normal(rows)
    x = solution_of(matrix - ridge * np.eye(rank), right, ridge, nonnegative=True, guess=np.ones(rank, bool))
    gradient = matrix @ x - right
    scale = 1e-8 * (1 + np.abs(right).max())
    assert (x >= 0).all()
    assert (gradient >= -scale).all()
    assert (np.abs(gradient[x > 0]) <= scale).all()


@given(seed=SEEDS, rank=st.integers(1, 70), rows=st.integers(1, 40), ridge=st.floats(0.01, 10))
@settings(max_examples=60, deadline=None)
def test_the_unconstrained_solution_equals_numpys(seed, rank, rows, ridge):
    rng = np.random.default_rng(seed)
    design = rng.standard_normal((rows, rank))
    matrix, right = design.T @ design, design.T @ rng.standard_normal(rows)
    x = solution_of(matrix, right, ridge, nonnegative=False, guess=np.zeros(rank, bool))
    np.testing.assert_allclose(x, np.linalg.solve(matrix + ridge * np.eye(rank), right), rtol=1e-6, atol=1e-8)


def test_without_regularisation_equal_columns_share_one_coefficient_and_nothing_is_infinite():
    design = np.array([[1.0, 1.0, 2.0], [2.0, 2.0, 1.0]])
    x = solution_of(design.T @ design, design.T @ [3.0, 3.0], 0.0, nonnegative=False, guess=np.ones(3, bool))
    np.testing.assert_allclose(design @ x, [3.0, 3.0])


@given(seed=SEEDS, n=st.integers(0, 200), rows=st.integers(1, 10))
def test_bucketing_is_a_stable_sort_by_row(seed, n, rows):
    rng = np.random.default_rng(seed)
    row = rng.integers(0, rows, n, dtype=np.int32)
    column, value = np.arange(n, dtype=np.int32), rng.random(n, dtype=np.float32)
    heads = np.searchsorted(np.sort(row), np.arange(rows)).astype(np.int64)
    out_column, out_value = np.empty_like(column), np.empty_like(value)
    middle = rows // 2
    index_kernels.bucket(middle, rows, row, column, value, heads, out_column, out_value)
    index_kernels.bucket(0, middle, row, column, value, heads, out_column, out_value)
    order = np.argsort(row, kind="stable")
    assert (out_column == column[order]).all()
    assert (out_value == value[order]).all()


def test_of_two_equal_scores_the_higher_index_is_worse():
    assert top_kernels.worse(np.float32(1), 2, np.float32(1), 1)
    assert not top_kernels.worse(np.float32(1), 1, np.float32(1), 2)
    assert top_kernels.worse(np.float32(0), 1, np.float32(1), 2)
