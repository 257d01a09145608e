"""Who likes what: profiles of taste over genres, and choices that keep the popularity of titles exact."""

from __future__ import annotations

import numpy as np

from movierec_assets.domain.simulation.arrays import Floats
from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.streams import Purpose, generator
from movierec_assets.domain.simulation.titles import Titles

TOLERANCE = 1e-10
MOST_ROUNDS = 100_000


def liking(parameters: SimulationParameters, titles: Titles) -> Floats:
    """How much each profile likes each title: [profiles, titles], near standard normal, 0 for no genres.

    Each profile likes each genre by a standard normal number; a title has the mean of its genres.
    """
    shape = (parameters.taste_profiles, len(titles.genre_names))
    of_genres = generator(parameters.seed, Purpose.TASTE).standard_normal(shape)
    # einsum and not @, here and below: sums of a threaded BLAS depend on the number of its threads.
    sums = np.einsum("kg,tg->kt", of_genres, titles.genres)
    mean: Floats = sums / np.maximum(titles.genres.sum(axis=1), 1)
    return mean


def balance(affinity: Floats, rows: Floats, columns: Floats) -> Floats:
    """Scales rows and columns of a matrix until they sum to what is wanted; the columns do so exactly.

    Iterative proportional fitting (Deming and Stephan 1940; Sinkhorn and Knopp 1967): a positive matrix has one
    such scaling, and alternate scaling of rows and columns converges to it.

    Args:
        affinity: [r, c] above 0.
        rows: [r] sums wanted, above 0.
        columns: [c] sums wanted, above 0, the same in all.

    Returns:
        [r, c]; each row sum is relatively within 1e-10 of its wanted sum.
    """
    of_rows = np.ones(rows.size)
    for _ in range(MOST_ROUNDS):
        of_columns = columns / np.einsum("r,rc->c", of_rows, affinity)
        sums = of_rows * np.einsum("rc,c->r", affinity, of_columns)
        if (np.abs(sums / rows - 1) <= TOLERANCE).all():
            break
        of_rows *= rows / sums
    else:
        raise ArithmeticError(
            f"rows and columns are not balanced after {MOST_ROUNDS} rounds; lower taste_strength"
        )
    balanced: Floats = of_rows[:, None] * affinity * of_columns
    return balanced
