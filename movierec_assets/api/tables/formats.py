"""Tables as bytes, batch by batch: an Arrow stream, a Parquet file, CSV by RFC 4180 or for spreadsheets, JSON."""

from __future__ import annotations

import io
import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, TypeAdapter

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Buffer

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
CSV = "text/csv"
JSON = "application/json"
FORMULA = "^[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]"
"""Beginning of a text that a spreadsheet takes for a formula; the last but one are =, +, - and @ in full width."""
ROW_GROUP_BYTES = 16_000_000
"""Of Parquet; smaller ones cannot be read well."""


ROWS = TypeAdapter(list[Any], config=ConfigDict(ser_json_inf_nan="null"))


class _Sink(io.RawIOBase):
    """A file that is taken away while it is written."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:  # type: ignore[override]
        part = bytes(data)
        self._parts.append(part)
        self._length += len(part)
        return len(part)

    def tell(self) -> int:
        return self._length

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


class Writer(ABC):
    """Makes bytes of batches.

    Attributes:
        media_type: Of the bytes, with its parameters.
    """

    media_type: str

    def __init__(self, fields: pa.Schema) -> None:
        self.fields = fields
        self.sink = _Sink()

    @abstractmethod
    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""

    @abstractmethod
    def end(self) -> None:
        """Add what comes after the last row."""


class ArrowWriter(Writer):
    """Arrow's IPC stream."""

    media_type = ARROW

    def __init__(self, fields: pa.Schema) -> None:
        super().__init__(fields)
        import pyarrow as pa

        self._writer = pa.ipc.new_stream(self.sink, fields)

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a record batch."""
        self._writer.write_batch(batch)

    def end(self) -> None:
        """Add the end of the stream."""
        self._writer.close()


class ParquetWriter(Writer):
    """A Parquet file, a row group for every few batches."""

    media_type = PARQUET

    def __init__(self, fields: pa.Schema) -> None:
        super().__init__(fields)
        import pyarrow.parquet as pq

        self._writer = pq.ParquetWriter(self.sink, fields)
        self._waiting: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows to the next row group."""
        self._waiting.append(batch)
        if sum(b.nbytes for b in self._waiting) >= ROW_GROUP_BYTES:
            self._group()

    def end(self) -> None:
        """Add the last row group, and the footer."""
        self._group()
        self._writer.close()

    def _group(self) -> None:
        import pyarrow as pa

        self._writer.write_table(pa.Table.from_batches(self._waiting, self.fields))
        self._waiting.clear()


class CsvWriter(Writer):
    """CSV: texts in quotes, so that an empty one is no null; lists as JSON."""

    media_type = f"{CSV}; charset=utf-8; header=present"

    def __init__(self, fields: pa.Schema) -> None:
        super().__init__(fields)
        import pyarrow as pa
        from pyarrow import csv

        self._flat = pa.schema(
            [pa.field(f.name, pa.string() if pa.types.is_list(f.type) else f.type) for f in fields]
        )
        self._writer = csv.CSVWriter(self.sink, self._flat, write_options=csv.WriteOptions(eol="\r\n"))

    def write(self, batch: pa.RecordBatch) -> None:
        """Add records."""
        import pyarrow as pa

        columns = [_as_json(column) if pa.types.is_list(column.type) else column for column in batch.columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._flat))

    def end(self) -> None:
        """Nothing more."""
        self._writer.close()


class SpreadsheetWriter(CsvWriter):
    """The same for a spreadsheet, which takes a text that begins so for a formula: such a text begins with `'` here.

    What to look for and what to put before it is OWASP's advice on CSV injection. What programs read stays exact in the
    other formats.
    """

    def write(self, batch: pa.RecordBatch) -> None:
        """Add records."""
        import pyarrow as pa
        import pyarrow.compute as pc

        columns = []
        for column in batch.columns:
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                formula = pc.match_substring_regex(column, FORMULA)
                column = pc.if_else(formula, pc.binary_join_element_wise("'", column, ""), column)
            columns.append(column)
        super().write(pa.RecordBatch.from_arrays(columns, names=batch.schema.names))


class JsonWriter(Writer):
    """`{"columns": […], "rows": [[…], …]}`; numbers that JSON does not have are null."""

    media_type = JSON

    def __init__(self, fields: pa.Schema) -> None:
        super().__init__(fields)
        self.sink.write(f'{{"columns":{json.dumps(fields.names)},"rows":['.encode())
        self._begun = False

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        columns = [column.to_pylist() for column in batch.columns]
        made = ROWS.dump_json([*zip(*columns, strict=True)])[1:-1]
        if made:
            self.sink.write((b"," if self._begun else b"") + made)
            self._begun = True

    def end(self) -> None:
        """Close what is open."""
        self.sink.write(b"]}")


def _as_json(column: Any) -> pa.Array:
    import pyarrow as pa

    texts = [None if v is None else json.dumps(v, ensure_ascii=False) for v in column.to_pylist()]
    return pa.array(texts, pa.string())


WRITERS: dict[str, type[Writer]] = {
    "arrow": ArrowWriter,
    "parquet": ParquetWriter,
    "csv": CsvWriter,
    "spreadsheet": SpreadsheetWriter,
    "json": JsonWriter,
}
