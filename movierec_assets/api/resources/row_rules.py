"""The rules of the registry on rows in Arrow: which row is the first to break one, and in which column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from movierec_assets.api.resources.values import longest, searched

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.api.resources.listing import Resource
    from movierec_assets.schema import Column

YEARS = ("0001-01-01", "9999-12-31")
"""First and last day that Python has."""


def broken(resource: Resource, batch: pa.RecordBatch) -> Iterator[tuple[int, str, str]]:
    """What breaks a rule: row from 0, column, what is wrong; of each column and rule the first row only."""
    for column in resource.columns:
        values = batch.column(column.name)
        for bad, detail in _rules(resource, column, values):
            if (row := _first(bad)) is not None:
                yield row, column.name, detail
                break
    for before, after in resource.table.order:
        import pyarrow.compute as pc

        if (row := _first(pc.less_equal(batch.column(after), batch.column(before)))) is not None:
            yield row, after, f"must lie after {before}"


def _first(bad: Any) -> int | None:
    import pyarrow.compute as pc

    row = pc.index(bad, True).as_py()
    return None if row < 0 else row


def _rules(resource: Resource, column: Column, values: Any) -> Iterator[tuple[Any, str]]:
    import pyarrow.compute as pc

    if not resource.optional(column):
        yield pc.is_null(values), "must not be null"
    if column.type.startswith("float"):
        yield pc.invert(pc.is_finite(values)), "must be a finite number"
    if column.minimum is not None:
        yield pc.less(values, _like(column.minimum, values)), f"must be at least {column.minimum:.15g}"
    if column.maximum is not None:
        yield pc.greater(values, _like(column.maximum, values)), f"must be at most {column.maximum:.15g}"
    if column.type == "string":
        most = longest(resource, column)
        yield pc.match_substring(values, "\x00"), "must not have the character NUL"
        yield pc.greater(pc.utf8_length(values), most), f"must have at most {most:,} characters"
        if column.pattern is not None:
            unlike = pc.invert(pc.match_substring_regex(values, searched(column.pattern)))
            yield unlike, f"must be {column.meaning or column.pattern}"
        for what, pattern in column.forbidden or ():
            yield pc.match_substring_regex(values, searched(pattern)), f"must not be {what}"
    if column.type in ("date", "timestamp"):
        low, high = (_moment(day, values) for day in YEARS)
        yield pc.or_(pc.less(values, low), pc.greater(values, high)), "must lie in the years 1 to 9999"


def _like(bound: float, values: Any) -> Any:
    import pyarrow as pa

    return pa.scalar(bound if pa.types.is_floating(values.type) else int(bound), values.type)


def _moment(day: str, values: Any) -> Any:
    import pyarrow as pa

    moment = pa.scalar(day).cast(pa.timestamp("us"))
    return (
        moment.cast(values.type)
        if pa.types.is_date(values.type)
        else moment.cast(pa.int64()).cast(values.type)
    )
