"""One stretch of a ranked list, from the scores of everything that could stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def best_places(
    scores: npt.NDArray[np.float32],
    allowed: npt.NDArray[np.bool_],
    n: int,
    after: tuple[float, int] | None = None,
) -> npt.NDArray[np.int64]:
    """Where the best `n` allowed items stand, the best first; equal scores by ascending place.

    Stretches that go on `after` each other add up to the whole list, without repeats, also where items were taken out
    meanwhile.

    Args:
        scores: float32[m], the higher the better.
        allowed: bool[m].
        n: How many, 1 or more.
        after: Score and place of the last item before the stretch; None at the beginning.

    Returns:
        int64[k], k being at most `n`.
    """
    places = np.flatnonzero(allowed)
    found = scores[places]
    if after is not None:
        score, place = np.float32(after[0]), after[1]
        behind = (found < score) | ((found == score) & (places > place))
        places, found = places[behind], found[behind]
    if places.size > n:
        least = np.partition(found, places.size - n)[places.size - n]
        near = found >= least
        places, found = places[near], found[near]
    order: npt.NDArray[np.int64] = places[np.argsort(-found, kind="stable")[:n]]
    return order
