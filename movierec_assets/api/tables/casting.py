"""Columns that a table came with as the resource's columns: by name, and only where nothing is lost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from movierec_assets.api.problems import FieldError, Problem
from movierec_assets.api.resources.batches import schema

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.api.resources.listing import Resource


def check_schema(resource: Resource, given: pa.Schema) -> None:
    """See that these columns can be the resource's.

    Raises:
        Problem: 422 that names every column that is unknown, missing, there twice or of another type.
    """
    wanted = schema(resource)
    errors = []
    for name, count in Counter(given.names).items():
        if name not in wanted.names:
            errors.append((name, f"there is no such column; there are {', '.join(wanted.names)}"))
        elif count > 1:
            errors.append((name, f"is there {count} times"))
        elif (refused := _refused(given.field(name).type, wanted.field(name).type)) is not None:
            errors.append((name, f"has the type {given.field(name).type}; {refused}"))
    needed = [c.name for c in resource.columns if not resource.optional(c)]
    errors += [(name, "is missing") for name in needed if name not in given.names]
    if errors:
        name, detail = errors[0]
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        fields = tuple(FieldError(f"body/{name}", detail) for name, detail in errors)
        raise Problem(422, f"column {name} {detail}{more}", fields)


def _refused(given: pa.DataType, wanted: pa.DataType) -> str | None:
    """Why values of one type cannot be cast to another; None where they can."""
    import pyarrow.types as t

    text = t.is_string(given) or t.is_large_string(given)
    if t.is_null(given) or text:
        # CSV has nothing but text; what it says is read row by row.
        return None
    if t.is_boolean(wanted):
        fits = t.is_boolean(given)
    elif t.is_integer(wanted):
        # Pandas has integers with nulls among them as floats.
        fits = t.is_integer(given) or t.is_floating(given)
    elif t.is_floating(wanted):
        fits = t.is_integer(given) or t.is_floating(given) or t.is_decimal(given)
    elif t.is_date(wanted):
        fits = t.is_date(given) or t.is_timestamp(given)
    elif t.is_timestamp(wanted):
        fits = t.is_timestamp(given) and given.tz is not None
        if t.is_timestamp(given) and not fits:
            return "it needs a time zone, as in pandas' `tz_localize('UTC')`"
    else:
        fits = t.is_dictionary(given) and (
            t.is_string(given.value_type) or t.is_large_string(given.value_type)
        )
    return None if fits else f"must be {wanted}"


def cast(resource: Resource, given: pa.RecordBatch, first: int) -> pa.RecordBatch:
    """The rows with the resource's schema; null in columns that they did not come with.

    Raises:
        Problem: 422 that names row and column of a value that its column cannot hold.
    """
    import pyarrow as pa

    fields = schema(resource)
    columns = []
    for field in fields:
        if field.name not in given.schema.names:
            columns.append(pa.nulls(given.num_rows, field.type))
            continue
        values = given.column(field.name)
        try:
            columns.append(_cast(values, field.type))
        except (pa.ArrowException, OverflowError):
            row = _first_refused(values, field.type)
            said = repr(values[row].as_py())[:100]
            detail = f"{said} is no {field.type}"
            raise Problem(
                422,
                f"row {first + row + 1}, column {field.name}: {detail}",
                (FieldError(f"body/{first + row}/{field.name}", detail),),
            ) from None
    return pa.RecordBatch.from_arrays(columns, schema=fields)


def _cast(values: Any, wanted: pa.DataType) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    made = pc.cast(values, wanted, safe=True)
    if pa.types.is_date(wanted) and pa.types.is_timestamp(values.type):
        back = pc.cast(made, pa.timestamp(values.type.unit, values.type.tz))
        if pc.any(pc.not_equal(back, values)).as_py():
            raise pa.ArrowInvalid("not midnight")
    return made


def _first_refused(values: Any, wanted: pa.DataType) -> int:
    """Number of the first value that cannot be cast, by halves."""
    import pyarrow as pa

    low, high = 0, len(values)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            _cast(values.slice(low, middle - low), wanted)
        except (pa.ArrowException, OverflowError):
            high = middle
        else:
            low = middle
    return low
