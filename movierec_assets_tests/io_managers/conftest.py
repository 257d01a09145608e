"""Apache Spark, for the tests of stored models."""

from movierec_assets_tests.domain.recommender.spark_sessions import spark_local

__all__ = ["spark_local"]
