"""How far predicted ratings are from given ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import as_array

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.domain.recommender.als import AlsModel


@dataclass(frozen=True)
class Accuracy:
    """Error of a model on ratings that it did not see.

    Attributes:
        rmse: Root mean squared error in stars.
        mae: Mean absolute error in stars.
        ratings: Ratings asked for.
        cold: How many of them have a user or item that the model does not know.
    """

    rmse: float
    mae: float
    ratings: int
    cold: int


def rmse(predicted: Any, actual: Any) -> float:
    """Root mean squared error in the unit of the ratings; nan where a prediction is nan.

    Args:
        predicted: [n] predicted ratings.
        actual: [n] given ratings.

    Raises:
        ValueError: The lengths differ or there are no ratings.
    """
    return float(np.sqrt(np.mean(np.square(_differences(predicted, actual)))))


def mae(predicted: Any, actual: Any) -> float:
    """Mean absolute error in the unit of the ratings; nan where a prediction is nan.

    Args:
        predicted: [n] predicted ratings.
        actual: [n] given ratings.

    Raises:
        ValueError: The lengths differ or there are no ratings.
    """
    return float(np.mean(np.abs(_differences(predicted, actual))))


def accuracy(model: AlsModel, users: Any, items: Any, ratings: Any) -> Accuracy:
    """Error of the model on given ratings.

    Unknown users and items are left out of the errors when the model's `cold_start_strategy` is `drop` and
    make them nan when it is `nan`; they are counted in both cases. Where nothing is left, the errors are nan.

    Args:
        model: The model.
        users: [n] user ids.
        items: [n] item ids.
        ratings: [n] given ratings in stars.
    """
    predicted, actual = model.predict(users, items), as_array(ratings, np.float64)
    cold = np.isnan(predicted)
    kept = ~cold if model.params.cold_start_strategy == "drop" else np.ones_like(cold)
    if not kept.any():
        return Accuracy(float("nan"), float("nan"), actual.size, int(cold.sum()))
    predicted, actual = predicted[kept], actual[kept]
    return Accuracy(rmse(predicted, actual), mae(predicted, actual), cold.size, int(cold.sum()))


def _differences(predicted: Any, actual: Any) -> npt.NDArray[np.float64]:
    left, right = as_array(predicted, np.float64), as_array(actual, np.float64)
    if left.size != right.size or not left.size:
        sizes = f"{left.size} and {right.size}"
        raise ValueError(f"predictions and ratings must be as many, and at least one: {sizes}")
    difference: npt.NDArray[np.float64] = left - right
    return difference
