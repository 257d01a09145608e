"""The compiled inner loops of item-item neighbours; imported only inside functions. More in `kernels.py`."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

_LIST = "int64[::1], int32[::1]"
_INSERT = "int64(float32[::1], int32[::1], int64, float32, int32)"
_NEAREST = f"void(int64, int64, {_LIST}, {_LIST}, int32[:, ::1], float32[:, ::1], int64[::1])"
_RECOMMEND = (
    f"void(int64, int64, int64[::1], int64[::1], int64[::1], {_LIST}, int32[:, ::1], float32[:, ::1], int64[::1],"
    " int32[:, ::1], float32[:, ::1], int64[::1])"
)


@njit(_INSERT, cache=True, nogil=True)
def insert(scores, items, size, score, item):
    """Puts an item into a list that is kept best first, equal scores by ascending item; returns its new size.

    Args:
        scores: float32[n], of which `size` are filled.
        items: int32[n].
        size: Entries in the list.
        score: Of the item; a full list drops its worst.
        item: The item.
    """
    n = scores.size
    if size == n:
        if score < scores[n - 1] or (score == scores[n - 1] and item > items[n - 1]):
            return size
        size -= 1
    at = size
    while at > 0 and (score > scores[at - 1] or (score == scores[at - 1] and item < items[at - 1])):
        scores[at] = scores[at - 1]
        items[at] = items[at - 1]
        at -= 1
    scores[at] = score
    items[at] = item
    return size + 1


@njit(_NEAREST, cache=True, nogil=True)
def nearest(start, stop, raters_at, raters, history_at, history, out_items, out_scores, out_counts):
    """The nearest items of the items `start` to `stop`.

    Args:
        start: First item.
        stop: Item after the last.
        raters_at: int64[n_items + 1] where each item's users start.
        raters: int32[*] users.
        history_at: int64[n_users + 1] where each user's items start.
        history: int32[*] items.
        out_items: int32[n_items, k], overwritten.
        out_scores: float32[n_items, k] cosines, overwritten.
        out_counts: int64[n_items] how many are filled, overwritten.
    """
    n_items = raters_at.size - 1
    common = np.zeros(n_items, np.int32)
    touched = np.empty(n_items, np.int32)
    for item in range(start, stop):
        n_touched = 0
        for user in raters[raters_at[item] : raters_at[item + 1]]:
            for other in history[history_at[user] : history_at[user + 1]]:
                if common[other] == 0:
                    touched[n_touched] = other
                    n_touched += 1
                common[other] += 1
        size = 0
        own = float(raters_at[item + 1] - raters_at[item])
        for other in touched[:n_touched]:
            if other != item:
                length = np.sqrt(own * float(raters_at[other + 1] - raters_at[other]))
                cosine = np.float32(common[other] / length)
                size = insert(out_scores[item], out_items[item], size, cosine, other)
            common[other] = 0
        out_counts[item] = size


@njit(_RECOMMEND, cache=True, nogil=True)
def recommend(
    start,
    stop,
    rows,
    seen_at,
    seen,
    history_at,
    history,
    neighbours,
    similarities,
    filled,
    out_items,
    out_scores,
    out_counts,
):
    """The best unseen neighbours of what the asked users `start` to `stop` have rated.

    Similarities are added in float64 in the order of the history, so that a user's scores do not depend on the others.

    Args:
        start: First asked user.
        stop: Asked user after the last.
        rows: int64[m] the asked users.
        seen_at: int64[m + 1] where each asked user's seen items start.
        seen: int64[*] seen items.
        history_at: int64[n_users + 1] where each user's rated items start.
        history: int32[*] rated items.
        neighbours: int32[n_items, k].
        similarities: float32[n_items, k].
        filled: int64[n_items] how many neighbours an item has.
        out_items: int32[m, n], overwritten.
        out_scores: float32[m, n], overwritten.
        out_counts: int64[m], overwritten.
    """
    n_items = filled.size
    sums = np.zeros(n_items)
    hidden = np.zeros(n_items, np.bool_)
    touched = np.empty(n_items, np.int32)
    for asked in range(start, stop):
        mine = seen[seen_at[asked] : seen_at[asked + 1]]
        for item in mine:
            hidden[item] = True
        n_touched = 0
        user = rows[asked]
        for rated in history[history_at[user] : history_at[user + 1]]:
            for at in range(filled[rated]):
                item = neighbours[rated, at]
                if hidden[item]:
                    continue
                if sums[item] == 0.0:
                    touched[n_touched] = item
                    n_touched += 1
                sums[item] += similarities[rated, at]
        size = 0
        for item in touched[:n_touched]:
            size = insert(out_scores[asked], out_items[asked], size, np.float32(sums[item]), item)
            sums[item] = 0.0
        out_counts[asked] = size
        for item in mine:
            hidden[item] = False
