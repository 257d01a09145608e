"""Spark Connect servers that this process runs itself: Sail inside it, or Apache Spark in a Java child process.

A server is started at most once per process and engine, shared by all sessions, and stopped when the process exits.
Apache Spark is not started through `SparkSession.builder.remote("local[*]")`: that always listens on port 15002, so two
processes meet on one server, and stopping any session of the process stops it.
"""

from __future__ import annotations

import atexit
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from movierec_assets.resources.java import java_home

DELTA = "io.delta:delta-spark_4.2_2.13:4.4.0"
HADOOP_AWS = "org.apache.hadoop:hadoop-aws:3.5.0"
# Delta's list names other versions of what the pyspark package already brings.
PROVIDED = "org.apache.hadoop:*,org.apache.parquet:*,org.slf4j:*,org.apache.logging.log4j:*,com.fasterxml.jackson.*:*"
START_SECONDS = 300
STOP_SECONDS = 10

# The server must not outlive this process, even a killed one: when standard input closes, the shell ends it and removes
# its folder. Until then the folder stays, so that the log of a failed start can be read. Java ignores SIGTERM where its
# parents did, as runners of background jobs make them: after some 10 s it is killed.
TIED = """
exec 3<&0
"$@" </dev/null 3<&- & child=$!
{
    cat <&3 >/dev/null
    kill $child
    tries=0
    while kill -0 $child; do
        sleep 0.05
        tries=$((tries + 1))
        [ $tries -ne 200 ] || kill -KILL $child
    done
    rm -rf "$0"
} 2>/dev/null &
wait $child
"""

_lock = threading.Lock()
_servers: dict[tuple[str, bool], tuple[str, Callable[[], None]]] = {}


class EngineError(RuntimeError):
    """The engine did not start; the message holds its last words."""


def server_url(engine: str, *, s3: bool = False) -> str:
    """The `sc://` address of this process's server for `embedded` or `local[N]`, started if it is not up yet.

    Args:
        engine: `embedded` or `local[N]` (`local[*]`: all cores).
        s3: Whether Apache Spark shall read and write `s3://`; it then needs one more package. Sail always can.

    Raises:
        EngineError: It did not start.
        JavaMissingError: `local[N]` without a Java runtime.
    """
    with _lock:
        key = (engine, s3)
        if key not in _servers:
            if not _servers:
                atexit.register(stop_servers)
            _servers[key] = _start_sail() if engine == "embedded" else start_spark(engine, s3=s3)
        return _servers[key][0]


def stop_servers() -> None:
    """Stop every server of this process. The next session starts a new one."""
    with _lock:
        while _servers:
            _servers.popitem()[1][1]()
        atexit.unregister(stop_servers)


def _start_sail() -> tuple[str, Callable[[], None]]:
    os.environ.setdefault("RUST_LOG", "error")
    if os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        os.environ.setdefault("AWS_ALLOW_HTTP", "true")
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    if server.listening_address is None:
        raise EngineError("the embedded engine (Sail) did not start; its reasons are on standard error")
    host, port = server.listening_address
    return f"sc://{host}:{port}", server.stop


def start_spark(master: str, *, s3: bool) -> tuple[str, Callable[[], None]]:
    """A Connect server in a child process that ends with this one; its address, and what stops it before.

    Args:
        master: `local[N]`, or `spark://host:port` for a cluster that is up.
        s3: As for `server_url`.

    Raises:
        EngineError: It did not start.
        JavaMissingError: There is no Java runtime.
    """
    folder = Path(tempfile.mkdtemp(prefix="movierec-spark-"))
    token = secrets.token_hex(16)
    package = find_spec("pyspark")
    assert package is not None
    assert package.origin is not None
    home = os.environ.get("SPARK_HOME", str(Path(package.origin).parent))
    try:
        environment = {**os.environ, "JAVA_HOME": str(java_home(folder / "java")), "SPARK_HOME": home}
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    environment["SPARK_CONNECT_AUTHENTICATE_TOKEN"] = token
    environment.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    # Else Python functions run in the search path's `python3`, which knows none of what is installed here.
    environment.setdefault("PYSPARK_PYTHON", sys.executable)
    command = [f"{home}/bin/spark-submit", "--master", master]
    for name, value in spark_conf(folder, s3=s3).items():
        command += ["--conf", f"{name}={value}"]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["sh", "-c", TIED, str(folder), *command],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )

    def stop() -> None:
        _stop(process)
        shutil.rmtree(folder, ignore_errors=True)

    try:
        port = _wait_for_port(process, log)
    except BaseException:
        stop()
        raise
    # By this name only does the client send a token without TLS.
    return f"sc://localhost:{port}/;token={token}", stop


def spark_conf(folder: Path, *, s3: bool) -> dict[str, str]:
    """Apache Spark's settings: Delta tables, a private folder, a free port, and S3 where it is used."""
    conf = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": "0",
        # Else a model of more than 1 GiB is refused, which is 4 million users of 64 factors, and one that nobody asked
        # for in 15 minutes goes to the server's own disk.
        "spark.connect.session.connectML.mlCache.memoryControl.enabled": "false",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.driver.memory": os.environ.get("SPARK_DRIVER_MEMORY", "4g"),
        "spark.jars.excludes": PROVIDED,
        "spark.jars.packages": DELTA,
        "spark.local.dir": str(folder),
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
    }
    if s3:
        conf["spark.jars.packages"] = f"{DELTA},{HADOOP_AWS}"
        conf["spark.jars.excludes"] = PROVIDED.replace(
            "org.apache.hadoop:*",
            "org.apache.hadoop:hadoop-client-api,org.apache.hadoop:hadoop-client-runtime",
        )
        # `s3://` then means the same here as in Sail.
        conf["spark.hadoop.fs.s3.impl"] = "org.apache.hadoop.fs.s3a.S3AFileSystem"
        if region := os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
            conf["spark.hadoop.fs.s3a.endpoint.region"] = region
        if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
            conf["spark.hadoop.fs.s3a.endpoint"] = endpoint
            conf["spark.hadoop.fs.s3a.path.style.access"] = "true"
            conf["spark.hadoop.fs.s3a.connection.ssl.enabled"] = str(endpoint.startswith("https")).lower()
    return conf


def _wait_for_port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        text = log.read_text(errors="replace")
        if started := re.search(r"Spark Connect server started at: \S*?:(\d+)", text):
            return int(started[1])
        if process.poll() is not None:
            raise EngineError(
                f"Apache Spark ended while it started (status {process.returncode}). Its last lines:\n{_tail(text)}"
            )
        time.sleep(0.1)
    raise EngineError(
        f"Apache Spark was not up after {START_SECONDS} s. Its last lines:\n{_tail(log.read_text(errors='replace'))}"
    )


def _tail(text: str) -> str:
    return "\n".join(text.splitlines()[-30:])


def _stop(process: subprocess.Popen[Any]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
