"""The landing zone: the place where source files arrive, a local folder or an S3 bucket.

Belongs here: what a zone promises, its errors, which kind serves which URI. Does not: what is in the files,
or what has been loaded from them (`movierec_assets.landing.ledger`).
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

CHUNK = 1 << 20


class LandingError(Exception):
    """The landing zone can not be used; the message names its URI, what went wrong and what to do."""


class LandingRefused(LandingError):  # noqa: N818 - reads as what happened
    """The zone refuses, and will until somebody acts: credentials, a right, a bucket."""


class LandingMissing(LandingError):  # noqa: N818
    """No file has that key."""


class LandingChanged(LandingError):  # noqa: N818
    """The file was replaced or deleted while it was read: read it again from the start."""


@dataclass(frozen=True)
class LandingObject:
    """One file in the zone.

    Attributes:
        key: `dataset/file.csv`, relative to the zone.
        size: In bytes.
        etag: Opaque; differs whenever the file was written, and may differ for equal content.
        modified: When it was last written, with time zone.
    """

    key: str
    size: int
    etag: str
    modified: datetime


class LandingZone(ABC):
    """Files by key, below one URI. Writes are atomic: a reader meets the old file or the new one, whole.

    Every method raises `LandingError` where the zone itself can not be reached or read.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.hasher: Callable[[str, str | None], str] | None = None
        """Does what `content_hash` says, elsewhere; None where this process reads the file."""

    @abstractmethod
    def list(self) -> list[LandingObject]:
        """Every file, ordered by key, without hidden and `.part` files; empty where nothing has landed."""

    @abstractmethod
    def stat(self, key: str) -> LandingObject:
        """The file as it is now.

        Raises:
            LandingMissing: There is none.
        """

    @abstractmethod
    def open(self, key: str, etag: str | None = None, start: int = 0) -> BinaryIO:
        """A stream over one version of the file; the caller closes it.

        Args:
            key: Of the file.
            etag: The version to read; None for the present one.
            start: The first byte to read, inside the file.

        Returns:
            A buffered stream, forward only. Its reads raise `LandingChanged`, at its end at the latest, when
            the file was replaced, rewritten or deleted since.

        Raises:
            LandingMissing: There is no such file.
            LandingChanged: The file is not that version any more.
        """

    @abstractmethod
    def put(self, key: str, source: BinaryIO | Path) -> None:
        """Write the file, from a path or from what is left in a stream (which may be closed), atomically."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Delete the file; nothing happens where there is none."""

    def check_unchanged(self, key: str, etag: str) -> None:
        """See that the file is still that version, for who does not read it to its end.

        Raises:
            LandingChanged: It was replaced, rewritten or deleted.
        """
        try:
            now = self.stat(key).etag
        except LandingMissing:
            now = ""
        if now != etag:
            raise LandingChanged(f"{self.uri}/{key} was replaced while it was read: read it again")

    def exists(self, key: str) -> bool:
        """Whether there is such a file."""
        try:
            self.stat(key)
        except LandingMissing:
            return False
        return True

    def content_hash(self, key: str, etag: str | None = None) -> str:
        """SHA-256 of one version of the file in hexadecimal, read as a stream; errors as `open`."""
        if self.hasher is not None:
            return self.hasher(key, etag)
        digest = hashlib.sha256()
        with self.open(key, etag) as stream:
            while block := stream.read(CHUNK):
                digest.update(block)
        return digest.hexdigest()


def landed(key: str) -> bool:
    """Whether a key is a file that has arrived: no part of it hidden, and not a partial upload."""
    return not key.endswith((".part", "/")) and not any(part.startswith(".") for part in key.split("/"))


def open_zone(uri: str, s3_client: Any = None) -> LandingZone:
    """The zone at a URI. Nothing is read or created yet.

    Args:
        uri: A folder, or `s3://bucket/prefix`.
        s3_client: A boto3 S3 client; None makes one by dagster-aws's `S3Resource` from `AWS_*` variables.
    """
    if uri.startswith("s3://"):
        from movierec_assets.landing.s3 import S3Zone, default_client

        return S3Zone(uri, s3_client or default_client())
    from movierec_assets.landing.local import LocalZone

    return LocalZone(uri)
