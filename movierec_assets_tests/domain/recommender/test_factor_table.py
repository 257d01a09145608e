"""The movies' factors of both models as rows: enough to fold ratings in elsewhere."""

import numpy as np

from movierec_assets.domain.recommender.als import fit
from movierec_assets.domain.recommender.factor_table import movie_factors
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.schema import table
from movierec_assets_tests.domain.recommender.test_als import random_ratings


def test_each_row_says_model_movie_factors_version_and_the_parameters_of_folding_in():
    ratings = random_ratings(5)
    ranking = fit(*ratings, RankingParams(rank=3, max_iter=1, reg_param=0.25, alpha=1.5))
    rating = fit(*ratings, AlsParams(rank=2, max_iter=1, nonnegative=False))
    found = movie_factors({"ranking_model": (ranking, "v1"), "als_model": (rating, "v2")})
    assert found.schema == table("movie_factors").arrow_schema()
    rows = found.to_pylist()
    movies = ranking.item_ids.tolist()
    assert [(row["model"], row["movieId"]) for row in rows] == [
        *(("ranking_model", movie) for movie in movies),
        *(("als_model", movie) for movie in movies),
    ]
    said = [{k: v for k, v in row.items() if k not in ("movieId", "factors")} for row in rows]
    of_ranking = {
        "model": "ranking_model",
        "model_version": "v1",
        "reg_param": 0.25,
        "alpha": 1.5,
        "nonnegative": False,
    }
    of_rating = {**of_ranking, "model": "als_model", "model_version": "v2", "reg_param": 0.1, "alpha": None}
    assert said == [of_ranking] * len(movies) + [of_rating] * len(movies)
    for model, first in ((ranking, 0), (rating, len(movies))):
        factors = np.array([row["factors"] for row in rows[first : first + len(movies)]], np.float32)
        np.testing.assert_array_equal(factors, model.item_factors)
