"""A whole Apache Spark cluster of the pyspark package on loopback: master, workers and Connect server."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from movierec_assets.resources.java import java_home
from movierec_assets.resources.spark_server import TIED, start_spark
from movierec_assets_tests.databases import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 120
WORKER_MEMORY = "2g"
PACKAGE = "org.apache.spark.deploy"


@dataclass
class Part:
    """A process of the cluster and everything that it has started."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, words: str) -> None:
        """Go on when its log says that."""
        deadline = time.monotonic() + START_SECONDS
        while not re.search(words, text := self.log.read_text(errors="replace")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no {words!r} in {self.log}, which ends with:\n{text[-3000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it at once, executors and their Python processes included, as the loss of its machine would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
            self.process.stdin.close()


@dataclass
class Cluster:
    """A running cluster.

    Attributes:
        url: The Connect server's address, for `MOVIEREC_ENGINE`.
        master: The master.
        workers: One process each, of one core, with one executor.
    """

    url: str
    master: Part
    workers: list[Part]


@contextmanager
def running_cluster(workers: int, variables: dict[str, str], cores: int = 1) -> Iterator[Cluster]:
    """A cluster, gone at the end; one at a time in a process.

    Args:
        workers: How many.
        variables: Of the environment of all its parts, such as `AWS_*`.
        cores: Of each worker.

    Raises:
        JavaMissingError: There is no Java.
        RuntimeError: A part did not start; the message ends with its log.
    """
    folder = Path(tempfile.mkdtemp(prefix="movierec-cluster-"))
    before = dict(os.environ)
    parts: list[Part] = []
    try:
        os.environ.update(variables)
        environment = _environment(folder)
        port = free_port()
        address = f"spark://127.0.0.1:{port}"
        place = ["--host", "127.0.0.1", "--webui-port", "0"]
        master = _start(
            folder, environment, "master", [f"{PACKAGE}.master.Master", *place, "--port", str(port)]
        )
        parts.append(master)
        master.wait_for("I have been elected leader")
        for number in range(workers):
            size = [
                "--cores",
                str(cores),
                "--memory",
                WORKER_MEMORY,
                "--work-dir",
                str(folder / f"work{number}"),
            ]
            command = [f"{PACKAGE}.worker.Worker", *place, *size, address]
            parts.append(_start(folder, environment, f"worker{number}", command))
        for worker in parts[1:]:
            worker.wait_for("Successfully registered with master")
        url, stop = start_spark(address, s3="AWS_ENDPOINT_URL" in variables)
        try:
            yield Cluster(url, master, parts[1:])
        finally:
            stop()
    finally:
        for part in reversed(parts):
            part.kill()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    import pyspark

    checkout = Path(__file__).parent.parent
    return os.environ | {
        "JAVA_HOME": str(java_home(folder / "java")),
        "SPARK_HOME": os.environ.get("SPARK_HOME", str(Path(pyspark.__file__).parent)),
        "SPARK_LOCAL_IP": "127.0.0.1",
        # In the foreground, so that a part ends with its process.
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_DAEMON_MEMORY": "256m",
        "PYSPARK_PYTHON": sys.executable,
        # An executor's Python imports this very tree.
        "PYTHONPATH": os.pathsep.join(filter(None, [str(checkout), os.environ.get("PYTHONPATH", "")])),
    }


def _start(folder: Path, environment: dict[str, str], name: str, command: list[str]) -> Part:
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", TIED, str(folder / name), f"{environment['SPARK_HOME']}/bin/spark-class", *command],
            env=environment,
            # It ends with this process, even a killed one.
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Part(process, log)
