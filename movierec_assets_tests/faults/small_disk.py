"""A disk of a few MB that can be filled and made read-only: a file system in memory, which only root may mount."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class SmallDisk:
    """A mounted one."""

    path: Path

    def fill(self, leave: int = 0) -> None:
        """Take all space, but for so many bytes."""
        space = os.statvfs(self.path)
        with (self.path / "filler").open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, max(space.f_bavail * space.f_bsize - leave, 1))

    def free(self) -> None:
        """Give the space back."""
        (self.path / "filler").unlink()

    def set_read_only(self, read_only: bool) -> None:
        """Let nobody write, or everybody again."""
        mode = "ro" if read_only else "rw"
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.path)], check=True)


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk at that folder, as long as the context lasts; the test is skipped where none can be mounted."""
    path.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(path)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("a small disk cannot be mounted here: that takes root")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
