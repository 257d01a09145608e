"""docs/operations.md: its commands run as they stand there, and its metrics are those that there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from movierec_assets.settings import CHECKOUT
from movierec_assets_tests.databases import free_port
from movierec_assets_tests.test_readme import run, shell_path

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

__all__ = ["shell_path"]

TEXT = (CHECKOUT / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
OF_API = {"movierec_api_requests_total", "movierec_api_request_seconds"}


def test_the_runbook_runs_from_its_first_command_to_its_last(both_home: Home, shell_path: str) -> None:
    # Something to roll back to, and no web API of somebody else's.
    both_home.run(MOVIEREC_TOP_N="1")
    api = f"movierec doctor --api http://127.0.0.1:{free_port()}"
    script = "\n".join(BLOCKS).replace("movierec doctor", api) + "\ncat movierec.prom"
    printed = run(
        script, both_home, shell_path, MOVIEREC_SIMULATION=both_home.variables["MOVIEREC_SIMULATION"]
    )
    measured = set(re.findall(r"^# HELP (\w+)", printed, re.MULTILINE))
    named = set(re.findall(r"^\| `(movierec_\w+)`", TEXT, re.MULTILINE))
    assert named - OF_API == measured
    alerts = {
        name.removesuffix("_bucket") for name in re.findall(r"movierec_\w+", TEXT.partition("groups:")[2])
    }
    assert alerts <= named


def test_what_is_measured_is_so(both_home: Home) -> None:
    assert both_home.movierec("backup").code == 0
    (both_home.landing / "links.csv").unlink()
    both_home.write("tags.csv", "userId,movieId,tag,timestamp\r\n1,1,fun,1000000000\r\n1,1,,1000000000\r\n")
    planned = both_home.movierec("metrics")
    assert planned.code == 0, planned
    stale = float(re.search(r"^movierec_assets_stale (.*)$", planned.out, re.MULTILINE)[1])  # type: ignore[index]
    assert stale > 0
    both_home.movierec("run")
    text = both_home.movierec("metrics").out
    values = {name: float(value) for name, value in re.findall(r"^(\w+(?:{.*})?) (.*)$", text, re.MULTILINE)}
    (published,) = both_home.rows("SELECT count(*) FROM serving.recommendations")[0]
    assert values['movierec_published_rows{dataset="recommendations"}'] == published
    assert values['movierec_quarantine_rows{source="tags"}'] == 1
    assert values['movierec_landing_files{state="deleted"}'] == 1
    made, ended, backup = (
        values['movierec_asset_materialized_timestamp_seconds{asset="raw_tags"}'],
        values['movierec_last_run_timestamp_seconds{status="success"}'],
        values["movierec_backup_timestamp_seconds"],
    )
    assert backup < made <= ended


@pytest.mark.parametrize("variable", sorted(set(re.findall(r"`(MOVIEREC_\w+)", TEXT))))
def test_the_variables_that_it_names_are_settings(variable: str) -> None:
    from movierec_assets.settings import fields
    from movierec_assets.settings_errors import variable as named

    known = {named(path) for path, _ in fields()}
    assert variable.removesuffix("_FILE") in known or any(name.startswith(variable) for name in known)
