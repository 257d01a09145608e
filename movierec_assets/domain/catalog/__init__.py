"""The catalogue: from its cleaned files to normalised tables."""

from movierec_assets.domain.catalog.clean import classify, cleaned

__all__ = ["classify", "cleaned"]
