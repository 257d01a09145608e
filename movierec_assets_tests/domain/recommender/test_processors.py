"""The kernels fit processors with narrower vectors than this one's, and find the same."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from movierec_assets.domain.recommender import als, explaining, topn
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.vector import WIDE

if TYPE_CHECKING:
    from pathlib import Path

# Numba is told to compile for a processor of 2013, and the layout to be that of one without AVX-512.
OLDER = """
import sys
from llvmlite import binding
features = binding.get_host_cpu_features()
features.update((name, False) for name in features if name.startswith("avx512"))
binding.get_host_cpu_features = lambda: features
from movierec_assets_tests.domain.recommender.test_processors import answers
import numpy as np
np.savez(sys.argv[1], **answers())
"""


def answers() -> dict[str, np.ndarray]:
    """Factors, lists and reasons on ratings of rows of many lengths."""
    rng = np.random.default_rng(0)
    pairs = np.unique(np.stack([rng.zipf(1.3, 4000) % 90, rng.integers(0, 120, 4000)]), axis=1)
    users, items = pairs.astype(np.int64)
    ratings = rng.integers(1, 11, users.size).astype(np.float32) / 2
    found = {}
    for params in (AlsParams(rank=10, max_iter=3), AlsParams(rank=20, max_iter=3, nonnegative=False)):
        found[f"explicit{params.rank}"] = als.fit(users, items, ratings, params).item_factors
    model = als.fit(users, items, ratings, RankingParams(rank=40, max_iter=3))
    best = topn.top_n(model, model.user_ids, (users, items), 5)
    because = explaining.reasons(model, (users, items, ratings), best)
    return {
        **found,
        "implicit": model.user_factors,
        "scores": best.scores,
        "items": best.item_ids,
        "reasons": because.item_ids,
    }


def test_a_processor_without_avx_512_finds_the_same(tmp_path: Path) -> None:
    if not WIDE:
        pytest.skip("this processor is one")
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_CPU_NAME": "haswell"}
    subprocess.run([sys.executable, "-c", OLDER, str(tmp_path / "found.npz")], env=environment, check=True)
    theirs, ours = np.load(tmp_path / "found.npz"), answers()
    assert set(theirs) == set(ours)
    for name in ("explicit10", "explicit20", "implicit", "scores"):
        np.testing.assert_allclose(theirs[name], ours[name], rtol=2e-3, atol=2e-4, err_msg=name)
    for name in ("items", "reasons"):
        assert (theirs[name] == ours[name]).mean() > 0.99, name
