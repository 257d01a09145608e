"""The commands, used as a person uses them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from movierec_assets.resources import engine
from movierec_assets.resources.embedded_postgres import stop_embedded
from movierec_assets_tests.databases import free_port
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets_tests.homes import Done, Home


def records(done: Done) -> list[dict[str, str]]:
    assert done.code == 0, done
    return list(csv.DictReader(io.StringIO(done.out)))


def test_show_prints_all_rows_of_a_lake_table_as_csv(tiny_home: Home) -> None:
    rows = records(tiny_home.movierec("show", "cleaned_ratings", "--limit", "0", "--csv"))
    expected = list(csv.DictReader(io.StringIO(TINY["ratings.csv"])))
    assert sorted(rows, key=lambda r: r["timestamp"]) == expected


def test_show_prints_so_many_rows_and_says_of_how_many(tiny_home: Home) -> None:
    done = tiny_home.movierec("show", "movie_stats", "--limit", "3")
    assert len(done.out.strip().splitlines()) == 4
    assert "3 of 7 rows" in done.err


def test_show_prints_an_older_version_too(tiny_home: Home) -> None:
    tiny_home.write("tags.csv", TINY["tags.csv"] + "2,1,toys,1000000105\n")
    tiny_home.made()
    now, before = (
        {row["tag"] for row in records(tiny_home.movierec("show", "cleaned_tags", "--csv", *version))}
        for version in ((), ("--version", "0"))
    )
    assert now - before == {"toys"}
    assert len(before) == 4
    unknown = tiny_home.movierec("show", "cleaned_tags", "--version", "7")
    assert unknown.code == 1
    assert unknown.err == "error cleaned_tags has no version 7; there are 0 to 1\n"


def test_show_names_the_tables_where_one_is_unknown_and_the_command_where_one_is_missing(
    landed_home: Home,
) -> None:
    unknown = landed_home.movierec("show", "xyz")
    assert unknown.code == 1
    assert "cleaned_ratings" in unknown.err
    misspelt = landed_home.movierec("show", "cleaned_rating")
    assert "did you mean cleaned_ratings" in misspelt.err
    elsewhere = landed_home.movierec("show", "simulated_users")
    assert elsewhere.code == 1
    assert "in PostgreSQL only, as simulation.users: ask for it with `movierec sql`" in elsewhere.err
    missing = landed_home.movierec("show", "cleaned_ratings")
    assert missing.code == 1
    assert "movierec run" in missing.err


def test_sql_prints_what_a_statement_gives(tiny_home: Home) -> None:
    statement = "select movie_id, rating_count from serving.movie_stats order by movie_id limit 2"
    assert records(tiny_home.movierec("sql", statement, "--csv")) == [
        {"movie_id": "1", "rating_count": "4"},
        {"movie_id": "2", "rating_count": "3"},
    ]


def test_sql_says_how_many_rows_there_are(tiny_home: Home) -> None:
    assert tiny_home.movierec("sql", "select 1").err == "1 row\n"
    assert tiny_home.movierec("sql", "select 1 where false").err == "0 rows\n"


@pytest.mark.parametrize(
    ("statement", "told"),
    [("  ", "there is no statement"), ("copy (select 1) to stdout", "take a select and --csv")],
)
def test_sql_refuses_what_it_cannot_run_in_a_line(tiny_home: Home, statement: str, told: str) -> None:
    done = tiny_home.movierec("sql", statement)
    assert (done.code, done.out) == (1, "")
    assert told in done.err
    assert len(done.err.splitlines()) == 1


def test_sql_keeps_what_a_statement_writes(tiny_home: Home) -> None:
    assert tiny_home.movierec("sql", "create table public.noted as select 7 as n").code == 0
    assert records(tiny_home.movierec("sql", "select n from public.noted", "--csv")) == [{"n": "7"}]


def test_sql_runs_as_another_role_and_reports_what_that_may_not(tiny_home: Home) -> None:
    tiny_home.movierec("sql", "create role nobody_special")
    done = tiny_home.movierec("sql", "select * from publication.snapshots", "--as", "nobody_special")
    assert done.code == 1
    assert "permission denied" in done.err


def test_sql_as_an_analyst_reads_and_is_refused_a_write_with_what_the_role_may(tiny_home: Home) -> None:
    early = tiny_home.movierec("sql", "select 1", "--as", "analyst_reader")
    assert early.code == 1
    assert "`movierec grant`" in early.err
    granted = records(tiny_home.movierec("grant", "--csv"))
    assert {"role": "analyst_reader", "schema": "raw", "rights": "select"} in granted
    counted = tiny_home.movierec(
        "sql", "select count(*) from recommendations", "--as", "analyst_reader", "--csv"
    )
    assert records(counted) == [{"count": "20"}]
    timeout = tiny_home.movierec("sql", "show statement_timeout", "--as", "analyst_reader", "--csv")
    assert records(timeout) == [{"statement_timeout": "1min"}]
    done = tiny_home.movierec("sql", "delete from serving.recommendations", "--as", "analyst_reader")
    assert done.code == 1
    assert "permission denied for view recommendations" in done.err
    assert "analyst_reader may only: serving: select; catalog: select; raw: select" in done.err
    again = tiny_home.movierec("grant")
    assert "everything was so already" in again.err
    assert tiny_home.made() == set()


def test_status_tells_how_each_role_gets_in(tiny_home: Home) -> None:
    def access(**variables: str) -> dict[str, tuple[str, str]]:
        state = json.loads(tiny_home.movierec("status", "--json", **variables).out)
        return {row["role"]: (row["address"], row["note"]) for row in state["access"]}

    address, note = access()["analyst_reader"]
    assert address.startswith("postgresql://analyst_reader@/movierec?host=")
    assert "`movierec grant`" in note
    port = free_port()
    variables = {
        "MOVIEREC_POSTGRES_PORT": str(port),
        "MOVIEREC_PASSWORDS__ANALYST_READER": "correct-horse-battery",
    }
    waiting = tiny_home.movierec("grant", **variables)
    assert waiting.code == 0, waiting
    assert f"until it starts again with MOVIEREC_POSTGRES_PORT={port}" in waiting.err
    stop_embedded(tiny_home.path)
    done = access(**variables)
    assert done["analyst_reader"] == (f"postgresql://analyst_reader@127.0.0.1:{port}/movierec", "")
    assert done["data_scientist"][0].startswith("postgresql://data_scientist@/movierec?host=")
    assert "horse" not in tiny_home.movierec("status", **variables).out
    with psycopg.connect(done["analyst_reader"][0], password="correct-horse-battery") as connection:
        assert connection.execute("SELECT count(*) FROM recommendations").fetchone() == (20,)


def test_sql_reports_a_wrong_statement(tiny_home: Home) -> None:
    done = tiny_home.movierec("sql", "selekt 1")
    assert done.code == 1
    assert "syntax error" in done.err
    assert "Traceback" not in done.err


def test_status_tells_places_files_tables_and_publications(tiny_home: Home) -> None:
    done = tiny_home.movierec("status", "--json")
    assert done.code == 0
    state = json.loads(done.out)
    assert state["places"]["home"] == str(tiny_home.path)
    assert [(file["file"], file["state"]) for file in state["landing files"]] == [
        (f"movielens/{name}", "loaded") for name in sorted(TINY)
    ]
    tables = {table["table"]: (table["version"], table["rows"]) for table in state["lake tables"]}
    assert tables["cleaned_ratings"] == (0, 22)
    assert [(m["model"], m["versions kept"]) for m in state["models"]] == [
        ("als_model", 1),
        ("ranking_model", 1),
    ]
    for model in state["models"]:
        shown = tiny_home.movierec("show", model["model"], "--limit", "1", "--version", model["version"])
        assert shown.code == 0, shown
    assert {(row["table"], row["rows"]) for row in state["published"]} == {
        ("model_evaluation", 46),
        ("evaluation_history", 46),
        ("popular_movies", 7),
        ("similar_movies", 42),
        ("movie_stats", 7),
        ("recommendations", 20),
        ("cleaned_movies", 8),
        ("rating_histories", 6),
        ("movie_factors", 14),
    }
    assert "cleaned_ratings" in tiny_home.movierec("status").out


def test_status_of_an_empty_home_is_empty(empty_home: Home) -> None:
    state = json.loads(empty_home.movierec("status", "--json").out)
    assert state["landing files"] == state["lake tables"] == state["models"] == state["published"] == []


def test_publications_are_listed_and_rolled_back(tiny_home: Home) -> None:
    tiny_home.made(MOVIEREC_TOP_N="1")
    listed = records(tiny_home.movierec("publication", "list", "recommendations", "--csv"))
    assert [(row["rows"], row["live"]) for row in listed] == [("6", "live"), ("20", "")]
    done = tiny_home.movierec("publication", "rollback", "recommendations")
    assert done.code == 0, done
    assert tiny_home.rows("select count(*) from serving.recommendations") == [(20,)]
    again = tiny_home.movierec("publication", "rollback", "recommendations")
    assert again.code == 1
    assert "no snapshot before" in again.err


def test_rollback_of_what_was_never_published_says_so(landed_home: Home) -> None:
    done = landed_home.movierec("publication", "rollback", "recommendations")
    assert done.code == 1
    assert "never published" in done.err


def test_land_puts_a_folder_into_the_zone_and_says_what_was_there(
    empty_home: Home, tiny_movielens: Path
) -> None:
    first = empty_home.movierec("land", str(tiny_movielens))
    assert first.code == 0, first
    assert {p.name for p in empty_home.landing.iterdir()} == set(TINY)
    assert first.out.count("landed") == 4
    again = empty_home.movierec("land", str(tiny_movielens))
    assert again.out.count("was there already") == 4


def test_land_makes_a_sample_of_the_size_that_was_asked(empty_home: Home) -> None:
    assert empty_home.movierec("land", "sample", "--ratings", "2e3").code == 0
    lines = (empty_home.landing / "ratings.csv").read_bytes().splitlines()
    assert len(lines) == 2001
    wrong = empty_home.movierec("land", "sample", "--ratings", "many")
    assert wrong.code == 1
    assert "'many'" in wrong.err


def test_messages_in_a_file_or_pipe_have_no_blank_lines(empty_home: Home) -> None:
    for command in (("run", "--dry-run"), ("land", "sample", "--ratings", "100")):
        done = empty_home.movierec(*command)
        assert "" not in done.err.splitlines(), done


def test_land_of_what_is_not_there_names_it(empty_home: Home) -> None:
    done = empty_home.movierec("land", "/nowhere/at/all")
    assert done.code == 1
    assert "/nowhere/at/all" in done.err


def test_wrong_setting_names_variable_value_and_what_is_allowed(empty_home: Home) -> None:
    done = empty_home.movierec("status", MOVIEREC_ENGINE="spark")
    assert done.code == 1
    assert "MOVIEREC_ENGINE" in done.err
    assert "'spark'" in done.err
    assert "embedded" in done.err


@pytest.mark.parametrize("command", [("run",), ("run", "--dry-run"), ("status",), ("sql", "select 1")])
def test_a_home_that_is_no_folder_is_told_with_its_variable(
    empty_home: Home, command: tuple[str, ...]
) -> None:
    (empty_home.path / "file").touch()
    for home in ("file", "file/below"):
        done = empty_home.movierec(*command, MOVIEREC_HOME=str(empty_home.path / home))
        assert done.code == 1
        assert done.err.strip().startswith("error MOVIEREC_HOME: must be a folder that can be made")
        assert str(empty_home.path / home) in done.err


def test_password_of_the_database_is_never_shown(empty_home: Home) -> None:
    url = "postgresql://someone:s3cret@127.0.0.1:9/none"
    done = empty_home.movierec("status", MOVIEREC_DATABASE_URL=url)
    assert done.code == 1
    assert "127.0.0.1:9" in done.err
    assert "s3cret" not in done.err + done.out


def test_unknown_command_and_option_end_with_status_two(empty_home: Home) -> None:
    assert empty_home.movierec("walk").code == 2
    assert empty_home.movierec("run", "--quickly").code == 2


def test_reader_who_goes_away_early_sees_no_error(tiny_home: Home) -> None:
    process = tiny_home.start("show", "cleaned_ratings", "--limit", "0", "--csv")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.wait(30)
    process.stderr.close()


def test_text_of_files_and_of_the_database_is_printed_as_it_is_and_not_as_markup(tiny_home: Home) -> None:
    header = "movieId,title,[/b][bold]genres:cat:"
    tiny_home.write("movies.csv", TINY["movies.csv"].replace("movieId,title,genres", header))
    done = tiny_home.movierec("run")
    assert done.code == 1
    assert f"has the header `{header}`" in done.out
    assert tiny_home.movierec("run", "--select", header).err.count("[/b][bold]genres:cat:") == 2
    asked = tiny_home.movierec("sql", "select '[/b][bold]:cat:' as \"[i]\"")
    assert asked.out.split() == ["[i]", "[/b][bold]:cat:"]
    assert "[/b][bold]:cat:" in tiny_home.movierec("land", "/nowhere/[/b][bold]:cat:").err


def test_a_lake_that_cannot_be_reached_is_told_with_what_to_check(tiny_home: Home) -> None:
    nowhere = {
        "MOVIEREC_LAKE_URI": "s3://bucket/lake",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "hunter2",
    }
    for command in (("show", "cleaned_movies"), ("show", "als_model"), ("status",), ("run", "--dry-run")):
        done = tiny_home.movierec(*command, **nowhere)
        assert done.code == 1, done
        assert "the lake at s3://bucket/lake cannot be used" in done.err, command
        assert "check AWS_ENDPOINT_URL" in done.err
        assert "hunter2" not in done.err


def test_an_engine_that_does_not_answer_is_the_cause_in_words(
    tiny_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 0.5)
    address = f"sc://127.0.0.1:{free_port()}"
    done = tiny_home.movierec("run", "--select", "movie_stats", "--force", MOVIEREC_ENGINE=address)
    assert done.code == 1
    assert f"no Spark Connect server answers at {address} " in done.err
    assert "Traceback" not in done.err


def test_a_role_without_rights_is_told_which_it_needs(empty_home: Home) -> None:
    with empty_home.connect() as connection:
        connection.execute("create role guest login")
        name, folder = connection.info.dbname, connection.info.host
    url = f"postgresql://guest@/{name}?host={folder}"
    for command in (("status",), ("publication", "list"), ("run", "--dry-run")):
        done = empty_home.movierec(*command, MOVIEREC_DATABASE_URL=url)
        assert done.code == 1, done
        assert "role guest lacks a right on the database" in done.err
        assert f'GRANT CREATE ON DATABASE "{name}" TO "guest"' in done.err


def test_csv_holds_every_value_as_it_is_and_lists_as_json(tiny_home: Home) -> None:
    (movie,) = [
        row for row in records(tiny_home.movierec("show", "cleaned_movies", "--csv")) if row["movieId"] == "3"
    ]
    assert json.loads(movie["genres"]) == ["Comedy", "Drama", "Romance"]
    statement = """
        select array['a "b"', null] as a, '=1+1' as f, '-2' as m, true as t, '\\x01ff'::bytea as b, null as n
    """
    assert records(tiny_home.movierec("sql", statement, "--csv")) == [
        {"a": '["a \\"b\\"", null]', "f": "=1+1", "m": "-2", "t": "true", "b": "\\x01ff", "n": ""}
    ]


def test_text_in_quarantine_is_printed_as_it_stands_in_the_file(tiny_home: Home) -> None:
    tiny_home.write("links.csv", TINY["links.csv"] + "=cmd|' /C calc'!A0,1,1\n")
    tiny_home.made()
    texts = [row["text"] for row in records(tiny_home.movierec("quarantine", "links", "--csv"))]
    assert texts == ["7,0081846,", "=cmd|' /C calc'!A0,1,1"]


def test_sql_refuses_several_statements_and_runs_none_of_them(empty_home: Home) -> None:
    done = empty_home.movierec("sql", "create table public.noted (n int); select 2")
    assert (done.code, done.out) == (1, "")
    assert "one statement at a time" in done.err
    assert empty_home.rows("select to_regclass('public.noted')") == [(None,)]


def test_sql_runs_what_no_transaction_may_hold(empty_home: Home) -> None:
    done = empty_home.movierec("sql", "vacuum")
    assert (done.code, done.err.strip()) == (0, "VACUUM"), done


def test_publications_of_what_is_not_published_are_an_error_that_names_what_is(empty_home: Home) -> None:
    for command in ("list", "rollback"):
        done = empty_home.movierec("publication", command, "cleaned_ratings")
        assert (done.code, done.out) == (1, "")
        assert "no published table 'cleaned_ratings'; there are " in done.err
        assert "movie_stats, model_evaluation, evaluation_history, model_search, recommendations" in done.err
        assert "list_entries" not in done.err  # merged, not published by snapshots


def test_show_prints_the_factors_of_a_model_an_older_one_too(tiny_home: Home) -> None:
    from movierec_assets.io_managers.factors_io_manager import model_store

    tiny_home.made(MOVIEREC_ALS__RANK="3")
    store, _ = model_store(tiny_home.settings().lake_uri, "als_model")
    for version, rank in ((None, 3), (next(v for v in store.versions() if v != store.current()), 10)):
        named = ("--version", version) if version else ()
        done = tiny_home.movierec("show", "als_model", *named, "--csv")
        model = store.read(version)
        rows = [(row["side"], int(row["id"]), json.loads(row["factors"])) for row in records(done)]
        assert [row[:2] for row in rows] == [
            *(("user", i) for i in model.user_ids.tolist()),
            *(("movie", i) for i in model.item_ids.tolist()),
        ]
        assert rows[0][2] == pytest.approx(model.user_factors[0].tolist())
        assert {len(row[2]) for row in rows} == {rank}
        assert f"13 of 13 rows, version {model.version}" in done.err
    assert len(tiny_home.movierec("show", "als_model", "--limit", "2").out.splitlines()) == 3
    unknown = tiny_home.movierec("show", "als_model", "--version", "7")
    assert unknown.code == 1
    assert f"there are {', '.join(store.versions())}" in unknown.err
    wrong = tiny_home.movierec("show", "cleaned_tags", "--version", "latest")
    assert wrong.code == 1
    assert "'latest': versions of cleaned_tags are whole numbers" in wrong.err
