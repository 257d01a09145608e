"""The engine: a Spark Connect session, wherever it runs. The only place that knows which engine is used."""

# No `from __future__ import annotations`: Dagster must see the type of a resource's dependency itself.
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import dagster as dg
from dagster_pyspark import LazyPySparkResource
from pydantic import Field

from movierec_assets.resources.spark_server import EngineError, server_url
from movierec_assets.settings_errors import redacted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# The same on every engine, so that the same code gives the same rows.
SESSION_CONF = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
# Else each expression looks up the line that made it, and imports IPython where that is installed. Apache Spark lets
# nobody change it in a session.
EMBEDDED_CONF = {"spark.python.sql.dataFrameDebugging.enabled": "false"}

ANSWER_SECONDS = 10.0
"""How long a server at an address may take to answer at all."""


def connect(engine: str, *, s3: bool = False) -> "SparkSession":
    """A new Spark Connect session; the caller stops it.

    Args:
        engine: `embedded` (Sail in this process), `local[N]` (Apache Spark in a child process) or `sc://host:port`.
        s3: Whether `local[N]` shall reach `s3://`.

    Raises:
        EngineError: The engine did not start, or no server answers at the address.
        JavaMissingError: `local[N]` without a Java runtime.
    """
    from pyspark.sql.connect.client import DefaultChannelBuilder
    from pyspark.sql.connect.session import SparkSession as RemoteSession

    from movierec_assets.resources.engine_errors import WithoutTokens

    if engine.startswith("sc://"):
        url = engine
        _await_server(url)
    else:
        url = server_url(engine, s3=s3)
    # As PySpark does itself where it is given an address, which leaves no room for an interceptor.
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    channel = DefaultChannelBuilder(url)
    channel.add_interceptor(WithoutTokens())
    builder = RemoteSession.builder.channelBuilder(channel)
    for name, value in {**SESSION_CONF, **(EMBEDDED_CONF if engine == "embedded" else {})}.items():
        builder = builder.config(name, value)
    return cast("SparkSession", builder.create())


def _await_server(url: str) -> None:
    """Wait a little for the server to take a call; the session itself would try for a quarter of an hour, silently."""
    import grpc
    from pyspark.errors import PySparkException
    from pyspark.sql.connect.client import DefaultChannelBuilder

    problem = f"no Spark Connect server answers at {redacted(url)}"
    try:
        channel = DefaultChannelBuilder(url).toChannel()
    except (PySparkException, ValueError) as error:
        raise EngineError(f"{problem}: {redacted(str(error))}; check MOVIEREC_ENGINE") from None
    try:
        grpc.channel_ready_future(channel).result(timeout=ANSWER_SECONDS)
    except grpc.FutureTimeoutError:
        raise EngineError(
            f"{problem} within {ANSWER_SECONDS:g} s; check that it runs, and MOVIEREC_ENGINE"
        ) from None
    finally:
        channel.close()


@contextmanager
def open_session(engine: str = "embedded", *, s3: bool = False) -> "Iterator[SparkSession]":
    """A session for notebooks and tests, stopped at the end; see `connect`."""
    session = connect(engine, s3=s3)
    try:
        yield session
    finally:
        session.stop()


class Engine(LazyPySparkResource):  # type: ignore[misc, unused-ignore]
    """dagster-pyspark's lazy resource over Spark Connect: `.spark_session` starts on first use.

    The session is stopped when the run ends. The server that `embedded` and `local[N]` start is shared by all runs of
    the process (Apache Spark needs 10 s to start) and stopped when the process exits.
    """

    spark_config: dict[str, Any] = Field(default={}, description="Spark SQL settings of the session.")
    # A dependency because Dagster shows the values of ordinary fields in its UI, and an address may hold a token.
    engine: dg.ResourceDependency[str] = "embedded"  # type: ignore[assignment]
    s3: bool = Field(default=False, description="Whether `local[N]` shall reach `s3://`.")

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return [("engine", redacted(self.engine)), ("s3", self.s3)]

    @property
    def native(self) -> bool:
        """Whether training and top-N run in this process (Sail has no MLlib) instead of on Apache Spark."""
        return self.engine == "embedded"

    @property
    def spark_session(self) -> "SparkSession":
        """The session; the first call starts the engine.

        Raises:
            EngineError: The engine did not start.
            JavaMissingError: `local[N]` without a Java runtime.
        """
        if self._spark_session is None:
            self._spark_session = connect(self.engine, s3=self.s3)
            for name, value in self.spark_config.items():
                self._spark_session.conf.set(name, value)
        session: SparkSession = self._spark_session
        return session

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Stop the session, if it was started."""
        self.stop()

    def stop(self) -> None:
        """Stop the session, if it was started; the next use starts another."""
        if self._spark_session is not None:
            self._spark_session.stop()
            self._spark_session = None
