"""A range of a landing file's bytes: the lines that belong to it, with the numbers that they have in the whole file.

So many processes read one file at once, and together they give what `ingest.read_records` gives. A line belongs to the
range in which the line end before it lies; the header belongs to none. Where bytes come from is not its business.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from movierec_assets.domain.ingest import CHUNK_BYTES, ByteStream, blocks_of, parsed

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.schema import LandingFile


def range_starts(size: int, range_bytes: int) -> list[int]:
    """Where the ranges of a file begin, the first at 0; each goes up to the next, the last to the file's end."""
    return [*range(0, max(size, 1), range_bytes)]


def line_ends(stream: ByteStream, size: int, chunk_bytes: int = CHUNK_BYTES) -> int:
    """How many line ends there are in the next `size` bytes of a stream, which may be shorter."""
    found = 0
    while size > 0 and (block := stream.read(min(chunk_bytes, size))):
        found += block.count(b"\n")
        size -= len(block)
    return found


def read_range(
    stream: ByteStream,
    file: LandingFile,
    key: str,
    size: int,
    ends_before: int,
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[pa.RecordBatch]:
    """The records of the lines that belong to a range, in order, in the schema of `raw_<source>`.

    Args:
        stream: From the first byte of the range to the end of the file; read to the end of the range's last line.
        file: What is expected, with the columns that stand in the lines, as `ingest.check_header` gives it.
        key: Name of the file in the landing zone.
        size: Bytes of the range.
        ends_before: Line ends in the file before the range.
        chunk_bytes: How much is parsed at once; the result does not depend on it.
    """
    return parsed(_own(stream, size, chunk_bytes), ends_before + 2, file, key)


def _own(stream: ByteStream, size: int, chunk_bytes: int) -> Iterator[bytes]:
    """From behind the first line end to the first one that lies at byte `size` of the stream or later, included."""
    at, inside = 0, False
    for block in blocks_of(stream, chunk_bytes):
        first, at = at, at + len(block)
        begin = 0
        if not inside:
            begin = block.find(b"\n", 0, max(size - first, 0)) + 1
            inside = begin > 0
            if not inside:
                if at >= size:
                    return
                continue
        end = block.find(b"\n", max(begin, size - first, 0)) if at > size else -1
        yield block[begin : end + 1 if end >= 0 else None]
        if end >= 0:
            return
