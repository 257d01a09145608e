"""A landing file read by the executors of Apache Spark, each a range of it, so that its bytes pass no other process.

They reach the zone by themselves: with the `AWS_*` variables of their own environment, or as a folder that every
machine has at the same place; and they need this project's package.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from movierec_assets.domain.ingest_range import line_ends, range_starts, read_range
from movierec_assets.domain.mapped import mapped
from movierec_assets.landing.zone import (
    LandingChanged,
    LandingError,
    LandingMissing,
    LandingRefused,
    open_zone,
)
from movierec_assets.schema import table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from movierec_assets.landing.ingestion import Intake

RANGE_BYTES = 64 << 20
"""Of a file that one task reads: 2.5 million ratings, which become one file of some 50 MB in the lake."""

PROBLEMS = {kind.__name__: kind for kind in (LandingError, LandingRefused, LandingMissing, LandingChanged)}


@dataclass(frozen=True)
class Reader:
    """What a task does; goes to the executors.

    Attributes:
        uri: Of the landing zone.
        intake: Which version of which file.
        starts: Where each range begins.
        ends_before: Line ends before each range; empty as long as they are not counted.
    """

    uri: str
    intake: Intake
    starts: list[int]
    ends_before: list[int]

    def size(self, number: int) -> int:
        """Bytes of a range."""
        return [*self.starts[1:], self.intake.size][number] - self.starts[number]

    def count(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Columns `range` and `ends`: the line ends in each range of column `id`."""
        import pyarrow as pa

        zone, key, etag = open_zone(self.uri), self.intake.file.path, self.intake.etag
        for number in _numbers(batches):
            with closing(zone.open(key, etag, self.starts[number])) as stream:
                found = line_ends(stream, self.size(number))
            yield pa.record_batch([pa.array([number]), pa.array([found])], ["range", "ends"])

    def records(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The records of each range of column `id`."""
        zone, key, etag = open_zone(self.uri), self.intake.file.path, self.intake.etag
        for number in _numbers(batches):
            with closing(zone.open(key, etag, self.starts[number])) as stream:
                size, before = self.size(number), self.ends_before[number]
                yield from read_range(stream, self.intake.found, key, size, before)
            zone.check_unchanged(key, etag)


def spread_records(
    session: SparkSession, uri: str, intake: Intake, range_bytes: int = RANGE_BYTES
) -> DataFrame:
    """What `ingestion.open_records` gives, as a DataFrame; rows in no order.

    A file of several ranges is read twice: once for the line ends before each range.

    Args:
        session: On Apache Spark.
        uri: Of the landing zone.
        intake: Which version of which file.
        range_bytes: Of the file that one task reads.
    """
    starts = range_starts(intake.size, range_bytes)
    ranges = session.range(0, len(starts), 1, len(starts))
    counts = [0]
    if len(starts) > 1:
        counted = ranges.mapInArrow(Reader(uri, intake, starts, []).count, "range bigint, ends bigint")
        counts = [ends for _, ends in sorted(tuple(row) for row in counted.collect())]
    before = [0, *accumulate(counts[:-1])]
    return mapped(ranges, Reader(uri, intake, starts, before).records, table(f"raw_{intake.file.source}"))


def spread_hash(session: SparkSession, uri: str, key: str, etag: str | None) -> str:
    """`LandingZone.content_hash` by one executor, as a digest has no parts; the errors too.

    Args:
        session: On Apache Spark.
        uri: Of the landing zone.
        key: Of the file.
        etag: The version to read; None for the present one.
    """

    def digest(_: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        try:
            told = ["", open_zone(uri).content_hash(key, etag)]
        except LandingError as error:
            told = [type(error).__name__, str(error)]
        yield pa.record_batch([pa.array([text]) for text in told], ["problem", "text"])

    (row,) = session.range(0, 1, 1, 1).mapInArrow(digest, "problem string, text string").collect()
    if row["problem"]:
        raise PROBLEMS[row["problem"]](row["text"])
    return str(row["text"])


def _numbers(batches: Iterator[pa.RecordBatch]) -> Iterator[int]:
    for batch in batches:
        yield from batch.column("id").to_pylist()
