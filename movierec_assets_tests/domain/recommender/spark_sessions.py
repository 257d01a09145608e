"""The session of Apache Spark as MLlib needs it: the active one, though other modules' sessions may be older."""

import pytest


@pytest.fixture(scope="module")
def spark_mllib(spark_local):
    """The shared session of Apache Spark, active while the module runs."""
    from pyspark.sql.connect.session import SparkSession

    # PySpark 4.2 keeps the first session of a thread active until it stops and has no public way to change that.
    slot = SparkSession._active_session
    before = getattr(slot, "session", None)
    slot.session = spark_local
    yield spark_local
    slot.session = before
