"""Which assets' content is still where it was put: by this a moved or emptied lake or database is noticed."""

from __future__ import annotations

from collections.abc import Mapping

from movierec_assets.curated import held
from movierec_assets.io_managers.errors import reaching
from movierec_assets.io_managers.filesystem import filesystem
from movierec_assets.resources.database import Database
from movierec_assets.schema import TABLES

MODELS = ("als_model", "ranking_model")
NOT_IN_LAKE = "its content is not in the lake"


def lost(lake_uri: str, database: Database, versions: Mapping[str, str | None]) -> dict[str, str]:
    """The assets whose content is gone or another one: two listings of the lake, and a query where it is needed.

    Tables and models of the lake have a folder each; of the simulation the database says which scenario it holds.

    Args:
        lake_uri: A folder or `s3://bucket/prefix`; it need not exist.
        database: That holds the simulation.
        versions: The data version that each asset had last, by name; others were never made.

    Returns:
        The cause by the asset's name.

    Raises:
        LakeError: The lake cannot be reached.
        DatabaseError: The database cannot be reached.
    """
    from pyarrow import fs

    store, path = filesystem(lake_uri)
    there: set[str] = set()
    with reaching(lake_uri):
        for folder in (path, f"{path}/models"):
            listed = store.get_file_info(fs.FileSelector(folder, allow_not_found=True))
            there |= {info.base_name for info in listed if info.type == fs.FileType.Directory}
    in_lake = {*(name for name, table in TABLES.items() if table.lake), *MODELS}
    gone = (in_lake & set(versions)) - there
    return {**dict.fromkeys(gone, NOT_IN_LAKE), **held.lost(database, versions)}
