"""Published tables in PostgreSQL: snapshots, and one pointer per table that says which of them is live.

The rows of all kept snapshots of a table lie in one storage table, keyed by snapshot; its view in `serving` shows
those of the snapshot that `publication.current` names. A publication is one transaction of inserts and an update of
that pointer, so PostgreSQL's own row visibility keeps every reader on one whole snapshot, and a kill at any moment
leaves nothing behind. No table is made, attached or dropped: with a partition per snapshot, a statement planned just
before a flip and run just after it knows no partition of the new snapshot and finds the table empty.

Belongs here: layout, publishing, history, rollback. Does not: Dagster, what the rows are.
"""

from movierec_assets.publication.layout import PublicationError, ensure_schema
from movierec_assets.publication.publishing import Publication, publish
from movierec_assets.publication.snapshots import Snapshot, history, rollback
from movierec_assets.publication.spread import publish_spread

__all__ = [
    "Publication",
    "PublicationError",
    "Snapshot",
    "ensure_schema",
    "history",
    "publish",
    "publish_spread",
    "rollback",
]
