"""The catalogue: from its cleaned files to normalised tables."""
