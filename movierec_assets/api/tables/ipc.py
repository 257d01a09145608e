"""Arrow's stream of messages as it lies in a file, looked at before anything in it is unpacked.

A compressed buffer says itself how large it will be, and pyarrow believes it. Uncompressed, a stream is as large in
memory as it is on disk. Whether a message is compressed stands in its flatbuffer alone, which pyarrow does not show:
https://github.com/apache/arrow/blob/main/format/Message.fbs
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from movierec_assets.api.problems import FieldError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

HEADER_TYPE, HEADER = 1, 2
"""Fields of a message."""
DICTIONARY_BATCH, RECORD_BATCH = 2, 3
"""Values of the header's type."""
DATA, COMPRESSION = 1, 3
"""Fields of a dictionary batch, and of a record batch."""


def refuse_compressed(file: pa.NativeFile) -> None:
    """See that no message of the stream is compressed.

    Raises:
        Problem: 422 where one is.
        ValueError: The stream cannot be read.
    """
    import pyarrow as pa

    reader = pa.ipc.MessageReader.open_stream(file)
    while (message := _next(reader)) is not None:
        try:
            compressed = _compressed(message.metadata.to_pybytes())
        except (struct.error, IndexError):
            raise ValueError("a message's header is cut off") from None
        if compressed:
            detail = "is a compressed Arrow stream: write it without compression, or send Parquet"
            raise Problem(422, f"the body {detail}", (FieldError("body", detail),))


def _next(reader: Any) -> Any:
    try:
        return reader.read_next_message()
    except StopIteration:
        return None


def _compressed(metadata: bytes) -> bool:
    (root,) = struct.unpack_from("<I", metadata)
    kind = _field(metadata, root, HEADER_TYPE)
    header = _field(metadata, root, HEADER)
    if not kind or not header:
        return False
    batch = _target(metadata, header)
    if metadata[kind] == DICTIONARY_BATCH:
        data = _field(metadata, batch, DATA)
        if not data:
            return False
        batch = _target(metadata, data)
    elif metadata[kind] != RECORD_BATCH:
        return False
    return _field(metadata, batch, COMPRESSION) != 0


def _field(metadata: bytes, table: int, number: int) -> int:
    """Where a field of a flatbuffer's table lies; 0 where the table does not have it."""
    (back,) = struct.unpack_from("<i", metadata, table)
    entries = table - back
    (size,) = struct.unpack_from("<H", metadata, entries)
    if size < 6 + 2 * number:
        return 0
    (offset,) = struct.unpack_from("<H", metadata, entries + 4 + 2 * number)
    return table + offset if offset else 0


def _target(metadata: bytes, field: int) -> int:
    """The table that a field points at."""
    (offset,) = struct.unpack_from("<I", metadata, field)
    return int(field + offset)
