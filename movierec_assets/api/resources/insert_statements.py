"""The SQL that inserts rows, one or many, from one array for each column."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from psycopg.sql import SQL, Composable, Composed, Identifier

from movierec_assets.api.resources.statements import COMMA, ETAG, row, sql_type

if TYPE_CHECKING:
    from movierec_assets.api.resources.listing import Resource
    from movierec_assets.schema import Column


@cache
def insert(resource: Resource, on_conflict: str, *, returning: bool) -> Composed:
    """Insert rows; one placeholder for each column, which is the array of its values, null for the server's own.

    Args:
        resource: Into which.
        on_conflict: What becomes of a row whose key is there: `error`, `keep` the old one, `update` it to the new one;
            of two new rows with one key the later one counts then.
        returning: Whether each row that was written is answered, with its ETag.
    """
    columns, key = resource.columns, resource.key
    names = COMMA.join(Identifier(c.name) for c in columns)
    given = SQL("SELECT {}, u.n FROM unnest({}) WITH ORDINALITY AS u ({}, n)").format(
        COMMA.join(_or_default(resource, c) for c in columns),
        COMMA.join(SQL("%s::{}[]").format(sql_type(c)) for c in columns),
        names,
    )
    keys = COMMA.join(Identifier(c.name) for c in key)
    chosen = SQL("SELECT {} FROM ({}) g ORDER BY g.n").format(names, given)
    then: Composable = SQL("")
    if on_conflict == "keep":
        then = SQL(" ON CONFLICT ({}) DO NOTHING").format(keys)
    elif on_conflict == "update":
        chosen = SQL("SELECT {} FROM (SELECT DISTINCT ON ({}) * FROM ({}) g ORDER BY {}, g.n DESC) g").format(
            names, keys, given, keys
        )
        changed = (SQL("{0} = excluded.{0}").format(Identifier(c.name)) for c in resource.others)
        then = SQL(" ON CONFLICT ({}) DO UPDATE SET {}").format(keys, COMMA.join(changed))
    answer = SQL(" RETURNING {}, {}").format(row(resource), ETAG) if returning else SQL("")
    return SQL("INSERT INTO {} AS t ({}) {}{}{}").format(
        Identifier(*resource.relation), names, chosen, then, answer
    )


def _or_default(resource: Resource, column: Column) -> Composable:
    own = Identifier("u", column.name)
    if resource.generated(column):
        sequence = SQL("pg_get_serial_sequence({}, {})").format(f"{'.'.join(resource.relation)}", column.name)
        return SQL("coalesce({}, nextval({}::regclass)) AS {}").format(own, sequence, Identifier(column.name))
    if column.nullable or column.type not in ("bool", "timestamp"):
        return own
    default = SQL("false" if column.type == "bool" else "now()")
    return SQL("coalesce({}, {}) AS {}").format(own, default, Identifier(column.name))
