"""Tables that live in the lake and are published in PostgreSQL: written to the lake first, then one pointer flips."""

import dagster as dg

from movierec_assets.io_managers.lake_io_manager import LakeIOManager, LakeOutput
from movierec_assets.publication import ensure_schema, publish
from movierec_assets.resources.database import Database
from movierec_assets.schema import table


class PublishedIOManager(LakeIOManager):
    """The lake's IO manager, and a publication after each write.

    Killed between the two, the asset has no new materialisation, so the next run publishes what the lake holds.
    """

    database: dg.ResourceDependency[Database]
    snapshots_kept: int

    def handle_output(self, context: dg.OutputContext, obj: LakeOutput) -> None:
        """Write to the lake, then publish the lake's version."""
        written = self._write(context, obj)
        declared = table(context.asset_key.path[-1])
        with self.database.connect() as connection:
            ensure_schema(connection)
        rows = self.lake.open(declared.name, written.version).arrow(declared.column_names)
        done = publish(self.database, declared, rows, obj.content_hash, context.run_id, self.snapshots_kept)
        context.add_output_metadata(
            {
                "published_as": declared.published_as,
                "snapshot": done.snapshot_id,
                "new_snapshot": done.changed,
                "publish_seconds": round(done.seconds, 3),
            }
        )
