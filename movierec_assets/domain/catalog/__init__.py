"""The catalogue: from its cleaned files to normalised tables."""

from movierec_assets.domain.catalog.clean import classify, classify_titles, cleaned

__all__ = ["classify", "classify_titles", "cleaned"]
