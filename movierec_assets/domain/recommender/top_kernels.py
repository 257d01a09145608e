"""The compiled inner loop of top-N; imported only inside `top_n`. More on such modules in `kernels.py`."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

TILE = 512
"""Items scored at once: their scores stay in the fastest cache."""

UNROLL = 4
"""Factors added in one pass over a tile; `rank` is padded to a multiple of it."""

_WORSE = "boolean(float32, int32, float32, int32)"
_SIFT = "void(float32[::1], int32[::1], int64, int64)"
_TOP = (
    "void(int64, int64, float32[:, ::1], float32[:, ::1], int64[::1], int32[::1],"
    " int32[:, ::1], float32[:, ::1], int64[::1])"
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


@njit(_TOP, cache=True, nogil=True)
def top_rows(start, stop, users, items, seen_indptr, seen_items, out_items, out_scores, out_counts):
    """The best unseen items of the users `start` to `stop`, best first.

    A score is the sum of products in order of the factors, in float32 and never reordered, so that it does
    not depend on where an item lies or which users are asked for.

    Args:
        start: First user.
        stop: User after the last.
        users: float32[n_users, padded rank].
        items: float32[padded rank, n_items], transposed.
        seen_indptr: int64[n_users + 1] where each user's seen items start.
        seen_items: int32[*] item indices.
        out_items: int32[n_users, n] item indices, overwritten.
        out_scores: float32[n_users, n], overwritten.
        out_counts: int64[n_users] how many entries of the row are filled, overwritten.
    """
    rank, n_items = items.shape
    n = out_items.shape[1]
    seen = np.zeros(n_items, np.bool_)
    tile = np.empty(TILE, np.float32)
    for user in range(start, stop):
        mine = seen_items[seen_indptr[user] : seen_indptr[user + 1]]
        for item in mine:
            seen[item] = True
        best_items = out_items[user]
        best_scores = out_scores[user]
        size = 0
        for first in range(0, n_items, TILE):
            width = min(TILE, n_items - first)
            tile[:] = 0.0
            for k in range(0, rank, UNROLL):
                a, b, c, d = users[user, k], users[user, k + 1], users[user, k + 2], users[user, k + 3]
                for m in range(width):
                    i = first + m
                    s = tile[m] + a * items[k, i] + b * items[k + 1, i]
                    tile[m] = s + c * items[k + 2, i] + d * items[k + 3, i]
            for m in range(width):
                if size == n and tile[m] <= best_scores[0]:
                    continue
                if seen[first + m]:
                    continue
                if size < n:
                    best_scores[size] = tile[m]
                    best_items[size] = first + m
                    size += 1
                    if size == n:
                        for at in range(n // 2 - 1, -1, -1):
                            sift_down(best_scores, best_items, at, n)
                else:
                    best_scores[0] = tile[m]
                    best_items[0] = first + m
                    sift_down(best_scores, best_items, 0, n)
        for item in mine:
            seen[item] = False
        if size < n:
            for at in range(size // 2 - 1, -1, -1):
                sift_down(best_scores, best_items, at, size)
        for end in range(size - 1, 0, -1):
            best_scores[0], best_scores[end] = best_scores[end], best_scores[0]
            best_items[0], best_items[end] = best_items[end], best_items[0]
            sift_down(best_scores, best_items, 0, end)
        out_counts[user] = size
