"""Tables that come in a body: spooled to disk, read batch by batch, no larger unpacked than allowed."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from movierec_assets.api.problems import FieldError, Problem
from movierec_assets.api.resources.batches import BATCH_ROWS, check, slices
from movierec_assets.api.tables import formats, ipc
from movierec_assets.api.tables.casting import cast, check_schema

if TYPE_CHECKING:
    import pyarrow as pa
    from starlette.requests import Request

    from movierec_assets.api.resources.listing import Resource

EXPANSION = 16
"""How many times larger than a body may be a table may be unpacked."""
CSV_BLOCK = 1 << 20
"""Bytes of CSV that are read at once; no record may be longer."""


@dataclass(frozen=True)
class Upload:
    """A table in a body.

    Attributes:
        resource: Whose rows they are.
        file: The body.
        media_type: How it is written.
        most_bytes: Of all rows together, unpacked.
    """

    resource: Resource
    file: IO[bytes]
    media_type: str
    most_bytes: int

    def batches(self) -> Generator[pa.RecordBatch, None, None]:
        """Checked batches of the resource's schema.

        Raises:
            Problem: 413 where the table is too large unpacked, 422 where it cannot be read, columns are not the
                resource's, or a row breaks a rule.
        """
        import pyarrow as pa

        read, unpacked, first = READERS[self.media_type], 0, 0
        try:
            for raw in read(self.resource, pa.PythonFile(self.file, mode="r")):
                for part in slices(raw):
                    made = cast(self.resource, part, first)
                    check(self.resource, made, "body", first)
                    unpacked += max(made.nbytes, made.num_rows)
                    if unpacked > self.most_bytes:
                        raise Problem(
                            413, f"the table has more than {self.most_bytes:,} bytes unpacked: send parts"
                        )
                    yield made
                    first += made.num_rows
        except (pa.ArrowException, OSError, ValueError) as error:
            said = " ".join(str(error).split())[:500]
            detail = f"cannot be read as {self.media_type} from row {first + 1} on: {said}"
            raise Problem(422, f"the body {detail}", (FieldError("body", detail),)) from None


async def spool(request: Request, file: IO[bytes]) -> None:
    """Put the body into a file."""
    async for chunk in request.stream():
        file.write(chunk)
    file.seek(0)


def temporary() -> IO[bytes]:
    """A file that is gone when it is closed; in memory as long as it is short."""
    return tempfile.SpooledTemporaryFile(max_size=CSV_BLOCK)  # type: ignore[return-value]


def _arrow(resource: Resource, file: Any) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    ipc.refuse_compressed(file)
    file.seek(0)
    with pa.ipc.open_stream(file) as reader:
        check_schema(resource, reader.schema)
        for batch in reader:
            # What a peer says of offsets and encodings may be untrue.
            batch.validate(full=True)
            yield batch


def _parquet(resource: Resource, file: Any) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as reader:
        check_schema(resource, reader.schema_arrow)
        yield from reader.iter_batches(BATCH_ROWS)


def _csv(resource: Resource, file: Any) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from pyarrow import csv

    texts = {c.name: pa.string() for c in resource.columns}
    reader = csv.open_csv(
        file,
        csv.ReadOptions(use_threads=False, block_size=CSV_BLOCK),
        csv.ParseOptions(newlines_in_values=True),
        # Read as text, so that it can be said which row is wrong.
        csv.ConvertOptions(
            column_types=texts, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )
    with reader:
        check_schema(resource, reader.schema)
        yield from reader


READERS = {formats.ARROW: _arrow, formats.PARQUET: _parquet, formats.CSV: _csv}
"""By media type of the body."""
