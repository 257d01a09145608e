"""A chunk of lines to a table: at Arrow's speed where the result is certain, line by line where it is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from movierec_assets.domain.ingest_lines import BOM, MAX_LINE, Line, read_line, shown
from movierec_assets.schema import table

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.schema import LandingFile

CAREFUL_BYTES = 8 << 10
"""A chunk with trouble is halved until it is this small, so that one bad line costs little."""
CUT_OFF = "the file ends inside this line, which has no line end"
FIELD = rb'(?:"(?:[^"\r\n]++|"")*+"|[^",\r\n]*+)'
WELL_QUOTED = re.compile(FIELD + rb"(?:," + FIELD + rb")*+\r?")


def parse_chunk(data: bytes, first_line: int, file: LandingFile, key: str) -> pa.Table:
    """The records of some whole lines.

    Args:
        data: Lines, ended by LF or CRLF; the last one may have no end, unless the file must be `ended`.
        first_line: Number of the first line in the file.
        file: What is expected, with the columns that stand in the lines.
        key: Name of the file in the landing zone.

    Returns:
        One row for each line that is not blank, in order, in the schema of `raw_<source>`, in one batch.
    """
    import pyarrow as pa

    whole = data.rfind(b"\n") + 1 if file.ended else len(data)
    tables = _parse(data[:whole], first_line, file, key) if whole else []
    if data[whole:].strip():
        cut_off = Line([None] * len(file.columns), shown(data[whole:]), CUT_OFF)
        tables.append(_table([(first_line + data.count(b"\n"), cut_off)], file, key))
    if not tables:
        tables.append(_table([], file, key))
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables).combine_chunks()


def _parse(data: bytes, first_line: int, file: LandingFile, key: str) -> list[pa.Table]:
    if (quick := parse_fast(data, first_line, file, key)) is not None:
        return [quick]
    cut = data.find(b"\n", len(data) // 2) + 1
    if len(data) <= CAREFUL_BYTES or cut in (0, len(data)):
        return [parse_careful(data, first_line, file, key)]
    second = first_line + data.count(b"\n", 0, cut)
    return _parse(data[:cut], first_line, file, key) + _parse(data[cut:], second, file, key)


def parse_careful(data: bytes, first_line: int, file: LandingFile, key: str) -> pa.Table:
    """Line by line; the meaning of `parse_chunk`."""
    lines = data.split(b"\n")
    numbered = [
        (number, read_line(line.removesuffix(b"\r"), file))
        for number, line in enumerate(lines, first_line)
        if line[: MAX_LINE + 1].strip()
    ]
    return _table(numbered, file, key)


def _table(numbered: list[tuple[int, Line]], file: LandingFile, key: str) -> pa.Table:
    columns: dict[str, list[Any]] = {
        c.name: [line.values[i] for _, line in numbered] for i, c in enumerate(file.columns)
    }
    columns["_line"] = [number for number, _ in numbered]
    columns["_file"] = [key] * len(numbered)
    columns["_text"] = [line.text for _, line in numbered]
    columns["_error"] = [line.error for _, line in numbered]
    return _completed(columns, len(numbered), file)


def _completed(columns: dict[str, Any], rows: int, file: LandingFile) -> pa.Table:
    """The raw table; what the lines do not have is null."""
    import pyarrow as pa

    schema = table(f"raw_{file.source}").arrow_schema()
    arrays = [columns.get(f.name, pa.nulls(rows, f.type)) for f in schema]
    return pa.table(
        [a if isinstance(a, pa.Array) else pa.array(a, f.type) for a, f in zip(arrays, schema, strict=True)],
        schema=schema,
    )


def parse_fast(data: bytes, first_line: int, file: LandingFile, key: str) -> pa.Table | None:
    """By Arrow's parser, or None where it might differ from `parse_careful` or fails."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    content = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(content == ord("\n"))
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    lengths = np.diff(ends, prepend=-1) - 1
    if not data or lengths.min() == 0:
        return None
    returns = content[ends - 1] == ord("\r")
    lengths -= returns
    lone_returns = np.count_nonzero(content == ord("\r")) - np.count_nonzero(returns)
    if lengths.min() == 0 or lengths.max() > MAX_LINE or lone_returns or not _unambiguous(data):
        return None
    typed = _typed(data, file)
    if typed is None or typed.num_rows != len(ends):
        return None
    for column in typed.columns:
        if pa.types.is_floating(column.type) and pc.all(pc.is_finite(column)).as_py() is False:
            return None
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    lines = pa.py_buffer(data.translate(None, b"\r\n"))
    columns = {name: typed[name].combine_chunks() for name in typed.column_names}
    columns["_line"] = pa.array(np.arange(first_line, first_line + len(ends)), pa.int64())
    columns["_file"] = pa.repeat(pa.scalar(key), len(ends))
    columns["_text"] = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets.data), lines)
    return _completed(columns, len(ends), file)


def _unambiguous(data: bytes) -> bool:
    """Whether what Arrow's parser accepts of these lines means the same to `read_line`."""
    # Arrow reads 0x10 as a number and skips a byte order mark anywhere. A search for one byte is much the fastest.
    if (
        data.startswith(BOM)
        or b"\0" in data
        or (b"x" in data and b"0x" in data)
        or (b"X" in data and b"0X" in data)
    ):
        return False
    quote = data.find(b'"')
    while quote >= 0:
        start, end = data.rfind(b"\n", 0, quote) + 1, data.find(b"\n", quote)
        end = len(data) if end < 0 else end
        if not WELL_QUOTED.fullmatch(data, start, end):
            return False
        quote = data.find(b'"', end)
    return True


def _typed(data: bytes, file: LandingFile) -> pa.Table | None:
    import pyarrow as pa
    from pyarrow import csv

    source: Any = pa.BufferReader(data)
    try:
        return csv.read_csv(
            source,
            csv.ReadOptions(
                use_threads=False, block_size=len(data) + 1, column_names=[c.name for c in file.columns]
            ),
            csv.ParseOptions(),
            csv.ConvertOptions(
                column_types={c.name: c.arrow_type() for c in file.columns},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
