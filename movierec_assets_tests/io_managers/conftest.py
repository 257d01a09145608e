"""Apache Spark, for the tests of models."""

from movierec_assets_tests.domain.recommender.spark_sessions import spark_mllib

__all__ = ["spark_mllib"]
