"""`movierec prune`: what a dry run says, what goes, and what stays whatever its age."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from movierec_assets_tests.contents import delta_rows, rows
from movierec_assets_tests.movielens_files import TINY
from movierec_assets_tests.operations.test_backup import backed_up

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets_tests.homes import Home
    from movierec_assets_tests.s3 import S3Server


def pruned(home: Home, *arguments: str, **variables: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Items and bytes by part and name."""
    done = home.movierec("prune", "--csv", *arguments, **variables)
    assert done.code == 0, done
    found = csv.DictReader(io.StringIO(done.out))
    return {(row["part"], row["name"]): (int(row["items"]), int(row["bytes"])) for row in found}


def rated_anew(home: Home, number: int) -> None:
    """A run over one rating more."""
    more = f"{number},1,5.0,1000000300\n{number},2,3.0,1000000301\n"
    home.write("ratings.csv", (TINY["ratings.csv"] + more).replace("\n", "\r\n"))
    assert "ranking_model" in home.made()


def parquet(home: Home) -> dict[Path, int]:
    return {path: path.stat().st_size for path in (home.path / "lake").glob("*/**/*.parquet")}


def test_a_dry_run_says_what_would_go_and_takes_nothing_then_exactly_that_goes(tiny_home: Home) -> None:
    rated_anew(tiny_home, 8)
    rated_anew(tiny_home, 9)
    before, lake, files = rows(tiny_home), delta_rows(tiny_home), parquet(tiny_home)
    few = {"MOVIEREC_SNAPSHOTS_KEPT": "1"}
    planned = pruned(tiny_home, "--days", "0", "--dry-run", **few)
    assert (rows(tiny_home), parquet(tiny_home)) == (before, files)
    assert {part for part, _ in planned} == {"publication", "lake", "models", "runs"}
    # A snapshot may have no rows.
    assert all(size > 0 for (part, _), (_, size) in planned.items() if part != "publication")
    assert pruned(tiny_home, "--days", "0", **few) == planned
    assert delta_rows(tiny_home) == lake
    kept = parquet(tiny_home)
    gone = {path: size for path, size in files.items() if path not in kept}
    promised = [amount for (part, _), amount in planned.items() if part == "lake"]
    in_tables = {path: size for path, size in gone.items() if "models" not in path.parts}
    assert (len(in_tables), sum(in_tables.values())) == tuple(map(sum, zip(*promised, strict=True)))
    assert tiny_home.rows("SELECT count(*) = count(DISTINCT dataset) FROM publication.snapshots") == [(True,)]
    assert tiny_home.made() == set()
    assert pruned(tiny_home, "--days", "0", "--dry-run", **few) == {}


def test_what_is_young_stays(tiny_home: Home) -> None:
    rated_anew(tiny_home, 8)
    assert pruned(tiny_home, "--days", "1") == {}


def test_what_a_backup_names_stays_and_the_backup_can_be_restored(tiny_home: Home) -> None:
    lake = delta_rows(tiny_home)
    folder = backed_up(tiny_home)
    rated_anew(tiny_home, 8)
    rated_anew(tiny_home, 9)
    assert ("models", "als_model") in pruned(tiny_home, "--days", "0")
    assert tiny_home.movierec("restore", "--replace", str(folder)).code == 0
    assert delta_rows(tiny_home) == lake


def test_the_evaluations_history_is_the_same_after_pruning(tiny_home: Home) -> None:
    rated_anew(tiny_home, 8)
    query = "SELECT version, protocol, recommender, metric, value FROM serving.evaluation_history ORDER BY 1, 2, 3, 4"
    before = tiny_home.rows(query)
    pruned(tiny_home, "--days", "0")
    tiny_home.run("--force", "--select", "evaluation_history")
    assert tiny_home.rows(query) == before


def test_what_pruned_runs_printed_goes_from_s3_too_and_what_others_printed_stays(
    tiny_home: Home, s3_environment: S3Server
) -> None:
    rated_anew(tiny_home, 8)
    rated_anew(tiny_home, 9)
    client, bucket = s3_environment.client(), s3_environment.new_bucket()
    runs = {run_id for (run_id,) in tiny_home.rows("SELECT run_id FROM dagster.runs")}
    for run_id in runs:
        key = f"lake/_compute_logs/storage/{run_id}/compute_logs/step.err"
        client.put_object(Bucket=bucket, Key=key, Body=b"x" * 1_000_000)
    lake = {"MOVIEREC_LAKE_URI": f"s3://{bucket}/lake"}
    planned = pruned(tiny_home, "--days", "0", "--dry-run", **lake)["runs", "Dagster"]
    assert pruned(tiny_home, "--days", "0", **lake)["runs", "Dagster"] == planned
    kept = {run_id for (run_id,) in tiny_home.rows("SELECT run_id FROM dagster.runs")}
    assert planned[0] == len(runs - kept) > 0
    assert planned[1] > planned[0] * 1_000_000
    objects = client.list_objects_v2(Bucket=bucket)["Contents"]
    assert {o["Key"].split("/")[3] for o in objects if o["Size"]} == kept
