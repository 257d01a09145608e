"""Sessions of both engines for the tests of the model, one per module: MLlib needs its own to be the only one."""

import pytest

from movierec_assets.resources.engine import open_session
from movierec_assets.resources.java import JavaMissingError, java_home
from movierec_assets_tests.requirements_of_tests import require


@pytest.fixture(scope="module")
def spark_local(tmp_path_factory):
    """Apache Spark in a Java process."""
    try:
        java_home(tmp_path_factory.mktemp("java"))
    except JavaMissingError as error:
        require("java", False, str(error))
    with open_session("local[2]") as session:
        yield session


@pytest.fixture(scope="module")
def spark_embedded():
    """Sail in this process."""
    with open_session("embedded") as session:
        yield session
