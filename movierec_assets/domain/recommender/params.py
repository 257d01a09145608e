"""The parameters of the models: names, bounds, defaults and meaning, for settings, run configuration and training."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class AlsParams:
    """Parameters of explicit ALS, named as MLlib names them; the fields say what they mean.

    Raises:
        ValueError: One is out of bounds or unknown.
    """

    rank: int = Field(default=10, ge=1, le=512, description="Number of latent factors.")
    max_iter: int = Field(
        default=10, ge=1, le=1000, description="Alternations; each solves users and items once."
    )
    reg_param: float = Field(
        default=0.1, ge=0, allow_inf_nan=False, description="λ, scaled by the number of ratings of each row."
    )
    nonnegative: bool = Field(default=True, description="Whether factors must be ≥ 0.")
    cold_start_strategy: Literal["drop", "nan"] = Field(
        default="drop",
        description="Whether an evaluation drops ratings of unknown users or movies, or scores them as nan.",
    )
    seed: int = Field(default=42, ge=0, lt=2**31, description="Seed of the initial factors.")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class RankingParams:
    """Parameters of implicit ALS, named as MLlib names them; the fields say what they mean.

    Raises:
        ValueError: One is out of bounds or unknown.
    """

    rank: int = Field(default=64, ge=1, le=512, description="Number of latent factors.")
    max_iter: int = Field(
        default=10, ge=1, le=1000, description="Alternations; each solves users and items once."
    )
    reg_param: float = Field(
        default=0.2, ge=0, allow_inf_nan=False, description="λ, scaled by the number of ratings of each row."
    )
    cold_start_strategy: ClassVar[Literal["drop"]] = "drop"
    nonnegative: ClassVar[bool] = False
    alpha: float = Field(
        default=0.5,
        gt=0,
        allow_inf_nan=False,
        description="Confidence per star: a rating r weighs 1 + alpha * r, a movie without a rating 1.",
    )
    seed: int = Field(default=42, ge=0, lt=2**31, description="Seed of the initial factors.")


def params_of(values: dict[str, Any]) -> AlsParams | RankingParams:
    """Parameters from their names and values, as `dataclasses.asdict` gives them."""
    return RankingParams(**values) if "alpha" in values else AlsParams(**values)


def parameter_fields(params: type[AlsParams | RankingParams]) -> dict[str, FieldInfo]:
    """Each parameter with its bounds, default and description."""
    found: dict[str, FieldInfo] = params.__pydantic_fields__  # type: ignore[union-attr]
    return found
