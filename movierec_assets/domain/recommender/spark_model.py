"""A model that MLlib trained and that stays on Apache Spark: its users' factors never come to this process."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from movierec_assets.domain.recommender.params import AlsParams, RankingParams

if TYPE_CHECKING:
    from pyspark.ml.recommendation import ALSModel
    from pyspark.sql import DataFrame

HALF = 1 << 32


@dataclass(frozen=True, eq=False)
class SparkModel:
    """What an `AlsModel` tells of itself, asked of a model on Apache Spark.

    Attributes:
        model: The model.
        params: What it was trained with.
    """

    model: ALSModel
    params: AlsParams | RankingParams

    training_loss = ()
    """MLlib does not tell it."""

    @property
    def version(self) -> str:
        """Hash of parameters, ids and factors: 16 hexadecimal digits, not those of an `AlsModel` of the same."""
        facts = repr((self.params, *self._facts))
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    @property
    def users(self) -> int:
        """Users with factors."""
        return int(self._facts[0][0])

    @property
    def movies(self) -> int:
        """Movies with factors."""
        return int(self._facts[1][0])

    @cached_property
    def _facts(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Of each side the rows, and three numbers that depend on its content and not on the order of rows."""
        return _facts(self.model.userFactors), _facts(self.model.itemFactors)


def _facts(factors: DataFrame) -> tuple[int, ...]:
    from pyspark.sql import functions as F  # noqa: N812

    hashed = factors.select(F.xxhash64("id", "features").alias("h"))
    row: Any = hashed.agg(
        F.count(F.lit(1)),
        F.sum(F.pmod("h", F.lit(HALF))),
        F.sum(F.shiftrightunsigned("h", 32)),
        F.bit_xor("h"),
    ).collect()[0]
    return tuple(int(value or 0) for value in row)
