"""What each contender of the recommender's benchmark does: `python -m benchmarks.contenders NAME FOLDER`.

All read the same arrays in FOLDER. Reading, a conversion to what a library takes, compiling and starting servers are
not timed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contest import say, timed

SEED = 42
EXPLICIT_TENTH, RANKING_QUARTER = 0.1, 0.25
N = 10
THREADS = 2
WARM_RATINGS = 10_000


def arrays(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """User ids, movie ids and stars of all ratings."""
    return tuple(np.load(folder / f"{name}.npy") for name in ("user", "item", "rating"))  # type: ignore[return-value]


def train_and_test(folder: Path, fraction: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Training ratings and held-out ones."""
    from movierec_assets.domain.recommender.split import holdout_mask

    columns = arrays(folder)
    held_out = holdout_mask(columns[0], columns[1], fraction, SEED)
    return [c[~held_out] for c in columns], [c[held_out] for c in columns]


def explicit_native(folder: Path) -> dict[str, Any]:
    """Explicit ALS, nonnegative, by this project."""
    from movierec_assets.domain.recommender.als import fit
    from movierec_assets.domain.recommender.metrics import accuracy
    from movierec_assets.domain.recommender.params import AlsParams

    train, test = train_and_test(folder, EXPLICIT_TENTH)
    fit(*(c[:WARM_RATINGS] for c in train), AlsParams())
    with timed():
        model = fit(*train, AlsParams(), threads=THREADS)
    return {"RMSE": accuracy(model, *test).rmse}


def explicit_mllib(folder: Path) -> dict[str, Any]:
    """The same by Apache Spark's MLlib; its data are cached, its code is warm."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from movierec_assets.domain.recommender.metrics import accuracy
    from movierec_assets.domain.recommender.mllib import fit_mllib, from_mllib
    from movierec_assets.domain.recommender.params import AlsParams
    from movierec_assets.resources.engine import open_session

    train, test = train_and_test(folder, EXPLICIT_TENTH)
    file = folder / "train.parquet"
    pq.write_table(pa.table(dict(zip(("userId", "movieId", "rating"), train, strict=True))), file)
    del train
    with open_session(f"local[{THREADS}]") as session:
        ratings = session.read.parquet(str(file)).cache()
        ratings.count()
        fit_mllib(ratings.limit(WARM_RATINGS), AlsParams())
        with timed():
            fitted = fit_mllib(ratings, AlsParams())
        return {"RMSE": accuracy(from_mllib(fitted, AlsParams()), *test).rmse}


def ranking_native(folder: Path) -> dict[str, Any]:
    """Implicit ALS by this project; its factors are kept for the contest of top-N."""
    from movierec_assets.domain.recommender.als import fit
    from movierec_assets.domain.recommender.params import RankingParams

    train, test = train_and_test(folder, RANKING_QUARTER)
    fit(*(c[:WARM_RATINGS] for c in train), RankingParams(max_iter=1))
    ends = [_clocks()]
    with timed():
        model = fit(*train, RankingParams(), lambda *_: ends.append(_clocks()), THREADS)
    np.savez(folder / "factors.npz", users=model.user_factors, items=model.item_factors)
    return {**_iterations(ends), f"nDCG@{N}": _ndcg(model, train, test)}


def ranking_implicit(folder: Path, *, mean_regularisation: bool = False) -> dict[str, Any]:
    """The same by `implicit`: confidence equal, its solver the default one (three conjugate gradient steps).

    Its objective has one regularisation for all rows where this project's and MLlib's grows with the row's ratings:
    once it is given the same number, once the number times the ratings of a row in the mean.
    """
    from implicit.cpu.als import AlternatingLeastSquares

    from movierec_assets.domain.recommender.als import AlsModel
    from movierec_assets.domain.recommender.params import RankingParams

    params = RankingParams()
    train, test = train_and_test(folder, RANKING_QUARTER)
    user_ids, item_ids, matrix = _matrix(train, 1 + params.alpha * train[2])
    per_row = 2 * matrix.nnz / sum(matrix.shape) if mean_regularisation else 1
    model = AlternatingLeastSquares(
        factors=params.rank,
        regularization=params.reg_param * per_row,
        iterations=params.max_iter,
        num_threads=THREADS,
        random_state=SEED,
    )
    ends = [_clocks()]
    with timed():
        model.fit(matrix, show_progress=False, callback=lambda *_: ends.append(_clocks()))
    found = AlsModel(user_ids, item_ids, model.user_factors, model.item_factors, params)
    return {**_iterations(ends), f"nDCG@{N}": _ndcg(found, train, test)}


def ranking_implicit_mean(folder: Path) -> dict[str, Any]:
    """`implicit` with the regularisation times the ratings of a row in the mean."""
    return ranking_implicit(folder, mean_regularisation=True)


def top_native(folder: Path) -> dict[str, Any]:
    """Everybody's top N by this project."""
    from movierec_assets.domain.recommender.als import AlsModel
    from movierec_assets.domain.recommender.params import RankingParams
    from movierec_assets.domain.recommender.topn import top_n

    train, _ = train_and_test(folder, RANKING_QUARTER)
    factors = np.load(folder / "factors.npz")
    user_ids, item_ids = np.unique(train[0]), np.unique(train[1])
    model = AlsModel(user_ids, item_ids, factors["users"], factors["items"], RankingParams())
    top_n(model, user_ids[:100], (train[0][:100], train[1][:100]), N)
    with timed():
        best = top_n(model, user_ids, (train[0], train[1]), N, THREADS)
    np.save(folder / "top-native.npy", np.searchsorted(item_ids, best.item_ids).reshape(-1, N))
    return {"users": user_ids.size}


def top_implicit(folder: Path) -> dict[str, Any]:
    """The same by `implicit`, on the same factors."""
    from implicit.cpu.als import AlternatingLeastSquares

    train, _ = train_and_test(folder, RANKING_QUARTER)
    factors = np.load(folder / "factors.npz")
    model = AlternatingLeastSquares(factors=factors["items"].shape[1], num_threads=THREADS)
    model.user_factors, model.item_factors = factors["users"], factors["items"]
    user_ids, _, matrix = _matrix(train, train[2])
    everybody = np.arange(user_ids.size)
    with timed():
        items, _ = model.recommend(everybody, matrix, N=N, filter_already_liked_items=True)
    np.save(folder / "top-implicit.npy", items)
    return {"users": user_ids.size}


def _clocks() -> tuple[float, float]:
    return time.monotonic(), time.process_time()


def _iterations(ends: list[tuple[float, float]]) -> dict[str, list[float]]:
    """Seconds and processor seconds of each iteration but the first, in whose time the ratings are indexed too."""
    seconds, processor = np.diff(ends, axis=0)[1:].T.tolist()
    return {"iteration seconds": seconds, "iteration CPU seconds": processor}


def _matrix(train: list[np.ndarray], values: np.ndarray) -> tuple[np.ndarray, np.ndarray, Any]:
    """Ids of users and items, and the users x items matrix with these values, rows sorted."""
    from scipy.sparse import csr_matrix

    (user_ids, user), (item_ids, item) = (np.unique(c, return_inverse=True) for c in train[:2])
    matrix = csr_matrix((values.astype(np.float32), (user, item)), (user_ids.size, item_ids.size))
    matrix.sort_indices()
    return user_ids, item_ids, matrix


def _ndcg(model: Any, train: list[np.ndarray], test: list[np.ndarray]) -> float:
    from movierec_assets.domain.recommender.ranking import Popularity, per_user_metrics
    from movierec_assets.domain.recommender.topn import top_n

    best = top_n(model, np.unique(test[0]), (train[0], train[1]), N)
    per_user = per_user_metrics(best, test[0], test[1], Popularity.of(train[1]), N)
    return float(per_user.values["ndcg"].mean())


def main() -> None:
    """Do it and tell the facts."""
    from benchmarks import loading

    name, folder = sys.argv[1], Path(sys.argv[2])
    contender: Callable[[Path], dict[str, Any]] = {**globals(), **vars(loading)}[name]
    say(**contender(folder))


if __name__ == "__main__":
    main()
