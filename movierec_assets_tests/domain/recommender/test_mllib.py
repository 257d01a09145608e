"""Native training and top-N beside MLlib's, on real Apache Spark."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest

from movierec_assets.domain.recommender.als import fit
from movierec_assets.domain.recommender.metrics import accuracy
from movierec_assets.domain.recommender.mllib import factor_arrays, fit_mllib, from_mllib
from movierec_assets.domain.recommender.params import AlsParams
from movierec_assets.domain.recommender.split import holdout_mask
from movierec_assets.domain.recommender.topn import top_n
from movierec_assets.resources.engine import open_session


def table_of(users, items, ratings):
    columns = {
        "userId": np.asarray(users),
        "movieId": np.asarray(items),
        "rating": np.asarray(ratings, float),
    }
    return pa.table({name: pa.array(values) for name, values in columns.items()})


@pytest.fixture(scope="module")
def small():
    """40 users who rated from 1 to all 30 items; user 100 has seen everything."""
    rng = np.random.default_rng(0)
    share = rng.random(40)[:, None]
    share[0] = 1
    user, item = np.nonzero((rng.random((40, 30)) < share) | (np.arange(30) == 3))
    return table_of(user + 100, item * 5 + 1, rng.integers(1, 11, user.size) / 2)


@pytest.fixture(scope="module")
def trained(spark_mllib, small):
    params = AlsParams(rank=4, max_iter=3)
    return fit_mllib(spark_mllib.createDataFrame(small), params), params


def test_the_error_on_a_held_out_tenth_is_within_one_percent_of_mllibs(spark_mllib, shared_movielens):
    ratings = pacsv.read_csv(shared_movielens / "ratings.csv").select(["userId", "movieId", "rating"])
    held_out = holdout_mask(ratings["userId"], ratings["movieId"], 0.1, seed=1)
    train, test = ratings.filter(pa.array(~held_out)), ratings.filter(pa.array(held_out))
    params = AlsParams()
    mllib = accuracy(from_mllib(fit_mllib(spark_mllib.createDataFrame(train), params), params), *test.columns)
    native = [
        accuracy(fit(*train.columns, replace(params, seed=s)), *test.columns)
        for s in (params.seed, *range(7))
    ]
    assert native[0].cold == mllib.cold
    # The start differs, so one seed of ours may be near one of MLlib's by luck: their mean must be near it too.
    for rmse in (native[0].rmse, np.mean([a.rmse for a in native])):
        assert 0.8 < rmse < 0.9
        assert rmse == pytest.approx(mllib.rmse, rel=0.01)
    assert native[0].mae == pytest.approx(mllib.mae, rel=0.01)


def test_mllibs_top_n_is_the_native_one_of_the_same_factors(trained):
    model, params = trained
    ours = from_mllib(model, params)
    best = top_n(ours, ours.user_ids, ([], []), 6)
    found = model.recommendForAllUsers(6).toArrow().sort_by("userId")
    lists = found["recommendations"].to_pylist()
    assert np.repeat(found["userId"], [len(r) for r in lists]).tolist() == best.user_ids.tolist()
    assert [r["movieId"] for one in lists for r in one] == best.item_ids.tolist()
    np.testing.assert_allclose([r["rating"] for one in lists for r in one], best.scores, rtol=1e-5)


def test_the_converted_model_predicts_what_mllib_predicts(spark_mllib, small, trained):
    model, params = trained
    predicted = model.transform(spark_mllib.createDataFrame(small)).toArrow()
    ours = from_mllib(model, params).predict(predicted["userId"], predicted["movieId"])
    np.testing.assert_allclose(ours, predicted["prediction"].to_numpy(), rtol=1e-5)


def test_factors_of_another_rank_are_refused():
    table = pa.table({"id": [1, 2], "features": pa.array([[1.0, 2.0], [3.0]], pa.list_(pa.float32()))})
    with pytest.raises(ValueError, match="2 rows of 2 factors were expected, not 3"):
        factor_arrays(table, 2)


def test_training_beside_an_older_session_is_refused_with_what_to_do(spark_mllib, small):
    with open_session("local[2]") as second, pytest.raises(RuntimeError, match="stop the other sessions"):
        fit_mllib(second.createDataFrame(small), AlsParams())
