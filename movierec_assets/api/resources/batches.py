"""Rows to be written, as Arrow: what their columns must be, and the arrays that PostgreSQL takes them as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from movierec_assets.api.problems import FieldError, Problem
from movierec_assets.api.resources.row_rules import broken

if TYPE_CHECKING:
    import pyarrow as pa
    from pydantic import BaseModel

    from movierec_assets.api.resources.listing import Resource

BATCH_ROWS = 10_000
"""Rows of one statement."""


def schema(resource: Resource) -> pa.Schema:
    """The Arrow schema of a resource's rows."""
    import pyarrow as pa

    return pa.schema([pa.field(c.name, c.arrow_type()) for c in resource.columns])


def of_models(resource: Resource, rows: Sequence[BaseModel]) -> pa.RecordBatch:
    """Validated rows as a batch; null where the server's own value is to be taken."""
    import pyarrow as pa

    values = [row.__dict__ for row in rows]
    fields = schema(resource)
    arrays = [pa.array([row[f.name] for row in values], f.type) for f in fields]
    return pa.RecordBatch.from_arrays(arrays, schema=fields)


def check(resource: Resource, batch: pa.RecordBatch, place: str, first: int | None) -> None:
    """See that every row obeys the rules of the registry.

    Args:
        resource: Whose rows.
        batch: With the resource's schema.
        place: Where the rows are in the request: `body`.
        first: Number of the batch's first row, from 0; None where the request has one row only.

    Raises:
        Problem: 422 that names row and column of the first offender in each column.
    """
    wrong = [*broken(resource, batch)]
    if not wrong:
        return
    errors = tuple(
        FieldError("/".join([place, *([] if first is None else [str(first + row)]), name]), detail)
        for row, name, detail in wrong
    )
    row, name, detail = wrong[0]
    said = f"{name}: {detail}" if first is None else f"row {first + row + 1}, column {name}: {detail}"
    raise Problem(422, said, errors)


def slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The same rows in parts of no more than `BATCH_ROWS`."""
    for start in range(0, batch.num_rows, BATCH_ROWS):
        yield batch.slice(start, BATCH_ROWS)


def arrays(batch: pa.RecordBatch) -> list[str]:
    """Each column as PostgreSQL writes an array, to be bound as a parameter."""
    return [_array(column) for column in batch.columns]


def _array(column: Any) -> str:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.cast(column, pa.string())
    if pa.types.is_string(column.type):
        for character in ("\\", '"'):
            texts = pc.replace_substring(texts, character, f"\\{character}")
        texts = pc.binary_join_element_wise('"', texts, '"', "")
    texts = pc.fill_null(texts, "NULL")
    offsets = pa.array([0, len(texts)], pa.int32())
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, texts), ",")
    return f"{{{joined[0].as_py()}}}"
