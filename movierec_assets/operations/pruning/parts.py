"""All parts, one after the other, while no run is under way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from movierec_assets.io_managers.lake import Lake
    from movierec_assets.resources.database import Database
    from movierec_assets.settings import Settings


@dataclass(frozen=True)
class Gone:
    """What is taken of one thing.

    Attributes:
        part: `publication`, `lake`, `models` or `runs`.
        name: Table, model or what else.
        items: How many snapshots, files, versions or runs.
        bytes: How much they take; of snapshots and runs an estimate, as PostgreSQL uses the room again for new rows.
    """

    part: str
    name: str
    items: int
    bytes: int


def prune(
    settings: Settings,
    database: Database,
    lake: Lake,
    *,
    days: int,
    backups: list[Path],
    dry_run: bool,
    tell: Callable[[str], object],
) -> Iterator[Gone]:
    """Take what is older than so many days and needed by nothing.

    Kept whatever their age: live snapshots and the newest others (`MOVIEREC_SNAPSHOTS_KEPT`), live versions of tables
    and models and those that a backup names, the evaluations' history, runs that an asset's last materialisation is of.

    Args:
        settings: Of the project.
        database: The owner's.
        lake: That belongs to it.
        days: Age of the youngest that may go.
        backups: Folders of backups whose versions are kept.
        dry_run: Whether to say only what would go.
        tell: Told in a line that there is something to wait for.

    Yields:
        What is taken, thing by thing.

    Raises:
        BackupError: A backup cannot be read, so that nobody knows what it needs.
        DatabaseError, LakeError: A part cannot be reached.
    """
    from movierec_assets.operations.backup import Manifest
    from movierec_assets.operations.pruning import published, runs, versions
    from movierec_assets.resources.turns import take_turn

    needed = [Manifest.read(folder) for folder in backups]
    with database.connect(autocommit=True) as turn:
        take_turn(turn, tell)
        yield from published.prune(database, settings.snapshots_kept, dry_run=dry_run)
        yield from versions.prune_tables(lake, [m.tables for m in needed], days, dry_run=dry_run)
        yield from versions.prune_models(lake.uri, [m.models for m in needed], days, dry_run=dry_run)
        yield from runs.prune(settings, database, days, dry_run=dry_run)
