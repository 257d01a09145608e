"""The system account that the embedded PostgreSQL runs as: the caller's own, or `pgserver` for root."""

from __future__ import annotations

import fcntl
import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "pgserver"


class EmbeddedPostgresError(Exception):
    """The embedded server cannot run; the message says where, why and what to do."""


@dataclass(frozen=True)
class ServerAccount:
    """An account and what it needs to work on files of the caller.

    Attributes:
        entry: Its line in the password database; None where it is the caller's own.
    """

    entry: pwd.struct_passwd | None

    def give(self, path: Path) -> None:
        """Make the account the owner of that file or folder."""
        if self.entry is not None:
            os.chown(path, self.entry.pw_uid, self.entry.pw_gid)

    def open_way_to(self, *folders: Path) -> None:
        """Let the account pass through (not read) each of those folders and the folders above."""
        if self.entry is None:
            return
        for folder in {p for leaf in folders for p in (leaf, *leaf.parents)}:
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(stat.S_IMODE(mode) | stat.S_IXGRP | stat.S_IXOTH)

    def open_programs(self, bin_folder: Path) -> None:
        """Let the account run programs that were installed for their owner only (umask 077)."""
        if self.entry is None or bin_folder.joinpath("postgres").stat().st_mode & stat.S_IXOTH:
            return
        package = bin_folder.parent.parent
        for path in (*package.rglob("*"), *package.with_name(f"{package.name}.libs").rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))

    def process_options(self) -> dict[str, Any]:
        """Arguments of `subprocess.run` that start a process as this account."""
        if self.entry is None:
            return {"umask": 0o077}
        return {"user": self.entry.pw_uid, "group": self.entry.pw_gid, "extra_groups": [], "umask": 0o077}


def server_account() -> ServerAccount:
    """The caller's account; for root, whom PostgreSQL refuses, `pgserver`, made where it is missing.

    Raises:
        EmbeddedPostgresError: It cannot be made.
    """
    if os.geteuid() != 0:
        return ServerAccount(None)
    try:
        return ServerAccount(pwd.getpwnam(NAME))
    except KeyError:
        return ServerAccount(_made())


def _made() -> pwd.struct_passwd:
    # Two `useradd` at once can both find the name free and write it twice.
    folder = os.open("/etc", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return pwd.getpwnam(NAME)
    except KeyError:
        said = done.stderr.strip()
    finally:
        os.close(folder)
    raise EmbeddedPostgresError(
        f"embedded PostgreSQL cannot run as root, and its account {NAME} cannot be made: {said}; "
        "run as another account, or set MOVIEREC_DATABASE_URL"
    )
