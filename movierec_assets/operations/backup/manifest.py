"""What a backup says of itself: `backup.json`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "backup.json"
DUMP = "database.dump"
FORMAT = 1


class BackupError(Exception):
    """A backup cannot be made, read or restored; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Manifest:
    """Facts of one backup.

    Attributes:
        made_at: The moment that it is of, ISO 8601 in UTC.
        version: Version of the tables, as `movierec_assets.migrations` counts; None from before it did.
        postgres: Release of the server.
        lake_uri: Where the lake was.
        tables: Version of each Delta table of the lake.
        models: Version of each model.
        bytes: Size of the dump.
        sha256: Its checksum.
        format: Of this file.
    """

    made_at: str
    version: str | None
    postgres: str
    lake_uri: str
    tables: dict[str, int]
    models: dict[str, str]
    bytes: int
    sha256: str
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Put it into the folder."""
        (folder / NAME).write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The one of that folder; its dump is not looked into, see `verify`.

        Raises:
            BackupError: There is none, or it cannot be read.
        """
        try:
            facts = json.loads((folder / NAME).read_text())
        except FileNotFoundError:
            raise BackupError(f"{folder} is no backup: it has no {NAME}") from None
        except (OSError, ValueError) as error:
            raise BackupError(f"{folder / NAME} cannot be read: {error}") from None
        if not isinstance(facts, dict) or facts.get("format") != FORMAT:
            raise BackupError(f"{folder / NAME} is not of format {FORMAT}: use the program that made it")
        try:
            return cls(**facts)
        except TypeError as error:
            raise BackupError(f"{folder / NAME} is damaged: {error}") from None

    def verify(self, folder: Path) -> None:
        """See that the dump is as it was written.

        Raises:
            BackupError: It is not.
        """
        if (sha256 := checksum(folder / DUMP)) != self.sha256:
            raise BackupError(
                f"{folder / DUMP} is damaged: its SHA-256 is {sha256 or '(no file)'}, the backup says {self.sha256}; "
                "take another backup"
            )


def checksum(path: Path) -> str:
    """SHA-256 of a file in hexadecimal; empty where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
