"""The titles that the simulation's users can watch, from the catalogue in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.curated.held import ScenarioError

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.resources.database import Database

TITLES = """
SELECT title_id, upper(t.kind) AS kind, t.runtime_minutes AS runtime, t.imdb_votes AS popularity,
    coalesce((SELECT array_agg(g.genre ORDER BY g.position, g.genre) FROM catalog.genres g
        WHERE g.title_id = t.title_id), '{}') AS genres
FROM catalog.titles t LEFT JOIN loaded.titles l USING (title_id) WHERE l._gone IS NOT TRUE ORDER BY title_id
"""


def titles(database: Database) -> pa.Table:
    """The titles that can be watched, as `SessionPlan` takes them, from the catalogue in the database.

    Raises:
        ScenarioError: There are none.
    """
    import pyarrow as pa

    with database.connect() as connection:
        rows = connection.execute(TITLES.encode()).fetchall()
    if not rows:
        raise ScenarioError(
            "catalog.titles is empty: land the catalogue's files and run `movierec run` first"
        )
    schema = pa.schema(
        [
            ("title_id", pa.string()),
            ("kind", pa.string()),
            ("runtime", pa.int32()),
            ("popularity", pa.int64()),
            ("genres", pa.list_(pa.string())),
        ]
    )
    return pa.Table.from_arrays(
        [pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), schema, strict=True)], schema=schema
    )
