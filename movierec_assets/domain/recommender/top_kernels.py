"""The compiled inner loops of top-N and prediction; imported only inside functions. More on these in `kernels.py`."""

# mypy: disable-error-code="no-untyped-def,call-arg"

from __future__ import annotations

import numpy as np
from numba import njit

from movierec_assets.domain.recommender.vector import REGISTER_BYTES, ROWS, VECTORS, add_wide, reaches

TILE = VECTORS * REGISTER_BYTES // 4
"""Items scored at once, for `ROWS` users: their scores stay in the processor's registers."""

_WORSE = "boolean(float32, int32, float32, int32)"
_SIFT = "void(float32[::1], int32[::1], int64, int64)"
_OFFER = "int64(float32[::1], int32[::1], int64, float32, int32)"
_SORT = "void(float32[::1], int32[::1], int64)"
_PREDICT = "void(int64, int64, int64[::1], int64[::1], float32[:, ::1], float32[:, ::1], float32[::1])"
_TOP = (
    "void(int64, int64, float32[:, :, ::1], float32[:, :, ::1], int64[::1], float32[::1], float32[:, :, ::1],"
    " float32[:, :, ::1], float32[::1], int32[::1], int64[::1], int32[::1], int32[:, ::1], float32[:, ::1], int64[::1])"
)


@njit(_WORSE, cache=True, nogil=True)
def worse(score, item, other_score, other_item):
    """Whether the first of two items ranks behind the second: lower score, or the same and higher index."""
    return score < other_score or (score == other_score and item > other_item)


@njit(_SIFT, cache=True, nogil=True)
def sift_down(scores, items, at, size):
    """Restores a heap whose root is the worst item, after the entry `at` changed.

    Args:
        scores: float32[≥ size].
        items: int32[≥ size].
        at: Entry that may be out of place.
        size: Entries in the heap.
    """
    score = scores[at]
    item = items[at]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and worse(scores[child + 1], items[child + 1], scores[child], items[child]):
            child += 1
        if not worse(scores[child], items[child], score, item):
            break
        scores[at] = scores[child]
        items[at] = items[child]
        at = child
    scores[at] = score
    items[at] = item


@njit(_OFFER, cache=True, nogil=True)
def offer(scores, items, size, score, item):
    """Takes an item among the best if it is one of them.

    Args:
        scores: float32[n] of the best so far: the first `size` entries, a heap as soon as all n are there.
        items: int32[n] the same.
        size: Entries there are.
        score: Of the item.
        item: Its number.

    Returns:
        Entries there are now.
    """
    n = scores.size
    if size < n:
        scores[size] = score
        items[size] = item
        size += 1
        if size == n:
            for at in range(n // 2 - 1, -1, -1):
                sift_down(scores, items, at, n)
    elif worse(scores[0], items[0], score, item):
        scores[0] = score
        items[0] = item
        sift_down(scores, items, 0, n)
    return size


@njit(_SORT, cache=True, nogil=True)
def best_first(scores, items, size):
    """Orders the first `size` entries; `offer` tells of which arrays."""
    if size < scores.size:
        for at in range(size // 2 - 1, -1, -1):
            sift_down(scores, items, at, size)
    for end in range(size - 1, 0, -1):
        scores[0], scores[end] = scores[end], scores[0]
        items[0], items[end] = items[end], items[0]
        sift_down(scores, items, 0, end)


@njit(_PREDICT, cache=True, nogil=True, fastmath={"contract"})
def predict_pairs(start, stop, users, items, user_factors, item_factors, out):
    """The product of the factors of the pairs `start` to `stop`, added up in the order in which `top_rows` does.

    Args:
        start: First pair.
        stop: Pair after the last.
        users: int64[n] rows of `user_factors`, -1 for unknown ones, whose product is nan.
        items: int64[n] the same for `item_factors`.
        user_factors: float32[n_users, rank].
        item_factors: float32[n_items, rank].
        out: float32[n], overwritten.
    """
    rank = user_factors.shape[1]
    for pair in range(start, stop):
        user = users[pair]
        item = items[pair]
        if user < 0 or item < 0:
            out[pair] = np.float32(np.nan)
            continue
        score = np.float32(0.0)
        for k in range(rank):
            score += user_factors[user, k] * item_factors[item, k]
        out[pair] = score


@njit(_TOP, cache=True, nogil=True)
def top_rows(
    start,
    stop,
    users,
    sides,
    place,
    lengths,
    tiles,
    heads,
    longest,
    order,
    seen_indptr,
    seen_items,
    out_items,
    out_scores,
    out_counts,
):
    """The best unseen items of the groups of users `start` to `stop`, best first.

    The items come in order of falling length of their factors, so that a user is done at the first tile in which no
    item can be better than those found: a product is at most the product of the lengths (Cauchy and Schwarz; used
    for this by Teflioudi, Gemulla and Mykytiuk, 2015, "LEMP"). A tile in which no item's bound reaches what a user has
    is passed over. A score is the sum of products in order of the factors, in float32 and never reordered, so that it
    depends on nothing but the pair.

    Args:
        start: First group of `ROWS` users.
        stop: Group after the last.
        users: float32[groups, rank, ROWS], each group transposed; zeros stand for missing users.
        sides: float32[groups, width, ROWS] the users' sides of the bounds; of no width where there are none.
        place: int64[n_users] the row of each user in `seen_indptr` and the results.
        lengths: float32[n_users] length of each user's factors.
        tiles: float32[n_tiles, rank, TILE], each tile transposed; zeros stand for missing items.
        heads: float32[n_tiles, width, TILE] the items' sides of the bounds, whose product is no less than the score.
        longest: float32[n_tiles] no less than the length of any item's factors in this tile or a later one, with
            room for rounding in the scores.
        order: int32[n_tiles * TILE] the number of each item, -1 for missing ones.
        seen_indptr: int64[n_users + 1] where each user's seen items start.
        seen_items: int32[*] item numbers.
        out_items: int32[n_users, n] item numbers, overwritten.
        out_scores: float32[n_users, n], overwritten.
        out_counts: int64[n_users] how many entries of the row are filled, overwritten.
    """
    rank = users.shape[1]
    width = sides.shape[1]
    n = out_items.shape[1]
    seen = np.zeros((ROWS, order.size), np.bool_)
    scores = np.zeros((ROWS, TILE), np.float32)
    least = np.empty(ROWS, np.float32)
    for group in range(start, stop):
        first = group * ROWS
        members = min(ROWS, lengths.size - first)
        for r in range(members):
            user = place[first + r]
            for at in range(seen_indptr[user], seen_indptr[user + 1]):
                seen[r, seen_items[at]] = True
            out_counts[user] = 0
            least[r] = -np.inf
        for tile in range(longest.size):
            going_on = False
            for r in range(members):
                going_on |= lengths[first + r] * longest[tile] >= least[r]
            if not going_on:
                break
            if width > 0:
                scores[:] = 0.0
                add_wide(sides[group], 0, heads[tile], 0, width, scores, 0)
                wanted = False
                for r in range(members):
                    wanted |= reaches(scores, r, least[r])
                if not wanted:
                    continue
            scores[:] = 0.0
            add_wide(users[group], 0, tiles[tile], 0, rank, scores, 0)
            for r in range(members):
                if not reaches(scores, r, least[r]):
                    continue
                user = place[first + r]
                for c in range(TILE):
                    item = order[tile * TILE + c]
                    if scores[r, c] >= least[r] and item >= 0 and not seen[r, item]:
                        out_counts[user] = offer(
                            out_scores[user], out_items[user], out_counts[user], scores[r, c], item
                        )
                        if out_counts[user] == n:
                            least[r] = out_scores[user, 0]
        for r in range(members):
            user = place[first + r]
            for at in range(seen_indptr[user], seen_indptr[user + 1]):
                seen[r, seen_items[at]] = False
            best_first(out_scores[user], out_items[user], out_counts[user])
