"""What steps print is kept where the lake is: read again from S3 by another process, or from the disk."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from movierec_assets.settings import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets_tests.s3 import S3Server

KEY = ["run", "compute_logs", "step"]
WRITE = f"with logs.capture_logs({KEY!r}): print('said by a step', flush=True)"
READ = f"sys.stdout.write(json.dumps(logs.get_log_data({KEY!r}).stdout.decode()))"


def in_a_process(code: str, home: Path, lake: str) -> str:
    """Dagster's own way to the compute logs of `dagster.yaml`, in a new process."""
    section = "from yaml import safe_load; section = safe_load(open(sys.argv[1]))['compute_logs']"
    program = f"""
import json, os, sys
from importlib import import_module
{section}
logs = getattr(import_module(section["module"]), section["class"]).from_config_value(None, {{}})
{code}
sys.stdout.flush()
sys.stderr.write(type(logs).__mro__[1].__name__)
"""
    import os

    done = subprocess.run(
        [sys.executable, "-c", program, str(CHECKOUT / "dagster.yaml")],
        env={**os.environ, "DAGSTER_HOME": str(home), "MOVIEREC_LAKE_URI": lake, "PYTHONPATH": str(CHECKOUT)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_with_a_lake_in_s3_another_machine_reads_what_a_step_printed(
    s3_environment: S3Server, tmp_path: Path
) -> None:
    bucket = s3_environment.new_bucket()
    homes = [tmp_path / "one", tmp_path / "other"]
    for home in homes:
        home.mkdir()
    in_a_process(WRITE, homes[0], f"s3://{bucket}/lake")
    found = s3_environment.client().list_objects_v2(Bucket=bucket)["Contents"]
    assert {item["Key"].partition("/storage/")[0] for item in found} == {"lake/_compute_logs"}
    said = in_a_process(READ, homes[1], f"s3://{bucket}/lake")
    assert json.loads(said.splitlines()[-1]) == "said by a step\n"


@pytest.mark.usefixtures("s3_environment")
def test_with_a_lake_on_disk_they_stay_in_dagsters_home(tmp_path: Path) -> None:
    in_a_process(WRITE, tmp_path, str(tmp_path / "lake"))
    (kept,) = tmp_path.glob("storage/**/*.out")
    assert kept.read_text() == "said by a step\n"
    assert json.loads(in_a_process(READ, tmp_path, str(tmp_path / "lake"))) == "said by a step\n"
