"""Which version of each table and model the lake has, whether all of it is there, and going back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.io_managers.errors import LakeError, reaching
from movierec_assets.io_managers.factors_io_manager import model_store
from movierec_assets.io_managers.filesystem import write_file
from movierec_assets.io_managers.inventory import MODELS
from movierec_assets.schema import TABLES

if TYPE_CHECKING:
    from movierec_assets.io_managers.lake import Lake


def live_versions(lake: Lake) -> tuple[dict[str, int], dict[str, str]]:
    """The live version of each table, and the current one of each model.

    Raises:
        LakeError: The lake cannot be reached.
    """
    tables = {name: lake.delta(name).version() for name in TABLES if lake.exists(name)}
    with reaching(lake.uri):
        current = {name: model_store(lake.uri, name)[0].current() for name in MODELS}
    return tables, {name: version for name, version in current.items() if version}


def gone(lake: Lake, tables: dict[str, int], models: dict[str, str]) -> list[str]:
    """What of these versions is no longer in the lake, a line each."""
    lines = []
    for name, version in tables.items():
        try:
            missing = lake.missing_files(name, version)
        except LakeError as error:
            lines.append(str(error))
            continue
        if missing:
            lines.append(f"{name} version {version}: {len(missing)} of its files, such as {missing[0]}")
    with reaching(lake.uri):
        for name, model in models.items():
            if model not in model_store(lake.uri, name)[0].versions():
                lines.append(f"{name} version {model}")
    return lines


def bring_back(lake: Lake, tables: dict[str, int], models: dict[str, str]) -> None:
    """Make these versions the live ones; those that are stay as they are, so that a second call ends the first's work.

    Raises:
        LakeError: A version is not there, or the lake cannot be reached.
    """
    for name, version in tables.items():
        lake.bring_back(name, version)
    with reaching(lake.uri):
        for name, model in models.items():
            store, _ = model_store(lake.uri, name)
            if store.current() != model:
                write_file(store.filesystem, f"{store.path}/CURRENT", model.encode())
