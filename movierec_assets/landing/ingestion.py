"""From a landing file to Arrow records: the one place where zone, ledger and parser meet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec_assets.domain import ingest
from movierec_assets.landing import ledger
from movierec_assets.landing.zone import LandingMissing, LandingZone
from movierec_assets.schema import LANDING_FILES, LandingFile, table

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa


@dataclass(frozen=True)
class Intake:
    """One version of one landing file.

    Attributes:
        file: Which file.
        etag: The version's tag in the zone.
        content_hash: SHA-256 of its bytes.
        size: In bytes.
        found: The file with the columns that stand in its lines.
    """

    file: LandingFile
    etag: str
    content_hash: str
    size: int
    found: LandingFile

    @property
    def data_version(self) -> str:
        """Changes with the file's bytes and with the columns expected of it."""
        facts = self.content_hash + table(f"raw_{self.file.source}").fingerprint()
        return hashlib.sha256(facts.encode()).hexdigest()


def begin(conn: psycopg.Connection, zone: LandingZone, file: LandingFile, run_id: str) -> Intake:
    """Look at the file as it is now, mark it as loading in the ledger, and refuse it if its header is wrong.

    Raises:
        LandingMissing: It has not landed; the message says what to do.
        ingest.HeaderError: Its header is not the expected one.
    """
    try:
        found = zone.stat(file.path)
    except LandingMissing:
        raise LandingMissing(missing_message(zone, [file])) from None
    content = ledger.content_hash(conn, zone, file.path)
    # Before the header is looked at: a run that this refuses must not leave the file waiting for another one.
    ledger.mark(conn, file.path, content, "loading", run_id=run_id)
    try:
        with closing(zone.open(file.path, found.etag)) as stream:
            standing = ingest.check_header(stream, file, file.path)
    except ingest.HeaderError as error:
        ledger.mark(conn, file.path, content, "failed", run_id=run_id, error=str(error))
        raise
    return Intake(file, found.etag, content, found.size, standing)


def open_records(zone: LandingZone, intake: Intake) -> pa.RecordBatchReader:
    """Every record of the file as a stream of batches in the schema of `raw_<source>`.

    Raises:
        LandingChanged: (while reading) the file was replaced; nothing read so far counts.
    """
    import pyarrow as pa

    def batches() -> Iterator[pa.RecordBatch]:
        with closing(zone.open(intake.file.path, intake.etag)) as stream:
            yield from ingest.read_records(stream, intake.file, intake.file.path)

    schema = table(f"raw_{intake.file.source}").arrow_schema()
    return pa.RecordBatchReader.from_batches(schema, batches())


def missing_message(zone: LandingZone, files: list[LandingFile]) -> str:
    """What to tell the person whose files have not landed."""
    names = ", ".join(f.name for f in files)
    return f"{names} missing from {zone.uri}/{files[0].dataset}: put {names} there with `movierec land PATH`"


def files_by_dataset() -> dict[str, list[LandingFile]]:
    """The landing files of each dataset."""
    datasets: dict[str, list[LandingFile]] = {}
    for file in LANDING_FILES.values():
        datasets.setdefault(file.dataset, []).append(file)
    return datasets
