"""One transaction in which Arrow data can be loaded by binary COPY.

This is ADBC's low-level interface: its DB-API module imports pandas and polars, which takes longer than to publish.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class LoadTransaction:
    """A connection with an open transaction; leaving the block without `commit` rolls back."""

    def __init__(self, uri: str) -> None:
        import adbc_driver_manager
        import adbc_driver_postgresql

        self._adbc = adbc_driver_manager
        self._database = adbc_driver_postgresql.connect(uri)
        try:
            self._connection = adbc_driver_manager.AdbcConnection(self._database)
            self._connection.set_autocommit(False)
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> LoadTransaction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._database.close()

    def execute(self, sql: str) -> None:
        """Run a statement that returns no rows."""
        with self._adbc.AdbcStatement(self._connection) as statement:
            statement.set_sql_query(sql)
            statement.execute_update()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query whose columns have different names."""
        import pyarrow as pa

        with self._adbc.AdbcStatement(self._connection) as statement:
            statement.set_sql_query(sql)
            stream, _ = statement.execute_query()
            rows = pa.RecordBatchReader.from_stream(stream).read_all().to_pylist()
        return [tuple(row.values()) for row in rows]

    def copy(self, schema: str, table: str, data: pa.RecordBatchReader) -> int:
        """Append the data to a table, columns by name; the number of rows."""
        target = {
            "adbc.ingest.mode": "adbc.ingest.mode.append",
            "adbc.ingest.target_db_schema": schema,
            "adbc.ingest.target_table": table,
        }
        with self._adbc.AdbcStatement(self._connection) as statement:
            statement.set_options(**target)
            exporter: Any = data
            statement.bind_stream(exporter.__arrow_c_stream__())
            return int(statement.execute_update())

    def commit(self) -> None:
        """Make everything so far visible and durable."""
        self._connection.commit()
