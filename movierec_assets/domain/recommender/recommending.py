"""The table of recommendations from a model, natively or on Apache Spark: the same columns either way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.topn import top_n
from movierec_assets.schema import table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.ml.recommendation import ALSModel
    from pyspark.sql import DataFrame

RECOMMENDER = "als_model"


def recommend_native(model: AlsModel, seen: pa.Table, n: int, version: str) -> pa.Table:
    """Top N of every user of the model.

    Args:
        model: The model.
        seen: `userId`, `movieId` of the pairs to leave out.
        n: Movies per user.
        version: Version of the model, written into each row.

    Returns:
        Table `recommendations` of the registry, ordered by user and rank.
    """
    import pyarrow as pa

    best = top_n(model, model.user_ids, (seen["userId"], seen["movieId"]), n)
    schema = table("recommendations").arrow_schema()
    columns = [
        pa.array(best.user_ids),
        pa.array(best.ranks),
        pa.array(best.item_ids),
        pa.array(best.scores),
        pa.repeat(RECOMMENDER, len(best)),
        pa.repeat(version, len(best)),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def recommend_mllib(model: ALSModel, seen: DataFrame, n: int, version: str) -> DataFrame:
    """The same on Apache Spark, rows in no order."""
    from pyspark.sql import functions as F  # noqa: N812

    from movierec_assets.domain.recommender import mllib

    best = mllib.recommend_mllib(model, n, seen)
    named = best.withColumns({"recommender": F.lit(RECOMMENDER), "model_version": F.lit(version)})
    return named.select(*table("recommendations").column_names)
