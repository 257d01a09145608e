"""The movies' factors of several models as one table, for those who fold ratings in elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.params import RankingParams
from movierec_assets.schema import table

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.domain.recommender.als import AlsModel


def movie_factors(models: Mapping[str, tuple[AlsModel, str]]) -> pa.Table:
    """Table `movie_factors` of the registry, ordered by model as given and by movie.

    Args:
        models: By name the model and its version.
    """
    import pyarrow as pa

    schema = table("movie_factors").arrow_schema()
    parts = []
    for name, (model, version) in models.items():
        movies, rank = model.item_factors.shape
        starts = pa.array(np.arange(movies + 1, dtype=np.int32) * np.int32(rank))
        params = model.params
        alpha = params.alpha if isinstance(params, RankingParams) else None
        columns = [
            pa.repeat(name, movies),
            pa.array(model.item_ids),
            pa.ListArray.from_arrays(starts, pa.array(np.ascontiguousarray(model.item_factors).reshape(-1))),
            pa.repeat(version, movies),
            pa.repeat(pa.scalar(params.reg_param, pa.float64()), movies),
            pa.repeat(pa.scalar(alpha, pa.float64()), movies),
            pa.repeat(params.nonnegative, movies),
        ]
        parts.append(pa.Table.from_arrays(columns, schema=schema))
    return pa.concat_tables(parts)
