"""Random streams: one per seed, purpose and block, none of which needs another to have been drawn."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What random numbers are for. The values are part of what a seed means: never renumber them."""

    SUBSCRIPTION = 1
    PERSON = 2
    TASTE = 3
    QUALITY = 4
    SESSION = 5


def generator(seed: int, purpose: Purpose, block: int = 0) -> np.random.Generator:
    """The generator of one block, at its beginning.

    Philox is counter-based (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): its streams
    under different keys are independent. `SeedSequence` makes the key from all three numbers.
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, purpose, block])))
