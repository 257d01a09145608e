"""Maximal marginal relevance against choosing one by one in plain Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.recommender import diversity
from movierec_assets.domain.recommender.diversity import diversify
from movierec_assets_tests.domain.recommender.test_ranking import top


def scored(lists):
    """Recommendations from (item, score) pairs by user."""
    best = top({user: [item for item, _ in rows] for user, rows in lists.items()})
    best.scores[:] = [score for rows in lists.values() for _, score in rows]
    return best


def rows_of(best):
    return list(zip(best.user_ids.tolist(), best.ranks.tolist(), best.item_ids.tolist(), strict=True))


def cosine(left, right):
    lengths = np.linalg.norm(left) * np.linalg.norm(right)
    return float(left @ right / lengths) if lengths else 0.0


def reference(candidates, factors, n, diversity):
    """`candidates`: (item, score), the best first."""
    scores = [score for _, score in candidates]
    span = max(scores) - min(scores)
    left = [(item, (score - min(scores)) / span if span else 1.0) for item, score in candidates]
    chosen = []
    while left and len(chosen) < n:

        def value(candidate):
            item, relevance = candidate
            likeness = max((cosine(factors[item], factors[other]) for other in chosen), default=0.0)
            return (1 - diversity) * relevance - diversity * likeness

        best = max(value(c) for c in left)
        pick = next(c for c in left if value(c) >= best - 1e-9)
        left.remove(pick)
        chosen.append(pick[0])
    return chosen


@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(1, 12), max_size=6),
    rank=st.integers(1, 5),
    n=st.integers(1, 14),
    share=st.floats(0, 1),
)
@settings(max_examples=150, deadline=None)
def test_each_next_item_is_the_best_of_those_left(seed, sizes, rank, n, share):
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((15, rank)).astype(np.float32)
    factors[0] = 0
    lists = {
        user: list(
            zip(
                rng.permutation(15)[:size].tolist(),
                sorted(rng.random(size).astype(np.float32).tolist(), reverse=True),
                strict=True,
            )
        )
        for user, size in enumerate(sizes)
    }
    found = diversify(scored(lists), np.arange(15), factors, n, share)
    expected = [
        (user, at, item)
        for user, rows in lists.items()
        for at, item in enumerate(reference(rows, factors, n, share), start=1)
    ]
    assert rows_of(found) == expected


FACTORS = np.array([[1, 0], [1, 0.01], [0, 1]], np.float32)
ALIKE = {7: [(10, 3.0), (20, 2.9), (30, 1.0)]}
"""Item 20 is almost item 10; item 30 is something else."""


def test_a_copy_of_the_first_item_gives_way_and_scores_stay_with_their_items():
    found = diversify(scored(ALIKE), np.array([10, 20, 30]), FACTORS, 2, 0.5)
    assert rows_of(found) == [(7, 1, 10), (7, 2, 30)]
    assert found.scores.tolist() == [3, 1]


def test_without_diversity_the_list_is_cut_off_and_an_item_without_factors_is_like_none():
    assert rows_of(diversify(scored(ALIKE), np.array([10, 20, 30]), FACTORS, 2, 0))[1] == (7, 2, 20)
    assert rows_of(diversify(scored(ALIKE), np.array([10]), FACTORS[:1], 2, 0.9))[1] == (7, 2, 20)


def test_blocks_of_users_change_nothing(monkeypatch):
    lists = {user: ALIKE[7][user % 3 :] for user in range(7)}
    whole = rows_of(diversify(scored(lists), np.array([10, 20, 30]), FACTORS, 2, 0.5))
    monkeypatch.setattr(diversity, "_NUMBERS_AT_ONCE", 13)
    assert rows_of(diversify(scored(lists), np.array([10, 20, 30]), FACTORS, 2, 0.5)) == whole


def test_what_is_no_share_or_no_length_is_refused():
    for n, share in ((0, 0.5), (1, 1.5)):
        with pytest.raises(ValueError, match=f"not {n} and {share}"):
            diversify(scored(ALIKE), np.array([10]), FACTORS[:1], n, share)
