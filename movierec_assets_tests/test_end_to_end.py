"""`movierec run` on real parts: what is made, what is not made again, and what a change brings about."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from movierec_assets_tests.homes import AFTER_MODELS, AFTER_RATINGS, MOVIELENS_ASSETS
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets_tests.homes import Home

RAW_TO_CLEANED = {
    s: {f"raw_{s}", f"cleaned_{s}", f"quarantine_{s}"} for s in ("movies", "ratings", "tags", "links")
}
RATINGS_DESCENDANTS = RAW_TO_CLEANED["ratings"] | AFTER_RATINGS
TINY_ROWS = {
    "raw_movies": 8,
    "raw_ratings": 22,
    "raw_tags": 4,
    "raw_links": 8,
    "cleaned_movies": 8,
    "cleaned_ratings": 22,
    "cleaned_tags": 4,
    "cleaned_links": 7,
    "quarantine_movies": 0,
    "quarantine_ratings": 0,
    "quarantine_tags": 0,
    "quarantine_links": 1,
    "joined_features": 22,
    "movie_stats": 7,
    # 6 users and 7 rated movies.
    "als_model": 13,
    "ranking_model": 13,
    # 1 protocol, 6 recommenders with 7 metrics of their lists, 2 of them with 2 of their ratings.
    "model_evaluation": 46,
    "evaluation_history": 46,
    # 6 times 7 pairs of a user and a rated movie, 22 of them seen.
    "recommendations": 20,
    # 7 rated movies times 6 others.
    "similar_movies": 42,
    "popular_movies": 7,
    "rating_histories": 6,
    # 7 rated movies in 2 models.
    "movie_factors": 14,
}


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def test_first_run_makes_everything_and_a_second_one_nothing(landed_home: Home) -> None:
    first = landed_home.run()
    assert {name: asset["rows"] for name, asset in first.items()} == TINY_ROWS
    assert {asset["status"] for asset in first.values()} == {"materialised"}
    assert {asset["cause"] for asset in first.values()} == {"never materialised"}
    assert all(asset["seconds"] >= 0 for asset in first.values())
    second = landed_home.run()
    assert {name: asset["rows"] for name, asset in second.items()} == TINY_ROWS
    assert {asset["status"] for asset in second.values()} == {"fresh"}
    assert landed_home.rows("select count(*), count(distinct user_id) from serving.recommendations") == [
        (20, 6)
    ]
    assert landed_home.rows(
        "select movie_id, average_rating, rating_count from serving.movie_stats order by movie_id"
    ) == [
        (1, (5 + 4.5 + 4 + 1) / 4, 4),
        (2, (4.5 + 5 + 1.5) / 3, 3),
        (3, 3.25, 2),
        (4, (1 + 2 + 5 + 4.5 + 4) / 5, 5),
        (5, (4 + 4.5 + 1) / 3, 3),
        (6, (1.5 + 0.5 + 4.5 + 5) / 4, 4),
        (7, 2.5, 1),
    ]


def test_touched_and_identical_files_make_nothing(tiny_home: Home) -> None:
    for name in TINY:
        os.utime(tiny_home.landing / name)
    tiny_home.write("ratings.csv", crlf(TINY["ratings.csv"]))
    assert tiny_home.made() == set()


def test_one_changed_rating_makes_the_descendants_of_ratings_only(tiny_home: Home) -> None:
    changed = TINY["ratings.csv"].replace("1,1,5.0,1000000001", "1,1,4.0,1000000001")
    tiny_home.write("ratings.csv", crlf(changed))
    assert tiny_home.made() == RATINGS_DESCENDANTS
    assert tiny_home.rows("select average_rating from serving.movie_stats where movie_id = 1") == [(3.375,)]


def test_new_tag_does_not_retrain_the_model(tiny_home: Home) -> None:
    tiny_home.write("tags.csv", crlf(TINY["tags.csv"] + "2,1,toys,1000000105\n"))
    # No tag is rejected before or after, and nobody but the join reads tags.
    assert tiny_home.made() == RAW_TO_CLEANED["tags"] | {"joined_features"}


def test_new_unreadable_row_ends_at_the_quarantine(tiny_home: Home) -> None:
    tiny_home.write("ratings.csv", crlf(TINY["ratings.csv"] + "7,1\n"))
    assert tiny_home.made() == RAW_TO_CLEANED["ratings"]


def test_changed_parameter_makes_the_model_and_what_follows_only(tiny_home: Home) -> None:
    outcomes = tiny_home.run(MOVIEREC_ALS__RANK="4")
    made = {name: asset["cause"] for name, asset in outcomes.items() if asset["status"] == "materialised"}
    assert made == {
        "als_model": "parameter changed: rank 10 → 4",
        "model_evaluation": "als_model changed",
        "evaluation_history": "model_evaluation changed",
        "recommendations": "als_model changed",
        "similar_movies": "model_evaluation changed",
        "movie_factors": "als_model changed",
    }
    assert tiny_home.made(MOVIEREC_ALS__RANK="4") == set()
    again = {"MOVIEREC_ALS__RANK": "4", "MOVIEREC_RANKING__ALPHA": "1"}
    assert tiny_home.made(**again) == {"ranking_model", *AFTER_MODELS}
    assert tiny_home.made(**again) == set()


def test_changed_top_n_makes_the_recommendations_only(tiny_home: Home) -> None:
    assert tiny_home.made(MOVIEREC_TOP_N="2") == {"recommendations"}
    assert tiny_home.rows("select user_id, count(*) from serving.recommendations group by 1 order by 1") == [
        (user, 2) for user in range(1, 7)
    ]


def test_dry_run_prints_each_stale_asset_and_its_cause_and_does_nothing(tiny_home: Home) -> None:
    tiny_home.write("tags.csv", crlf(TINY["tags.csv"] + "2,1,toys,1000000105\n"))
    for _ in range(2):
        planned = json.loads(tiny_home.movierec("run", "--dry-run", "--json").out)
        assert planned == {
            "stale": [
                {"asset": "raw_tags", "cause": "landing/tags_csv changed"},
                {"asset": "cleaned_tags", "cause": "if raw_tags changes"},
                {"asset": "quarantine_tags", "cause": "if raw_tags changes"},
                {"asset": "joined_features", "cause": "if cleaned_tags changes"},
            ]
        }
    shown = tiny_home.movierec("run", "--dry-run")
    assert shown.code == 0
    assert "landing/tags_csv changed" in shown.out


def test_dry_run_lands_nothing_and_says_how_to(empty_home: Home) -> None:
    done = empty_home.movierec("run", "--dry-run")
    assert (done.code, done.out) == (0, "")
    assert "nothing has landed yet: `movierec run` lands a dataset" in done.err
    assert not (empty_home.path / "landing").exists()


def test_a_lake_that_was_moved_or_emptied_is_made_again(tiny_home: Home) -> None:
    elsewhere = str(tiny_home.path / "another lake")
    outcomes = tiny_home.run(MOVIEREC_LAKE_URI=elsewhere)
    assert {asset["cause"] for asset in outcomes.values()} == {"its content is not in the lake"}
    assert tiny_home.made(MOVIEREC_LAKE_URI=elsewhere) == set()
    assert tiny_home.made() == set()


def test_what_was_deleted_from_the_lake_is_made_again(tiny_home: Home) -> None:
    shutil.rmtree(tiny_home.path / "lake" / "movie_stats")
    shutil.rmtree(tiny_home.path / "lake" / "models")
    assert tiny_home.made() == {"movie_stats", "als_model", "ranking_model"}
    assert tiny_home.made() == set()


def test_select_makes_only_what_is_selected(tiny_home: Home) -> None:
    tiny_home.write("ratings.csv", crlf(TINY["ratings.csv"] + "6,8,3.0,1000000023\n"))
    outcomes = tiny_home.run("--select", "raw_ratings")
    assert {name: asset["status"] for name, asset in outcomes.items()} == {"raw_ratings": "materialised"}
    assert tiny_home.made("--select", "key:raw_ratings+") == RATINGS_DESCENDANTS - {"raw_ratings"}


def test_unknown_selection_names_the_assets(tiny_home: Home) -> None:
    done = tiny_home.movierec("run", "--select", "ratings_raw")
    assert done.code == 1
    assert "ratings_raw" in done.err
    assert "raw_ratings" in done.err


def test_force_makes_fresh_assets_again_and_their_equal_content_makes_no_new_version(tiny_home: Home) -> None:
    query = "select dataset, snapshot_id from publication.current order by 1"
    before = tiny_home.rows(query)
    assert tiny_home.made("--force") == set(TINY_ROWS)
    assert tiny_home.rows(query) == before
    assert tiny_home.made("--force", "--select", "movie_stats") == {"movie_stats"}
    assert tiny_home.movierec("show", "cleaned_ratings", "--version", "1").code == 1


def test_run_shows_a_summary_and_five_users_with_titles(tiny_home: Home) -> None:
    done = tiny_home.movierec("run", "--force", "--select", "recommendations")
    assert done.code == 0
    assert "1 materialised" in done.out
    assert [line for line in done.out.splitlines() if line.startswith("user ")] == [
        f"user {n}" for n in range(1, 6)
    ]
    lines = done.out.splitlines()
    liked = lines[lines.index("user 1") + 1]
    assert liked.split("liked")[1].strip() == "Toy Story (1995) · Jumanji (1995) · Casino (1995)"


def test_json_is_the_only_thing_on_stdout_of_a_process_and_its_status_is_zero(tiny_home: Home) -> None:
    process = tiny_home.start("run", "--json")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    report = json.loads(out)
    assert set(report) == {"ok", "seconds", "assets"}
    assert report["ok"] is True
    assert report["seconds"] > 0
    assert all(set(a) == {"asset", "status", "rows", "seconds", "cause"} for a in report["assets"])
    assert err.decode().strip() == "netflix: nothing has landed, skipped"


def test_two_runs_at_once_take_turns(landed_home: Home) -> None:
    runs = [landed_home.start("run", "--json") for _ in range(2)]
    said = [run.communicate(timeout=120) for run in runs]
    # Dagster's words where two make its tables at the same time.
    assert not any(b"Retrying" in err for _, err in said)
    reports = [json.loads(out) for out, _ in said]
    assert [report["ok"] for report in reports] == [True, True]
    made = sorted(sum(a["status"] == "materialised" for a in report["assets"]) for report in reports)
    assert made == [0, MOVIELENS_ASSETS]


def test_empty_landing_zone_gets_the_sample_where_grouplens_cannot_be_reached(empty_home: Home) -> None:
    # A proxy that is not there stands for a network that is not there.
    nowhere = "http://127.0.0.1:9"
    done = empty_home.movierec(
        "run", "--json", "--select", "raw_movies", HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere
    )
    assert done.code == 0, done.err
    assert "landed the sample instead" in done.err
    assert {p.name for p in empty_home.landing.iterdir()} == set(TINY)
    assert json.loads(done.out)["assets"][0]["rows"] > 0


def test_ml_latest_small_gives_its_known_counts(real_home: Home) -> None:
    outcomes = real_home.run()
    assert {asset["status"] for asset in outcomes.values()} == {"materialised"}
    rows = {name: asset["rows"] for name, asset in outcomes.items()}
    assert rows["cleaned_ratings"] == 100_836
    assert rows["cleaned_movies"] == 9_742
    assert rows["cleaned_tags"] == 3_683
    assert rows["cleaned_links"] == 9_734
    assert rows["joined_features"] == 100_836
    assert rows["movie_stats"] == 9_724
    assert rows["recommendations"] == 6_100
    assert rows["quarantine_links"] == 8
    per_user = "select count(*) as n from serving.recommendations group by user_id"
    assert real_home.rows(f"select count(*), min(n), max(n) from ({per_user})") == [(610, 10, 10)]
    assert real_home.made() == set()


def test_ml_latest_small_with_one_changed_rating_makes_its_descendants_only(real_home: Home) -> None:
    real_home.made()
    text = (real_home.landing / "ratings.csv").read_bytes().decode()
    real_home.write("ratings.csv", text.replace("\r\n1,1,4.0,", "\r\n1,1,3.5,", 1))
    assert real_home.made() == RATINGS_DESCENDANTS


def test_module_can_be_imported_without_starting_anything(tmp_path: Path) -> None:
    heavy = "pyspark pandas numba matplotlib duckdb polars boto3 deltalake dagster pysail"
    program = f"import sys, movierec_assets.cli; print(*[m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "MOVIEREC_HOME": str(tmp_path / "home")},
    )
    assert done.stdout.strip() == ""
    assert not (tmp_path / "home").exists()
