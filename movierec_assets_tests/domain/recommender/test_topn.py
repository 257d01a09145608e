"""Top-N against ranking every item of every user."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.recommender.als import AlsModel, fit
from movierec_assets.domain.recommender.params import AlsParams
from movierec_assets.domain.recommender.topn import top_n


def random_model(seed, users, items, rank, *, coarse):
    rng = np.random.default_rng(seed)
    draw = (lambda n: rng.integers(0, 3, (n, rank))) if coarse else (lambda n: rng.standard_normal((n, rank)))
    return AlsModel(
        np.arange(users) * 3 + 1,
        np.sort(rng.choice(10 * items, items, replace=False)),
        draw(users).astype(np.float32),
        draw(items).astype(np.float32),
        AlsParams(rank=rank),
    )


def skewed(model, seed):
    """With factors such as trained ones: a few directions carry most of their length, and few items are long."""
    rng = np.random.default_rng(seed)
    rank = model.item_factors.shape[1]
    turn = np.linalg.qr(rng.standard_normal((rank, rank)))[0] * 0.6 ** np.arange(rank)[:, None]
    long = rng.pareto(1.5, (model.item_ids.size, 1))
    factors = (model.user_factors @ turn, long * (model.item_factors @ turn))
    return AlsModel(model.user_ids, model.item_ids, *(f.astype(np.float32) for f in factors), model.params)


def brute_force(model, users, seen, n):
    rows = []
    for user in users:
        if user in model.user_ids:
            items = [i for i in model.item_ids if (user, i) not in seen]
            scores = model.predict(np.full(len(items), user, np.int64), np.array(items, np.int64))
            best = sorted(zip(scores, items, strict=True), key=lambda pair: (-pair[0], pair[1]))[:n]
            rows += [(user, rank, item, score) for rank, (score, item) in enumerate(best, start=1)]
    return rows


def rows_of(best):
    return list(
        zip(
            best.user_ids.tolist(),
            best.ranks.tolist(),
            best.item_ids.tolist(),
            best.scores.tolist(),
            strict=True,
        )
    )


@given(
    seed=st.integers(0, 2**32 - 1),
    users=st.integers(1, 20),
    items=st.integers(1, 40) | st.integers(1000, 1100),
    rank=st.integers(1, 9) | st.integers(16, 40),
    n=st.integers(1, 60),
    share=st.floats(0, 1),
    kind=st.sampled_from(["random", "coarse", "skewed"]),
)
@settings(max_examples=150, deadline=None)
def test_top_n_equals_ranking_every_unseen_item_to_the_bit(seed, users, items, rank, n, share, kind):
    model = random_model(seed, users, items, rank, coarse=kind == "coarse")
    if kind == "skewed":
        model = skewed(model, seed)
    rng = np.random.default_rng(seed)
    user, item = np.nonzero(rng.random((users, items)) < share)
    pairs = model.user_ids[user], model.item_ids[item]
    asked = rng.permutation(np.append(model.user_ids, [0, 10**9]))
    best = top_n(model, asked, pairs, n)
    expected = brute_force(model, asked.tolist(), set(zip(*(p.tolist() for p in pairs), strict=True)), n)
    assert rows_of(best) == [(u, r, int(i), float(s)) for u, r, i, s in expected]


def test_a_user_alone_gets_the_same_rows_as_among_all_with_any_number_of_threads():
    model = skewed(random_model(1, 40, 700, 30, coarse=False), 1)
    seen = np.repeat(model.user_ids, 5), np.tile(model.item_ids[:5], 40)
    together = rows_of(top_n(model, model.user_ids, seen, 7, threads=3))
    alone = [
        row for user in model.user_ids for row in rows_of(top_n(model, np.array([user]), seen, 7, threads=1))
    ]
    assert together == alone


def test_the_withheld_cell_is_ranked_first():
    users, items = np.divmod(np.arange(100), 10)
    ratings = np.where(users % 2 == items % 2, 5.0, 1.0)
    withheld = users == items
    model = fit(users[~withheld], items[~withheld], ratings[~withheld], AlsParams(rank=3, reg_param=0.01))
    best = top_n(model, model.user_ids, (users[~withheld], items[~withheld]), 1)
    assert rows_of(best) == [(u, 1, u, pytest.approx(5, abs=0.2)) for u in range(10)]


def test_equal_scores_are_ranked_by_ascending_item_and_a_user_who_has_seen_all_gets_no_row():
    ones = np.ones((2, 1), np.float32)
    model = AlsModel(np.array([1, 2]), np.array([10, 20]), ones, ones, AlsParams(rank=1))
    best = top_n(model, [1, 2], ([2, 2, 2], [10, 20, 10]), 5)
    assert rows_of(best) == [(1, 1, 10, 1.0), (1, 2, 20, 1.0)]


def test_unknown_users_and_unknown_seen_pairs_give_no_answer_and_no_error():
    model = random_model(2, 3, 5, 2, coarse=False)
    assert len(top_n(model, np.array([5, 10**12]), (np.array([], int), np.array([], int)), 3)) == 0
    best = top_n(model, model.user_ids, (np.array([-1, 1]), np.array([int(model.item_ids[0]), -7])), 9)
    assert len(best) == 15


def test_n_below_one_and_seen_of_two_lengths_are_refused():
    model = random_model(3, 2, 2, 1, coarse=False)
    with pytest.raises(ValueError, match="n must be 1 or more, not 0"):
        top_n(model, model.user_ids, ([], []), 0)
    with pytest.raises(ValueError, match="one length, not 1 and 2"):
        top_n(model, model.user_ids, ([1], [1, 2]), 1)
