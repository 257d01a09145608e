"""The folders of this machine: that they can be written, and that their disks have room."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from movierec_assets.operations.doctor.findings import Finding
from movierec_assets.settings import Settings

LEAST_FREE = 1 << 30
"""Bytes below which a run over a few million ratings may fill the disk."""
NONE_FREE = 100 << 20
"""Bytes below which PostgreSQL itself may stop."""


def home(settings: Settings) -> Iterator[Finding]:
    """`MOVIEREC_HOME`."""
    folder = settings.home
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
        file.write(b"x")
    yield Finding("home", "ok", f"{folder} can be written")


def disks(settings: Settings) -> Iterator[Finding]:
    """Room on the disks of home, landing zone and lake, each disk once."""
    seen = set()
    for place in (str(settings.home), settings.landing_uri, settings.lake_uri, tempfile.gettempdir()):
        if "://" in place:
            continue
        folder = next(p for p in (Path(place), *Path(place).parents) if p.exists())
        if folder.stat().st_dev in seen:
            continue
        seen.add(folder.stat().st_dev)
        yield _room(folder, shutil.disk_usage(folder).free)


def _room(folder: Path, free: int) -> Finding:
    said = f"{free / 1e9:,.1f} GB free at {folder}"
    if free < NONE_FREE:
        return Finding("disk", "failed", said, "make room now: see `Disk full` in docs/operations.md")
    if free < LEAST_FREE:
        return Finding("disk", "warning", said, "`movierec prune --dry-run` tells what can go")
    return Finding("disk", "ok", said)
