"""How much is done, and with which seed; `make fault-test` sets the variables of the long form."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

SEED = int(os.environ.get("MOVIEREC_TEST_SEED") or random.SystemRandom().randrange(1 << 31))
"""Decides kinds, order, moments and content; `MOVIEREC_TEST_SEED` takes the printed one again. Moments are as exact as
the machine is."""
FAULTS = int(os.environ.get("MOVIEREC_TEST_FAULTS", "8"))
"""Kills in all."""
LONG = FAULTS >= 50
DAEMON_FAULTS = FAULTS // 20 if LONG else 0
"""Of them while the daemon starts the runs; in the short form test_up.py does one."""
ENGINE_FAULTS = FAULTS // 50 if LONG else 0
"""Of them kills of Apache Spark's Java process; Sail lives and dies with its run."""
SECONDS = float(os.environ.get("MOVIEREC_TEST_FAULT_SECONDS", "40"))
"""After so long no further fault is made."""
RESULTS = os.environ.get("MOVIEREC_TEST_FAULT_RESULTS")
"""Folder that the table of the faults is written to, if any."""


def drawn(weights: dict[str, int], chance: random.Random) -> Iterator[str]:
    """Kinds without end, each as often as it weighs among any so many in a row."""
    while True:
        deck = [kind for kind, weight in weights.items() for _ in range(weight)]
        chance.shuffle(deck)
        yield from deck
