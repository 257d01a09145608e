"""Tables on their way: pandas here, Arrow's stream format on the wire, both ways with the types kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from movierec_assets.client.errors import InvalidError, UnavailableError
from movierec_assets.client.naming import jsonable, of_type

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from movierec_assets.schema import Column

ARROW = "application/vnd.apache.arrow.stream"
END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""Last bytes of a stream that is whole (Arrow columnar format, "IPC Streaming Format")."""
BATCH_ROWS = 65_536
AT_ONCE = 1000
"""Mappings up to which JSON is sent."""
Batches = Callable[[], Iterable["pa.RecordBatch"]]
Rows = Any
"""A DataFrame, a row as a mapping, or rows as an iterable of mappings."""


def frame(body: bytes) -> pd.DataFrame:
    """An answer as a DataFrame.

    Whole numbers, truth values and text have pandas' types that know null (`Int64`, `boolean`, `string`), decimals
    are NumPy's with NaN for null, days `datetime64[ms]`, times `datetime64[us, UTC]`, lists Python's.

    Raises:
        UnavailableError: The answer was cut off.
    """
    import pandas as pd
    import pyarrow as pa

    if not body.endswith(END):
        raise UnavailableError("the answer was cut off before its end; its rows were thrown away")
    read = pa.ipc.open_stream(pa.py_buffer(body)).read_all()
    found: pd.DataFrame = read.to_pandas(types_mapper=_nullable().get, date_as_object=False)
    for name, kind in zip(read.schema.names, read.schema.types, strict=True):
        if pa.types.is_list(kind):
            found[name] = pd.Series(read[name].to_pylist(), index=found.index, dtype="object")
    return found


def _nullable() -> Mapping[pa.DataType, Any]:
    import pandas as pd
    import pyarrow as pa

    return {
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
        pa.string(): pd.StringDtype("pyarrow"),
        pa.large_string(): pd.StringDtype("pyarrow"),
    }


def chosen(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns, in this order.

    Raises:
        InvalidError: There is no such column; the message lists those there are.
    """
    if missing := next((name for name in columns if name not in rows.columns), None):
        raise InvalidError(f"no column {missing!r}; there are {', '.join(rows.columns)}", status=422)
    return rows[list(columns)]


def order(sort: str | None) -> dict[str, bool]:
    """Columns of `-imdb_score,title` with whether each ascends."""
    names = [name.strip() for name in (sort or "").split(",") if name.strip()]
    return {name.removeprefix("-"): not name.startswith("-") for name in names}


def ordered(rows: pd.DataFrame, by: Mapping[str, bool]) -> pd.DataFrame:
    """The rows in that order, null last, text by code point.

    Raises:
        InvalidError: There is no such column; the message lists those there are.
    """
    if not by:
        return rows
    chosen(rows, [*by])
    return rows.sort_values([*by], ascending=[*by.values()], na_position="last", ignore_index=True)


def of_items(items: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Items of an answer in JSON as a DataFrame.

    Args:
        items: All with the same names.
        columns: Name -> pandas' type, in order; other names are left out.
    """
    import pandas as pd

    return pd.DataFrame(
        {
            name: pd.Series([item.get(name) for item in items], dtype=kind)  # type: ignore[call-overload]
            for name, kind in columns.items()
        }
    )


def rows_of(rows: Rows) -> pd.DataFrame | list[Mapping[str, Any]]:
    """A DataFrame as it is; a mapping or an iterable of them as a list.

    Raises:
        TypeError: It is neither.
    """
    if is_frame(rows):
        frame: pd.DataFrame = rows
        return frame
    found = [rows] if isinstance(rows, Mapping) else list(rows)
    if wrong := next((row for row in found if not isinstance(row, Mapping)), None):
        raise TypeError(f"rows must be a DataFrame, a mapping or mappings, not {type(wrong).__name__}")
    return found


def is_frame(rows: Any) -> bool:
    """Whether it is a DataFrame."""
    return hasattr(rows, "to_dict") and hasattr(rows, "columns")


def as_json(rows: Iterable[Mapping[str, Any]], columns: Iterable[Column]) -> list[dict[str, Any]]:
    """Rows as JSON has them.

    Args:
        rows: By column.
        columns: The table's; others are left to the API to refuse.
    """
    types = {column.name: column.type for column in columns}
    return [{str(n): of_type(types.get(str(n), ""), value) for n, value in row.items()} for row in rows]


def as_arrow(rows: pd.DataFrame | list[Mapping[str, Any]]) -> pa.Table:
    """The rows as an Arrow table of the types that they have, which the API compares with its own.

    Raises:
        InvalidError: A column has values of several types.
    """
    import pyarrow as pa

    given: Any = rows
    try:
        if is_frame(rows):
            return pa.Table.from_pandas(given, preserve_index=False).replace_schema_metadata()
        return pa.Table.from_pylist([_without_missing(row) for row in given])
    except (pa.ArrowException, OverflowError) as error:
        raise InvalidError(f"the rows are no table: {error}", status=422) from error


def _without_missing(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with null for what pandas calls missing."""
    return {name: None if jsonable(value) is None else value for name, value in row.items()}


def stream(schema: pa.Schema, batches: Batches) -> Callable[[], AsyncIterator[bytes]]:
    """Batches in Arrow's stream format, made while they are sent, each time anew; batches are drawn in a thread."""
    import anyio.to_thread
    import pyarrow as pa

    async def chunks() -> AsyncIterator[bytes]:
        sink = _Sink()
        writer = pa.ipc.new_stream(sink, schema)
        given: Iterator[pa.RecordBatch] = iter(batches())
        while (batch := await anyio.to_thread.run_sync(next, given, None)) is not None:
            writer.write_batch(batch)
            yield sink.taken()
        writer.close()
        yield sink.taken()

    return chunks


class _Sink:
    """A file that is emptied as it is filled."""

    def __init__(self) -> None:
        self.closed = False
        self._parts: list[bytes] = []

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        return len(self._parts[-1])

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        """What was written since the last call."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found
