"""The registry's columns change between two publications."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.publication import PublicationError, ensure_schema, history, publish, rollback
from movierec_assets.schema import Column, Table
from movierec_assets_tests.publication.snapshots_of_tests import (
    SCORES,
    live,
    prepared,
    publish_scores,
    scores,
)

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database

LONGER = replace(SCORES, columns=(*SCORES.columns, Column("note", "string", "New.", nullable=True)))
SHORTER = replace(SCORES, columns=tuple(c for c in SCORES.columns if c.name != "title"))


def publish_as(database: Database, table: Table, number: int) -> None:
    data = scores(number)
    with database.connect() as connection:
        ensure_schema(connection, [table])
    data = data.append_column("note", data["title"])
    assert publish(database, table, data, str(number), None, 3).changed


def grants(database: Database) -> Any:
    with database.connect() as connection:
        return connection.execute(
            "SELECT grantee, privilege_type, is_grantable FROM information_schema.table_privileges "
            "WHERE table_schema = 'serving' AND grantee = 'PUBLIC' ORDER BY 1, 2"
        ).fetchall()


@pytest.fixture
def published(any_database: Database) -> Database:
    publish_scores(prepared(any_database), 1)
    with any_database.connect() as connection:
        connection.execute("GRANT SELECT ON serving.scores TO PUBLIC")
        connection.execute("GRANT UPDATE (rank, title) ON serving.scores TO PUBLIC")
    return any_database


def test_until_the_next_publication_the_old_columns_stay(published: Database) -> None:
    with published.connect() as connection:
        ensure_schema(connection, [SHORTER])
    assert live(published) == (100, 1, 1)


@pytest.mark.parametrize("changed", [LONGER, SHORTER], ids=["longer", "shorter"])
def test_the_next_publication_brings_the_columns_and_keeps_the_grants(
    published: Database, changed: Table
) -> None:
    before = grants(published)
    publish_as(published, changed, 2)
    assert live(published) == (100, 2, 2)
    with published.connect() as connection:
        columns = connection.execute("SELECT * FROM serving.scores LIMIT 0").description or ()
        assert ("note" in [c.name for c in columns]) == (changed is LONGER)
        assert ("title" in [c.name for c in columns]) == (changed is LONGER)
        writable = connection.execute(
            "SELECT column_name FROM information_schema.column_privileges WHERE table_name = 'scores' "
            "AND grantee = 'PUBLIC' AND privilege_type = 'UPDATE' ORDER BY 1"
        ).fetchall()
    assert before == grants(published) == [("PUBLIC", "SELECT", "NO")]
    assert writable == ([("rank",), ("title",)] if changed is LONGER else [("rank",)])


def test_the_same_data_version_is_published_again_where_the_columns_changed(published: Database) -> None:
    publish_as(published, SHORTER, 1)
    assert live(published) == (100, 1, 1)


def test_snapshots_and_storage_of_the_old_columns_are_forgotten(published: Database) -> None:
    publish_as(published, SHORTER, 2)
    with published.connect() as connection:
        kept = history(connection)
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'publication' AND tablename LIKE 'serving%'"
        ).fetchall()
    assert [s.data_version for s in kept] == ["2"]
    assert tables == [(kept[0].storage,)]
    with pytest.raises(PublicationError, match="no snapshot before the live one"):
        rollback(published, "scores")


def test_views_that_depend_on_lost_columns_are_named_and_nothing_changes(published: Database) -> None:
    with published.connect() as connection:
        connection.execute("CREATE VIEW public.titles AS SELECT title FROM serving.scores")
    with pytest.raises(PublicationError, match="titles depend on them: drop these views"):
        publish_as(published, SHORTER, 2)
    assert live(published) == (100, 1, 1)


def test_views_that_depend_on_the_table_stay_where_a_column_is_added(published: Database) -> None:
    with published.connect() as connection:
        connection.execute("CREATE VIEW public.titles AS SELECT title, mean FROM serving.scores")
    publish_as(published, LONGER, 2)
    with published.connect() as connection:
        assert connection.execute("SELECT count(*), min(mean) FROM public.titles").fetchone() == (100, 2)


def test_old_storage_in_use_is_dropped_later(published: Database) -> None:
    with published.connect() as connection:
        storage = history(connection)[0].storage
    publish_as(published, LONGER, 2)
    with published.connect() as connection:
        connection.execute(f"CREATE TABLE publication.{storage} (snapshot_id bigint)")
    with published.connect() as reader:
        reader.execute(f"SELECT * FROM publication.{storage}")
        publish_as(published, LONGER, 3)
        there = reader.execute("SELECT to_regclass(%s) IS NOT NULL", (f"publication.{storage}",)).fetchone()
        assert there == (True,)
    publish_as(published, LONGER, 4)
    with published.connect() as connection:
        gone = connection.execute("SELECT to_regclass(%s) IS NULL", (f"publication.{storage}",)).fetchone()
    assert gone == (True,)
