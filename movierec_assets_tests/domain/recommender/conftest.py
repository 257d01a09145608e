"""Both engines, for the tests of the model."""

from movierec_assets_tests.domain.recommender.spark_sessions import spark_embedded, spark_local

__all__ = ["spark_embedded", "spark_local"]
