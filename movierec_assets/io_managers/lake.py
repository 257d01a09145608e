"""The lake: one Delta table per dataset, with the content's hash in each commit. No Dagster here.

A write whose content hash equals the live version's makes no commit. Spark DataFrames are written by the engine;
Arrow streams (ingestion on one machine) by the Delta library, so that nothing has to fit in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from movierec_assets.io_managers.errors import STORE, LakeError, damaged, patient, reaching, unusable
from movierec_assets.io_managers.filesystem import filesystem, plain_path
from movierec_assets.io_managers.memory import give_back
from movierec_assets.schema import TABLES

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from deltalake import DeltaTable
    from pyarrow.compute import Expression
    from pyspark.sql import DataFrame, SparkSession

    Data: TypeAlias = "DataFrame | Callable[[], pa.RecordBatchReader] | OnEngine"


@dataclass(frozen=True)
class Written:
    """What a write did: the live version after it, whether that is a new commit, and the live size."""

    version: int
    changed: bool
    rows: int
    bytes: int


@dataclass(frozen=True)
class OnEngine:
    """A DataFrame that is made only when it is written, on the lake's own session."""

    make: Callable[[SparkSession], DataFrame]


@dataclass(frozen=True)
class Lake:
    """All Delta tables below one URI.

    Attributes:
        uri: A folder or `s3://bucket/prefix`.
        storage_options: Options of the Delta library for that store.
        session: Called only when a Spark DataFrame is asked for or written.
    """

    uri: str
    storage_options: dict[str, str]
    session: Callable[[], SparkSession]

    def table_uri(self, name: str) -> str:
        """Where the table lies."""
        return f"{self.uri.rstrip('/')}/{name}"

    def engine_uri(self, name: str) -> str:
        """The same for the engine."""
        return f"{plain_path(self.uri.rstrip('/'))}/{name}"

    @patient
    def delta(self, name: str, version: int | None = None) -> DeltaTable:
        """The table as the Delta library sees it.

        Raises:
            LakeError: No such table, no such version of it, it is damaged, or the lake cannot be reached.
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        try:
            with reaching(self.uri):
                return DeltaTable(self.table_uri(name), version=version, storage_options=self.storage_options)
        except TableNotFoundError:
            command = (TABLES[name].on_demand if name in TABLES else None) or "movierec run"
            raise LakeError(
                f"{name} is not in the lake at {self.uri}; materialise it with `{command}`"
            ) from None
        except DeltaError as error:
            if self.uri.startswith("s3://") and STORE.search(str(error)):
                raise unusable(self.uri, error) from error
            if version is None:
                raise damaged(name, self.table_uri(name), error) from error
            latest = self.delta(name).version()
            # Of one of them the files may be gone.
            why = f" ({error})" if version <= latest else ""
            raise LakeError(f"{name} has no version {version}; there are 0 to {latest}{why}") from None

    @patient
    def exists(self, name: str) -> bool:
        """Whether the table has a live version."""
        from deltalake import DeltaTable

        with reaching(self.uri):
            return DeltaTable.is_deltatable(self.table_uri(name), storage_options=self.storage_options)

    @patient
    def content_hash(self, name: str, version: int | None = None) -> str | None:
        """Hash of the live content, or of a version's; None where there is none or it was written by somebody else."""
        if not self.exists(name):
            return None
        # Of a table that is opened at an older version the history would begin at the newest all the same. A commit
        # whose file was emptied has none.
        with reaching(self.uri):
            history = self.delta(name).history(1 if version is None else None)
        commit = next((c for c in history if version in (None, c.get("version"))), {})
        try:
            return str(json.loads(commit.get("userMetadata", ""))["content_hash"])
        except (ValueError, LookupError, TypeError):
            return None

    def write(
        self,
        name: str,
        data: Data,
        content_hash: str,
    ) -> Written:
        """Replace the content of a table, if it differs or is not all there.

        Args:
            name: Table.
            data: A Spark DataFrame, a function that opens a stream of Arrow batches, or one that makes a DataFrame.
                When the content is unchanged they are not called, and the DataFrame is not evaluated.
            content_hash: Hash of the content.
        """
        existed = self.exists(name)
        changed = not existed or self.content_hash(name) != content_hash or bool(self.missing_files(name))
        if changed:
            self._overwrite(name, data, content_hash)
            if not existed and self.delta(name).version() > 0:
                # Two writers who both found no table add their files to each other's; this takes out what is there.
                self._overwrite(name, data, content_hash)
        live = self.delta(name)
        files = _rows(live.get_add_actions(), "num_records", "size_bytes")
        return Written(
            live.version(),
            changed,
            sum(f["num_records"] or 0 for f in files),
            sum(f["size_bytes"] for f in files),
        )

    @patient
    def missing_files(self, name: str, version: int | None = None) -> list[str]:
        """Files of the live version, or of another, that are not there in their length.

        A bucket's own rules, or a backup, may have lost some, a full disk cut some.

        Raises:
            LakeError: No such table or version, or the lake cannot be reached.
        """
        store, folder = filesystem(self.table_uri(name))
        files = _rows(self.delta(name, version).get_add_actions(), "path", "size_bytes")
        with reaching(self.uri):
            found = store.get_file_info([f"{folder}/{file['path']}" for file in files])
        return [
            file["path"] for file, info in zip(files, found, strict=True) if info.size != file["size_bytes"]
        ]

    def bring_back(self, name: str, version: int) -> bool:
        """Make an older version's content the live one, by a commit; returns whether it was not.

        Raises:
            LakeError: No such table or version, or the lake cannot be reached.
        """
        from deltalake import CommitProperties

        live, content_hash = self.delta(name), self.content_hash(name, version)
        same = content_hash is not None and content_hash == self.content_hash(name)
        if live.version() == version or (same and not self.missing_files(name)):
            return False
        with reaching(self.uri):
            live.restore(
                version, commit_properties=CommitProperties(custom_metadata=self.note(name, version))
            )
        return True

    def note(self, name: str, version: int | None = None) -> dict[str, str]:
        """What a commit that changes nothing of the live content, or of a version's, has to say of it."""
        content_hash = self.content_hash(name, version)
        return {"userMetadata": json.dumps({"content_hash": content_hash})} if content_hash else {}

    @patient
    def _overwrite(self, name: str, data: Data, content_hash: str) -> None:
        note = json.dumps({"content_hash": content_hash})
        if callable(data):
            self._write_stream(name, data(), note)
        else:
            rows = data.make(self.session()) if isinstance(data, OnEngine) else data
            writer = rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
            try:
                writer.option("userMetadata", note).save(self.engine_uri(name))
            except Exception as error:
                # Of whichever class the engine makes it.
                if self.uri.startswith("s3://") and STORE.search(str(error)):
                    raise unusable(self.uri, error) from error
                raise

    def _write_stream(self, name: str, reader: pa.RecordBatchReader, note: str) -> None:
        from deltalake import CommitProperties, write_deltalake
        from deltalake.exceptions import DeltaError

        try:
            write_deltalake(
                self.table_uri(name),
                reader,
                mode="overwrite",
                schema_mode="overwrite",
                storage_options=self.storage_options,
                commit_properties=CommitProperties(custom_metadata={"userMetadata": note}),
            )
        except (OSError, DeltaError) as error:
            if STORE.search(str(error)):
                raise unusable(self.uri, error) from error
            raise

    def open(self, name: str, version: int | None = None) -> LakeTable:
        """A handle on a table; nothing is read yet."""
        return LakeTable(self, name, version)


def _rows(actions: Any, *columns: str) -> list[dict[str, Any]]:
    import pyarrow as pa

    rows: list[dict[str, Any]] = pa.table(actions).select(columns).to_pylist()
    return rows


@dataclass(frozen=True)
class LakeTable:
    """A table of the lake that is read when and as its consumer wants.

    Attributes:
        lake: Where it lies.
        name: Table.
        version: An older Delta version, or None for the live one.
    """

    lake: Lake
    name: str
    version: int | None = None

    def spark(self) -> DataFrame:
        """As a DataFrame on the engine; rows in no order."""
        self.lake.delta(self.name, self.version)
        reader = self.lake.session().read.format("delta")
        if self.version is not None:
            reader = reader.option("versionAsOf", self.version)
        return reader.load(self.lake.engine_uri(self.name))

    @patient
    def arrow(
        self, columns: list[str] | None = None, limit: int | None = None, where: Expression | None = None
    ) -> pa.Table:
        """As an Arrow table.

        Args:
            columns: Which, in that order; all if left out.
            limit: At most so many rows, the first that come.
            where: Only rows of which this is true; files and row groups that can have none are not read.

        Raises:
            LakeError: No such table, or one that is damaged, or the lake cannot be reached.
        """
        import pyarrow as pa

        give_back()
        with reaching(self.lake.uri):
            dataset = self.lake.delta(self.name, self.version).to_pyarrow_dataset()
            names = columns or dataset.schema.names
            try:
                if limit is None:
                    return dataset.to_table(columns=names, filter=where)
                schema = pa.schema([dataset.schema.field(name) for name in names])
                scanner = dataset.scanner(
                    columns=names, filter=where, batch_size=max(limit, 1), batch_readahead=1
                )
                return pa.Table.from_batches(list(_first(scanner.to_batches(), limit)), schema=schema)
            except (pa.ArrowInvalid, OSError) as error:
                if isinstance(error, pa.ArrowInvalid | FileNotFoundError) or "orrupt" in str(error):
                    raise damaged(self.name, self.lake.table_uri(self.name), error) from error
                raise

    def pandas(self) -> pd.DataFrame:
        """As a pandas DataFrame."""
        frame: pd.DataFrame = self.arrow().to_pandas()
        return frame

    def polars(self) -> pl.DataFrame:
        """As a Polars DataFrame."""
        import polars as pl

        frame = pl.from_arrow(self.arrow())
        assert isinstance(frame, pl.DataFrame)
        return frame

    def rows(self) -> int:
        """Number of rows, from the table's own statistics."""
        return self.lake.delta(self.name, self.version).count()


def _first(batches: Iterable[pa.RecordBatch], limit: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if limit <= 0:
            return
        yield batch.slice(0, limit)
        limit -= batch.num_rows
