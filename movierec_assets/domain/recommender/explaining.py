"""Why an item is recommended: how much each of a user's own ratings adds to its score.

A user's factors in implicit ALS are `(VᵀCV + λI)⁻¹ VᵀCp`, so the score of item i is the sum over the user's rated items
j of `c_j · v_iᵀ (VᵀCV + λI)⁻¹ v_j`, exactly (Hu, Koren and Volinsky, 2008, section 5).

Items with the same raters add the same. Of those that add as much as the one that adds most, up to rounding errors, the
lowest id is the reason, in whatever order ratings come and wherever it is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import as_array, ascending, csr, positions
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.solver import alpha_of, base_of, padded
from movierec_assets.domain.recommender.threads import each_range

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.domain.recommender.als import AlsModel
    from movierec_assets.domain.recommender.topn import TopN

TIE = 1e-5
"""What adds less by no more than this share adds as much."""


@dataclass(frozen=True, eq=False)
class Reasons:
    """For each recommendation the rated item that adds most to its score.

    Attributes:
        item_ids: int64[n], of equal ones the lowest; -1 where no rating adds anything.
        parts: float32[n] what that rating adds to the score, 0 where there is none.
    """

    item_ids: npt.NDArray[np.int64]
    parts: npt.NDArray[np.float32]


def reasons(
    model: AlsModel, ratings: tuple[Any, Any, Any], best: TopN, threads: int | None = None
) -> Reasons:
    """Reasons of recommendations, in their order.

    Args:
        model: A model with `RankingParams`.
        ratings: User ids, item ids and ratings in stars, of one length and in any order: those that the model was
            trained on. Unknown users and items are left out.
        best: Recommendations of the model, ordered by ascending user, as `top_n` gives them for ascending users.
        threads: Threads to use; default one per core that this process may use.

    Raises:
        TypeError: The model is of explicit feedback, whose nonnegative factors are no such sum.
        ValueError: The recommendations are not ordered by user.
    """
    from movierec_assets.domain.recommender import explain_kernels

    params = model.params
    if not isinstance(params, RankingParams):
        raise TypeError("only a model of implicit feedback has reasons")
    user, item = (
        positions(ids, as_array(given, np.int64))
        for ids, given in zip((model.user_ids, model.item_ids), ratings[:2], strict=True)
    )
    known = (user >= 0) & (item >= 0)
    value = as_array(ratings[2], np.float32)[known]
    given = csr(
        user[known].astype(np.int32), item[known].astype(np.int32), value, model.user_ids.size, threads
    )
    rows = ascending(given, model.item_ids.size, threads)
    asked = positions(model.user_ids, best.user_ids)
    if (np.diff(asked) < 0).any():
        raise ValueError("recommendations must be ordered by user")
    starts = np.searchsorted(asked, np.arange(model.user_ids.size + 1))
    wanted = positions(model.item_ids, best.item_ids).astype(np.int32)
    factors = padded(model.item_factors)
    found, parts = np.empty(wanted.size, np.int32), np.empty(wanted.size, np.float32)
    data = (rows.indptr, rows.columns, rows.values, factors, base_of(factors, params, threads))
    weights = (params.rank, params.alpha, params.reg_param, TIE)
    each_range(
        lambda start, stop: explain_kernels.explain_rows(
            start, stop, *data, *weights, starts, wanted, found, parts
        ),
        rows.indptr + np.arange(rows.indptr.size) * params.rank,
        threads,
    )
    # The last entry is where -1, no item, leads.
    return Reasons(np.append(model.item_ids, -1)[found], parts)


def contributions(
    item_factors: npt.NDArray[np.float32],
    base: npt.NDArray[np.float64],
    params: AlsParams | RankingParams,
    rated: npt.NDArray[np.int64],
    ratings: npt.NDArray[Any],
    asked: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """What each of one user's ratings adds to the scores of some items; their sum over the ratings is the score.

    Args:
        item_factors: float32[n_items, rank].
        base: float64[rank, rank] their Gram matrix.
        params: Parameters of the model.
        rated: int64[m] rows of the rated items.
        ratings: [m] stars.
        asked: int64[k] rows of the items asked about.

    Returns:
        float64[k, m].
    """
    mine = item_factors[rated].astype(np.float64)
    weights = alpha_of(params) * np.asarray(ratings, np.float64)
    ridge = params.reg_param * len(mine) * np.eye(params.rank)
    likeness = item_factors[asked] @ np.linalg.solve(base + (mine.T * weights) @ mine + ridge, mine.T)
    result: npt.NDArray[np.float64] = likeness * (1 + weights)
    return result


def reason_places(parts: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Which of a user's ratings is the reason of each item, by the rule of `reasons`.

    Args:
        parts: float64[k, m] what `contributions` gives for m of 1 or more rated items, ascending.

    Returns:
        int64[k], from 0 to m - 1, -1 where no rating adds anything.
    """
    most = parts.max(axis=1)
    first: npt.NDArray[np.int64] = (parts >= most[:, None] * (1 - TIE)).argmax(axis=1)
    return np.where(most > 0, first, -1)
