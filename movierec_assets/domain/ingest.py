"""Landing files to Arrow: streamed, every line kept, the readable ones typed and the others with the reason.

Belongs here: headers, cutting a stream of bytes into chunks of whole lines, line numbers. How a chunk becomes a
table is in `ingest_chunk`, how one line is read in `ingest_lines`. Where bytes come from and where rows go is not its
business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from movierec_assets.domain.ingest_lines import BOM, MAX_LINE, shown, split_fields

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.schema import Column, LandingFile

CHUNK_BYTES = 8 << 20
INDEX_NAMES = (["index"], [""], ["Unnamed: 0"])
"""What stands above the row numbers that pandas writes."""
WORKERS = 2
HEADER_BYTES = 64 << 10


class HeaderError(ValueError):
    """A file without the header that is expected of it; nothing of it can be trusted."""


class ByteStream(Protocol):
    """What is read from: any binary file-like object. `read` gives at most `size` bytes, none at the end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""


def check_header(stream: ByteStream, file: LandingFile, key: str) -> LandingFile:
    """Read the header and compare it; takes up to 64 KiB from the stream.

    Returns:
        The file with the columns that stand in its lines.

    Raises:
        HeaderError: It is missing, or not exactly the expected columns in order; the message says what to do.
    """
    return _take_header(stream, file, key)[1]


def read_records(
    stream: ByteStream, file: LandingFile, key: str, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[pa.RecordBatch]:
    """Every line of the file after its header that is not blank, in order, in the schema of `raw_<source>`.

    A record is one physical line (LF or CRLF). The result does not depend on `chunk_bytes`. Memory is bounded by a few
    times `chunk_bytes`, whatever the file: of a line longer than 1 MiB only the beginning is kept.

    Args:
        stream: From the first byte of the file.
        file: What is expected.
        key: Name of the file in the landing zone, for `_file` and messages.
        chunk_bytes: How much is parsed at once; two chunks are parsed at the same time.

    Raises:
        HeaderError: The header is not the expected one (raised before the first batch).
    """
    rest, file = _take_header(stream, file, key)
    return parsed(chain([rest], blocks_of(stream, chunk_bytes)), 2, file, key)


def parsed(blocks: Iterable[bytes], first_line: int, file: LandingFile, key: str) -> Iterator[pa.RecordBatch]:
    """The records of consecutive blocks of bytes, cut anywhere, the first of which begins with a line.

    Args:
        blocks: Bytes; the last line may have no end.
        first_line: Number of the first line in the file.
        file: What is expected, with the columns that stand in the lines.
        key: Name of the file in the landing zone.
    """
    from movierec_assets.domain.ingest_chunk import parse_chunk

    with ThreadPoolExecutor(WORKERS, "ingest") as workers:
        parsing: deque[Future[pa.Table]] = deque()
        line = first_line
        for chunk in _whole_lines(blocks):
            parsing.append(workers.submit(parse_chunk, chunk, line, file, key))
            line += chunk.count(b"\n")
            if len(parsing) > WORKERS:
                yield from parsing.popleft().result().to_batches()
        while parsing:
            yield from parsing.popleft().result().to_batches()


def blocks_of(stream: ByteStream, size: int) -> Iterator[bytes]:
    """The stream in blocks of at most `size` bytes."""
    while block := stream.read(size):
        yield block


def column_names(stream: ByteStream) -> list[str]:
    """The names in the first line; empty where there is none or it cannot be read. Takes up to 64 KiB."""
    return _first_line(stream)[1]


def _take_header(stream: ByteStream, file: LandingFile, key: str) -> tuple[bytes, LandingFile]:
    """Check the header; the bytes read beyond it, and the file with the columns that stand in its lines."""
    text, names, rest = _first_line(stream)
    expected = [c.name for c in file.columns]
    if columns := columns_under(names, file):
        return rest, replace(file, columns=columns)
    found = (
        f"has the header `{text[:200]}`" if text else "has a blank first line" if rest.strip() else "is empty"
    )
    why = difference(names, file)
    raise HeaderError(
        f"{key} {found}, expected `{','.join(expected)}`{why}: put the right first line into the file, "
        "or the right file in its place, and land it again"
    )


def columns_under(names: Sequence[str], file: LandingFile) -> tuple[Column, ...] | None:
    """The columns that stand under a header, with or without row numbers, or None where it is not the file's."""
    if _without_index(names, file) != [c.name for c in file.columns]:
        return None
    return file.columns if len(names) == len(file.columns) else file.raw_columns


def difference(names: Sequence[str], file: LandingFile) -> str:
    """Which columns are missing or too many, in brackets; empty where a header has none of the file's."""
    names, expected = _without_index(names, file), [c.name for c in file.columns]
    missing, extra = ([n for n in a if n not in b] for a, b in ((expected, names), (names, expected)))
    if len(missing) == len(expected):
        return ""
    words = [f"{', '.join(missing)} missing"] * bool(missing) + [f"{', '.join(extra)} unknown"] * bool(extra)
    return f" ({'; '.join(words) or 'in another order'})"


def _without_index(names: Sequence[str], file: LandingFile) -> list[str]:
    numbered = file.numbered and [*names[:1]] in INDEX_NAMES
    return [*names[1:]] if numbered else [*names]


def _first_line(stream: ByteStream) -> tuple[str, list[str], bytes]:
    """The line without blanks around it, its fields, and the bytes read beyond it."""
    head = b""
    while b"\n" not in head and len(head) < HEADER_BYTES and (block := stream.read(HEADER_BYTES)):
        head += block
    line, _, rest = head.removeprefix(BOM).partition(b"\n")
    text = shown(line[:HEADER_BYTES]).strip()
    fields = split_fields(text) if text else []
    return text, [] if isinstance(fields, str) else [name.strip() for name in fields], rest


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks as chunks that end with a newline (the last one perhaps not); overlong lines are cut."""
    pending = bytearray()
    cutting = False
    for block in blocks:
        if cutting:
            end = block.find(b"\n")
            cutting = end < 0
            block = b"" if cutting else block[end:]
        cut = block.rfind(b"\n") + 1
        if cut:
            yield bytes(pending) + block[:cut]
            pending.clear()
        pending += block[cut:]
        if len(pending) > MAX_LINE + 2:
            del pending[MAX_LINE + 2 :]
            cutting = True
    if pending:
        yield bytes(pending)
