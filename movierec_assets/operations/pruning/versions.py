"""Old versions of the lake's tables and models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from movierec_assets.io_managers.errors import reaching
from movierec_assets.io_managers.factors_io_manager import model_store
from movierec_assets.io_managers.filesystem import filesystem
from movierec_assets.io_managers.inventory import MODELS
from movierec_assets.operations.pruning.parts import Gone
from movierec_assets.schema import TABLES

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

    from movierec_assets.io_managers.lake import Lake

HISTORIES = {"model_evaluation"}
"""Tables whose older versions are read: `evaluation_history` is made of them, and they are small."""


def prune_tables(lake: Lake, needed: list[dict[str, int]], days: int, *, dry_run: bool) -> Iterator[Gone]:
    """Delta's vacuum of every table, without the versions that are needed."""
    from deltalake import CommitProperties
    from pyarrow import fs

    for name in (n for n in TABLES if n not in HISTORIES and lake.exists(n)):
        table = lake.delta(name)
        keep = sorted({versions[name] for versions in needed if name in versions})
        options: dict[str, Any] = {
            "retention_hours": 24 * days,
            # The turn is ours, so that nobody is writing; who reads an older version was told the days.
            "enforce_retention_duration": False,
            "keep_versions": keep or None,
        }
        with reaching(lake.uri):
            old = table.vacuum(dry_run=True, **options)
            store, folder = filesystem(lake.table_uri(name))
            # What an earlier vacuum took is listed again, and then by its whole path.
            places = [f"{folder}/{_within(path, folder)}" for path in old]
            sizes = [i.size or 0 for i in store.get_file_info(places) if i.type == fs.FileType.File]
            if sizes and not dry_run:
                # A vacuum is a commit, which would hide what the content is.
                note = CommitProperties(custom_metadata=lake.note(name))
                table.vacuum(dry_run=False, commit_properties=note, **options)
        if sizes:
            yield Gone("lake", name, len(sizes), sum(sizes))


def _within(path: str, folder: str) -> str:
    return path.removeprefix("/").removeprefix(folder.strip("/")).lstrip("/")


def prune_models(lake_uri: str, needed: list[dict[str, str]], days: int, *, dry_run: bool) -> Iterator[Gone]:
    """Versions of models that are neither current nor needed."""
    before = datetime.now(UTC) - timedelta(days=days)
    for name in MODELS:
        with reaching(lake_uri):
            store, _ = model_store(lake_uri, name)
            kept = {store.current(), *(models.get(name) for models in needed)}
            found = {
                v: _files(store.filesystem, f"{store.path}/{v}") for v in store.versions() if v not in kept
            }
            old = {v: size for v, (size, written) in found.items() if written < before}
            if not dry_run:
                for version in old:
                    # Without this mark, which was written last, the rest does not count.
                    store.filesystem.delete_file(f"{store.path}/{version}/_SUCCESS")
                    store.filesystem.delete_dir(f"{store.path}/{version}")
        if old:
            yield Gone("models", name, len(old), sum(old.values()))


def _files(store: FileSystem, folder: str) -> tuple[int, datetime]:
    """Bytes of a folder, and when the last of its files was written."""
    from pyarrow import fs

    found = store.get_file_info(fs.FileSelector(folder, recursive=True))
    files = [info for info in found if info.type == fs.FileType.File]
    return sum(info.size for info in files), max(info.mtime for info in files)
