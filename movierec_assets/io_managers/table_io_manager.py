"""Every table of the registry: written to the lake, then served from PostgreSQL as its entry in the registry says."""

from typing import Any

import dagster as dg

from movierec_assets.curated import TablesError, ensure_tables, merge, sweep
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.io_managers.lake_io_manager import LakeIOManager, LakeOutput, refused_once
from movierec_assets.migrations import MigrationError
from movierec_assets.publication import ensure_schema, publish, publish_spread
from movierec_assets.resources.database import Database
from movierec_assets.schema import Table, table


class TableIOManager(LakeIOManager):
    """The lake's IO manager, and after each write a publication or a merge where the table is served from PostgreSQL.

    Killed between the two, the asset has no new materialisation, so the next run serves what the lake holds.
    """

    database: dg.ResourceDependency[Database]
    snapshots_kept: int

    @refused_once()
    def handle_output(self, context: dg.OutputContext, obj: LakeOutput) -> None:
        """Write to the lake, then bring the lake's version to PostgreSQL."""
        written = self._write(context, obj)
        declared = table(context.asset_key.path[-1])
        if declared.published_as is None:
            return
        rows = self.lake.open(declared.name, written.version)
        serve = self._merge if declared.editable else self._publish
        context.add_output_metadata(
            {"published_as": declared.published_as, **serve(declared, rows, obj.content_hash, context.run_id)}
        )

    def _publish(self, declared: Table, rows: LakeTable, data_version: str, run_id: str) -> dict[str, Any]:
        try:
            with self.database.connect() as connection:
                ensure_schema(connection)
        except MigrationError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        what = (data_version, run_id, self.snapshots_kept)
        if self.native:
            done = publish(self.database, declared, rows.arrow(declared.column_names), *what)
        else:
            done = publish_spread(self.database, declared, rows.spark(), *what)
        return {
            "snapshot": done.snapshot_id,
            "new_snapshot": done.changed,
            "publish_seconds": round(done.seconds, 3),
        }

    def _merge(self, declared: Table, rows: LakeTable, data_version: str, run_id: str) -> dict[str, Any]:
        try:
            ensure_tables(self.database)
        except (MigrationError, TablesError) as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        with self.database.connect(autocommit=True) as connection:
            arrow = rows.arrow(declared.column_names)
            done = merge(connection, declared, arrow, data_version, run_id)
            for reference in declared.foreign_keys:
                # What it pointed at may have waited for that to be deleted.
                sweep(connection, table(reference.table))
        return {
            "inserted": done.inserted,
            "updated": done.updated,
            "deleted": done.deleted,
            "kept_as_edited": done.kept,
        }
