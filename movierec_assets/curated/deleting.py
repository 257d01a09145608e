# ruff: noqa: S608  names come from the registry and, quoted, from PostgreSQL's catalog
"""Delete rows of an editable table, but for those that a row of another table needs.

The graph takes nothing along: rows below a title that people added or edited keep it, and what the graph itself brought
there is deleted by the merge of its own table, which then sweeps. What is needed is asked of every table that refers to
this one, the registry's and anybody's; of one that may not be read only a deletion that fails tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.publication.layout import quoted
from movierec_assets.schema import Table

if TYPE_CHECKING:
    import psycopg

DOOMED = "doomed"

REFERENCES = """
SELECT format('NOT EXISTS (SELECT FROM %%I.%%I r WHERE %%s)', n.nspname, c.relname, (
    SELECT string_agg(format('r.%%I = live.%%I', mine.attname, other.attname), ' AND ' ORDER BY k.place)
    FROM unnest(f.conkey, f.confkey) WITH ORDINALITY k (mine, other, place)
    JOIN pg_attribute mine ON mine.attrelid = f.conrelid AND mine.attnum = k.mine
    JOIN pg_attribute other ON other.attrelid = f.confrelid AND other.attnum = k.other))
FROM pg_constraint f JOIN pg_class c ON c.oid = conrelid JOIN pg_namespace n ON n.oid = relnamespace
WHERE contype = 'f' AND conparentid = 0 AND confrelid = to_regclass(%s)
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1
"""
"""Conditions on a row `live` that no row of a table that may be read points at it, one a foreign key."""


def delete(connection: psycopg.Connection, declared: Table, doomed: str) -> int:
    """Delete the rows that nothing needs, in one statement where every table that may need them can be read.

    Args:
        connection: In a transaction.
        declared: The table.
        doomed: Selects the keys of what may be deleted, from the live table as `live`.

    Returns:
        How many rows.
    """
    # Whether a row is needed must show when it is deleted, and not only at the end.
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    live = str(declared.published_as)
    free = "".join(f" AND {condition}" for (condition,) in connection.execute(REFERENCES, [live]))
    # Locked, so that nobody edits one between this look and its deletion.
    count = connection.execute(
        f"CREATE TEMP TABLE {DOOMED} ON COMMIT DROP AS SELECT row_number() OVER () AS number, d.*"
        f" FROM ({doomed}{free} FOR UPDATE OF live) d".encode()
    ).rowcount
    same = " AND ".join(f"live.{name} = d.{name}" for name in map(quoted, declared.key))
    statement = f"DELETE FROM {live} live USING {DOOMED} d WHERE {same} AND d.number > %s AND d.number <= %s"
    deleted = _between(connection, statement.encode(), 0, count)
    connection.execute(f"DROP TABLE {DOOMED}".encode())
    return deleted


def _between(connection: psycopg.Connection, statement: bytes, first: int, last: int) -> int:
    """Delete the doomed rows after the first number; where one is needed, by halves, so that only that one stays."""
    from psycopg.errors import ForeignKeyViolation, RestrictViolation

    if first == last:
        return 0
    try:
        with connection.transaction():
            return connection.execute(statement, (first, last)).rowcount
    except (ForeignKeyViolation, RestrictViolation):
        if last - first == 1:
            return 0
    middle = (first + last) // 2
    return _between(connection, statement, first, middle) + _between(connection, statement, middle, last)
