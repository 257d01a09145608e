"""PostgreSQL's types as Arrow types, and the texts that PostgreSQL sends as Arrow columns."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from movierec_assets.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from psycopg import AsyncCursor

AS_VALUES = {
    "bool": "bool",
    "int2": "int16",
    "int4": "int32",
    "int8": "int64",
    "float4": "float32",
    "float8": "float64",
    "text": "string",
    "varchar": "string",
    "bpchar": "string",
    "name": "string",
}
"""Types that psycopg makes Python's own values of, with the Arrow type; arrays of them are lists. Of all others it
leaves the text: Arrow reads moments of it in a tenth of the time."""


@cache
def _left_as_text() -> tuple[int, ...]:
    from psycopg import postgres

    kept = {"numeric"} | AS_VALUES.keys()
    of_values = [info.oid for info in postgres.types if info.name not in kept]
    arrays = [info.array_oid for info in postgres.types if info.array_oid and info.name not in AS_VALUES]
    return (*of_values, *arrays)


def prepare(cursor: AsyncCursor[Any]) -> None:
    """Have the cursor answer values as `columns` takes them."""
    from psycopg.types.numeric import FloatLoader
    from psycopg.types.string import TextLoader

    for oid in _left_as_text():
        cursor.adapters.register_loader(oid, TextLoader)
    cursor.adapters.register_loader("numeric", FloatLoader)


def schema(cursor: AsyncCursor[Any]) -> pa.Schema:
    """The Arrow schema of the cursor's rows.

    Types without a counterpart are text as PostgreSQL writes it; `numeric` is a double, which has 15 digits.
    """
    import pyarrow as pa

    return pa.schema([pa.field(c.name, _type(c.type_code)) for c in cursor.description or ()])


@cache
def _type(oid: int) -> pa.DataType:
    import pyarrow as pa
    from psycopg import postgres

    info = postgres.types.get(oid)
    if info is None:
        return pa.string()
    named = {
        **{name: pa.type_for_alias(alias) for name, alias in AS_VALUES.items()},
        "numeric": pa.float64(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
        "timestamptz": pa.timestamp("us", tz="UTC"),
    }
    if oid == info.array_oid:
        return pa.list_(named[info.name]) if info.name in AS_VALUES else pa.string()
    return named.get(info.name, pa.string())


def batch(fields: pa.Schema, rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    """Rows as Arrow.

    Raises:
        Problem: 422 where a column has values that its Arrow type does not have.
    """
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) if rows else [()] * len(fields)
    return pa.RecordBatch.from_arrays(
        [_column(f, values) for f, values in zip(fields, columns, strict=True)], schema=fields
    )


def _column(field: pa.Field, values: Sequence[Any]) -> pa.Array:
    import pyarrow as pa

    try:
        if pa.types.is_temporal(field.type):
            return pa.array(values, pa.string()).cast(field.type)
        return pa.array(values, field.type)
    except pa.ArrowException as error:
        raise Problem(
            422,
            f"column {field.name} has a value that {field.type} cannot hold, such as infinity, a year before 1 or an "
            f"array of arrays ({error}): cast it to text",
        ) from None
