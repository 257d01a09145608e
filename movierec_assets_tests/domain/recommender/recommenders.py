"""Every recommender by name, for the tests that each of them must pass."""

from movierec_assets.domain.recommender.als import fit
from movierec_assets.domain.recommender.bias import fit_bias
from movierec_assets.domain.recommender.interface import FactorRecommender, RatingFactorRecommender
from movierec_assets.domain.recommender.knn import fit_knn
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.popular import damped_mean, popularity


def explicit_als(train):
    params = AlsParams(rank=3, reg_param=0.01)
    return RatingFactorRecommender(fit(train.users, train.items, train.values, params))


def implicit_als(train):
    return FactorRecommender(fit(train.users, train.items, train.values, RankingParams(rank=4)))


TRAINERS = {
    "popularity": popularity,
    "damped_mean": damped_mean,
    "bias": fit_bias,
    "knn": fit_knn,
    "als": explicit_als,
    "ranking": implicit_als,
}
"""A new recommender joins the battery by one line here."""

PREDICTORS = ("bias", "als")
"""Those that predict ratings too."""
