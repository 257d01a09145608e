"""What a search may change of each model's parameters, between which bounds, and by which metric it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.search_metrics import NDCG, RMSE, Metric

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@dataclass(frozen=True)
class Bounds:
    """The values that a number may take, both ends included.

    Attributes:
        low: Smallest; whole where the parameter is.
        high: Largest.
        log: Whether equal ratios are equally likely, instead of equal distances.
    """

    low: float
    high: float
    log: bool = True


@dataclass(frozen=True)
class Searched:
    """How one model is searched.

    Attributes:
        variable: What its parameters' variables begin with, as in `MOVIEREC_ALS__RANK`.
        metric: What the trials are compared by.
        bounds: By parameter; those not named here stay as they are.
        choices: Parameters that are true or false.
    """

    variable: str
    metric: Metric
    bounds: Mapping[str, Bounds]
    choices: tuple[str, ...] = ()


SEARCHED: dict[str, Searched] = {
    "ranking_model": Searched(
        "MOVIEREC_RANKING",
        NDCG,
        {
            "rank": Bounds(8, 128),
            "max_iter": Bounds(4, 20),
            "reg_param": Bounds(0.005, 2.0),
            "alpha": Bounds(0.05, 20.0),
        },
    ),
    "als_model": Searched(
        "MOVIEREC_ALS",
        RMSE,
        {"rank": Bounds(4, 64), "max_iter": Bounds(4, 20), "reg_param": Bounds(0.005, 1.0)},
        ("nonnegative",),
    ),
}
"""By the model's asset."""


def space_of(model: str, defaults: AlsParams | RankingParams) -> dict[str, BaseDistribution]:
    """Optuna's distributions of what is searched, made wider where the defaults lie outside the bounds.

    Args:
        model: A key of `SEARCHED`.
        defaults: The parameters that the first trial has.

    Raises:
        ValueError: A default is 0 that is searched by ratios.
    """
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    searched, values = SEARCHED[model], asdict(defaults)
    found: dict[str, BaseDistribution] = {}
    for name, bounds in searched.bounds.items():
        value = values[name]
        if bounds.log and not value > 0:
            raise ValueError(
                f"{searched.variable}__{name.upper()}={value}: a search goes by ratios from the current value, which"
                " must be above 0"
            )
        low, high = min(bounds.low, value), max(bounds.high, value)
        if isinstance(value, int):
            found[name] = IntDistribution(int(low), int(high), log=bounds.log)
        else:
            found[name] = FloatDistribution(low, high, log=bounds.log)
    return found | {name: CategoricalDistribution((True, False)) for name in searched.choices}
