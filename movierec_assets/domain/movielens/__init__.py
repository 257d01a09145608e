"""MovieLens: cleaning, the joined features, statistics per movie."""

from movierec_assets.domain.movielens.clean import cleaned

__all__ = ["cleaned"]
