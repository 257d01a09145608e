"""Which datasets of the lake are there: two listings, by which a lake that was moved or emptied is noticed."""

from __future__ import annotations

from movierec_assets.io_managers.errors import reaching
from movierec_assets.io_managers.filesystem import filesystem
from movierec_assets.schema import TABLES

MODELS = ("als_model",)


def lost(lake_uri: str) -> set[str]:
    """Names of the tables of the registry and of the models that have no folder in the lake.

    Args:
        lake_uri: A folder or `s3://bucket/prefix`; it need not exist.

    Raises:
        LakeError: The lake cannot be reached.
    """
    from pyarrow import fs

    store, path = filesystem(lake_uri)
    there: set[str] = set()
    with reaching(lake_uri):
        for folder in (path, f"{path}/models"):
            listed = store.get_file_info(fs.FileSelector(folder, allow_not_found=True))
            there |= {info.base_name for info in listed if info.type == fs.FileType.Directory}
    lake_tables = [name for name, table in TABLES.items() if table.lake]
    return {name for name in (*lake_tables, *MODELS) if name not in there}
