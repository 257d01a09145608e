"""A movie-recommendation data platform as one Dagster application."""
