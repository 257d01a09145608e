"""For notebooks: assets as pandas DataFrames and models as arrays, in one line each, from the project's settings.

Reads the lake only: neither the engine nor the database is started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.runtime import open_lake
from movierec_assets.schema import table
from movierec_assets.settings import load_settings

if TYPE_CHECKING:
    import pandas as pd

    from movierec_assets.domain.recommender.als import AlsModel


def load(asset: str, version: int | None = None) -> pd.DataFrame:
    """An asset's rows, in no order.

    Args:
        asset: A table of the lake, e.g. `cleaned_ratings`.
        version: An older version of it, from 0; the live one if left out.

    Raises:
        KeyError: There is no such table; the message lists those there are.
        LakeError: It was never materialised, has no such version (the message lists the versions), or the lake cannot
            be reached.
    """
    return open_lake(load_settings()).open(table(asset).name, version).pandas()


def model(asset: str = "als_model", version: str | None = None) -> AlsModel:
    """A trained model.

    Args:
        asset: The asset that trained it.
        version: An older version of it; the current one if left out.

    Raises:
        ModelNotFoundError: There is no such model or version; the message lists those there are.
        LakeError: The lake cannot be reached.
    """
    from movierec_assets.io_managers.errors import reaching
    from movierec_assets.io_managers.factors_io_manager import model_store

    uri = load_settings().lake_uri
    with reaching(uri):
        return model_store(uri, asset)[0].read(version)


def similar(model: AlsModel, movie_id: int, n: int = 10) -> pd.DataFrame:
    """The movies most like one movie by cosine of their factors, best first; none for an unknown movie.

    Args:
        model: As `model` gives it.
        movie_id: The movie.
        n: How many, 1 or more.

    Returns:
        Columns `movieId` and `similarity` (-1 to 1), at most `n` rows.
    """
    import pandas as pd

    from movierec_assets.domain.recommender.neighbours import neighbours

    found = neighbours(model, movie_id, n)
    return pd.DataFrame({"movieId": found.item_ids, "similarity": found.similarities})
