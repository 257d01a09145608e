"""The SQL of a resource. Names come from the registry, as identifiers; values are placeholders without exception."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from psycopg.sql import SQL, Composable, Composed, Identifier

from movierec_assets.api.resources.models import unbounded
from movierec_assets.api.resources.values import POSTGRES_TYPES

if TYPE_CHECKING:
    from movierec_assets.api.resources.cursors import Order
    from movierec_assets.api.resources.listing import Resource
    from movierec_assets.schema import Column

ETAG = SQL("left(encode(sha256(convert_to(t::text, 'UTF8')), 'hex'), 32)")
"""Changes with any value of the row `t`; the connection's settings make its text the same for all."""
AND = SQL(" AND ")
COMMA = SQL(", ")


def _of(column: Column) -> Identifier:
    return Identifier("t", column.name)


def sql_type(column: Column) -> SQL:
    """A column's type in PostgreSQL."""
    return SQL(POSTGRES_TYPES[column.type])  # type: ignore[arg-type]


def _answered(column: Column) -> Composable:
    """A column as JSON can have it."""
    if not unbounded(column):
        return _of(column)
    return SQL("nullif(nullif(nullif({0}, 'NaN'), 'Infinity'), '-Infinity') AS {1}").format(
        _of(column), Identifier(column.name)
    )


@cache
def row(resource: Resource) -> Composed:
    """A row `t` as the text of a JSON object."""
    columns = COMMA.join(_answered(c) for c in resource.columns)
    return SQL("row_to_json((SELECT x FROM (SELECT {}) x))::text").format(columns)


def _is_key(resource: Resource) -> Composed:
    return AND.join(SQL("{} = %s::{}").format(_of(c), sql_type(c)) for c in resource.key)


def where(conditions: Sequence[Composable]) -> Composable:
    """The clause of those conditions; nothing without any."""
    return SQL(" WHERE {}").format(AND.join(conditions)) if conditions else SQL("")


@cache
def get(resource: Resource) -> Composed:
    """One row and its ETag, by the key's values."""
    return SQL("SELECT {}, {} FROM {} t WHERE {}").format(
        row(resource), ETAG, Identifier(*resource.relation), _is_key(resource)
    )


def search(resource: Resource, conditions: Sequence[Composable], by: Order) -> Composed:
    """Rows in order, each with its values in the order's columns as an array of texts.

    The placeholders are those of the conditions, and the number of rows.
    """
    return SQL("SELECT {}, {} FROM (SELECT * FROM {} t{} ORDER BY {} LIMIT %s) t").format(
        row(resource),
        SQL("ARRAY[{}]").format(COMMA.join(SQL("{}::text").format(_of(c)) for c, _ in by.columns)),
        Identifier(*resource.relation),
        where(conditions),
        COMMA.join(_term(c, descends) for c, descends in by.columns),
    )


def _term(column: Column, descends: bool) -> Composed:
    direction = " DESC" if descends else ""
    nulls = " NULLS LAST" if column.nullable else ""
    return SQL("{}{}{}").format(_of(column), SQL(direction), SQL(nulls))  # type: ignore[arg-type]


def after(by: Order, values: Sequence[str | None]) -> tuple[Composed, list[str]]:
    """The condition that a row comes after one with those values, and what its placeholders are.

    Args:
        by: The order.
        values: In its columns, as PostgreSQL writes them.
    """
    columns = [c for c, _ in by.columns]
    if len({descends for _, descends in by.columns}) == 1 and not any(c.nullable for c in columns):
        # As rows, which an index of these columns finds.
        comparison = SQL("ROW({}) {} ROW({})").format(
            COMMA.join(map(_of, columns)),
            SQL("<" if by.columns[0][1] else ">"),
            COMMA.join(SQL("%s::{}").format(sql_type(c)) for c in columns),
        )
        return comparison, [str(v) for v in values]
    ways: list[Composable] = []
    bound: list[str] = []
    equal: list[Composable] = []
    so_far: list[str] = []
    for (column, descends), value in zip(by.columns, values, strict=True):
        if value is None:
            # Nothing comes after null.
            equal.append(SQL("{} IS NULL").format(_of(column)))
            continue
        further = SQL("{} {} %s::{}").format(_of(column), SQL("<" if descends else ">"), sql_type(column))
        if column.nullable:
            further = SQL("({} OR {} IS NULL)").format(further, _of(column))
        ways.append(SQL("({})").format(AND.join([*equal, further])))
        bound += [*so_far, value]
        equal.append(SQL("{} = %s::{}").format(_of(column), sql_type(column)))
        so_far.append(value)
    return SQL("({})").format(SQL(" OR ").join(ways)), bound


def count(resource: Resource, conditions: Sequence[Composable]) -> Composed:
    """How many rows."""
    return SQL("SELECT count(*) FROM {} t{}").format(Identifier(*resource.relation), where(conditions))


def rows(resource: Resource, conditions: Sequence[Composable]) -> Composed:
    """All columns of rows, in no order."""
    columns = COMMA.join(_of(c) for c in resource.columns)
    return SQL("SELECT {} FROM {} t{}").format(columns, Identifier(*resource.relation), where(conditions))


def update(resource: Resource, columns: Iterable[Column], *, matched: bool) -> Composed:
    """Change columns of one row; the row and its ETag, or nothing.

    The placeholders are the columns' values, the key's, and the array of ETags if `matched`: compared in the statement
    itself, which looks again at a row that somebody else changed meanwhile.
    """
    return SQL("UPDATE {} t SET {} WHERE {}{} RETURNING {}, {}").format(
        Identifier(*resource.relation),
        COMMA.join(SQL("{} = %s::{}").format(Identifier(c.name), sql_type(c)) for c in columns),
        _is_key(resource),
        _matches(matched),
        row(resource),
        ETAG,
    )


def delete(resource: Resource, *, matched: bool) -> Composed:
    """Delete one row; the placeholders are the key's values, and the array of ETags if `matched`."""
    return SQL("DELETE FROM {} t WHERE {}{}").format(
        Identifier(*resource.relation), _is_key(resource), _matches(matched)
    )


def delete_many(resource: Resource, conditions: Sequence[Composable]) -> Composed:
    """Delete the rows of those conditions, of which there must be one at least."""
    if not conditions:
        raise ValueError("would delete every row")
    return SQL("DELETE FROM {} t{}").format(Identifier(*resource.relation), where(conditions))


def _matches(matched: bool) -> Composable:
    return SQL(" AND {} = ANY(%s::text[])").format(ETAG) if matched else SQL("")
