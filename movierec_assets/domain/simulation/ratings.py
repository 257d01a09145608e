"""The ratings that viewings get: quality of the title, taste of the user, noise, in whole stars."""

from __future__ import annotations

import numpy as np

from movierec_assets.domain.simulation.arrays import Bools, Floats
from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.streams import Purpose, generator

MEAN = 3.7
QUALITY = 0.45
"""Stars per deviation of a title's quality."""

TASTE = 0.5
"""Stars per unit of log affinity, of which at most `MOST_TASTE` counts."""

MOST_TASTE = 2.0
UNFINISHED = -1.0
NOISE = 0.8


def stars(parameters: SimulationParameters, log_affinity: Floats) -> Floats:
    """Stars that a profile gives a title in the mean, before rounding: [profiles, titles]."""
    quality = generator(parameters.seed, Purpose.QUALITY).standard_normal(log_affinity.shape[1])
    return MEAN + QUALITY * quality + TASTE * np.clip(log_affinity, -MOST_TASTE, MOST_TASTE)


def rate(
    parameters: SimulationParameters, mean: Floats, finished: Bools, rng: np.random.Generator
) -> tuple[Bools, np.ndarray]:
    """Which viewings are rated, and int8 ratings from 1 to 5, 0 where none is given.

    Args:
        parameters: What was asked for.
        mean: [n] stars in the mean.
        finished: [n] whether the title was seen to its end; if not, it has a star less.
        rng: Of the block.
    """
    rated = rng.random(mean.size) < parameters.rating_probability
    given = np.flatnonzero(rated)
    level = mean[given] + UNFINISHED * ~finished[given] + NOISE * rng.standard_normal(given.size)
    rating = np.zeros(mean.size, np.int8)
    rating[given] = np.clip(np.rint(level), 1, 5).astype(np.int8)
    return rated, rating
