"""What runs print on stdout and stderr: kept beside the lake in S3, or in `DAGSTER_HOME/storage` with a lake on disk.

`dagster.yaml` names `ComputeLogs` here, so that one file serves both. Which it is follows from the settings, when
Dagster looks it up; the libraries for S3 are imported for S3 only, as that takes a second.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from movierec_assets.settings import load_settings

LOCAL = ("dagster._core.storage.local_compute_log_manager", "LocalComputeLogManager")
"""Under no other name does Dagster's reference of `dagster.yaml` know it."""
S3 = ("dagster_aws.s3", "S3ComputeLogManager")
FOLDER = "_compute_logs"
UPLOAD_SECONDS = 30
"""How far what the UI shows of a step that still runs may lag behind."""


def __getattr__(name: str) -> Any:
    """`ComputeLogs`, made when it is asked for."""
    if name == "ComputeLogs":
        return _of(load_settings().lake_uri)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def places(lake_uri: str) -> list[str]:
    """Folders and URIs below which those of each run lie, under its number; in S3 what failed to be sent stays here."""
    here = str(Path(os.environ["DAGSTER_HOME"]) / "storage")
    return [here, f"{lake_uri}/{FOLDER}/storage"] if lake_uri.startswith("s3://") else [here]


def _of(lake_uri: str) -> type:
    storage = places(lake_uri)[0]
    if lake_uri.startswith("s3://"):
        module, parent = S3
        bucket, _, prefix = lake_uri.removeprefix("s3://").partition("/")
        folder = f"{prefix}/{FOLDER}" if prefix else FOLDER
        # Where they wait for being sent.
        arguments: dict[str, Any] = {"local_dir": storage, "upload_interval": UPLOAD_SECONDS}
        arguments |= {"bucket": bucket, "prefix": folder}
    else:
        module, parent = LOCAL
        arguments = {"base_dir": storage}
    base: Any = getattr(import_module(module), parent)

    class ComputeLogs(base):  # type: ignore[misc]
        """Dagster's own, with what the settings say in place of what `dagster.yaml` would."""

        @classmethod
        def config_type(cls) -> dict[str, Any]:
            return {}

        @classmethod
        def from_config_value(cls, inst_data: Any, config_value: Any) -> ComputeLogs:
            return cls(inst_data=inst_data, **arguments)

    return ComputeLogs
